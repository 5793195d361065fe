#include "text/html_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SLOTS_MIN = 32 };

/* FNV-1a with a start that nobody outside knows, so that addresses cannot be made to collide. */
static size_t
hash_of(const struct html_set *set, struct str key)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uintptr_t)set;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
    return (size_t)(hash ^ (hash >> 29));
}

struct str
html_set_key(const struct html_set *set, size_t place)
{
    return str_head(str_after(buf_str(&set->keys), set->items[place].at), set->items[place].len);
}

/* The slot that holds the key or shall hold it. */
static size_t
find_slot(const struct html_set *set, struct str key)
{
    size_t slot = hash_of(set, key) & (set->slot_count - 1);

    while (set->slots[slot] && !str_eq(html_set_key(set, set->slots[slot] - 1), key))
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

static void
grow(struct html_set *set)
{
    set->slot_count = set->slot_count ? set->slot_count * 2 : SLOTS_MIN;
    set->slots = mem_grow(set->slots, set->slot_count, sizeof *set->slots);
    set->items = mem_grow(set->items, set->slot_count / 2, sizeof *set->items);
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    for (size_t i = 0; i < set->count; i++)
        set->slots[find_slot(set, html_set_key(set, i))] = (uint32_t)i + 1;
}

size_t
html_set_add(struct html_set *set, struct str key, bool *is_new)
{
    size_t slot;

    if (set->count * 2 >= set->slot_count)
        grow(set);
    slot = find_slot(set, key);
    *is_new = set->slots[slot] == 0;
    if (*is_new) {
        set->items[set->count] = (struct html_set_item){.at = set->keys.len, .len = key.len};
        buf_put(&set->keys, key);
        set->slots[slot] = (uint32_t)++set->count;
    }
    return set->slots[slot] - 1;
}

void
html_set_free(struct html_set *set)
{
    buf_free(&set->keys);
    free(set->items);
    free(set->slots);
    *set = (struct html_set){0};
}
