#ifndef IMPORT_ENTRIES_H
#define IMPORT_ENTRIES_H

/*
 * The documents of an import. In memory is only what they are found and ordered by, some hundred
 * bytes each; they themselves wait in a temporary file.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "import/entry.h"
#include "import/spool.h"

enum { ENTRIES_MAX = 1000000 /* of one import, comments included */ };

struct entry_ref {
    struct spool_piece piece;
    const char *id;      /* as in the ledger */
    const char *address; /* its old address; of a comment the digits of its post; never NULL */
    int64_t published;   /* seconds since 1970, in UTC */
    uint64_t text_key;   /* the same for posts of one date and title */
    int position;        /* among entries of one moment */
    unsigned char kind, status;
    bool is_text;
    bool knows_labels; /* all of them */
    bool is_dropped;   /* united with another */
};

struct entries {
    struct spool spool;
    struct arena names;
    struct entry_ref *items;
    size_t count, cap;
    struct buf record; /* being packed */
};

/* The temporary file goes to the folder if it can. End with entries_close, also after a failure. */
bool entries_open(struct entries *entries, const char *folder, struct failure *why);
void entries_close(struct entries *entries);

bool entries_add(struct entries *entries, const struct entry *entry, struct failure *why);

/* Another text for an entry that keeps its place. */
bool entries_replace(struct entries *entries, size_t at, const struct entry *entry,
                     struct failure *why);

/* Reads an entry back; its buffers are used again. */
bool entries_load(const struct entries *entries, size_t at, struct entry *entry,
                  struct failure *why);

/* Takes out what is dropped and puts the rest in the order of their moments, then of their ids. */
void entries_settle(struct entries *entries);

#endif
