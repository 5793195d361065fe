#ifndef SITE_PROSE_H
#define SITE_PROSE_H

/* What somebody reads in gemtext: every line without its marker, links by their labels only. It is
 * what a search looks into, and what it shows a piece of. */

#include "base/str.h"

/* Appends the prose of gemtext, a line a line. */
void prose_put(struct buf *out, struct str gemtext);

/* Appends the prose of a page of comments, from the first comment on. */
void prose_put_comments(struct buf *out, struct str page);

#endif
