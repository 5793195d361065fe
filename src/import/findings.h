#ifndef IMPORT_FINDINGS_H
#define IMPORT_FINDINGS_H

/*
 * What an import tells the operator about its sources: one line each, in the order of the sources
 * and their lines, "file:line: code what: decision: how to change it". A finding that a hint has
 * settled is only counted.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum finding_code {
    FINDING_DATE,         /* A1 */
    FINDING_TITLE,        /* A2 */
    FINDING_CREDIT,       /* A3 */
    FINDING_TWIN_SHORTER, /* A4: the longer of two texts is kept */
    FINDING_TWIN_OPEN,    /* A4: neither of two texts contains the other */
    FINDING_TRUNCATED,    /* W1 */
    FINDING_MEDIA,        /* W2, counted */
    FINDING_LINKS,        /* W3, counted */
};

/* Where in the sources: the place of the file among them, its name, a line from 1. */
struct finding_place {
    size_t source;
    const char *file;
    size_t line;
};

struct findings {
    struct finding {
        size_t source, line;
        struct buf text;
    } * items;
    size_t count, cap;
    size_t settled; /* by hints */
    size_t unclear; /* A1 to A4 and W1: what --strict refuses */
};

/* One line of a source; detail goes behind its text and may be empty. */
void findings_add(struct findings *findings, enum finding_code code,
                  const struct finding_place *place, struct str text, const char *detail);

/* How often a whole source shows a thing; nothing when it does not. */
void findings_add_count(struct findings *findings, enum finding_code code,
                        const struct finding_place *place, size_t count);

/* Appends all, one a line. */
void findings_put(struct findings *findings, struct buf *out);

void findings_free(struct findings *findings);

#endif
