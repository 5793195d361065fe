#ifndef IMPORT_GATHER_H
#define IMPORT_GATHER_H

/*
 * Reads every source that is no text capture, one document in memory at a time, into an intake.
 */

#include "import/intake.h"
#include "import/sources.h"

/* What the sources say of the blog. */
struct gathered {
    struct buf description; /* gemtext */
    bool is_full;           /* one of them is an export: what it lacks is gone */
};

/* on_progress is told of each source that is read; it may be NULL. */
bool gather_sources(struct intake *intake, const struct sources *sources, struct gathered *gathered,
                    struct failure *why);

void gather_free(struct gathered *gathered);

#endif
