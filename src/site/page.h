#ifndef SITE_PAGE_H
#define SITE_PAGE_H

/*
 * The pages that nobody wrote: home, dates, labels, archive, languages, and the footer of a post.
 * All gemtext, made from the index; nothing on them changes unless a post did.
 */

#include <stdbool.h>

#include "base/str.h"
#include "site/respond.h"

/* Answers a path that one of the generated pages has; false when none does. */
bool page_answer(const struct site *site, const struct request *request, struct response *response);

/* Makes the response an empty page in the language of the blog. */
void page_begin(const struct site *site, struct response *response);

/* Appends what follows a post: links to its comments, to the older post and to the newer one; and
 * what follows a page that has comments, which has no neighbours. */
void page_footer(const struct site *site, struct str path, struct buf *out);

#endif
