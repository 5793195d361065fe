#include "import/labels.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "import/entry.h"
#include "text/slug.h"

enum { LABELS_FIRST = 64 };

static const struct str id_prefix = {"label:", 6};
static const struct str folder = {"label/", 6};

/* A slug on its way to one that no other label has; path is folder and slug. */
struct search {
    const struct ledger *ledger;
    struct buf *path;
    size_t bare; /* bytes of the path without a number */
};

static bool
is_taken(struct search *search, unsigned number)
{
    buf_truncate(search->path, search->bare);
    if (number > 1)
        buf_format(search->path, "-%u", number);
    return ledger_find_path(search->ledger, buf_str(search->path)) != NULL;
}

/* The first of slug, slug-2, slug-3 that no other label has. The numbers that are taken have no
 * gaps, so that not each of them has to be looked at. */
static void
find_free(struct buf *path, const struct ledger *ledger, struct str name)
{
    struct search search = {.ledger = ledger, .path = path};
    unsigned taken = 0, free = 1;

    buf_put(path, folder);
    slug_of_label(path, name);
    search.bare = path->len;
    while (is_taken(&search, free)) {
        taken = free;
        free *= 2;
    }
    while (free - taken > 1) {
        unsigned middle = taken + (free - taken) / 2;

        *(is_taken(&search, middle) ? &taken : &free) = middle;
    }
    is_taken(&search, free); /* leaves the path of this number */
}

static void
put_id(struct buf *id, struct str name)
{
    buf_put(id, id_prefix);
    entry_put_folded(id, name);
}

const struct ledger_row *
label_find(const struct ledger *ledger, struct str name)
{
    struct buf id = {0};
    const struct ledger_row *row;

    put_id(&id, name);
    row = ledger_find_id(ledger, buf_str(&id));
    buf_free(&id);
    return row;
}

void
label_put_slug(struct buf *out, struct ledger *ledger, struct str name)
{
    struct buf id = {0}, path = {0};
    const struct ledger_row *known;

    put_id(&id, name);
    known = ledger_find_id(ledger, buf_str(&id));
    if (known) {
        buf_put(&path, known->path);
    } else {
        find_free(&path, ledger, name);
        ledger_put(ledger, &(struct ledger_row){
                               .id = buf_str(&id), .path = buf_str(&path), .state = STR("live")});
    }
    buf_put(out, str_after(buf_str(&path), folder.len));
    buf_free(&id);
    buf_free(&path);
}

static struct str
name_of(const void *list, uint32_t number)
{
    return ((const struct label_list *)list)->items[number].name;
}

void
label_list_add(struct label_list *list, struct str names)
{
    const struct table_names of = {name_of, list};

    while (names.len > 0) {
        struct str name = str_line(&names);
        uint32_t known = table_find(&list->table, &of, name);

        if (known != TABLE_NONE) {
            list->items[known].uses++;
            continue;
        }
        if (list->count == list->cap) {
            list->cap = list->cap ? list->cap * 2 : LABELS_FIRST;
            list->items = mem_grow(list->items, list->cap, sizeof *list->items);
        }
        list->items[list->count] = (struct label_use){arena_put(&list->texts, name), 1};
        table_add(&list->table, &of, (uint32_t)list->count++);
    }
}

void
label_list_drop(struct label_list *list, struct str names)
{
    while (names.len > 0) {
        uint32_t known =
            table_find(&list->table, &(struct table_names){name_of, list}, str_line(&names));

        assert(known != TABLE_NONE && list->items[known].uses > 0);
        list->items[known].uses--;
    }
}

void
label_list_free(struct label_list *list)
{
    table_free(&list->table);
    arena_free(&list->texts);
    free(list->items);
    *list = (struct label_list){0};
}
