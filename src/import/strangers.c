#include "import/strangers.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/entry.h"
#include "site/post.h"

enum { STRANGERS_FIRST = 32 };

static int
by_stranger_id(const void *left, const void *right)
{
    const struct stranger *a = left, *b = right;
    int order = str_compare(buf_str(&a->id), buf_str(&b->id));

    return order != 0 ? order : str_compare(buf_str(&a->path), buf_str(&b->path));
}

/* Pages are at the top. */
static bool
is_page(struct str path)
{
    return !str_has(path, '/') && str_ends(path, STR(".gmi")) && !str_eq(path, STR("index.gmi"));
}

static bool
on_file(void *ctx, const struct file_info *info)
{
    struct strangers *strangers = ctx;
    struct buf bytes = {0};
    struct post post = {0};
    struct failure ignored;
    struct str path = str_of(info->path);
    const struct ledger_row *row = ledger_find_path(strangers->ledger, path);

    if (!(post_is_path(path) || (is_page(path) && !row)) ||
        (row && (!strangers->known_too || str_starts(row->id, STR("text:")))))
        return true;
    if (file_read_beneath(strangers->root, info->path, POST_MAX, &bytes, &ignored) &&
        post_parse(buf_str(&bytes), &post, &ignored)) {
        struct stranger stranger = {.is_known = row != NULL};

        entry_put_text_id(&stranger.id, post.published.date, post.title, post.body);
        buf_put(&stranger.path, path);
        if (strangers->count == strangers->cap) {
            strangers->cap = strangers->cap ? strangers->cap * 2 : STRANGERS_FIRST;
            strangers->items = mem_grow(strangers->items, strangers->cap, sizeof *strangers->items);
        }
        strangers->items[strangers->count++] = stranger;
    }
    post_free(&post);
    buf_free(&bytes);
    return true;
}

bool
strangers_find(struct strangers *strangers, int root, const struct ledger *ledger, bool known_too,
               struct failure *why)
{
    *strangers = (struct strangers){.root = root, .ledger = ledger, .known_too = known_too};
    if (root < 0)
        return true;
    if (!file_walk(strangers->root, on_file, strangers, why))
        return false;
    if (strangers->count > 1)
        qsort(strangers->items, strangers->count, sizeof *strangers->items, by_stranger_id);
    return true;
}

void
strangers_free(struct strangers *strangers)
{
    for (size_t i = 0; i < strangers->count; i++) {
        buf_free(&strangers->items[i].id);
        buf_free(&strangers->items[i].path);
    }
    free(strangers->items);
    *strangers = (struct strangers){0};
}

/* Where the first with this id is, or would be. */
static size_t
find_first(const struct strangers *strangers, struct str id)
{
    size_t low = 0, high = strangers->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_compare(buf_str(&strangers->items[middle].id), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_at(const struct stranger *stranger, struct str base)
{
    struct str path = buf_str(&stranger->path);

    return str_chop(&path, STR(".gmi")) && str_eq(path, base);
}

const struct stranger *
strangers_take(struct strangers *strangers, struct str id, struct str base, bool known_too)
{
    struct stranger *chosen = NULL;
    bool page = !str_has(base, '/');

    for (size_t i = find_first(strangers, id); i < strangers->count; i++) {
        struct stranger *stranger = &strangers->items[i];

        if (!str_eq(buf_str(&stranger->id), id))
            break;
        if (stranger->is_taken || (stranger->is_known && !known_too) ||
            is_page(buf_str(&stranger->path)) != page || (page && !is_at(stranger, base)))
            continue;
        if (!chosen || is_at(stranger, base))
            chosen = stranger;
    }
    if (chosen)
        chosen->is_taken = true;
    return chosen;
}
