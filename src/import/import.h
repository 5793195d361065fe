#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

/*
 * What comes in: sources are read into entries, entries become posts, posts become files, and the
 * index is made anew. Twice the same import changes no byte and no time stamp.
 */

#include <stdbool.h>
#include <stddef.h>

#include "site/config.h"

struct import_options {
    bool quiet;         /* no progress, no summary */
    bool check;         /* say what would be found; write nothing */
    bool strict;        /* refuse when anything is ambiguous or lost */
    bool drafts;        /* also write drafts, to capsule/.drafts/ */
    bool prune;         /* posts that a full export lacks are gone */
    bool allow_summary; /* take a feed that holds only summaries */
    const char *report; /* a file for findings and counts; NULL: none */
    const char *const *hints;
    size_t hint_count;
    const char *const *sources;
    size_t source_count;
};

/* The exit status of the program (man/inspir.1, EXIT STATUS). Findings and failures go to standard
 * error, the summary to standard output. */
int import_run(const struct config *config, const struct import_options *options);

#endif
