#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

enum { SLOTS_FIRST = 64 };

static const uint32_t dropped = UINT32_MAX; /* a slot that was used */

/* SipHash-1-3 of Aumasson and Bernstein: with a secret seed nobody can make names collide. */
struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void
sip_round(struct sip *sip)
{
    sip->v0 += sip->v1;
    sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
    sip->v0 = rotate(sip->v0, 32);
    sip->v2 += sip->v3;
    sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
    sip->v0 += sip->v3;
    sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
    sip->v2 += sip->v1;
    sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
    sip->v2 = rotate(sip->v2, 32);
}

static void
sip_take(struct sip *sip, uint64_t word)
{
    sip->v3 ^= word;
    sip_round(sip);
    sip->v0 ^= word;
}

static uint64_t
hash(const struct table *table, struct str name)
{
    struct sip sip = {
        .v0 = table->seed[0] ^ 0x736f6d6570736575,
        .v1 = table->seed[1] ^ 0x646f72616e646f6d,
        .v2 = table->seed[0] ^ 0x6c7967656e657261,
        .v3 = table->seed[1] ^ 0x7465646279746573,
    };
    uint64_t last = (uint64_t)name.len << 56, word;

    for (; name.len >= sizeof word; name = str_after(name, sizeof word)) {
        memcpy(&word, name.ptr, sizeof word);
        sip_take(&sip, word);
    }
    for (size_t i = 0; i < name.len; i++)
        last |= (uint64_t)(unsigned char)name.ptr[i] << (8 * i);
    sip_take(&sip, last);
    sip.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&sip);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

static size_t
first_slot(const struct table *table, struct str name)
{
    return (size_t)hash(table, name) & (table->cap - 1);
}

static void
put(struct table *table, const struct table_names *names, uint32_t number)
{
    size_t slot = first_slot(table, names->name(names->ctx, number));

    while (table->slots[slot] != 0)
        slot = (slot + 1) & (table->cap - 1);
    table->slots[slot] = number + 1;
    table->used++;
}

/* At most half of the slots are ever used. */
static void
grow(struct table *table, const struct table_names *names)
{
    struct table larger = {.cap = table->cap ? table->cap * 2 : SLOTS_FIRST};

    larger.slots = mem_new(larger.cap * sizeof *larger.slots);
    /* without a seed it is still right, only not safe from somebody who wants it slow */
    if (getrandom(larger.seed, sizeof larger.seed, 0) < 0)
        larger.seed[0] = (uint64_t)(uintptr_t)larger.slots;
    for (size_t i = 0; i < table->cap; i++)
        if (table->slots[i] != 0 && table->slots[i] != dropped)
            put(&larger, names, table->slots[i] - 1);
    free(table->slots);
    *table = larger;
}

/* The slot of the thing that `is` tells, or of the first with the name for TABLE_NONE; cap: none */
static size_t
find_slot(const struct table *table, const struct table_names *names, struct str name, uint32_t is)
{
    size_t slot;

    if (table->cap == 0)
        return 0;
    for (slot = first_slot(table, name); table->slots[slot] != 0;
         slot = (slot + 1) & (table->cap - 1)) {
        uint32_t number = table->slots[slot] - 1;

        if (table->slots[slot] == dropped)
            continue;
        if (is == TABLE_NONE ? str_eq(names->name(names->ctx, number), name) : number == is)
            return slot;
    }
    return table->cap;
}

uint32_t
table_find(const struct table *table, const struct table_names *names, struct str name)
{
    size_t slot = find_slot(table, names, name, TABLE_NONE);

    return slot < table->cap ? table->slots[slot] - 1 : (uint32_t)TABLE_NONE;
}

void
table_add(struct table *table, const struct table_names *names, uint32_t number)
{
    assert(number < dropped - 1);
    if ((table->used + 1) * 2 > table->cap)
        grow(table, names);
    put(table, names, number);
}

static size_t
slot_of(const struct table *table, const struct table_names *names, uint32_t number)
{
    size_t slot = find_slot(table, names, names->name(names->ctx, number), number);

    assert(slot < table->cap);
    return slot;
}

void
table_replace(struct table *table, const struct table_names *names, uint32_t number, uint32_t with)
{
    table->slots[slot_of(table, names, number)] = with + 1;
}

void
table_drop(struct table *table, const struct table_names *names, uint32_t number)
{
    table->slots[slot_of(table, names, number)] = dropped;
}

void
table_free(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}
