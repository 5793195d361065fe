#ifndef IMPORT_SOURCES_H
#define IMPORT_SOURCES_H

/*
 * The files that an operator named, read and told apart by what they hold. This version knows text
 * captures; a source of another kind is refused by name.
 */

#include "import/capture.h"
#include "import/import.h"

enum {
    SOURCES_MAX = 10000,           /* files of one import */
    SOURCES_BYTES_MAX = 256 << 20, /* of all of them */
};

struct sources {
    char **names; /* files, in the order of the operator and, within a folder, of their names */
    size_t name_count, name_cap;
    struct capture *captures; /* a file that is given twice is one */
    size_t capture_count;
    struct hints *hints;
    size_t hint_count, hint_cap;
};

/* Reads sources and hints and gives each capture its hints: those of --hints, and those of a file
 * beside it, with ".hints" behind its name. End with sources_close. */
bool sources_open(struct sources *sources, const struct import_options *options,
                  struct failure *why);
void sources_close(struct sources *sources);

#endif
