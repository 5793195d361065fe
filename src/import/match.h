#ifndef IMPORT_MATCH_H
#define IMPORT_MATCH_H

/*
 * Finds for each entry of a plan its row in the ledger, else its file in the capsule, else gives it
 * an address of its own, which then never changes again.
 */

#include "import/plan.h"

/* Fills in id, path and origin of all items, and rows of those that are new. */
bool match_items(struct plan *plan, struct failure *why);

#endif
