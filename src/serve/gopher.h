#ifndef SERVE_GOPHER_H
#define SERVE_GOPHER_H

/* Gopher (RFC 1436) in front of the same pages: selectors, searches, and what clients expect
 * besides: caps.txt, URL: pages, plain answers to Gopher+ probes. */

#include "serve/protocol.h"

enum {
    GOPHER_LINE_MAX = 2048, /* bytes: a selector of GOPHER_SELECTOR_MAX and words to search for */
};

extern const struct protocol gopher_protocol;

#endif
