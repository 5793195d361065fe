#ifndef SITE_SNIPPET_H
#define SITE_SNIPPET_H

/* The piece of a text that shows why a search has found it. It begins and ends between words, and
 * "…" stands where something was left out. Line ends are kept: gemtext writers make them spaces. */

#include <stdbool.h>

#include "site/search.h"

enum {
    SNIPPET_MAX = 160,   /* characters */
    SNIPPET_BEFORE = 40, /* of them before what was looked for, at most */
};

/* Appends the piece that has the most terms of the search; false when no term is in the text. */
bool snippet_put(struct buf *out, const struct search *search, struct str text);

/* Appends the start of a text. */
void snippet_put_start(struct buf *out, struct str text);

#endif
