#include "import/work.h"

#include <stdlib.h>

#include "base/mem.h"
#include "import/links.h"
#include "site/comments.h"
#include "site/comments_unite.h"

enum {
    OWN_WEIGHT = 4096, /* bytes of a work beside its texts … */
    TEXTS = 3, /* … which are as long as its entry: that, what is there, and what shall be */
};

/* Its address goes to the losses, and the link keeps it. */
static void
on_dead_link(void *ctx, struct str address)
{
    struct entry *entry = ctx;

    buf_put(&entry->losses, STR("link\t"));
    buf_put(&entry->losses, address);
    buf_byte(&entry->losses, '\n');
}

bool
work_is_of_blog(const struct work *work)
{
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, work->item->id);

    return row && (entry_has_source(row->source, STR("blog:")) ||
                   entry_has_source(row->source, STR("missing:")));
}

/* Blogger's own data is there already, and the page or capture does not say that it is of a later
 * day. */
static bool
is_only_seen(const struct work *work)
{
    const struct post *present = &work->present.post;
    struct date day = present->updated.year != 0 ? present->updated : present->published.date;
    const struct instant *updated = &work->entry.updated;

    return !entry_knows_labels(&work->entry) && work->present.exists && work_is_of_blog(work) &&
           !(updated->known && date_compare(updated->moment.date, day) > 0);
}

bool
work_load(struct work *work)
{
    const struct plan_item *item = work->item;
    const char *path = item->from ? item->from : item->path.ptr;

    if (!present_read(&work->present, work->plan->root, path, &work->why))
        return false;
    if (item->document == DOCUMENT_COMMENTS)
        return true;
    if (!entries_load(work->plan->entries, item->entry, &work->entry, &work->why))
        return false;
    work->is_only_seen = is_only_seen(work);
    return true;
}

/* What of the entry comes into the file. */
static void
settle_entry(struct work *work)
{
    links_settle(&work->entry, &work->plan->ledger, on_dead_link, &work->entry);
    if (work->is_only_seen)
        buf_truncate(&work->entry.labels, 0);
}

/* Says how the file is to be made from both; stays as it is when it is made again to be written. */
static void
settle_origin(struct work *work)
{
    struct plan_item *item = work->item;
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, item->id);
    bool is_known = item->origin == ORIGIN_KNOWN || item->origin == ORIGIN_BETTER;

    item->is_ours = is_known && str_eq(row->digest, str_of(work->present.digest.hex));
    item->knows_less =
        is_known && work->present.exists &&
        (item->origin == ORIGIN_BETTER || work->entry.is_partial || work->is_only_seen);
    item->keep_labels = !item->is_ours || !entry_knows_labels(&work->entry);
}

static bool
compose_page(struct work *work)
{
    const struct plan_item *item = work->item;
    struct ledger *ledger = &work->plan->ledger;

    if (item->is_ours)
        work->present.ours = work->present.post.body;
    if (item->knows_less)
        compose_labels(&work->text, ledger, &work->entry, &work->present);
    else
        compose_post(&work->text, ledger, &work->entry, &work->present, item->keep_labels);
    return work->text.len <= POST_MAX ||
           fail(&work->why, "%s: a post of more than %d bytes", item->path.ptr, POST_MAX);
}

/* Only its place changes: hands have changed it, or nobody says anything of these comments. */
static bool
only_moves(const struct work *work)
{
    const struct plan_item *item = work->item;

    return item->change == CHANGE_KEPT || (item->document == DOCUMENT_COMMENTS &&
                                           work->plan->discussions.items[item->entry].count == 0);
}

/* A page of comments leads to its post. */
static void
move(struct work *work)
{
    const struct plan_item *item = work->item;

    if (item->document == DOCUMENT_COMMENTS && item->from)
        comments_move(&work->text, buf_str(&work->present.bytes), str_of(item->from), item->path);
    else
        buf_put(&work->text, buf_str(&work->present.bytes));
}

/* With those that are there already, where the import is no whole export: only that says that a
 * comment is gone. */
static bool
compose_comments(struct work *work, bool with_present)
{
    const struct plan *plan = work->plan;
    struct discussion_page page = {0};
    bool done =
        discussions_write(&page, &plan->discussions, &plan->ledger, work->item->entry, &work->why);

    if (done && with_present && work->present.exists && plan->full.len == 0)
        comments_unite(&work->text, buf_str(&work->present.bytes), buf_str(&page.text));
    else if (done)
        buf_put(&work->text, buf_str(&page.text));
    buf_put(&work->entry.losses, buf_str(&page.losses));
    buf_free(&page.text);
    buf_free(&page.losses);
    return done;
}

static bool
compose(struct work *work)
{
    bool done = true;

    if (only_moves(work))
        move(work);
    else if (work->item->document == DOCUMENT_COMMENTS)
        done = compose_comments(work, work->item->is_ours);
    else
        done = compose_page(work);
    work->digest = digest_of(buf_str(&work->text));
    return done;
}

struct work *
work_new(struct plan *plan, struct plan_item *item)
{
    struct work *work = mem_new(sizeof *work);

    work->plan = plan;
    work->item = item;
    return work;
}

size_t
work_weight(const struct work *work)
{
    const struct plan *plan = work->plan;
    const struct plan_item *item = work->item;
    const struct discussion *discussion;
    size_t len = 0;

    if (item->document != DOCUMENT_COMMENTS)
        return OWN_WEIGHT + TEXTS * (size_t)plan->entries->items[item->entry].piece.len;
    discussion = &plan->discussions.items[item->entry];
    for (size_t i = 0; i < discussion->count; i++) {
        size_t comment = plan->discussions.order[discussion->first + i].entry;

        len += plan->entries->items[comment].piece.len;
    }
    return OWN_WEIGHT + TEXTS * len;
}

void
work_free(void *ctx)
{
    struct work *work = ctx;

    entry_free(&work->entry);
    present_free(&work->present);
    buf_free(&work->text);
    free(work);
}

void
work_do(void *ctx)
{
    struct work *work = ctx;

    work->done = work_load(work);
    if (work->done)
        settle_entry(work);
    if (work->done && !work->is_decided)
        settle_origin(work);
    work->done = work->done && compose(work);
    if (work->done && work->batch) {
        work->done = batch_write(work->batch, work->number, buf_str(&work->text), &work->why);
        work->cannot_write = !work->done;
    }
}

bool
work_do_rival(struct work *work)
{
    const struct plan_item *item = work->item;
    struct present none = {0};

    buf_truncate(&work->text, 0);
    if (item->knows_less)
        return false;
    if (item->document == DOCUMENT_COMMENTS)
        work->done = compose_comments(work, true);
    else if (!entry_knows_labels(&work->entry))
        compose_post(&work->text, &work->plan->ledger, &work->entry, &work->present, true);
    else
        compose_post(&work->text, &work->plan->ledger, &work->entry, &none, false);
    work->digest = digest_of(buf_str(&work->text));
    return work->done && work->text.len > 0 &&
           !str_eq(buf_str(&work->text), buf_str(&work->present.bytes));
}
