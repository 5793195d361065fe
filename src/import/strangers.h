#ifndef IMPORT_STRANGERS_H
#define IMPORT_STRANGERS_H

/*
 * Posts and pages of a capsule that the ledger does not know, as they were written by hand. They
 * are known by date and title, as posts of a text capture are. For captures, posts that Blogger's
 * own data brought are also found in this way: the ledger knows no titles.
 */

#include "site/ledger.h"

struct strangers {
    int root;
    const struct ledger *ledger;
    bool known_too; /* also posts that the ledger knows by another id than their text */
    struct stranger {
        struct buf id, path;
        bool is_known;
        bool is_taken;
    } * items; /* by id, then by path */
    size_t count, cap;
};

/* Reads the posts and pages of the capsule, -1 for none. End with strangers_free. */
bool strangers_find(struct strangers *strangers, int root, const struct ledger *ledger,
                    bool known_too, struct failure *why);
void strangers_free(struct strangers *strangers);

/* The one with this id and the path base.gmi, else the first post with this id; NULL when there is
 * none that is not taken already. One that the ledger knows is only found when it is asked for. */
const struct stranger *strangers_take(struct strangers *strangers, struct str id, struct str base,
                                      bool known_too);

#endif
