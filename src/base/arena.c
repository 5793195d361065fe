#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK = 64 << 10, LARGE = BLOCK / 4, BLOCKS_FIRST = 8 };

static char *
add_block(struct arena *arena, size_t size)
{
    if (arena->count == arena->cap) {
        arena->cap = arena->cap ? arena->cap * 2 : BLOCKS_FIRST;
        arena->blocks = mem_grow(arena->blocks, arena->cap, sizeof *arena->blocks);
    }
    return arena->blocks[arena->count++] = mem_grow(NULL, size, 1);
}

char *
arena_room(struct arena *arena, size_t n)
{
    char *room;

    if (n > LARGE) /* a block of its own, so that the rest of the last one is not lost */
        return add_block(arena, n);
    if (n > arena->left) {
        arena->next = add_block(arena, BLOCK);
        arena->left = BLOCK;
    }
    room = arena->next;
    arena->next += n;
    arena->left -= n;
    return room;
}

struct str
arena_put(struct arena *arena, struct str text)
{
    char *copy = arena_room(arena, text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct str){copy, text.len};
}

void
arena_free(struct arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        free(arena->blocks[i]);
    free(arena->blocks);
    *arena = (struct arena){0};
}
