#include "site/catalog_memory.h"

#include <malloc.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/mem.h"

enum { GRAIN = 8 }; /* bytes: sizes are rounded up to a multiple of it */

static void *
memory_grow(void *block, int size)
{
    return mem_grow(block, (size_t)size, 1);
}

static void *
memory_new(int size)
{
    return memory_grow(NULL, size);
}

static int
memory_size(void *block)
{
    return (int)malloc_usable_size(block);
}

static int
memory_round(int size)
{
    return (size + GRAIN - 1) / GRAIN * GRAIN;
}

static int
memory_begin(void *ctx)
{
    (void)ctx;
    return SQLITE_OK;
}

static void
memory_end(void *ctx)
{
    (void)ctx;
}

void
catalog_rule_memory(void)
{
    static const sqlite3_mem_methods methods = {
        .xMalloc = memory_new,
        .xFree = free,
        .xRealloc = memory_grow,
        .xSize = memory_size,
        .xRoundup = memory_round,
        .xInit = memory_begin,
        .xShutdown = memory_end,
    };

    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
