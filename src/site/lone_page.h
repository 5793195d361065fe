#ifndef SITE_LONE_PAGE_H
#define SITE_LONE_PAGE_H

/* The pages that are no lists, each for itself. */

#include "site/listing.h"
#include "site/respond.h"

/* Of the listing only site is set, and name, year and month where the pattern took them. */
struct lone_page {
    const char *pattern; /* of the path; as of a folder, but without '/' at its end */
    /* false: there is no such page after all */
    bool (*answer)(const struct listing *listing, const struct request *request,
                   struct response *response);
};

extern const struct lone_page random_page, feed_page, label_feed_page, language_feed_page;
extern const struct lone_page robots_page, favicon_page, subscribe_page, statistics_page;
extern const struct lone_page search_page, search_turn_page;

#endif
