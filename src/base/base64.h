#ifndef BASE_BASE64_H
#define BASE_BASE64_H

/* Bytes written as RFC 4648 base64. */

#include <stdbool.h>

#include "base/str.h"

/* Appends the bytes. White space does not count, and the padding may be missing. False for anything
 * else; the buffer is then as it was. */
bool base64_decode(struct buf *out, struct str text);

#endif
