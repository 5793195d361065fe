#ifndef IMPORT_STRANGERS_H
#define IMPORT_STRANGERS_H

/*
 * Posts of a capsule that the ledger does not know: written by hand, or by an import that ended
 * before it wrote the ledger. They are known by date and title, as posts of a text capture are.
 */

#include "site/ledger.h"

struct strangers {
    int root;
    const struct ledger *ledger;
    struct stranger {
        struct buf id, path;
    } * items; /* by id, then by path */
    size_t count, cap;
};

/* Reads the posts of the capsule, -1 for none. End with strangers_free. */
bool strangers_find(struct strangers *strangers, int root, const struct ledger *ledger,
                    struct failure *why);
void strangers_free(struct strangers *strangers);

/* The first with this id, NULL when there is none. */
const struct stranger *strangers_with_id(const struct strangers *strangers, struct str id);

#endif
