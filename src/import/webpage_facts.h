#ifndef IMPORT_WEBPAGE_FACTS_H
#define IMPORT_WEBPAGE_FACTS_H

/* What single elements of a page say, by their attributes: links, times, ids, evidence. */

#include "import/webpage_state.h"

void webpage_take_facts(struct scan *scan, const struct tag *tag);

#endif
