#ifndef SITE_ADDRESS_H
#define SITE_ADDRESS_H

/*
 * Addresses that a blog had and its capsule has elsewhere (IMPORT.md 1.6), and paths that a post
 * had before it moved or was removed. Asked only for what is neither a file nor a generated page;
 * a reader is sent only to what is there.
 */

#include <stdbool.h>

#include "site/respond.h"

/* Answers where the page is now, or that it is gone; false when nothing is known of the path. */
bool address_answer(const struct site *site, const struct request *request,
                    struct response *response);

/* Appends the path of a request. Where it is the old address of a label, "%2F" becomes the slash
 * that the label has in its name, as in "Women/Youth"; elsewhere it never separates anything. */
void address_put_path(struct buf *out, struct str path);

/* Whether a query of /search is one of Blogger's, with names and values, and no words of ours. */
bool address_is_search(struct str query);

#endif
