#include "site/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ITEMS_FIRST = 64 };

void
ranking_add(struct ranking *ranking, const struct ranked *post)
{
    struct ranked *item;

    if (ranking->count == ranking->cap) {
        ranking->cap = ranking->cap > 0 ? ranking->cap + ranking->cap / 2 : ITEMS_FIRST;
        ranking->items = mem_grow(ranking->items, ranking->cap, sizeof *ranking->items);
    }
    item = &ranking->items[ranking->count++];
    *item = *post;
    item->path = arena_put(&ranking->paths, str_of(post->path)).ptr;
}

static int
by_rank(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return strcmp(a->path, b->path);
}

void
ranking_settle(struct ranking *ranking)
{
    if (ranking->count > 1)
        qsort(ranking->items, ranking->count, sizeof *ranking->items, by_rank);
}

void
ranking_free(struct ranking *ranking)
{
    free(ranking->items);
    arena_free(&ranking->paths);
    *ranking = (struct ranking){0};
}
