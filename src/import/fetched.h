#ifndef IMPORT_FETCHED_H
#define IMPORT_FETCHED_H

/*
 * capsule/.fetched.tsv: for each feed that was imported, what its server called that version of it,
 * so that the next import asks only for what is new. A cache: what cannot be read is as if it were
 * not there, and the file may be deleted at any time. Written when an import has succeeded, since
 * only then the capsule holds what the tags stand for.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

enum {
    FETCHED_ROWS_MAX = 256, /* the oldest go first */
    FETCHED_FILE_MAX = 1 << 20,
};

#define FETCHED_NAME ".fetched.tsv"

struct fetched_row {
    struct str address, etag, modified; /* the last two may be empty, but not both */
};

/* Zeroed is empty. */
struct fetched {
    struct {
        struct buf address, etag, modified;
    } rows[FETCHED_ROWS_MAX];
    size_t count;
    bool is_changed; /* since it was loaded */
};

/* Fails only when the file is there and cannot be read. */
bool fetched_load(struct fetched *fetched, int root, struct failure *why);

/* False when the address is not known. The slices live until the next change. */
bool fetched_find(const struct fetched *fetched, struct str address, struct fetched_row *row);

/* Replaces the row of this address; drops it when there are no tags that the file can hold. */
void fetched_put(struct fetched *fetched, const struct fetched_row *row);

/* Drops all rows, unless they are of imports with these settings: what a server has nothing new of
 * may become something else now. */
void fetched_demand(struct fetched *fetched, struct str settings);

/* Says with which settings the rows were imported. */
void fetched_mark(struct fetched *fetched, struct str settings);

/* Writes the file if anything changed. Callers hold file_lock(root). */
bool fetched_save(struct fetched *fetched, int root, struct failure *why);

void fetched_free(struct fetched *fetched);

#endif
