#ifndef IMPORT_STASH_H
#define IMPORT_STASH_H

/*
 * Texts too many for memory, one after the other in a temporary file that has no name, so that
 * nothing of it is left behind. Each can be had as a file of its own, one at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"

enum { STASH_TEXTS_MAX = 200000 };

#define STASH_BYTES_MAX ((uint64_t)8 << 30)

struct stash {
    int fd;   /* all texts */
    int page; /* the one at hand */
    uint64_t *ends;
    size_t count, cap;
};

/* In the folder that TMPDIR names, else /tmp. End with stash_close, also after a failure. */
bool stash_open(struct stash *stash, struct failure *why);

/* Empties the file `page`; appends to it. */
bool stash_clear(struct stash *stash, struct failure *why);
bool stash_put(struct stash *stash, struct str bytes, struct failure *why);

/* Adds what the file `page` holds now to the texts. */
bool stash_keep(struct stash *stash, struct failure *why);

/* Puts a text into the file `page`, which is read from its beginning. */
bool stash_show(struct stash *stash, size_t text, struct failure *why);

void stash_close(struct stash *stash);

#endif
