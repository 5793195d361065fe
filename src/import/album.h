#ifndef IMPORT_ALBUM_H
#define IMPORT_ALBUM_H

/*
 * The pictures of an import, as the configuration wants them: brought into the capsule, or left
 * where they are. Those that stand in the post itself (data:) are always unpacked. Nothing is
 * opened before the first picture, and no socket at all unless [import] media is fetch.
 */

#include <pthread.h>
#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/config.h"

struct album {
    const struct config *config;
    int root; /* of the capsule as it was when the import began; -1: none */
    struct fetcher *fetcher;
    struct pictures *pictures;
    pthread_mutex_t lock; /* one picture at a time */
};

/* End with album_close; zeroed is closed. */
void album_open(struct album *album, const struct config *config);
void album_close(struct album *album);

/* For any thread. Appends where the picture is in the capsule and what it is, "JPEG, 48 kB". False
 * when it is to stay where it is; the failure then says why, or nothing where that is as it should
 * be. */
bool album_take(struct album *album, struct str address, struct buf *target, struct buf *note,
                struct failure *why);

/* Writes what is new into the capsule. Callers hold file_lock(root). */
bool album_write(struct album *album, int root, struct failure *why);

#endif
