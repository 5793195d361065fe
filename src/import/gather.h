#ifndef IMPORT_GATHER_H
#define IMPORT_GATHER_H

/*
 * Reads every source that is no text capture, one document in memory at a time, into an intake.
 */

#include "import/fetched.h"
#include "import/intake.h"
#include "import/sources.h"

/* What the sources say of the blog. */
struct gathered {
    struct buf description; /* gemtext */
    struct buf full;        /* ids of blogs of which an export is there: what it lacks is gone */
    bool is_unchanged;      /* an address has nothing new, and was not read */
    struct fetched fetched; /* to be saved when the import has succeeded */
};

/* The sources live as long as the call. End with gather_free, also after a failure. */
bool gather_sources(struct gathered *gathered, struct intake *intake, const struct sources *sources,
                    const struct import_options *options, struct failure *why);

void gather_free(struct gathered *gathered);

#endif
