#ifndef SITE_CATALOG_SEARCH_H
#define SITE_CATALOG_SEARCH_H

/* Which posts and pages a search finds; the rules are those of catalog.h. */

#include "site/catalog.h"

enum {
    SEARCH_STEPS_MAX = 2000, /* of SQLite's machine, at 5 microseconds in the worst of cases */
};

/* Looks for posts as search->match says (site/search.h) and calls with the path of each, newest
 * first, then with those of pages. False when that would have cost too much, and there may be older
 * ones. What FTS5 cannot read finds nothing. The callback asks for nothing itself: it would pay
 * from the same budget. */
bool catalog_search(struct catalog *catalog, struct str match,
                    bool (*on_path)(void *ctx, struct str path), void *ctx);

#endif
