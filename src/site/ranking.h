#ifndef SITE_RANKING_H
#define SITE_RANKING_H

/*
 * The posts of a capsule in the order of their ranks, from the oldest on, with no more of each than
 * that order needs: so that the index can be written in it.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct ranked {
    const char *path; /* beneath the root */
    uint64_t size;
    int64_t seconds; /* when it was published, since 1970 */
    long position;   /* from the ledger: higher is newer within one moment */
    size_t lines;    /* from the ledger, too: before the jump break; 0: it has none */
};

/* Zeroed is valid; end with ranking_free. */
struct ranking {
    struct ranked *items;
    size_t count, cap;
    struct arena paths;
};

/* The path is copied. */
void ranking_add(struct ranking *ranking, const struct ranked *post);

/* Puts all that were added into their order. */
void ranking_settle(struct ranking *ranking);

void ranking_free(struct ranking *ranking);

#endif
