#ifndef IMPORT_DISCUSSIONS_H
#define IMPORT_DISCUSSIONS_H

/*
 * The comments of an import, post by post: which of them have a page, and what it holds. In memory
 * are the comments of one post at a time. What is written here is what the sources of this import
 * say together; without a word about a post's comments its page stays as it is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/table.h"
#include "import/entries.h"
#include "import/losses.h"
#include "site/ledger.h"
#include "site/words.h"

struct discussion {
    size_t first, count; /* of its comments in the order; none: its page moves with its post */
    struct str id;       /* of its row: "comments:123" */
    struct str post_id;  /* "blogger:123" */
    struct str post;     /* path of the post; empty: nobody knows it */
    struct str title;    /* of the post */
    struct str from;     /* path of the page until now, when the post moves */
};

/* Zeroed is empty. */
struct discussions {
    enum tongue tongue;            /* of what the pages say themselves */
    const struct entries *entries; /* borrowed */
    struct discussion_comment {
        uint32_t entry;
        const char *post; /* its id, or the digits of it */
    } * order;            /* by their posts */
    size_t comment_count;
    struct discussion *items;
    size_t count, cap;
    struct table by_post;
    struct arena texts;
};

/* One discussion for each post of which there are comments. The ledger knows the posts of this
 * import: a comment finds its post by id or, where that is not known, by the post's old address. */
bool discussions_find(struct discussions *discussions, const struct entries *entries,
                      const struct ledger *ledger, struct failure *why);

/* Whether there are comments of the post with an id of the ledger. */
bool discussions_has(const struct discussions *discussions, struct str post_id);

/* Says where the post with an id of the ledger is; and its title, before the page is written. */
void discussions_place(struct discussions *discussions, struct str post_id, struct str path);
void discussions_name(struct discussions *discussions, struct str post_id, struct str title);

/* The page of a post that moves goes along, whether there are comments or not. */
void discussions_move(struct discussions *discussions, const struct ledger *ledger,
                      struct str post_id, struct str path, struct str from);

/* Finds the posts that nobody has placed in the capsule, -1 for none. Comments whose post is not
 * there are lost. */
bool discussions_settle(struct discussions *discussions, const struct ledger *ledger, int root,
                        struct losses *losses, struct failure *why);

/* The page of a discussion, and what it cannot hold, as entry.losses has it. Owned by the caller.
 */
struct discussion_page {
    struct buf text, losses;
};

/* Appends the page of a discussion that has a post. */
bool discussions_write(struct discussion_page *page, const struct discussions *discussions,
                       const struct ledger *ledger, size_t at, struct failure *why);

void discussions_free(struct discussions *discussions);

#endif
