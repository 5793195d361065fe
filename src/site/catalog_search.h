#ifndef SITE_CATALOG_SEARCH_H
#define SITE_CATALOG_SEARCH_H

/* Which posts a search finds; the rules are those of catalog.h. */

#include "site/catalog.h"

enum {
    SEARCH_RESULTS_MAX = 1000, /* posts, the newest; nobody reads more, who wants less asks again */
    SEARCH_PAGE_MAX = 50,      /* posts on one page */
    SEARCH_STEPS_MAX = 2000,   /* of SQLite's machine, at 5 microseconds in the worst of cases */
};

struct findings {
    size_t total;
    bool is_cut; /* it was too much: there may be older ones */
};

/* Looks for posts as search->match says (site/search.h), newest first, and calls with those of a
 * stretch of at most SEARCH_PAGE_MAX. Never fails: what FTS5 cannot read finds nothing. */
struct findings catalog_search(struct catalog *catalog, struct str match, struct stretch part,
                               catalog_on_entry *on_entry, void *ctx);

#endif
