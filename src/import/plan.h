#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

/*
 * What an import would do to a capsule: each document against the ledger and the files. All is
 * decided before anything is in its place, and what was written before and is the same stays
 * untouched. Only decisions are kept: a new file goes into the batch when it is composed, any other
 * is composed once to decide about it and once more to write it.
 *
 * A file is ours when the ledger knows its bytes, or when they are those that would be written. A
 * file that is not is kept as it is.
 */

#include "base/arena.h"
#include "base/batch.h"
#include "import/departures.h"
#include "import/discussions.h"
#include "import/entries.h"
#include "import/item.h"
#include "import/labels.h"
#include "import/losses.h"
#include "site/config.h"
#include "site/ledger.h"

struct plan {
    int root; /* of the capsule; -1: there is none yet */
    const struct entries *entries;
    struct ledger ledger;
    struct arena texts;      /* of the items */
    struct plan_item *items; /* of the entries, in their order, then of the discussions */
    size_t count;
    struct discussions discussions;
    struct departures departures;
    struct plan_item about; /* index.gmi */
    struct buf about_text;  /* to be written, there or where its rival waits; empty: it is not */
    struct losses *losses;  /* borrowed */
    struct str full;        /* ids of blogs that the entries are all of, one a line; borrowed */
    bool prune;             /* what such a blog lacks goes */
    bool dirty;             /* the ledger says something new */
    bool writes;            /* new files go into the batch */
    bool cannot_write;      /* why planning failed */
    struct batch batch;
    void (*on_post)(void *ctx, size_t done, size_t all); /* is told how far it has come */
    void *ctx;
};

/* Reads the ledger. Losses are added to the list. End with plan_close, which leaves root open and
 * drops what was not written. */
bool plan_open(struct plan *plan, int root, struct losses *losses, struct failure *why);
void plan_close(struct plan *plan);

/* Decides about all entries of an import, which are borrowed, and gives their labels addresses,
 * dropping those that no file gets; and about the text that the blog says of itself. */
bool plan_entries(struct plan *plan, const struct entries *entries, struct label_list *labels,
                  struct failure *why);
bool plan_about(struct plan *plan, const struct config *config, struct str description,
                struct failure *why);

/* Appends where the blog's text of a file waits that hands have changed; nobody is served it. */
void plan_put_rival(struct buf *path, const struct plan_item *item);

/* Whether no other post that is there has this old address: the first one keeps it. */
bool plan_may_have_old(const struct plan *plan, struct str old, struct str id);

/* Notes in the ledger what a path holds once the plan is done. */
void plan_note(struct plan *plan, const struct ledger_row *row);

/* Documents of a kind; whether there is anything to write. */
size_t plan_count(const struct plan *plan, enum document document, enum change change);
bool plan_has_work(const struct plan *plan);

/* Writes posts, index.gmi and ledger into the batch; puts all that is in it into place, for which
 * the entries are not needed. */
bool plan_write(struct plan *plan, struct failure *why);
bool plan_commit(struct plan *plan, struct failure *why);

#endif
