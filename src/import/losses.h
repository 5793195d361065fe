#ifndef IMPORT_LOSSES_H
#define IMPORT_LOSSES_H

/*
 * What an import could not bring over, each by name, so that the operator knows what to mend.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum {
    LOSSES_MAX = 100000,   /* lines that are kept; more are only counted */
    LOSSES_KINDS_MAX = 16, /* "table", "embedded", … */
    LOSSES_SHOWN_MAX = 20, /* lines that are told without a report */
};

/* Zeroed is empty. */
struct losses {
    struct buf lines; /* "2017/11/x.gmi: table: Year, Members" */
    size_t count, news;
    struct loss_kind {
        char name[16];
        size_t count;
    } kinds[LOSSES_KINDS_MAX];
    size_t kind_count;
    struct buf shown; /* of the news, the first LOSSES_SHOWN_MAX */
};

/* News is what an earlier import has not told already. */
void losses_add(struct losses *losses, struct str path, struct str kind, struct str what,
                bool is_news);

/* Appends how many there are of each kind, in one line. */
void losses_put_counts(const struct losses *losses, struct buf *out);

void losses_free(struct losses *losses);

#endif
