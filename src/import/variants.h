#ifndef IMPORT_VARIANTS_H
#define IMPORT_VARIANTS_H

/*
 * The smaller forms (site/variant.h) of the pictures in capsule/media: made where they are missing
 * and cost less than the picture, each once. The ledger has a row for each, whose path is that of
 * the picture where it costs least itself, and whose source is the picture's size: when that
 * changes, they are made anew. A variant that somebody put there stays.
 */

#include <stdbool.h>
#include <stddef.h>

#include "import/plan.h"

struct variants_report {
    size_t pictures, made; /* pictures that were looked into; files that were written */
    size_t failed;         /* pictures that cannot be read */
    bool lacks_program;    /* there was something to do, but GraphicsMagick is not installed */
};

/* Writes the files and notes them in the plan's ledger. False when the capsule cannot be written.
 * Callers hold file_lock(plan->root). */
bool variants_make(struct plan *plan, struct variants_report *report, struct failure *why);

#endif
