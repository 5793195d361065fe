#include "import/labels.h"

#include <stdlib.h>

#include "base/mem.h"
#include "import/entry.h"
#include "text/slug.h"

enum { LABELS_FIRST = 64 };

static const struct str id_prefix = {"label:", 6};
static const struct str folder = {"label/", 6};

/* The first of slug, slug-2, slug-3 that no other label has; path is folder and slug. */
static void
find_free(struct buf *path, const struct ledger *ledger, struct str name)
{
    size_t bare;

    buf_put(path, folder);
    slug_of_label(path, name);
    bare = path->len;
    for (unsigned number = 2; ledger_find_path(ledger, buf_str(path)); number++) {
        buf_truncate(path, bare);
        buf_format(path, "-%u", number);
    }
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
    return ((const struct label_list *)list)->names[number];
}

void
label_list_add(struct label_list *list, struct str names)
{
    const struct table_names of = {name_of, list};

    while (names.len > 0) {
        struct str name = str_line(&names);

        if (table_find(&list->table, &of, name) != TABLE_NONE)
            continue;
        if (list->count == list->cap) {
            list->cap = list->cap ? list->cap * 2 : LABELS_FIRST;
            list->names = mem_grow(list->names, list->cap, sizeof *list->names);
        }
        list->names[list->count] = arena_put(&list->texts, name);
        table_add(&list->table, &of, (uint32_t)list->count++);
    }
}

void
label_list_free(struct label_list *list)
{
    table_free(&list->table);
    arena_free(&list->texts);
    free(list->names);
    *list = (struct label_list){0};
}
