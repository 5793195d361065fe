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

static bool
on_file(void *ctx, const struct file_info *info)
{
    struct strangers *strangers = ctx;
    struct buf bytes = {0};
    struct post post = {0};
    struct failure ignored;

    if (!post_is_path(str_of(info->path)) ||
        ledger_find_path(strangers->ledger, str_of(info->path)))
        return true;
    if (file_read_beneath(strangers->root, info->path, POST_MAX, &bytes, &ignored) &&
        post_parse(buf_str(&bytes), &post, &ignored)) {
        struct stranger stranger = {0};

        entry_put_text_id(&stranger.id, post.published.date, post.title, post.body);
        buf_put(&stranger.path, str_of(info->path));
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
strangers_find(struct strangers *strangers, int root, const struct ledger *ledger,
               struct failure *why)
{
    *strangers = (struct strangers){.root = root, .ledger = ledger};
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

const struct stranger *
strangers_with_id(const struct strangers *strangers, struct str id)
{
    size_t low = 0, high = strangers->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_compare(buf_str(&strangers->items[middle].id), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < strangers->count && str_eq(buf_str(&strangers->items[low].id), id)
               ? &strangers->items[low]
               : NULL;
}
