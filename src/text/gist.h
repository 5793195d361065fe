#ifndef TEXT_GIST_H
#define TEXT_GIST_H

/* What lists, feeds and figures tell of a post without showing it: how it begins, and how many
 * words it has. Pure functions over gemtext of any bytes. */

#include <stddef.h>

#include "base/str.h"

enum { GIST_MAX = 400 }; /* bytes of a summary */

/* Appends one line without markup: what stands in the first lines, where the author broke the text
 * for a summary; without such a break (0), or when there is nothing in them, the first paragraph.
 * Links and preformatted blocks are left out, headings where there is a paragraph. What is longer
 * than GIST_MAX ends at a word, with "…". */
void gist_put_summary(struct buf *out, struct str gemtext, size_t lines);

/* Runs of letters and digits between white space or U+200B; in Chinese and Japanese, which have
 * neither, each character is a word. Addresses of links are none. */
size_t gist_words(struct str gemtext);

#endif
