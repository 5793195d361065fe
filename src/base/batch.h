#ifndef BASE_BATCH_H
#define BASE_BATCH_H

/*
 * Many files beneath a folder, replaced together. They wait in a folder of their own, named
 * BATCH_NAME, until all of them are safe on disk; then a list of their names makes the batch final,
 * and they are put into place one by one. Who is killed before that has changed nothing; who is
 * killed afterwards is completed by batch_recover, and at any time each file is whole, old or new.
 * The disk is told to be safe three times a batch, however many files there are.
 * Callers hold file_lock(root).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

#define BATCH_NAME ".inspir.batch"

enum { BATCH_FILES_MAX = 2000000, BATCH_LIST_MAX = 512 << 20 /* bytes */ };

struct batch {
    int root, folder; /* borrowed; the waiting files, -1: there are none yet */
    struct buf list;  /* one path a line, in the order of numbers from 0 */
    size_t count;
};

/* Completes or drops what an earlier batch has left behind. */
bool batch_recover(int root, struct failure *why);

/* Zeroed but for root and folder -1 is valid. */
void batch_open(struct batch *batch, int root);

/* Notes a file that will be replaced or made, and the folders that lead to it. */
bool batch_add(struct batch *batch, const char *path, struct str bytes, struct failure *why);

/* The same in two steps: the number of a file, and its bytes, which several threads may write. */
bool batch_reserve(struct batch *batch, const char *path, size_t *number, struct failure *why);
bool batch_write(const struct batch *batch, size_t number, struct str bytes, struct failure *why);

/* More bytes for the file that was added last. */
bool batch_append(struct batch *batch, struct str bytes, struct failure *why);

/* Notes a file that will be removed; it need not be there. */
bool batch_remove(struct batch *batch, const char *path, struct failure *why);

/* Puts all files into place, in the order in which they were added. */
bool batch_commit(struct batch *batch, struct failure *why);

/* Gives up what has not been committed. */
void batch_close(struct batch *batch);

#endif
