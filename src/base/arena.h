#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Many short texts that are kept together and given up together. A text stays where it is until
 * then. Zeroed is empty.
 */

#include "base/str.h"

struct arena {
    char **blocks;
    size_t count, cap;
    char *next; /* free room in the last block */
    size_t left;
};

/* A copy with a NUL behind it. */
struct str arena_put(struct arena *arena, struct str text);

/* Room for so many bytes, not cleared and not aligned. */
char *arena_room(struct arena *arena, size_t n);

void arena_free(struct arena *arena);

#endif
