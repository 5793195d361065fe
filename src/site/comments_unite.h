#ifndef SITE_COMMENTS_UNITE_H
#define SITE_COMMENTS_UNITE_H

/*
 * Two versions of one page of comments, as comments_write makes it. A comment is known by its
 * heading, which says who wrote it and when; of several with one heading the first is the first.
 */

#include "base/str.h"

/* Appends the page with the comments of both: the new version of those that both have, in the order
 * of the old page; and those that only the new one has where their time is. */
void comments_unite(struct buf *out, struct str old, struct str new);

#endif
