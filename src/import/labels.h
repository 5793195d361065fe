#ifndef IMPORT_LABELS_H
#define IMPORT_LABELS_H

/*
 * Addresses of labels. Two names may come to one slug; who came first has it, the others get -2,
 * -3, and the ledger remembers whose is which. Names that differ in case are one label.
 */

#include "site/ledger.h"
#include "site/post.h"

/* Appends the slug of the label with this name; one that is new is noted in the ledger. */
void label_put_slug(struct buf *out, struct ledger *ledger, struct str name);

#endif
