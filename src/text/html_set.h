#ifndef TEXT_HTML_SET_H
#define TEXT_HTML_SET_H

/* Addresses in the order in which they were first seen. Zeroed is empty. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct html_set {
    struct buf keys; /* one after the other */
    struct html_set_item {
        size_t at, len;
        unsigned number, block; /* the caller's own, 0 at first */
    } * items;
    uint32_t *slots; /* 0, or the place of an item + 1 */
    size_t count, slot_count;
};

/* The place of the key in items, where it is put if it is new. */
size_t html_set_add(struct html_set *set, struct str key, bool *is_new);

struct str html_set_key(const struct html_set *set, size_t place);
void html_set_free(struct html_set *set);

#endif
