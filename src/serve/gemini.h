#ifndef SERVE_GEMINI_H
#define SERVE_GEMINI_H

/* Gemini (G: the network protocol specification 0.24.1): request line and response header. */

#include "serve/protocol.h"

enum {
    GEMINI_LINE_MAX = URI_MAX + 2, /* G/Requests: the URI, CR and LF */
    META_MAX = 1024,               /* bytes: the limit of clients of specification 0.16 */
};

extern const struct protocol gemini_protocol;

/* The two digits that an outcome has on the wire. */
int gemini_status(enum outcome outcome);

/* The only writer of headers: controls become spaces, META is cut at META_MAX between characters,
 * and is never empty. */
void gemini_header(struct buf *out, int status, struct str meta);

#endif
