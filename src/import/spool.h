#ifndef IMPORT_SPOOL_H
#define IMPORT_SPOOL_H

/*
 * Text that is too much for memory and is needed again: an unlinked file that nobody can see and
 * that is gone with the process. Pieces are appended, and read back by their places.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"

enum { SPOOL_PENDING_MAX = 1 << 20 }; /* bytes in memory before they are written */

struct spool {
    int fd;
    uint64_t len;       /* of all pieces */
    struct buf pending; /* the last of them, not in the file yet */
    bool has_failed;    /* to write them: it is not the text's fault */
};

struct spool_piece {
    uint64_t at;
    uint32_t len;
};

/* A file without a name in the folder, else where $TMPDIR says, else in /tmp; -1 on failure. NULL
 * is no folder. */
int spool_make_file(const char *folder, struct failure *why);

/* In such a file. End with spool_close. */
bool spool_open(struct spool *spool, const char *folder, struct failure *why);
void spool_close(struct spool *spool);

/* Appends a piece of less than 4 GiB. */
bool spool_put(struct spool *spool, struct str bytes, struct spool_piece *piece,
               struct failure *why);

/* Appends the bytes of a piece. */
bool spool_get(const struct spool *spool, struct spool_piece piece, struct buf *bytes,
               struct failure *why);

#endif
