#ifndef SITE_SITE_H
#define SITE_SITE_H

/*
 * What there is to see: the open handles of one capsule. Made once in each process, before it
 * gives up its rights; nothing is opened by name afterwards except beneath root.
 */

#include "base/fail.h"
#include "site/catalog.h"
#include "site/config.h"
#include "site/words.h"

struct site {
    const struct config *config; /* borrowed */
    enum tongue tongue;          /* of generated pages */
    int root;                    /* the capsule's folder */
    struct catalog *catalog;
    int books;     /* the folder of its books, -1: there are none */
    bool is_light; /* pages have no more ways on than a reader on a thin link needs */
};

/* NULL on failure; the index must exist. End with site_close. */
struct site *site_open(const struct config *config, struct failure *why);

void site_close(struct site *site);

#endif
