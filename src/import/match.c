#include "import/match.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "import/oldpath.h"
#include "import/present.h"
#include "import/strangers.h"
#include "site/comments.h"
#include "text/slug.h"
#include "text/uri.h"

static const struct str live = {"live", 4};
static const struct str gone = {"gone", 4};
static const struct str strange = {"strange", 7};
static const struct str blogger = {"blogger:", 8};
static const struct str text = {"text:", 5};
static const struct str drafts = {".drafts/", 8};

/* An item that has no file yet, and the address that it would like, without ".gmi". */
struct newcomer {
    struct plan_item *item;
    const struct entry_ref *ref;
    struct str base;
};

struct matcher {
    struct plan *plan;
    struct strangers strangers;
    bool has_texts; /* the ledger has rows of captures */
    struct claim {
        bool leaves;   /* its post says another address than it has */
        bool is_taken; /* by an item: no other one can be the same document */
    } * claims;        /* one for each row … */
    size_t rows;       /* … that was there at first */
    struct entry entry;
    struct newcomer *newcomers;
    size_t count;
    struct arena bases;
};

static const struct entry_ref *
ref_of(const struct matcher *matcher, const struct plan_item *item)
{
    return &matcher->plan->entries->items[item->entry];
}

/* What was gone is there again: links find it at once. It gets a digest when it is composed. */
static void
revive(struct plan *plan, const struct ledger_row *row)
{
    struct ledger_row again = *row;

    again.state = live;
    if (str_eq(row->state, gone))
        ledger_put(&plan->ledger, &again);
}

static void
set_known(struct plan *plan, struct plan_item *item, const struct ledger_row *row,
          enum origin origin)
{
    item->origin = origin;
    item->id = row->id;
    item->path = row->path;
    revive(plan, row);
}

/* The row becomes that of an entry which is known better than by its text or address. */
static void
take_over(struct matcher *matcher, struct plan_item *item, const struct ledger_row *row)
{
    struct str id = str_of(ref_of(matcher, item)->id), old_id = row->id;

    if (str_starts(row->id, blogger) || str_starts(id, text)) {
        set_known(matcher->plan, item, row, ORIGIN_BETTER);
        return;
    }
    ledger_rename(&matcher->plan->ledger, old_id, id);
    matcher->plan->dirty = true;
    set_known(matcher->plan, item, ledger_find_id(&matcher->plan->ledger, id), ORIGIN_KNOWN);
}

/* Two posts with ids of their own are never one, even at one address. */
static bool
may_be_one(const struct entry_ref *ref, const struct ledger_row *row)
{
    return !(str_starts(str_of(ref->id), blogger) && str_starts(row->id, blogger));
}

static void
put_text_id(struct buf *out, const struct entry *entry)
{
    entry_put_text_id(out, entry->published.date, buf_str(&entry->title), buf_str(&entry->body));
}

/* A row of a capture that has the same date and title. */
static bool
find_text_row(struct matcher *matcher, const struct plan_item *item, const struct ledger_row **row,
              struct failure *why)
{
    struct buf id = {0};

    if (!matcher->has_texts || item->document != DOCUMENT_POST)
        return true;
    if (!entries_load(matcher->plan->entries, item->entry, &matcher->entry, why))
        return false;
    put_text_id(&id, &matcher->entry);
    *row = ledger_find_id(&matcher->plan->ledger, buf_str(&id));
    buf_free(&id);
    return true;
}

/* Whether something has this path, whatever it is. */
static bool
find_there(const struct plan *plan, const char *path, bool *there, struct failure *why)
{
    struct stat info;

    *there = plan->root >= 0 && fstatat(plan->root, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
    return *there || plan->root < 0 || errno == ENOENT || errno == ENOTDIR ||
           fail_errno(why, "%s", path);
}

static bool
is_fit(enum document document, struct str path)
{
    if (document == DOCUMENT_PAGE)
        return !str_has(path, '/') && !str_eq(path, STR("index.gmi"));
    return document == DOCUMENT_DRAFT || post_is_path(path);
}

/* Appends the address that a document had in the blog, without ".html", where it may have it here:
 * a post may have been at the address of a page, and the other way round. */
static bool
put_known_base(struct buf *base, enum document document, const struct entry_ref *ref)
{
    size_t start = base->len;
    struct buf path = {0};

    if (oldpath_put_base(base, str_of(ref->address))) {
        buf_put(&path, str_after(buf_str(base), start));
        buf_put(&path, STR(".gmi"));
        if (!is_fit(document, buf_str(&path)))
            buf_truncate(base, start);
    }
    buf_free(&path);
    return base->len > start;
}

/* Somebody else has the path, or had it before, or something is there that is not the item's. */
static bool
find_taken(const struct plan *plan, const struct plan_item *item, const char *path, bool *taken,
           struct failure *why)
{
    const struct ledger_row *row = ledger_find_path(&plan->ledger, str_of(path));

    *taken = row && (item->id.len == 0 || !str_eq(ledger_follow(&plan->ledger, row)->id, item->id));
    if (*taken || (row && str_eq(row->id, item->id)))
        return true;
    return find_there(plan, path, taken, why);
}

/* The address, without ".gmi", that an item would like. */
struct wish {
    const struct plan_item *item;
    struct str base;
};

/* Appends the first free address from base, base-2 on; *number is the last one that was tried. */
static bool
put_path(struct buf *path, const struct plan *plan, const struct wish *wish, unsigned *number,
         struct failure *why)
{
    bool taken = true, done = true;

    while (done && taken) {
        buf_truncate(path, 0);
        buf_put(path, wish->base);
        if (++*number > 1)
            buf_format(path, "-%u", *number);
        buf_put(path, STR(".gmi"));
        if (is_fit(wish->item->document, buf_str(path)))
            done = find_taken(plan, wish->item, buf_text(path), &taken, why);
    }
    return done;
}

/* The post says another address in the blog than it has. */
static bool
wants_to_move(const struct ledger_row *row, const struct entry_ref *ref)
{
    return str_starts(row->id, blogger) && row->old.len > 0 && *ref->address &&
           !str_eq(row->old, str_of(ref->address));
}

static void
find_leaving(struct matcher *matcher)
{
    const struct ledger *ledger = &matcher->plan->ledger;

    matcher->rows = ledger->count;
    matcher->claims = mem_new((ledger->count + 1) * sizeof *matcher->claims);
    for (size_t i = 0; i < matcher->plan->count; i++) {
        const struct entry_ref *ref = ref_of(matcher, &matcher->plan->items[i]);
        const struct ledger_row *row = ledger_find_id(ledger, str_of(ref->id));

        if (row)
            matcher->claims[row - ledger->rows].leaves = wants_to_move(row, ref);
    }
}

/* Another post has this address and keeps it: two may say the same one. What was made of a
 * capture's title is a guess and keeps nobody away. */
static bool
is_kept(const struct matcher *matcher, struct str old)
{
    const struct ledger *ledger = &matcher->plan->ledger;
    const struct ledger_row *owner = ledger_find_old(ledger, old);
    size_t number = owner ? (size_t)(owner - ledger->rows) : 0;

    return owner && str_eq(owner->state, live) && !str_starts(owner->id, text) &&
           !(number < matcher->rows && matcher->claims[number].leaves);
}

/* A post that has another address in the blog than before follows it, as far as that is free. */
static bool
move(const struct matcher *matcher, struct plan_item *item, struct failure *why)
{
    struct plan *plan = matcher->plan;
    const struct entry_ref *ref = ref_of(matcher, item);
    const struct ledger_row row = *ledger_find_id(&plan->ledger, item->id);
    struct buf base = {0}, path = {0};
    unsigned number = 0;
    bool done = true;

    if (wants_to_move(&row, ref) && !is_kept(matcher, str_of(ref->address)) &&
        put_known_base(&base, item->document, ref))
        done = put_path(&path, plan, &(struct wish){item, buf_str(&base)}, &number, why);
    if (done && path.len > 0 && !str_eq(buf_str(&path), row.path)) {
        item->from = row.path.ptr;
        item->path = arena_put(&plan->texts, buf_str(&path));
        ledger_move(&plan->ledger, row.id, item->path, str_of(ref->address));
        plan->dirty = true;
    }
    buf_free(&base);
    buf_free(&path);
    return done;
}

/* False when another item has the row already. */
static bool
take_row(struct matcher *matcher, const struct ledger_row *row)
{
    size_t number = (size_t)(row - matcher->plan->ledger.rows);
    bool is_free = number >= matcher->rows || !matcher->claims[number].is_taken;

    if (number < matcher->rows)
        matcher->claims[number].is_taken = true;
    return is_free;
}

static bool
find_by_id(struct matcher *matcher, struct plan_item *item, struct failure *why)
{
    const struct ledger_row *row =
        ledger_find_id(&matcher->plan->ledger, str_of(ref_of(matcher, item)->id));

    if (!row || !take_row(matcher, row))
        return true;
    set_known(matcher->plan, item, row, ORIGIN_KNOWN);
    return move(matcher, item, why);
}

/* By its old address, or its date and title. */
static bool
find_otherwise(struct matcher *matcher, struct plan_item *item, struct failure *why)
{
    const struct ledger *ledger = &matcher->plan->ledger;
    const struct entry_ref *ref = ref_of(matcher, item);
    const struct ledger_row *row = NULL;

    if (*ref->address)
        row = ledger_follow(ledger, ledger_find_old(ledger, str_of(ref->address)));
    if (row && !may_be_one(ref, row))
        row = NULL;
    if (!row && !find_text_row(matcher, item, &row, why))
        return false;
    if (row && take_row(matcher, row))
        take_over(matcher, item, row);
    return true;
}

/* The address that an entry would like, without ".gmi": that of the blog, as far as it is known. */
static bool
find_base(struct matcher *matcher, struct newcomer *newcomer, struct failure *why)
{
    const struct entry *entry = &matcher->entry;
    struct buf base = {0};

    if (!put_known_base(&base, newcomer->item->document, newcomer->ref)) {
        if (!entries_load(matcher->plan->entries, newcomer->item->entry, &matcher->entry, why))
            return false;
        if (newcomer->item->document == DOCUMENT_DRAFT)
            buf_put(&base, drafts);
        if (entry->kind == ENTRY_POST)
            buf_format(&base, "%04d/%02d/", entry->published.date.year,
                       entry->published.date.month);
        slug_of_title(&base, buf_str(&entry->title));
    }
    newcomer->base = arena_put(&matcher->bases, buf_str(&base));
    buf_free(&base);
    return true;
}

/* The address in the blog. Where nobody says it is what Blogger would have made of the title, but
 * for titles that have no slug and for posts that did not come first to theirs. */
static void
put_old(struct buf *old, const struct newcomer *newcomer, struct str path)
{
    struct buf none = {0};

    slug_of_title(&none, STR(""));
    str_chop(&path, STR(".gmi"));
    if (*newcomer->ref->address) {
        buf_put(old, str_of(newcomer->ref->address));
    } else if (newcomer->item->document == DOCUMENT_POST && str_eq(path, newcomer->base) &&
               !str_eq(str_after(path, sizeof "2017/12/" - 1), buf_str(&none))) {
        buf_byte(old, '/');
        uri_put_path(old, newcomer->base);
        buf_put(old, STR(".html"));
    }
    buf_free(&none);
}

/* An entry whose post somebody else has put into the capsule, or we, from another source. */
static bool
find_stranger(struct matcher *matcher, struct newcomer *newcomer, bool *found, struct failure *why)
{
    struct plan_item *item = newcomer->item;
    const struct stranger *stranger = NULL;
    struct buf id = {0}, old = {0};

    *found = false;
    if (matcher->strangers.count == 0 || item->document == DOCUMENT_DRAFT)
        return true;
    if (!entries_load(matcher->plan->entries, item->entry, &matcher->entry, why))
        return false;
    put_text_id(&id, &matcher->entry);
    stranger =
        strangers_take(&matcher->strangers, buf_str(&id), newcomer->base, newcomer->ref->is_text);
    buf_free(&id);
    if (!stranger ||
        (stranger->is_known &&
         !take_row(matcher, ledger_find_path(&matcher->plan->ledger, buf_str(&stranger->path)))))
        return true;
    *found = true;
    item->origin = ORIGIN_STRANGER;
    item->path = arena_put(&matcher->plan->texts, buf_str(&stranger->path));
    put_old(&old, newcomer, item->path);
    if (!plan_may_have_old(matcher->plan, buf_str(&old), str_of(newcomer->ref->id)))
        buf_truncate(&old, 0);
    item->old = arena_put(&matcher->plan->texts, buf_str(&old)).ptr;
    if (!stranger->is_known)
        ledger_put(&matcher->plan->ledger, &(struct ledger_row){.id = str_of(newcomer->ref->id),
                                                                .path = item->path,
                                                                .old = buf_str(&old),
                                                                .state = strange});
    else
        set_known(matcher->plan, item, ledger_find_path(&matcher->plan->ledger, item->path),
                  ORIGIN_BETTER);
    buf_free(&old);
    return true;
}

/* By address, then the oldest first: it gets the address as it is, the others -2, -3. */
static int
by_base(const void *left, const void *right)
{
    const struct newcomer *a = left, *b = right;
    int order = str_compare(a->base, b->base);

    if (order != 0)
        return order;
    if (a->ref->published != b->ref->published)
        return a->ref->published < b->ref->published ? -1 : 1;
    if (a->ref->position != b->ref->position)
        return a->ref->position < b->ref->position ? -1 : 1;
    return strcmp(a->ref->id, b->ref->id);
}

/* The row has no digest until the file is composed; links find the post by it before. */
static bool
settle(struct plan *plan, const struct newcomer *newcomer, unsigned *number, struct failure *why)
{
    struct plan_item *item = newcomer->item;
    struct buf path = {0}, old = {0};

    if (!put_path(&path, plan, &(struct wish){item, newcomer->base}, number, why)) {
        buf_free(&path);
        return false;
    }
    put_old(&old, newcomer, buf_str(&path));
    if (!plan_may_have_old(plan, buf_str(&old), str_of(newcomer->ref->id)))
        buf_truncate(&old, 0);
    ledger_put(&plan->ledger, &(struct ledger_row){.id = str_of(newcomer->ref->id),
                                                   .path = buf_str(&path),
                                                   .old = buf_str(&old),
                                                   .state = live,
                                                   .position = newcomer->ref->position});
    set_known(plan, item, ledger_find_id(&plan->ledger, str_of(newcomer->ref->id)), ORIGIN_NEW);
    buf_free(&path);
    buf_free(&old);
    return true;
}

/* Items without a row in the ledger: their posts may be there all the same. */
static bool
match_newcomers(struct matcher *matcher, struct failure *why)
{
    struct newcomer *newcomers = matcher->newcomers;
    unsigned number = 0;

    for (size_t i = 0; i < matcher->count; i++)
        if (!find_base(matcher, &newcomers[i], why))
            return false;
    if (matcher->count > 1)
        qsort(newcomers, matcher->count, sizeof *newcomers, by_base);
    for (size_t i = 0; i < matcher->count; i++) {
        bool found;

        if (i > 0 && !str_eq(newcomers[i].base, newcomers[i - 1].base))
            number = 0;
        if (!find_stranger(matcher, &newcomers[i], &found, why))
            return false;
        if (found)
            continue;
        if (!settle(matcher->plan, &newcomers[i], &number, why))
            return false;
    }
    return true;
}

static bool
has_text_rows(const struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        if (str_starts(ledger->rows[i].id, text))
            return true;
    return false;
}

/* Rows of all items from captures, or of all others: first of those that are known by their ids. */
static bool
find_rows(struct matcher *matcher, bool is_text, struct failure *why)
{
    struct plan *plan = matcher->plan;
    bool done = true;

    for (size_t i = 0; done && i < plan->count; i++)
        if (ref_of(matcher, &plan->items[i])->is_text == is_text)
            done = find_by_id(matcher, &plan->items[i], why);
    for (size_t i = 0; done && i < plan->count; i++) {
        struct plan_item *item = &plan->items[i];
        const struct entry_ref *ref = ref_of(matcher, item);

        if (ref->is_text != is_text || item->path.len > 0)
            continue;
        done = find_otherwise(matcher, item, why);
        if (done && item->path.len == 0)
            matcher->newcomers[matcher->count++] = (struct newcomer){.item = item, .ref = ref};
    }
    return done;
}

bool
match_items(struct plan *plan, struct failure *why)
{
    struct matcher matcher = {.plan = plan, .has_texts = has_text_rows(&plan->ledger)};
    size_t others;
    bool done, known_too;

    find_leaving(&matcher);
    matcher.newcomers = mem_grow(NULL, plan->count + 1, sizeof *matcher.newcomers);
    /* who knows a post better takes the row that a capture made of it */
    done = find_rows(&matcher, false, why);
    others = matcher.count;
    done = done && find_rows(&matcher, true, why);
    known_too = matcher.count > others;
    done = done && (matcher.count == 0 ||
                    strangers_find(&matcher.strangers, plan->root, &plan->ledger, known_too, why));
    done = done && match_newcomers(&matcher, why);
    strangers_free(&matcher.strangers);
    entry_free(&matcher.entry);
    arena_free(&matcher.bases);
    free(matcher.newcomers);
    free(matcher.claims);
    return done;
}

/* The address in the blog that an entry says, where its row is of a source that knew none, or less
 * of the post. */
static void
learn_old(struct plan *plan, const struct plan_item *item)
{
    const struct ledger_row *known = ledger_find_id(&plan->ledger, item->id);
    struct str old = str_of(plan->entries->items[item->entry].address);
    struct ledger_row row;

    if (!known || old.len == 0 || ledger_find_old(&plan->ledger, old) == known ||
        !plan_may_have_old(plan, old, item->id))
        return;
    row = *known;
    if (row.old.len == 0 || item->origin == ORIGIN_KNOWN)
        row.old = old;
    plan->dirty |= !str_eq(row.old, known->old);
    ledger_put(&plan->ledger, &row); /* also when it says so already: who left it has it still */
}

void
match_addresses(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        learn_old(plan, &plan->items[i]);
}

/* The row of a page of comments, under the id that it has now. */
static const struct ledger_row *
find_comments(struct plan *plan, struct str id, struct str path)
{
    const struct ledger_row *row = ledger_find_id(&plan->ledger, id);

    if (row)
        return row;
    row = ledger_find_path(&plan->ledger, path);
    if (!row || !str_starts(row->id, STR("comments:")))
        return NULL;
    ledger_rename(&plan->ledger, row->id, id);
    plan->dirty = true;
    return ledger_find_id(&plan->ledger, id);
}

/* The page goes where its post is. */
static void
follow_post(struct plan *plan, struct plan_item *item, const struct discussion *discussion)
{
    const struct ledger_row *row;
    struct buf path = {0};

    comments_put_path(&path, discussion->post);
    item->id = discussion->id;
    item->path = arena_put(&plan->texts, buf_str(&path));
    row = find_comments(plan, item->id, discussion->from.len > 0 ? discussion->from : item->path);
    item->origin = row ? ORIGIN_KNOWN : ORIGIN_NEW;
    if (row)
        revive(plan, row);
    if (row && !str_eq(row->path, item->path)) {
        item->from = row->path.ptr;
        ledger_move(&plan->ledger, item->id, item->path, row->old);
        plan->dirty = true;
    }
    buf_free(&path);
}

bool
match_discussion(struct plan *plan, struct plan_item *item, struct failure *why)
{
    const struct discussion *discussion = &plan->discussions.items[item->entry];
    struct present present = {0};
    bool done;

    if (discussion->post.len == 0)
        return true;
    follow_post(plan, item, discussion);
    done = present_read(&present, plan->root, item->from ? item->from : item->path.ptr, why);
    if (item->origin == ORIGIN_NEW && present.exists)
        item->origin = ORIGIN_STRANGER;
    if (discussion->count == 0 && !present.exists)
        item->path = (struct str){0};
    else if (item->origin != ORIGIN_KNOWN)
        ledger_put(&plan->ledger,
                   &(struct ledger_row){.id = item->id,
                                        .path = item->path,
                                        .state = item->origin == ORIGIN_NEW ? live : strange});
    present_free(&present);
    return done;
}
