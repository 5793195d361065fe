#include "import/plan.h"

#include <stdlib.h>

#include "base/crew.h"
#include "base/mem.h"
#include "import/match.h"
#include "import/work.h"
#include "text/gemtext.h"

enum {
    ROUND_MAX = 128,             /* items that are decided about at the same time … */
    ROUND_WEIGHT_MAX = 16 << 20, /* … and bytes that they need in memory, but for one item alone */
};

static const struct str live = {"live", 4};
static const struct str about_id = {"about", 5};
static const struct str about_path = {"index.gmi", 9};

bool
plan_open(struct plan *plan, int root, struct losses *losses, struct failure *why)
{
    *plan = (struct plan){.root = root, .losses = losses};
    batch_open(&plan->batch, root);
    return root < 0 || ledger_load(&plan->ledger, root, why);
}

void
plan_close(struct plan *plan)
{
    if (plan->root >= 0)
        batch_close(&plan->batch);
    free(plan->items);
    buf_free(&plan->about_text);
    arena_free(&plan->texts);
    ledger_free(&plan->ledger);
    discussions_free(&plan->discussions);
    departures_free(&plan->departures);
    *plan = (struct plan){.root = -1};
}

/* The sources that a post was in: those the ledger names and the present ones, or when they become
 * too many only these. What the blog has is missing no longer. */
static void
unite_sources(struct buf *out, struct str known, struct str present)
{
    bool is_there = entry_has_source(present, STR("blog:"));
    size_t count = 0;

    while (known.len > 0) {
        struct str source = str_cut(&known, ',');

        if (!is_there || !str_starts(source, STR("missing:")))
            entry_add_sources(out, source);
    }
    entry_add_sources(out, present);
    for (struct str rest = buf_str(out); rest.len > 0; count++)
        str_cut(&rest, ',');
    if (count <= ENTRY_SOURCES_MAX)
        return;
    buf_truncate(out, 0);
    buf_put(out, present);
}

bool
plan_may_have_old(const struct plan *plan, struct str old, struct str id)
{
    const struct ledger_row *row = ledger_find_old(&plan->ledger, old);

    return !ledger_is_there(row) || str_eq(row->id, id);
}

void
plan_note(struct plan *plan, const struct ledger_row *row)
{
    const struct ledger_row *old = ledger_find_id(&plan->ledger, row->id);

    if (old && str_eq(old->path, row->path) && str_eq(old->digest, row->digest) &&
        str_eq(old->old, row->old) && str_eq(old->source, row->source) &&
        old->position == row->position && old->summary == row->summary &&
        str_eq(old->state, row->state))
        return;
    ledger_put(&plan->ledger, row);
    plan->dirty = true;
}

/* What the ledger says of an entry whose file holds the text. */
static void
note_entry(const struct work *work)
{
    struct plan *plan = work->plan;
    const struct plan_item *item = work->item;
    const struct entry *entry = &work->entry;
    const struct ledger_row *known = ledger_find_id(&plan->ledger, item->id);
    struct buf sources = {0};
    struct ledger_row row = {
        .id = item->id,
        .path = item->path,
        .digest = str_of(work->digest.hex),
        .state = live,
        .position = entry->position,
        .summary = entry->summary,
    };

    row.old = known ? known->old : str_of(item->old);
    if (known && known->position > row.position &&
        (entry->is_text || item->origin == ORIGIN_BETTER))
        row.position = known->position;
    if (known && entry->summary == 0 &&
        (entry->is_text || entry->is_partial || item->origin == ORIGIN_BETTER))
        row.summary = known->summary;
    unite_sources(&sources, known ? known->source : STR(""), buf_str(&entry->source));
    row.source = buf_str(&sources);
    plan_note(plan, &row);
    buf_free(&sources);
}

static void
set_change(struct plan_item *item, enum change change, const char *note)
{
    item->change = change;
    item->note = note;
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
    const struct ledger_row *row = ledger_find_id(&work->plan->ledger, item->id);
    bool is_same = str_eq(buf_str(&work->text), buf_str(&work->present.bytes));

    if (!work->present.exists)
        set_change(item, CHANGE_NEW,
                   row->digest.len > 0 ? "was deleted, is written anew" : "is in the blog again");
    else if (is_same && (item->is_ours || !item->knows_less))
        set_change(item, item->from ? CHANGE_REWRITTEN : CHANGE_NONE, NULL);
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
    if (item->document != DOCUMENT_COMMENTS)
        item->id = str_of(plan->entries->items[item->entry].id);
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
tell_losses(struct work *work)
{
    const struct plan_item *item = work->item;
    bool is_news = item->change == CHANGE_NEW || item->change == CHANGE_REWRITTEN;

    for (struct str rest = buf_str(&work->entry.losses); rest.len > 0;) {
        struct str what = str_line(&rest), kind = str_cut(&what, '\t');

        losses_add(work->plan->losses, item->path, kind, what, is_news);
    }
}

/* Comments find their post by its id or, when it has none, by its old address; each of these is
 * said to discussions_place or discussions_name. */
static void
tell_discussions(struct plan *plan, const struct plan_item *item, struct str text,
                 void (*tell)(struct discussions *discussions, struct str post_id, struct str text))
{
    const struct entry_ref *ref = &plan->entries->items[item->entry];
    struct buf address = {0};

    if (item->document == DOCUMENT_DRAFT || item->document == DOCUMENT_COMMENTS)
        return;
    buf_format(&address, "path:%s", ref->address);
    tell(&plan->discussions, buf_str(&address), text);
    tell(&plan->discussions, str_of(ref->id), text);
    tell(&plan->discussions, item->id, text);
    buf_free(&address);
}

static void
place_comments(struct plan *plan, const struct plan_item *item)
{
    tell_discussions(plan, item, item->path, discussions_place);
    if (item->from && item->document != DOCUMENT_DRAFT)
        discussions_move(&plan->discussions, &plan->ledger, item->id, item->path,
                         str_of(item->from));
}

static void
name_comments(const struct work *work)
{
    const struct plan_item *item = work->item;
    bool is_new = item->change == CHANGE_NEW || item->change == CHANGE_REWRITTEN;
    struct str title =
        is_new && !item->knows_less ? buf_str(&work->entry.title) : work->present.post.title;

    tell_discussions(work->plan, item, title, discussions_name);
}

/* Both have changed since the last import: the hands' text stays, and the blog's is kept, too. */
static bool
find_rival(struct work *work, struct failure *why)
{
    struct plan_item *item = work->item;
    struct plan *plan = work->plan;
    struct buf path = {0};
    bool done;

    if (item->change != CHANGE_KEPT || item->origin != ORIGIN_KNOWN || item->is_ours ||
        !work_do_rival(work) ||
        str_eq(ledger_find_id(&plan->ledger, item->id)->digest, str_of(work->digest.hex)))
        return true;
    item->has_rival = true;
    plan_put_rival(&path, item);
    done = present_read(&work->present, plan->root, path.ptr, why);
    item->new_rival = !str_eq(buf_str(&work->present.bytes), buf_str(&work->text));
    buf_free(&path);
    return done;
}

/* What was composed is judged, in the order of the items. */
static bool
decide(struct work *work, struct failure *why)
{
    if (!work->done) {
        *why = work->why;
        work->plan->cannot_write = work->cannot_write;
        return false;
    }
    judge(work, work->item);
    if (work->item->change != CHANGE_KEPT)
        note_entry(work);
    tell_losses(work);
    name_comments(work);
    return find_rival(work, why);
}

/* While a round is made the ledger stays as it is; what it comes to is noted afterwards. */
struct round {
    struct work *works[ROUND_MAX];
    size_t count;
    size_t given, weight; /* items that are in it, or will be, and theirs */
};

static bool
on_work(void *ctx, void *work, struct failure *why)
{
    struct round *round = ctx;

    (void)why;
    round->works[round->count++] = work;
    return true;
}

/* There is no room for one of this weight. */
static bool
is_full(const struct round *round, size_t weight)
{
    return round->given == ROUND_MAX ||
           (round->given > 0 && round->weight + weight > ROUND_WEIGHT_MAX);
}

static bool
end_round(struct crew *crew, struct round *round, struct failure *why)
{
    bool done = crew_finish(crew, why);

    for (size_t i = 0; i < round->count; i++) {
        done = done && decide(round->works[i], why);
        work_free(round->works[i]);
    }
    *round = (struct round){.count = 0};
    return done;
}

/* Nobody has to look at a new file to decide about it. */
static bool
give_item(struct plan *plan, struct plan_item *item, struct crew *crew, struct round *round,
          struct failure *why)
{
    struct work *work = work_new(plan, item);
    size_t weight = work_weight(work);

    if (is_full(round, weight) && !end_round(crew, round, why)) {
        work_free(work);
        return false;
    }
    round->given++;
    round->weight += weight;
    item->is_waiting = plan->writes && item->origin == ORIGIN_NEW;
    if (item->is_waiting) {
        work->batch = &plan->batch;
        if (!batch_reserve(work->batch, item->path.ptr, &work->number, why)) {
            plan->cannot_write = true;
            work_free(work);
            return false;
        }
    }
    return crew_give(crew, work, weight, why);
}

/* Items from the first one to the one before end. */
static bool
decide_items(struct plan *plan, size_t first, size_t end, struct failure *why)
{
    struct round round = {.count = 0};
    struct crew_trade trade = {.work = work_do, .take = on_work, .drop = work_free, .ctx = &round};
    struct crew *crew = crew_open(&trade, end - first < ROUND_MAX);
    bool done = true;

    for (size_t i = first; done && i < end; i++) {
        done = give_item(plan, &plan->items[i], crew, &round, why);
        if (done)
            plan->on_post(plan->ctx, i + 1, plan->count);
    }
    done = end_round(crew, &round, why) && done;
    crew_close(crew);
    return done;
}

static enum document
document_of(const struct entry_ref *ref)
{
    return ref->status == ENTRY_DRAFT ? DOCUMENT_DRAFT
           : ref->kind == ENTRY_PAGE  ? DOCUMENT_PAGE
                                      : DOCUMENT_POST;
}

static void
add_items(struct plan *plan)
{
    const struct entries *entries = plan->entries;

    plan->items = mem_grow(NULL, entries->count + 1, sizeof *plan->items);
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry_ref *ref = &entries->items[i];

        if (ref->kind != ENTRY_COMMENT)
            plan->items[plan->count++] =
                (struct plan_item){.entry = i, .document = document_of(ref)};
    }
}

/* The pages of comments: which there will be is known before the first post is decided about, as
 * links lead to them. */
static bool
add_comments(struct plan *plan, struct failure *why)
{
    struct discussions *discussions = &plan->discussions;
    bool done;

    for (size_t i = 0; i < plan->count; i++)
        place_comments(plan, &plan->items[i]);
    done = discussions_settle(discussions, &plan->ledger, plan->root, plan->losses, why);
    plan->items = mem_grow(plan->items, plan->count + discussions->count + 1, sizeof *plan->items);
    for (size_t i = 0; done && i < discussions->count; i++) {
        struct plan_item *item = &plan->items[plan->count];

        *item = (struct plan_item){.entry = i, .document = DOCUMENT_COMMENTS};
        done = match_discussion(plan, item, why);
        plan->count += item->path.len > 0;
    }
    return done;
}

/* Labels of captures and pages that know less of their post than the capsule does. */
static bool
drop_labels(struct plan *plan, struct label_list *labels, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < plan->count; i++) {
        struct work *work;

        if (plan->entries->items[plan->items[i].entry].knows_labels)
            continue;
        work = work_new(plan, &plan->items[i]);
        done = !work_is_of_blog(work) || work_load(work);
        if (!done)
            *why = work->why;
        else if (work->is_only_seen)
            label_list_drop(labels, buf_str(&work->entry.labels));
        work_free(work);
    }
    return done;
}

static bool
add_labels(struct plan *plan, struct label_list *labels, struct failure *why)
{
    struct buf slug = {0};
    bool done = drop_labels(plan, labels, why);

    for (size_t i = 0; done && i < labels->count; i++) {
        buf_truncate(&slug, 0);
        if (labels->items[i].uses > 0)
            label_put_slug(&slug, &plan->ledger, labels->items[i].name);
    }
    buf_free(&slug);
    return done;
}

bool
plan_entries(struct plan *plan, const struct entries *entries, struct label_list *labels,
             struct failure *why)
{
    size_t posts;

    plan->entries = entries;
    add_items(plan);
    posts = plan->count;
    if (!match_items(plan, why) || !add_labels(plan, labels, why) || !departures_find(plan, why))
        return false;
    match_addresses(plan);
    return discussions_find(&plan->discussions, entries, &plan->ledger, why) &&
           departures_find_comments(plan, why) && add_comments(plan, why) &&
           decide_items(plan, 0, posts, why) && decide_items(plan, posts, plan->count, why);
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

/* What becomes of index.gmi, which is there and is not what it would be. */
static bool
judge_about(struct plan *plan, const struct ledger_row *known, const struct digest *there,
            struct failure *why)
{
    struct plan_item *about = &plan->about;
    struct digest now = digest_of(buf_str(&plan->about_text));
    struct present rival = {0};
    struct buf path = {0};
    bool done;

    if (known && str_eq(known->digest, str_of(there->hex))) {
        set_change(about, CHANGE_REWRITTEN, NULL);
        return true;
    }
    set_change(about, CHANGE_KEPT, known ? "edited by hand" : NULL);
    about->has_rival = known && !str_eq(known->digest, str_of(now.hex));
    if (!about->has_rival)
        return true;
    plan_put_rival(&path, about);
    done = present_read(&rival, plan->root, path.ptr, why);
    about->new_rival = !str_eq(buf_str(&rival.bytes), buf_str(&plan->about_text));
    present_free(&rival);
    buf_free(&path);
    return done;
}

bool
plan_about(struct plan *plan, const struct config *config, struct str description,
           struct failure *why)
{
    const struct ledger_row *known = ledger_find_id(&plan->ledger, about_id);
    struct plan_item *about = &plan->about;
    struct present present = {0};
    struct digest now;
    bool done;

    if (description.len == 0 || (known && !str_eq(known->state, live)))
        return true;
    about->path = about_path;
    set_change(about, CHANGE_NEW, "what the blog says of itself");
    put_about(&plan->about_text, config, description);
    now = digest_of(buf_str(&plan->about_text));
    done = present_read(&present, plan->root, about_path.ptr, why);
    if (done && present.exists && str_eq(buf_str(&plan->about_text), buf_str(&present.bytes)))
        set_change(about, CHANGE_NONE, NULL);
    else if (done && present.exists)
        done = judge_about(plan, known, &present.digest, why);
    if (done && about->change != CHANGE_KEPT)
        plan_note(plan, &(struct ledger_row){.id = about_id,
                                             .path = about_path,
                                             .digest = str_of(now.hex),
                                             .state = live});
    if (about->change == CHANGE_NONE || (about->change == CHANGE_KEPT && !about->new_rival))
        buf_free(&plan->about_text);
    present_free(&present);
    return done;
}

size_t
plan_count(const struct plan *plan, enum document document, enum change change)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->items[i].document == document && plan->items[i].change == change;
    return count;
}

void
plan_put_rival(struct buf *path, const struct plan_item *item)
{
    buf_put(path, STR(".new/"));
    buf_put(path, item->path);
}
