#include "import/plan.h"

#include "base/batch.h"
#include "base/crew.h"
#include "import/work.h"

enum { ALONE_MAX = 32 /* files that are not worth a thread */ };

static bool
is_written(const struct plan_item *item)
{
    return item->change == CHANGE_NEW || item->change == CHANGE_REWRITTEN || item->from;
}

static bool
is_left(const struct plan_item *item)
{
    return is_written(item) && !item->is_waiting;
}

bool
plan_has_work(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (is_written(&plan->items[i]) || plan->items[i].new_rival)
            return true;
    return plan->dirty || plan->about_text.len > 0;
}

/* Files that are not in the batch yet. */
static size_t
count_left(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += is_left(&plan->items[i]) || plan->items[i].new_rival;
    return count;
}

/* The files on their way into the batch. */
struct writing {
    struct plan *plan;
    size_t done, all;
};

static void
tell(struct writing *writing)
{
    writing->plan->on_post(writing->plan->ctx, ++writing->done, writing->all);
}

/* Somebody may have written to the file since it was decided about. */
static bool
on_written(void *ctx, void *done, struct failure *why)
{
    struct writing *writing = ctx;
    struct work *work = done;
    const struct ledger_row *row = ledger_find_id(&writing->plan->ledger, work->item->id);
    bool written = work->done;

    if (!written)
        *why = work->why;
    else if (work->item->change != CHANGE_KEPT && !str_eq(row->digest, str_of(work->digest.hex)))
        written = fail(why, "%s: changed during the import", work->item->path.ptr);
    else
        tell(writing);
    work_free(work);
    return written;
}

static bool
give_file(struct writing *writing, struct crew *crew, struct plan_item *item, struct failure *why)
{
    struct work *work = work_new(writing->plan, item);

    work->is_decided = true;
    work->batch = &writing->plan->batch;
    if (batch_reserve(work->batch, item->path.ptr, &work->number, why))
        return crew_give(crew, work, work_weight(work), why);
    work_free(work);
    return false;
}

static bool
add_files(struct writing *writing, struct failure *why)
{
    struct plan *plan = writing->plan;
    struct crew_trade trade = {
        .work = work_do, .take = on_written, .drop = work_free, .ctx = writing};
    struct crew *crew = crew_open(&trade, writing->all < ALONE_MAX);
    bool done = true;

    for (size_t i = 0; done && i < plan->count; i++)
        if (is_left(&plan->items[i]))
            done = give_file(writing, crew, &plan->items[i], why);
    done = done && crew_finish(crew, why);
    crew_close(crew);
    return done;
}

static bool
add_rival(struct writing *writing, struct plan_item *item, struct failure *why)
{
    struct work *work = work_new(writing->plan, item);
    struct buf path = {0};
    bool done;

    work->is_decided = true;
    work_do(work);
    plan_put_rival(&path, item);
    done = work->done && work_do_rival(work);
    if (!done)
        *why = work->why;
    done = done && batch_add(&writing->plan->batch, path.ptr, buf_str(&work->text), why);
    tell(writing);
    buf_free(&path);
    work_free(work);
    return done;
}

static bool
add_rivals(struct writing *writing, struct failure *why)
{
    struct plan *plan = writing->plan;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].new_rival && !add_rival(writing, &plan->items[i], why))
            return false;
    return true;
}

/* Files that have moved leave their places. */
static bool
add_removals(const struct plan *plan, struct batch *batch, struct failure *why)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].from && !batch_remove(batch, plan->items[i].from, why))
            return false;
    return departures_write(&plan->departures, batch, why);
}

/* index.gmi, or what waits beside one that hands have changed. */
static bool
add_about(const struct plan *plan, struct batch *batch, struct failure *why)
{
    struct buf path = {0};
    bool done;

    if (plan->about_text.len == 0)
        return true;
    if (plan->about.new_rival)
        plan_put_rival(&path, &plan->about);
    else
        buf_put(&path, plan->about.path);
    done = batch_add(batch, buf_text(&path), buf_str(&plan->about_text), why);
    buf_free(&path);
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
plan_write(struct plan *plan, struct failure *why)
{
    struct batch *batch = &plan->batch;
    struct writing writing = {.plan = plan, .all = count_left(plan)};

    if (!plan_has_work(plan))
        return true;
    return add_files(&writing, why) && add_rivals(&writing, why) &&
           add_removals(plan, batch, why) && add_about(plan, batch, why) &&
           add_ledger(plan, batch, why);
}

bool
plan_commit(struct plan *plan, struct failure *why)
{
    return batch_commit(&plan->batch, why);
}
