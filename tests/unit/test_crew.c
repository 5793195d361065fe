#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crew.h"
#include "base/mem.h"

#include <cmocka.h>

enum { JOBS = 5000, STOP = 1000 };

struct job {
    int number, square;
};

/* What was taken, and how many jobs there are. */
struct taken {
    int count, fail_at;
};

static atomic_int alive;

static struct job *
new_job(int number)
{
    struct job *job = mem_new(sizeof *job);

    job->number = number;
    alive++;
    return job;
}

static void
drop(void *job)
{
    alive--;
    free(job);
}

static void
work(void *ctx)
{
    struct job *job = ctx;

    job->square = job->number * job->number;
}

static bool
take(void *ctx, void *done, struct failure *why)
{
    struct taken *taken = ctx;
    struct job *job = done;
    bool fails = job->number == taken->fail_at;

    assert_int_equal(job->number, taken->count);
    assert_int_equal(job->square, job->number * job->number);
    taken->count++;
    drop(job);
    if (fails)
        snprintf(why->text, sizeof why->text, "job %d", taken->fail_at);
    return !fails;
}

static void
takes_in_order(void **state)
{
    static const size_t weights[] = {1, 1 << 20, (size_t)CREW_WEIGHT_MAX * 2};

    (void)state;
    for (size_t i = 0; i < sizeof weights / sizeof *weights * 2; i++) {
        struct taken taken = {.fail_at = -1};
        struct crew_trade trade = {.work = work, .take = take, .drop = drop, .ctx = &taken};
        struct crew *crew = crew_open(&trade, i % 2 == 0);
        struct failure why;

        for (int number = 0; number < JOBS; number++)
            assert_true(crew_give(crew, new_job(number), weights[i / 2], &why));
        assert_true(crew_finish(crew, &why));
        assert_int_equal(taken.count, JOBS);
        crew_close(crew);
        assert_int_equal(alive, 0);
    }
}

static void
stops_at_a_failure(void **state)
{
    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        struct taken taken = {.fail_at = STOP};
        struct crew_trade trade = {.work = work, .take = take, .drop = drop, .ctx = &taken};
        struct crew *crew = crew_open(&trade, alone);
        struct failure why = {""};
        bool done = true;

        for (int number = 0; done && number < JOBS; number++)
            done = crew_give(crew, new_job(number), 1, &why);
        assert_false(done);
        assert_string_equal(why.text, "job 1000");
        crew_close(crew);
        assert_int_equal(alive, 0);
    }
}

static void
closes_what_nobody_took(void **state)
{
    struct crew_trade trade = {.work = work, .take = take, .drop = drop};
    struct crew *crew = crew_open(&trade, false);
    struct failure why;
    struct taken taken = {.fail_at = -1};

    (void)state;
    crew_close(NULL);
    crew_close(crew);
    trade.ctx = &taken;
    crew = crew_open(&trade, false);
    for (int number = 0; number < 3; number++)
        assert_true(crew_give(crew, new_job(number), 1, &why));
    crew_close(crew);
    assert_int_equal(alive, 0);
}

static int made;

static bool
look(void *ctx, void *done, struct failure *why)
{
    struct taken *taken = ctx;
    const struct job *job = done;

    (void)why;
    assert_int_equal(job->number, taken->count);
    assert_int_equal(job->square, job->number * job->number);
    taken->count++;
    return true;
}

static void
clear(void *job)
{
    *(struct job *)job = (struct job){0};
}

static struct job *
old_or_new(struct crew *crew, int number)
{
    struct job *job = crew_spare(crew);

    if (!job) {
        made++;
        return new_job(number);
    }
    assert_int_equal(job->number, 0);
    assert_int_equal(job->square, 0);
    job->number = number;
    return job;
}

/* No more of them are made than can be on their way. */
static void
uses_jobs_again(void **state)
{
    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        struct taken taken = {.fail_at = -1};
        struct crew_trade trade = {
            .work = work, .take = look, .clear = clear, .drop = drop, .ctx = &taken};
        struct crew *crew = crew_open(&trade, alone);
        struct failure why;

        made = 0;
        for (int number = 0; number < JOBS; number++)
            assert_true(crew_give(crew, old_or_new(crew, number), 1, &why));
        assert_true(crew_finish(crew, &why));
        assert_int_equal(taken.count, JOBS);
        assert_in_range(made, 1, alone ? 1 : CREW_JOBS_MAX + 1);
        crew_close(crew);
        assert_int_equal(alive, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_order),
        cmocka_unit_test(stops_at_a_failure),
        cmocka_unit_test(closes_what_nobody_took),
        cmocka_unit_test(uses_jobs_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
