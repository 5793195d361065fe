#include "import/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/compose.h"
#include "import/strangers.h"
#include "text/gemtext.h"
#include "text/slug.h"

static const struct str live = {"live", 4};
static const struct str about_id = {"about", 5};
static const struct str about_path = {"index.gmi", 9};

/* A file of the capsule and, when it is a post, what it says. */
struct present {
    bool exists;
    struct buf bytes;
    struct post post;
};

/* An entry that has no file yet, and the address that it would like, without ".gmi". */
struct newcomer {
    const struct entry *entry;
    struct plan_item *item;
    struct buf base;
};

bool
plan_open(struct plan *plan, int root, struct failure *why)
{
    *plan = (struct plan){.root = root};
    return root < 0 || ledger_load(&plan->ledger, root, why);
}

static void
free_item(struct plan_item *item)
{
    buf_free(&item->path);
    buf_free(&item->text);
}

void
plan_close(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        free_item(&plan->items[i]);
    free(plan->items);
    free_item(&plan->about);
    ledger_free(&plan->ledger);
    *plan = (struct plan){.root = -1};
}

/* Something has this path, whatever it is. */
static bool
is_there(const struct plan *plan, const char *path)
{
    int fd;

    if (plan->root < 0)
        return false;
    fd = file_open_beneath(plan->root, path);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void
free_present(struct present *present)
{
    buf_free(&present->bytes);
    post_free(&present->post);
}

/* What is there now; that a file is no post is no failure. */
static bool
read_present(const struct plan *plan, const char *path, struct present *present,
             struct failure *why)
{
    struct failure ignored;

    *present = (struct present){.exists = is_there(plan, path)};
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

/* The address that a post would like, without ".gmi": that of the blog, as far as it is known. */
static void
put_base(struct buf *out, const struct entry *entry)
{
    struct str old = buf_str(&entry->old);

    if (old.len > 0) {
        str_skip(&old, STR("/"));
        str_chop(&old, STR(".html"));
        buf_put(out, old);
        return;
    }
    buf_format(out, "%04d/%02d/", entry->published.date.year, entry->published.date.month);
    slug_of_title(out, buf_str(&entry->title));
}

/* The address in the blog. Where nobody says it is what Blogger would have made of the title, but
 * for titles that have no slug and for posts that did not come first to theirs. */
static void
put_old(struct buf *out, const struct entry *entry, struct str path)
{
    struct buf base = {0}, none = {0};

    put_base(&base, entry);
    slug_of_title(&none, STR(""));
    str_chop(&path, STR(".gmi"));
    if (entry->old.len > 0)
        buf_put(out, buf_str(&entry->old));
    else if (str_eq(path, buf_str(&base)) &&
             !str_eq(str_after(path, sizeof "2017/12/" - 1), buf_str(&none)))
        buf_format(out, "/%s.html", buf_text(&base));
    buf_free(&base);
    buf_free(&none);
}

/* What the ledger says of an entry whose file holds the text; known is what it says now, or NULL */
static void
note_entry(struct plan *plan, const struct entry *entry, const struct ledger_row *known,
           struct str path, struct str text)
{
    struct digest digest = digest_of(text);
    struct buf old = {0}, sources = {0};
    struct ledger_row row = {
        .id = buf_str(&entry->id),
        .path = path,
        .digest = str_of(digest.hex),
        .state = live,
        .position = entry->position,
    };

    put_old(&old, entry, path);
    row.old = known && entry->old.len == 0 ? known->old : buf_str(&old);
    if (known && known->position > row.position)
        row.position = known->position;
    unite_sources(&sources, known ? known->source : STR(""), buf_str(&entry->source));
    row.source = buf_str(&sources);
    note_row(plan, &row);
    buf_free(&old);
    buf_free(&sources);
}

static void
set_item(struct plan_item *item, enum change change, const char *note, struct str path)
{
    item->change = change;
    item->note = note;
    if (item->path.len == 0)
        buf_put(&item->path, path);
}

static bool
check_size(const struct plan_item *item, struct failure *why)
{
    return item->text.len <= POST_MAX ||
           fail(why, "%s: a post of more than %d bytes", buf_text(&item->path), POST_MAX);
}

/* An entry that the ledger knows. */
static bool
plan_known(struct plan *plan, const struct entry *entry, struct plan_item *item,
           struct failure *why)
{
    struct ledger_row row = *ledger_find_id(&plan->ledger, buf_str(&entry->id));
    struct present present = {0};
    struct digest digest;
    bool edited;

    set_item(item, CHANGE_KEPT, "removed earlier", row.path);
    if (!str_eq(row.state, live))
        return true;
    if (!read_present(plan, buf_text(&item->path), &present, why)) {
        free_present(&present);
        return false;
    }
    digest = digest_of(buf_str(&present.bytes));
    edited = !str_eq(row.digest, str_of(digest.hex));
    compose_post(&item->text, &plan->ledger, entry, &present.post,
                 edited ? STR("") : present.post.body);
    if (!present.exists) {
        set_item(item, CHANGE_NEW, "was deleted, is written anew", row.path);
    } else if (str_eq(buf_str(&item->text), buf_str(&present.bytes))) {
        set_item(item, CHANGE_NONE, NULL, row.path);
    } else if (!edited) {
        set_item(item, CHANGE_REWRITTEN, NULL, row.path);
    } else {
        set_item(item, CHANGE_KEPT, "edited by hand", row.path);
    }
    if (item->change != CHANGE_KEPT)
        note_entry(plan, entry, &row, row.path, buf_str(&item->text));
    if (item->change == CHANGE_KEPT || item->change == CHANGE_NONE)
        buf_free(&item->text);
    free_present(&present);
    return check_size(item, why);
}

/* An entry whose post somebody else has put into the capsule, or we, before the ledger knew. */
static bool
plan_stranger(struct plan *plan, const struct entry *entry, const struct stranger *stranger,
              struct plan_item *item, struct failure *why)
{
    struct str path = buf_str(&stranger->path);
    struct present present = {0};
    struct buf text = {0};

    if (!read_present(plan, buf_text(&stranger->path), &present, why)) {
        free_present(&present);
        return false;
    }
    compose_post(&text, &plan->ledger, entry, &present.post, STR(""));
    if (str_eq(buf_str(&text), buf_str(&present.bytes))) {
        set_item(item, CHANGE_NONE, NULL, path);
        note_entry(plan, entry, NULL, path, buf_str(&text));
    } else {
        set_item(item, CHANGE_KEPT, "written by hand", path);
    }
    free_present(&present);
    buf_free(&text);
    return true;
}

/* By address, then the oldest first: it gets the address as it is, the others -2, -3. */
static int
by_base(const void *left, const void *right)
{
    const struct newcomer *a = left, *b = right;
    int order = str_compare(buf_str(&a->base), buf_str(&b->base));
    int64_t a_time = moment_seconds(a->entry->published);
    int64_t b_time = moment_seconds(b->entry->published);

    if (order != 0)
        return order;
    if (a_time != b_time)
        return a_time < b_time ? -1 : 1;
    if (a->entry->position != b->entry->position)
        return a->entry->position < b->entry->position ? -1 : 1;
    return str_compare(buf_str(&a->entry->id), buf_str(&b->entry->id));
}

/* The first free address from base, base-2 on; *number is the last one that was tried. */
static void
take_path(const struct plan *plan, struct buf *path, struct str base, unsigned *number)
{
    do {
        buf_truncate(path, 0);
        buf_put(path, base);
        if (++*number > 1)
            buf_format(path, "-%u", *number);
        buf_put(path, STR(".gmi"));
    } while (!post_is_path(buf_str(path)) || ledger_find_path(&plan->ledger, buf_str(path)) ||
             is_there(plan, buf_text(path)));
}

static bool
plan_newcomers(struct plan *plan, struct newcomer *newcomers, size_t count, struct failure *why)
{
    static const struct post none;
    unsigned number = 0;

    if (count > 1)
        qsort(newcomers, count, sizeof *newcomers, by_base);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = newcomers[i].entry;
        struct plan_item *item = newcomers[i].item;

        if (i > 0 && !str_eq(buf_str(&newcomers[i].base), buf_str(&newcomers[i - 1].base)))
            number = 0;
        take_path(plan, &item->path, buf_str(&newcomers[i].base), &number);
        compose_post(&item->text, &plan->ledger, entry, &none, STR(""));
        note_entry(plan, entry, NULL, buf_str(&item->path), buf_str(&item->text));
        set_item(item, CHANGE_NEW, NULL, buf_str(&item->path));
        if (!check_size(item, why))
            return false;
    }
    return true;
}

/* Entries without a row in the ledger: their posts may be there all the same. */
static bool
plan_unknown(struct plan *plan, struct newcomer *unknown, size_t count, struct failure *why)
{
    struct strangers strangers = {0};
    bool done = count == 0 || strangers_find(&strangers, plan->root, &plan->ledger, why);
    size_t left = 0;

    for (size_t i = 0; done && i < count; i++) {
        const struct stranger *stranger =
            strangers_with_id(&strangers, buf_str(&unknown[i].entry->id));

        if (stranger) {
            done = plan_stranger(plan, unknown[i].entry, stranger, unknown[i].item, why);
        } else {
            unknown[left] = unknown[i];
            put_base(&unknown[left].base, unknown[left].entry);
            left++;
        }
    }
    done = done && plan_newcomers(plan, unknown, left, why);
    for (size_t i = 0; i < left; i++)
        buf_free(&unknown[i].base);
    strangers_free(&strangers);
    return done;
}

bool
plan_entries(struct plan *plan, const struct entries *entries, struct failure *why)
{
    struct newcomer *unknown = mem_grow(NULL, entries->count + 1, sizeof *unknown);
    size_t count = 0;
    bool done = true;

    plan->count = entries->count;
    plan->items = mem_new((entries->count + 1) * sizeof *plan->items);
    for (size_t i = 0; done && i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];

        if (ledger_find_id(&plan->ledger, buf_str(&entry->id)))
            done = plan_known(plan, entry, &plan->items[i], why);
        else
            unknown[count++] = (struct newcomer){.entry = entry, .item = &plan->items[i]};
    }
    done = done && plan_unknown(plan, unknown, count, why);
    free(unknown);
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
    set_item(about, CHANGE_NEW, "what the blog says of itself", about_path);
    if (!read_present(plan, about_path.ptr, &present, why)) {
        free_present(&present);
        return false;
    }
    put_about(&about->text, config, description);
    now = digest_of(buf_str(&about->text));
    then = digest_of(buf_str(&present.bytes));
    if (present.exists && str_eq(buf_str(&about->text), buf_str(&present.bytes)))
        set_item(about, CHANGE_NONE, NULL, about_path);
    else if (present.exists && known && str_eq(known->digest, str_of(then.hex)))
        set_item(about, CHANGE_REWRITTEN, NULL, about_path);
    else if (present.exists)
        set_item(about, CHANGE_KEPT, known ? "edited by hand" : NULL, about_path);
    if (about->change != CHANGE_KEPT)
        note_row(plan,
                 &(struct ledger_row){
                     .id = about_id, .path = about_path, .digest = str_of(now.hex), .state = live});
    if (about->change == CHANGE_KEPT || about->change == CHANGE_NONE)
        buf_free(&about->text);
    free_present(&present);
    return true;
}

size_t
plan_count(const struct plan *plan, enum change change)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->items[i].change == change;
    return count;
}

bool
plan_has_work(const struct plan *plan)
{
    return plan->dirty || plan->about.text.len > 0 || plan_count(plan, CHANGE_NEW) > 0 ||
           plan_count(plan, CHANGE_REWRITTEN) > 0;
}

static bool
write_item(const struct plan *plan, const struct plan_item *item, struct failure *why)
{
    return item->text.len == 0 ||
           file_write_beneath(plan->root, buf_text(&item->path), buf_str(&item->text), why);
}

static int
by_row_id(const void *left, const void *right)
{
    const struct ledger_row *a = left, *b = right;

    return str_compare(a->id, b->id);
}

/* In order of ids, so that an import that was cut short and completed leaves the same bytes. */
static bool
save_ledger(const struct plan *plan, struct failure *why)
{
    size_t count = plan->ledger.count;
    struct ledger_row *rows = mem_grow(NULL, count + 1, sizeof *rows);
    struct ledger sorted = {0};
    bool done;

    for (size_t i = 0; i < count; i++)
        rows[i] = plan->ledger.rows[i];
    qsort(rows, count, sizeof *rows, by_row_id);
    for (size_t i = 0; i < count; i++)
        ledger_put(&sorted, &rows[i]);
    done = ledger_save(&sorted, plan->root, why);
    ledger_free(&sorted);
    free(rows);
    return done;
}

bool
plan_write(struct plan *plan, void (*on_post)(void *ctx, size_t done, size_t all), void *ctx,
           struct failure *why)
{
    size_t all = plan_count(plan, CHANGE_NEW) + plan_count(plan, CHANGE_REWRITTEN), done = 0;

    if (!plan_has_work(plan))
        return true;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->items[i].text.len == 0)
            continue;
        if (!write_item(plan, &plan->items[i], why))
            return false;
        on_post(ctx, ++done, all);
    }
    return write_item(plan, &plan->about, why) && save_ledger(plan, why);
}
