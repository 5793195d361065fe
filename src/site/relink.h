#ifndef SITE_RELINK_H
#define SITE_RELINK_H

/*
 * Links of a page as readers get them: where one leads to a file of ours it says what that costs.
 * On a light site, links to pages lead to their light forms, and those to pictures to the smallest
 * variant.
 */

#include "site/site.h"

enum { RELINK_LOOKUPS_MAX = 1000 /* links of a page whose targets are looked at */ };

/* Appends gemtext of the page of a decoded path; a block that is left open is closed. */
void relink_put(struct buf *out, const struct site *site, struct str path, struct str gemtext);

#endif
