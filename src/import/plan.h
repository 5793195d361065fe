#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

/*
 * What an import would do to a capsule: each entry against the ledger and the files. Everything is
 * decided before anything is written, and what was written before and is the same stays untouched.
 *
 * A file is ours when the ledger knows its bytes, or when they are those that would be written: so
 * an import that was cut short is completed by the next. A file that is not is kept as it is.
 */

#include "import/entry.h"
#include "site/config.h"
#include "site/ledger.h"

enum change { CHANGE_NONE, CHANGE_NEW, CHANGE_REWRITTEN, CHANGE_KEPT, CHANGES };

struct plan_item {
    enum change change;
    const char *note; /* why a post is kept, or written anew; else NULL */
    struct buf path;
    struct buf text; /* to be written; empty: nothing is */
};

struct plan {
    int root; /* of the capsule; -1: there is none yet */
    struct ledger ledger;
    struct plan_item *items; /* one for each entry, by id */
    size_t count, cap;
    struct plan_item about; /* index.gmi */
    bool dirty;             /* the ledger says something new */
};

/* Reads the ledger. End with plan_close, which leaves root open. */
bool plan_open(struct plan *plan, int root, struct failure *why);
void plan_close(struct plan *plan);

/* Decides about all entries of an import; and about the text that the blog says of itself. */
bool plan_entries(struct plan *plan, const struct entries *entries, struct failure *why);
bool plan_about(struct plan *plan, const struct config *config, struct str description,
                struct failure *why);

/* Posts of a kind; whether there is anything to write. */
size_t plan_count(const struct plan *plan, enum change change);
bool plan_has_work(const struct plan *plan);

/* Writes posts, index.gmi, ledger, in this order. on_post is told how many posts are written. */
bool plan_write(struct plan *plan, void (*on_post)(void *ctx, size_t done, size_t all), void *ctx,
                struct failure *why);

#endif
