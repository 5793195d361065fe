#ifndef TEXT_WRAP_H
#define TEXT_WRAP_H

/*
 * Line breaking by display width for any script: break opportunities of UAX 14, widths of UAX 11,
 * and where a word is wider than the line (a Khmer sentence, a long address), cuts between
 * grapheme clusters. Bytes that are not UTF-8 become U+FFFD first, controls a space.
 */

#include "base/str.h"

enum { WRAP_WIDTH_MIN = 20, WRAP_WIDTH_MAX = 200 };

/* Columns that the text takes on a terminal. */
size_t wrap_width(struct str text);

/* Calls on_line for each line of at most width columns, without the spaces at its end; once with
 * an empty slice when the text is empty. */
void wrap_lines(struct str text, size_t width, void (*on_line)(void *ctx, struct str line),
                void *ctx);

/* Appends the text, cut to width columns with three dots at its end when it is wider. */
void wrap_cut(struct buf *out, struct str text, size_t width);

#endif
