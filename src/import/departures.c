#include "import/departures.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "import/plan.h"
#include "import/present.h"
#include "site/comments.h"

enum { DEPARTURES_FIRST = 16 };

static const struct str live = {"live", 4};
static const struct str gone = {"gone", 4};
static const struct str blog = {"blog:", 5};
static const struct str missing = {"missing:", 8}; /* in the place of the blog: that was told */

/* A source of the row is one of these blogs, behind this mark. */
static bool
has_source(const struct ledger_row *row, struct str mark, struct str blogs)
{
    for (struct str rest = row->source; rest.len > 0;) {
        struct str source = str_cut(&rest, ',');

        if (str_skip(&source, mark) && str_has_line(blogs, source))
            return true;
    }
    return false;
}

/* The row is of a post of one of these blogs. */
static bool
is_of(const struct ledger_row *row, struct str blogs)
{
    return str_eq(row->state, live) && str_starts(row->id, STR("blogger:")) &&
           (has_source(row, blog, blogs) || has_source(row, missing, blogs));
}

/* Notes in the ledger that these blogs lack the post, so that it is told once. */
static void
note_missing(struct plan *plan, const struct ledger_row *row)
{
    struct ledger_row now = *row;
    struct buf sources = {0};

    for (struct str rest = row->source; rest.len > 0;) {
        struct str source = str_cut(&rest, ','), number = source;
        bool is_gone = str_skip(&number, blog) && str_has_line(plan->full, number);

        if (sources.len > 0)
            buf_byte(&sources, ',');
        buf_put(&sources, is_gone ? missing : STR(""));
        buf_put(&sources, is_gone ? number : source);
    }
    now.source = buf_str(&sources);
    plan_note(plan, &now);
    buf_free(&sources);
}

/* For each row of the ledger whether a document of this import is the same. */
static bool *
find_met(const struct plan *plan)
{
    bool *met = mem_new((plan->ledger.count + 1) * sizeof *met);

    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        const struct ledger_row *row = ledger_find_id(
            &plan->ledger,
            item->id.len > 0 ? item->id : str_of(plan->entries->items[item->entry].id));

        if (row)
            met[row - plan->ledger.rows] = true;
    }
    return met;
}

static struct departure *
add(struct departures *departures, const struct ledger_row *row)
{
    if (departures->count == departures->cap) {
        departures->cap = departures->cap ? departures->cap * 2 : DEPARTURES_FIRST;
        departures->items = mem_grow(departures->items, departures->cap, sizeof *departures->items);
    }
    departures->items[departures->count] = (struct departure){
        .id = row->id, .path = row->path, .is_news = !entry_has_source(row->source, missing)};
    return &departures->items[departures->count++];
}

/* The row's path is gone with its file, unless that is no longer ours. */
static bool
judge(struct plan *plan, struct departure *departure, struct failure *why)
{
    const struct ledger_row *row = ledger_find_id(&plan->ledger, departure->id);
    struct ledger_row now = *row;
    struct present present = {0};
    bool done = present_read(&present, plan->root, departure->path.ptr, why);

    departure->is_kept = present.exists && !str_eq(row->digest, str_of(present.digest.hex));
    departure->is_removed = !departure->is_kept;
    present_free(&present);
    if (!done || departure->is_kept)
        return done;
    now.state = gone;
    now.digest = (struct str){0};
    plan_note(plan, &now);
    return true;
}

static bool
remove_comments(struct plan *plan, struct str post, bool is_missing, struct failure *why)
{
    const struct ledger_row *row;
    struct departure *departure;
    struct buf path = {0};

    comments_put_path(&path, post);
    row = ledger_find_path(&plan->ledger, buf_str(&path));
    buf_free(&path);
    if (!row || !str_eq(row->state, live))
        return true;
    departure = add(&plan->departures, row);
    departure->is_missing = is_missing;
    return judge(plan, departure, why);
}

static bool
find_missing(struct plan *plan, const bool *met, size_t rows, struct failure *why)
{
    struct departures *departures = &plan->departures;
    bool done = true;

    for (size_t i = 0; i < rows && done && plan->full.len > 0; i++) {
        const struct ledger_row *row = &plan->ledger.rows[i];
        struct departure *departure;
        struct str path = row->path;

        if (met[i] || !is_of(row, plan->full))
            continue;
        departure = add(departures, row);
        departure->is_missing = true;
        departures->posts++;
        done = !plan->prune || judge(plan, departure, why);
        if (!done || !departure->is_removed) {
            departures->news += departure->is_news;
            note_missing(plan, row);
            continue;
        }
        departures->removed++;
        done = remove_comments(plan, path, false, why);
    }
    return done;
}

/* The row is of a draft that this import knows as a post. */
static bool
is_published(const struct plan *plan, const bool *met, const struct ledger_row *row)
{
    const struct ledger_row *post;
    struct str number = row->id;
    struct buf id = {0};

    if (!str_skip(&number, STR("draft:")) || !str_eq(row->state, live))
        return false;
    buf_put(&id, STR("blogger:"));
    buf_put(&id, number);
    post = ledger_find_id(&plan->ledger, buf_str(&id));
    buf_free(&id);
    return post && met[post - plan->ledger.rows];
}

static bool
find_published(struct plan *plan, const bool *met, size_t rows, struct failure *why)
{
    for (size_t i = 0; i < rows; i++)
        if (!met[i] && is_published(plan, met, &plan->ledger.rows[i]) &&
            !judge(plan, add(&plan->departures, &plan->ledger.rows[i]), why))
            return false;
    return true;
}

bool
departures_find(struct plan *plan, struct failure *why)
{
    size_t rows = plan->ledger.count;
    bool *met = find_met(plan);
    bool done = find_missing(plan, met, rows, why) && find_published(plan, met, rows, why);

    free(met);
    return done;
}

/* An export without any comment may have been made without them. */
bool
departures_find_comments(struct plan *plan, struct failure *why)
{
    bool done = true;

    if (!plan->prune || plan->full.len == 0 || plan->discussions.comment_count == 0)
        return true;
    for (size_t i = 0; done && i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        const struct ledger_row *row = ledger_find_id(&plan->ledger, item->id);

        if (row && is_of(row, plan->full) && !discussions_has(&plan->discussions, row->id))
            done = remove_comments(plan, item->from ? str_of(item->from) : row->path, true, why);
    }
    return done;
}

bool
departures_write(const struct departures *departures, struct batch *batch, struct failure *why)
{
    for (size_t i = 0; i < departures->count; i++)
        if (departures->items[i].is_removed &&
            !batch_remove(batch, departures->items[i].path.ptr, why))
            return false;
    return true;
}

static void
put_departure(const struct departure *departure, struct buf *out)
{
    static const char *const notes[][2] = {
        {"edited by hand", ""}, {"edited by hand, but not in the export", "not in the export"}};

    buf_put(out, departure->is_removed ? STR("gone ")
                 : departure->is_kept  ? STR("kept ")
                                       : STR("missing "));
    log_escape_text(out, departure->path);
    buf_format(out, ": %s\n", notes[departure->is_missing][!departure->is_kept]);
}

static bool
is_shown(const struct departure *departure, bool again)
{
    return (departure->is_missing || departure->is_kept) &&
           (departure->is_news || departure->is_removed || again);
}

void
departures_put(const struct departures *departures, bool all, struct buf *out)
{
    size_t shown = 0;

    for (size_t i = 0; i < departures->count; i++) {
        const struct departure *departure = &departures->items[i];

        if (is_shown(departure, all) && (shown++ < DEPARTURES_SHOWN_MAX || all))
            put_departure(departure, out);
    }
    if (shown > DEPARTURES_SHOWN_MAX && !all)
        buf_format(out, "and %zu more: see --report\n", shown - DEPARTURES_SHOWN_MAX);
}

void
departures_free(struct departures *departures)
{
    free(departures->items);
    *departures = (struct departures){0};
}
