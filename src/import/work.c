#include "import/work.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/links.h"

void
work_free_present(struct present *present)
{
    buf_free(&present->bytes);
    post_free(&present->post);
    *present = (struct present){0};
}

/* What is there now; that a file is no post is no failure. */
bool
work_read_present(const struct plan *plan, const char *path, struct present *present,
                  struct failure *why)
{
    struct failure ignored;
    int fd = plan->root < 0 ? -1 : file_open_beneath(plan->root, path);

    post_free(&present->post);
    buf_truncate(&present->bytes, 0);
    present->ours = (struct str){0};
    present->exists = fd >= 0 || (plan->root >= 0 && errno != ENOENT && errno != ENOTDIR);
    if (fd >= 0)
        close(fd);
    if (!present->exists)
        return true;
    if (!file_read_beneath(plan->root, path, POST_MAX, &present->bytes, why))
        return false;
    post_parse(buf_str(&present->bytes), &present->post, &ignored);
    return true;
}

/* Its address goes to the losses, and the link keeps it. */
static void
on_dead_link(void *ctx, struct str address)
{
    struct entry *entry = ctx;

    buf_put(&entry->losses, STR("link\t"));
    buf_put(&entry->losses, address);
    buf_byte(&entry->losses, '\n');
}

/* Loads an entry and what is there. */
static bool
load(struct work *work)
{
    const struct plan_item *item = work->item;

    if (!entries_load(work->plan->entries, item->entry, &work->entry, &work->why) ||
        !work_read_present(work->plan, item->path.ptr, &work->present, &work->why))
        return false;
    links_settle(&work->entry, &work->plan->ledger, on_dead_link, &work->entry);
    return true;
}

/* Says how the file is to be made from both; stays as it is when it is made again to be written. */
static void
settle_origin(struct work *work)
{
    struct plan_item *item = work->item;
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, item->id);
    bool is_known = item->origin == ORIGIN_KNOWN || item->origin == ORIGIN_BETTER;
    struct digest present = digest_of(buf_str(&work->present.bytes));

    item->is_ours = is_known && str_eq(row->digest, str_of(present.hex));
    item->knows_less = is_known && work->present.exists &&
                       (item->origin == ORIGIN_BETTER || work->entry.is_partial);
    /* Blogger knows all labels of a post that no capture has added any to */
    item->keep_labels = !item->is_ours || work->entry.is_text || row->source.len > 0;
}

static bool
compose(struct work *work)
{
    const struct plan_item *item = work->item;
    struct ledger *ledger = &work->plan->ledger;

    if (item->is_ours)
        work->present.ours = work->present.post.body;
    if (item->knows_less)
        compose_labels(&work->text, ledger, &work->entry, &work->present);
    else
        compose_post(&work->text, ledger, &work->entry, &work->present, item->keep_labels);
    work->digest = digest_of(buf_str(&work->text));
    return work->text.len <= POST_MAX ||
           fail(&work->why, "%s: a post of more than %d bytes", item->path.ptr, POST_MAX);
}

struct work *
work_new(struct plan *plan, struct plan_item *item)
{
    struct work *work = mem_new(sizeof *work);

    work->plan = plan;
    work->item = item;
    return work;
}

void
work_free(void *ctx)
{
    struct work *work = ctx;

    entry_free(&work->entry);
    work_free_present(&work->present);
    buf_free(&work->text);
    free(work);
}

void
work_do(void *ctx)
{
    struct work *work = ctx;

    work->done = load(work);
    if (work->done && !work->is_decided)
        settle_origin(work);
    work->done = work->done && compose(work);
}
