#include "import/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

#include <cmocka.h>

enum { COMMENTS = 6, MANY = 100000 };

struct row {
    const char *name;
    struct {
        const char *id, *reply_to;
        int64_t published_ms;
    } comments[COMMENTS];
    const char *order; /* the ids as they are read */
};

static const struct row rows[] = {
    {"by time", {{"b", "", 2}, {"a", "", 1}, {"c", "", 3}}, "abc"},
    {"the same instant: as they came", {{"b", "", 1}, {"a", "", 1}}, "ba"},
    {"an answer stands behind", {{"a", "", 1}, {"b", "", 2}, {"c", "a", 3}}, "acb"},
    {"an answer to an answer",
     {{"a", "", 1}, {"b", "", 2}, {"c", "a", 3}, {"d", "c", 5}, {"e", "a", 4}},
     "acdeb"},
    {"an answer older than its parent", {{"a", "", 5}, {"b", "a", 1}}, "ab"},
    {"before what it answers", {{"b", "a", 2}, {"a", "", 1}}, "ab"},
    {"answers nobody", {{"a", "x", 1}, {"b", "", 2}}, "ab"},
    {"answers itself", {{"a", "a", 2}, {"b", "", 1}}, "ba"},
    {"a circle of two", {{"a", "b", 1}, {"b", "a", 2}, {"c", "", 3}}, NULL},
    {"a circle of three, and one that leads in",
     {{"a", "b", 1}, {"b", "c", 2}, {"c", "a", 3}, {"d", "a", 4}},
     NULL},
    {"an id twice: the first is meant", {{"a", "", 1}, {"a", "", 3}, {"b", "a", 2}}, "aba"},
};

static void
test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct thread_comment comments[COMMENTS];
        size_t order[COMMENTS], count = 0;
        unsigned seen = 0;
        struct buf ids = {0};

        for (; count < COMMENTS && rows[i].comments[count].id; count++)
            comments[count] = (struct thread_comment){
                .id = str_of(rows[i].comments[count].id),
                .reply_to = str_of(rows[i].comments[count].reply_to),
                .published_ms = rows[i].comments[count].published_ms,
            };
        thread_order(comments, count, order);
        for (size_t at = 0; at < count; at++) {
            buf_put(&ids, comments[order[at]].id);
            seen |= 1U << order[at];
        }
        assert_int_equal(seen, (1U << count) - 1);
        if (rows[i].order)
            assert_string_equal(buf_text(&ids), rows[i].order);
        buf_free(&ids);
    }
}

/* Each answers the one before: as deep as there are comments. */
static void
test_depth(void **state)
{
    struct thread_comment *comments = mem_new(MANY * sizeof *comments);
    size_t *order = mem_new(MANY * sizeof *order);
    struct buf *ids = mem_new(MANY * sizeof *ids);

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        buf_format(&ids[i], "%zu", i);
        comments[i] = (struct thread_comment){
            .id = buf_str(&ids[i]),
            .reply_to = i > 0 ? buf_str(&ids[i - 1]) : STR(""),
            .published_ms = (int64_t)(MANY - i),
        };
    }
    thread_order(comments, MANY, order);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(comments[i].answers, i > 0 ? i - 1 : THREAD_NONE);
        buf_free(&ids[i]);
    }
    thread_order(comments, 0, order);
    free(comments);
    free(order);
    free(ids);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
