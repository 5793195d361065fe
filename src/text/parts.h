#ifndef TEXT_PARTS_H
#define TEXT_PARTS_H

/*
 * Gemtext in parts, for links so thin that a page must not come as a whole. A part ends where a
 * line ends, which in gemtext is a paragraph; only a text, quote, item or preformatted line that is
 * longer than a part is cut within, between words where it has any. Headings stay with what they
 * stand above, a preformatted block that is cut goes on as one, and a short rest joins the part
 * before it.
 */

#include <stddef.h>

#include "base/str.h"

enum {
    PARTS_BYTES_MIN = 256,  /* of a part */
    PARTS_REST_DIVISOR = 8, /* a rest is short when it has at most such a fraction of a part */
};

/* Appends part `number` (from 1) of parts of at most so many bytes, a short rest and lines that
 * cannot be cut apart; nothing when there is no such part. Returns how many there are. */
size_t parts_put(struct buf *out, struct str gemtext, size_t bytes_max, size_t number);

#endif
