#ifndef SITE_INDEXER_H
#define SITE_INDEXER_H

/*
 * Makes the index from the capsule: walks it, parses each post, looks into files whose names say
 * nothing of their type, and puts the new index in the place of the old one by rename.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "site/config.h"

struct index_report {
    size_t posts, pages, files;
    /* a file that looks like a post and is none, and the like; NULL: nobody wants to know */
    void (*warn)(void *ctx, const char *sentence);
    void *ctx;
};

/* Rebuilds, whatever is there; the new index waits in a file beside it that ends in ".tmp". Fails
 * when another process is at it. */
bool index_build(const struct config *config, struct index_report *report, struct failure *why);

/* The index answers to the capsule as it is now: same files, same sizes and times. */
bool index_is_current(const struct config *config);

#endif
