#ifndef SITE_KEYS_H
#define SITE_KEYS_H

/*
 * Every key of inspir.ini: what it is called, what it is when nobody says, what it may be and
 * where it is kept. site/config.c reads the file with this table.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

struct key {
    const char *section, *name;
    const char *fallback; /* NULL: it depends on other keys */

    /* Checks the value and keeps it in the field; a list grows by it. */
    bool (*set)(const struct key *key, void *field, struct str value, struct failure *why);
    size_t offset;     /* in struct config; in struct host_pair, struct zone for their sections */
    unsigned min, max; /* of a number, a text's bytes, a list's items */
    const char *const *words; /* ends with NULL; a word's place is the value that it stands for */
    bool is_list;             /* may be given several times, to go on */
    bool is_path;             /* is relative to the ini file, unless it is one of the words */
};

extern const struct key keys[];
extern const size_t key_count; /* at most CONFIG_KEYS_MAX */

/* NULL when there is none. */
const struct key *key_find(struct str section, struct str name);

bool key_is_section(struct str name);
bool key_is_word(const struct key *key, struct str value);

/* The key whose name takes the fewest edits, one of this section first. */
const struct key *key_nearest(struct str section, struct str name);
const char *key_nearest_section(struct str name);

#endif
