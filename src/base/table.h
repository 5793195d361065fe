#ifndef BASE_TABLE_H
#define BASE_TABLE_H

/*
 * Finds the number of a thing by its name, in constant time whatever the names are: they may come
 * from somebody who wants them to collide. The things and their names stay with the caller. Zeroed
 * is empty.
 */

#include <stdint.h>

#include "base/str.h"

enum { TABLE_NONE = UINT32_MAX };

struct table {
    uint32_t *slots; /* number + 1; 0: never used */
    size_t cap, used;
    uint64_t seed[2];
};

/* The name of a thing that is in the table. */
struct table_names {
    struct str (*name)(const void *ctx, uint32_t number);
    const void *ctx;
};

/* TABLE_NONE when there is none. */
uint32_t table_find(const struct table *table, const struct table_names *names, struct str name);

/* Adds a thing; of two with one name the one that came first is found. */
void table_add(struct table *table, const struct table_names *names, uint32_t number);

/* Another thing takes the place of one that is in the table and has the same name. */
void table_replace(struct table *table, const struct table_names *names, uint32_t number,
                   uint32_t with);

/* Drops a thing that is in the table, while it still has its name. */
void table_drop(struct table *table, const struct table_names *names, uint32_t number);

void table_free(struct table *table);

#endif
