#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

/* SHA-256, in the 64 lower-case hexadecimal digits in which ledgers and hints write it. */

#include "base/str.h"

enum { DIGEST_HEX = 64 };

struct digest {
    char hex[DIGEST_HEX + 1];
};

struct digest digest_of(struct str bytes);

#endif
