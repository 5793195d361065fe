#ifndef IMPORT_MATCH_H
#define IMPORT_MATCH_H

/*
 * Finds for each entry of a plan its row in the ledger, else its file in the capsule, else gives it
 * an address of its own, which then never changes again.
 */

#include "import/plan.h"

/* Fills in id, path and origin of all items, and rows of those that are new. A post that got
 * another address in the blog moves. */
bool match_items(struct plan *plan, struct failure *why);

/* Notes the addresses in the blog of all items, when it is known which posts are gone: links lead
 * there. */
void match_addresses(struct plan *plan);

/* The same as match_items for a page of comments, when their posts are settled; its path stays
 * empty when there is nothing to write. */
bool match_discussion(struct plan *plan, struct plan_item *item, struct failure *why);

#endif
