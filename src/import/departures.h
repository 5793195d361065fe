#ifndef IMPORT_DEPARTURES_H
#define IMPORT_DEPARTURES_H

/*
 * Posts that a blog had and that a whole export of it lacks now: they are named and, where the
 * operator wants that, removed with their comments; so are the comments of a post that has none
 * there. And drafts that have become posts. What hands have changed stays. The ledger remembers
 * what was named, as a source "missing:51" of the post.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/batch.h"
#include "base/fail.h"
#include "base/str.h"

struct plan;

enum { DEPARTURES_SHOWN_MAX = 20 /* lines that are told without a report */ };

/* Zeroed is empty. */
struct departures {
    struct departure {
        struct str id, path; /* of its row */
        bool is_missing;     /* the export lacks it; else it goes with its post or as a draft */
        bool is_news;        /* no import has told it before */
        bool is_removed;
        bool is_kept; /* though it shall be removed: hands have changed it */
    } * items;
    size_t count, cap;
    size_t posts, removed; /* of the posts */
    size_t news;           /* posts that are told now and stay */
};

/* Goes through the ledger of a plan whose documents have their rows; and, when its comments have
 * found their posts, through the posts that have none any longer. */
bool departures_find(struct plan *plan, struct failure *why);
bool departures_find_comments(struct plan *plan, struct failure *why);

bool departures_write(const struct departures *departures, struct batch *batch,
                      struct failure *why);

/* Appends a line for each post that is news, at most DEPARTURES_SHOWN_MAX; or for all of them. */
void departures_put(const struct departures *departures, bool all, struct buf *out);

void departures_free(struct departures *departures);

#endif
