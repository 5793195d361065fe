#include "import/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/batch.h"
#include "base/file.h"
#include "base/mem.h"
#include "import/compose.h"
#include "import/links.h"
#include "import/match.h"
#include "text/gemtext.h"

static const struct str live = {"live", 4};
static const struct str about_id = {"about", 5};
static const struct str about_path = {"index.gmi", 9};

/* One item while it is decided about or written; its buffers are used again. */
struct work {
    struct plan *plan;
    struct entry entry;
    struct present present;
    struct digest digest; /* of what is present */
    struct buf text;      /* what the file shall hold */
    bool telling;         /* losses are noted */
};

bool
plan_open(struct plan *plan, int root, struct losses *losses, struct failure *why)
{
    *plan = (struct plan){.root = root, .losses = losses};
    return root < 0 || ledger_load(&plan->ledger, root, why);
}

void
plan_close(struct plan *plan)
{
    free(plan->items);
    buf_free(&plan->about_text);
    arena_free(&plan->texts);
    ledger_free(&plan->ledger);
    *plan = (struct plan){.root = -1};
}

static void
free_present(struct present *present)
{
    buf_free(&present->bytes);
    post_free(&present->post);
    *present = (struct present){0};
}

/* What is there now; that a file is no post is no failure. */
static bool
read_present(const struct plan *plan, const char *path, struct present *present,
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

/* The captures that a post was in: those the ledger names and the present ones, or when they become
 * too many only these. */
static void
unite_sources(struct buf *out, struct str known, struct str present)
{
    size_t count = 0;

    buf_put(out, known);
    for (struct str rest = known; rest.len > 0; count++)
        str_cut(&rest, ',');
    for (struct str rest = present; rest.len > 0;) {
        struct str source = str_cut(&rest, ','), others = known;
        bool found = false;

        while (others.len > 0 && !found)
            found = str_eq(str_cut(&others, ','), source);
        if (found)
            continue;
        if (out->len > 0)
            buf_byte(out, ',');
        buf_put(out, source);
        count++;
    }
    if (count <= ENTRY_SOURCES_MAX)
        return;
    buf_truncate(out, 0);
    buf_put(out, present);
}

/* Notes in the ledger what the path holds once the plan is done. */
static void
note_row(struct plan *plan, const struct ledger_row *row)
{
    const struct ledger_row *old = ledger_find_id(&plan->ledger, row->id);

    if (old && str_eq(old->path, row->path) && str_eq(old->digest, row->digest) &&
        str_eq(old->old, row->old) && str_eq(old->source, row->source) &&
        old->position == row->position && str_eq(old->state, row->state))
        return;
    ledger_put(&plan->ledger, row);
    plan->dirty = true;
}

/* What the ledger says of an entry whose file holds the text. */
static void
note_entry(struct plan *plan, const struct entry *entry, const struct plan_item *item,
           struct str text)
{
    const struct ledger_row *known = ledger_find_id(&plan->ledger, item->id);
    struct digest digest = digest_of(text);
    struct buf sources = {0};
    struct ledger_row row = {
        .id = item->id,
        .path = item->path,
        .digest = str_of(digest.hex),
        .state = live,
        .position = entry->position,
    };

    row.old = known ? known->old : item->old;
    if (entry->old.len > 0 && (item->origin == ORIGIN_KNOWN || row.old.len == 0))
        row.old = buf_str(&entry->old);
    if (known && known->position > row.position &&
        (entry->is_text || item->origin == ORIGIN_BETTER))
        row.position = known->position;
    unite_sources(&sources, known ? known->source : STR(""), buf_str(&entry->source));
    row.source = buf_str(&sources);
    note_row(plan, &row);
    buf_free(&sources);
}

static void
set_change(struct plan_item *item, enum change change, const char *note)
{
    item->change = change;
    item->note = note;
}

static void
on_dead_link(void *ctx, struct str address)
{
    struct work *work = ctx;

    if (!work->telling)
        return;
    buf_put(&work->entry.losses, STR("link\t"));
    buf_put(&work->entry.losses, address);
    buf_byte(&work->entry.losses, '\n');
}

/* Loads an entry and what is there. */
static bool
load(struct work *work, const struct plan_item *item, struct failure *why)
{
    if (!entries_load(work->plan->entries, item->entry, &work->entry, why) ||
        !read_present(work->plan, item->path.ptr, &work->present, why))
        return false;
    links_settle(&work->entry, &work->plan->ledger, on_dead_link, work);
    return true;
}

/* Says how the file is to be made from both; stays as it is when it is made again to be written. */
static void
settle_origin(struct work *work, struct plan_item *item)
{
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, item->id);
    bool is_known = item->origin == ORIGIN_KNOWN || item->origin == ORIGIN_BETTER;

    work->digest = digest_of(buf_str(&work->present.bytes));
    item->is_ours = is_known && str_eq(row->digest, str_of(work->digest.hex));
    item->knows_less = is_known && work->present.exists &&
                       (item->origin == ORIGIN_BETTER || work->entry.is_partial);
    /* Blogger knows all labels of a post that no capture has added any to */
    item->keep_labels = !item->is_ours || work->entry.is_text || row->source.len > 0;
}

static bool
compose(struct work *work, const struct plan_item *item, struct failure *why)
{
    struct ledger *ledger = &work->plan->ledger;

    if (item->is_ours)
        work->present.ours = work->present.post.body;
    buf_truncate(&work->text, 0);
    if (item->knows_less)
        compose_labels(&work->text, ledger, &work->entry, &work->present);
    else
        compose_post(&work->text, ledger, &work->entry, &work->present, item->keep_labels);
    return work->text.len <= POST_MAX ||
           fail(why, "%s: a post of more than %d bytes", item->path.ptr, POST_MAX);
}

/* The file says that it is of a later day than the entry. */
static bool
is_older(const struct work *work)
{
    const struct post *present = &work->present.post;
    struct date day = present->updated.year != 0 ? present->updated : present->published.date;
    const struct instant *updated = &work->entry.updated;

    return updated->known && day.year != 0 && date_compare(updated->moment.date, day) < 0;
}

static void
judge_known(const struct work *work, struct plan_item *item)
{
    if (!work->present.exists)
        set_change(item, CHANGE_NEW, "was deleted, is written anew");
    else if (str_eq(buf_str(&work->text), buf_str(&work->present.bytes)))
        set_change(item, CHANGE_NONE, NULL);
    else if (!item->is_ours)
        set_change(item, CHANGE_KEPT, "edited by hand");
    else if (item->origin == ORIGIN_KNOWN && is_older(work))
        set_change(item, CHANGE_KEPT, "newer than its source");
    else
        set_change(item, CHANGE_REWRITTEN, NULL);
}

/* The ledger gets to know a file that holds what would be written. */
static void
adopt(struct plan *plan, struct plan_item *item)
{
    const char *id = plan->entries->items[item->entry].id;

    item->id = str_of(id);
    item->origin = ORIGIN_KNOWN;
}

static void
judge(const struct work *work, struct plan_item *item)
{
    bool is_same = str_eq(buf_str(&work->text), buf_str(&work->present.bytes));

    if (item->origin == ORIGIN_NEW)
        set_change(item, CHANGE_NEW, NULL);
    else if (item->origin != ORIGIN_STRANGER)
        judge_known(work, item);
    else if (!is_same)
        set_change(item, CHANGE_KEPT, "written by hand");
    else
        set_change(item, CHANGE_NONE, NULL);
    if (item->origin == ORIGIN_STRANGER && is_same)
        adopt(work->plan, item);
}

static void
tell_losses(struct work *work, const struct plan_item *item)
{
    bool is_news = item->change == CHANGE_NEW || item->change == CHANGE_REWRITTEN;

    for (struct str rest = buf_str(&work->entry.losses); rest.len > 0;) {
        struct str what = str_line(&rest), kind = str_cut(&what, '\t');

        losses_add(work->plan->losses, item->path, kind, what, is_news);
    }
}

static bool
decide(struct work *work, struct plan_item *item, struct failure *why)
{
    struct plan *plan = work->plan;
    const struct ledger_row *row = ledger_find_id(&plan->ledger, item->id);

    if (item->origin != ORIGIN_STRANGER && !str_eq(row->state, live)) {
        set_change(item, CHANGE_KEPT, "removed earlier");
        return true;
    }
    if (!load(work, item, why))
        return false;
    settle_origin(work, item);
    if (!compose(work, item, why))
        return false;
    judge(work, item);
    if (item->change != CHANGE_KEPT)
        note_entry(plan, &work->entry, item, buf_str(&work->text));
    tell_losses(work, item);
    return true;
}

static void
free_work(struct work *work)
{
    entry_free(&work->entry);
    free_present(&work->present);
    buf_free(&work->text);
}

static void
add_items(struct plan *plan)
{
    const struct entries *entries = plan->entries;

    plan->items = mem_grow(NULL, entries->count + 1, sizeof *plan->items);
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry_ref *ref = &entries->items[i];

        if (ref->kind == ENTRY_COMMENT || ref->status != ENTRY_LIVE)
            continue;
        plan->items[plan->count++] =
            (struct plan_item){.entry = i, .kind = (enum entry_kind)ref->kind};
    }
}

static void
add_labels(struct plan *plan, const struct label_list *labels)
{
    struct buf slug = {0};

    for (size_t i = 0; i < labels->count; i++) {
        buf_truncate(&slug, 0);
        label_put_slug(&slug, &plan->ledger, labels->names[i]);
    }
    buf_free(&slug);
}

bool
plan_entries(struct plan *plan, const struct entries *entries, const struct label_list *labels,
             struct failure *why)
{
    struct work work = {.plan = plan, .telling = true};
    bool done;

    plan->entries = entries;
    add_items(plan);
    add_labels(plan, labels);
    done = match_items(plan, why);
    for (size_t i = 0; done && i < plan->count; i++)
        done = decide(&work, &plan->items[i], why);
    free_work(&work);
    return done;
}

/* What index.gmi says: title and subtitle of the blog, and what the blog says of itself. */
static void
put_about(struct buf *out, const struct config *config, struct str description)
{
    gemtext_heading(out, 1, str_of(config->blog.title));
    gemtext_heading(out, 2, str_of(config->blog.subtitle));
    gemtext_blank(out);
    buf_put(out, description);
}

bool
plan_about(struct plan *plan, const struct config *config, struct str description,
           struct failure *why)
{
    const struct ledger_row *known = ledger_find_id(&plan->ledger, about_id);
    struct plan_item *about = &plan->about;
    struct present present = {0};
    struct digest now, then;

    if (description.len == 0 || (known && !str_eq(known->state, live)))
        return true;
    about->path = about_path;
    set_change(about, CHANGE_NEW, "what the blog says of itself");
    if (!read_present(plan, about_path.ptr, &present, why)) {
        free_present(&present);
        return false;
    }
    put_about(&plan->about_text, config, description);
    now = digest_of(buf_str(&plan->about_text));
    then = digest_of(buf_str(&present.bytes));
    if (present.exists && str_eq(buf_str(&plan->about_text), buf_str(&present.bytes)))
        set_change(about, CHANGE_NONE, NULL);
    else if (present.exists && known && str_eq(known->digest, str_of(then.hex)))
        set_change(about, CHANGE_REWRITTEN, NULL);
    else if (present.exists)
        set_change(about, CHANGE_KEPT, known ? "edited by hand" : NULL);
    if (about->change != CHANGE_KEPT)
        note_row(plan,
                 &(struct ledger_row){
                     .id = about_id, .path = about_path, .digest = str_of(now.hex), .state = live});
    if (about->change == CHANGE_KEPT || about->change == CHANGE_NONE)
        buf_free(&plan->about_text);
    free_present(&present);
    return true;
}

size_t
plan_count(const struct plan *plan, enum entry_kind kind, enum change change)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->items[i].kind == kind && plan->items[i].change == change;
    return count;
}

static bool
is_written(const struct plan_item *item)
{
    return item->change == CHANGE_NEW || item->change == CHANGE_REWRITTEN;
}

static size_t
count_written(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += is_written(&plan->items[i]);
    return count;
}

bool
plan_has_work(const struct plan *plan)
{
    return plan->dirty || plan->about_text.len > 0 || count_written(plan) > 0;
}

/* Somebody may have written to the file since it was decided about. */
static bool
check_decided(const struct work *work, const struct plan_item *item, struct failure *why)
{
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, item->id);
    struct digest digest = digest_of(buf_str(&work->text));

    return str_eq(row->digest, str_of(digest.hex)) ||
           fail(why, "%s: changed during the import", item->path.ptr);
}

static bool
add_files(struct plan *plan, struct batch *batch,
          void (*on_post)(void *ctx, size_t done, size_t all), void *ctx, struct failure *why)
{
    struct work work = {.plan = plan};
    size_t all = count_written(plan), written = 0;
    bool done = true;

    for (size_t i = 0; done && i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];

        if (!is_written(item))
            continue;
        done = load(&work, item, why) && compose(&work, item, why) &&
               check_decided(&work, item, why) &&
               batch_add(batch, item->path.ptr, buf_str(&work.text), why);
        if (done)
            on_post(ctx, ++written, all);
    }
    free_work(&work);
    return done;
}

/* In order of ids, so that imports in another order leave the same bytes. */
static bool
add_ledger(struct plan *plan, struct batch *batch, struct failure *why)
{
    struct buf text = {0};
    size_t row = 0;
    bool done, more = true;

    ledger_sort(&plan->ledger);
    done = batch_add(batch, LEDGER_NAME, STR(""), why);
    while (done && more) {
        buf_truncate(&text, 0);
        more = ledger_write_part(&text, &plan->ledger, &row);
        done = batch_append(batch, buf_str(&text), why);
    }
    buf_free(&text);
    return done;
}

bool
plan_write(struct plan *plan, void (*on_post)(void *ctx, size_t done, size_t all), void *ctx,
           struct failure *why)
{
    struct batch batch;
    bool done;

    if (!plan_has_work(plan))
        return true;
    batch_open(&batch, plan->root);
    done = add_files(plan, &batch, on_post, ctx, why) &&
           (plan->about_text.len == 0 ||
            batch_add(&batch, about_path.ptr, buf_str(&plan->about_text), why)) &&
           add_ledger(plan, &batch, why) && batch_commit(&batch, why);
    batch_close(&batch);
    return done;
}
