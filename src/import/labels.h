#ifndef IMPORT_LABELS_H
#define IMPORT_LABELS_H

/*
 * Addresses of labels. Two names may come to one slug; who came first has it, the others get -2,
 * -3, and the ledger remembers whose is which. Names that differ in case are one label.
 */

#include "base/arena.h"
#include "base/table.h"
#include "site/ledger.h"
#include "site/post.h"

/* Appends the slug of the label with this name; one that is new is noted in the ledger. */
void label_put_slug(struct buf *out, struct ledger *ledger, struct str name);

/* The row of the label with this name, NULL when nobody has it. */
const struct ledger_row *label_find(const struct ledger *ledger, struct str name);

/* Names of labels in the order of their first appearance. Zeroed is empty. */
struct label_list {
    struct arena texts;
    struct label_use {
        struct str name;
        size_t uses; /* documents that have it */
    } * items;
    size_t count, cap;
    struct table table;
};

/* A document has these names, one a line; or one that had them has them no longer. */
void label_list_add(struct label_list *list, struct str names);
void label_list_drop(struct label_list *list, struct str names);
void label_list_free(struct label_list *list);

#endif
