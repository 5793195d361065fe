#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "site/ranking.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* In the order in which they shall be: by moment, then as the ledger says, then by path. */
static const struct ranked rows[] = {
    {.path = "2017/11/z.gmi", .seconds = -5},
    {.path = "2014/01/b.gmi", .seconds = 7, .position = -1},
    {.path = "2014/01/a.gmi", .seconds = 7, .size = 3, .lines = 4},
    {.path = "2014/01/a/b.gmi", .seconds = 7},
    {.path = "2014/01/\xc3\xa9.gmi", .seconds = 7},
    {.path = "2014/01/0.gmi", .seconds = 7, .position = 9},
    {.path = "2013/01/a.gmi", .seconds = 5000000000, .position = -3},
};

static void
posts_are_ranked(void **state)
{
    (void)state;
    for (size_t first = 0; first < COUNT(rows); first++) {
        struct ranking ranking = {0};

        for (size_t i = 0; i < COUNT(rows); i++) {
            struct ranked post = rows[(first + i * 3) % COUNT(rows)];
            char path[64];

            snprintf(path, sizeof path, "%s", post.path);
            post.path = path;
            ranking_add(&ranking, &post);
        }
        ranking_settle(&ranking);
        assert_int_equal(ranking.count, COUNT(rows));
        for (size_t i = 0; i < COUNT(rows); i++) {
            assert_string_equal(ranking.items[i].path, rows[i].path);
            assert_int_equal(ranking.items[i].size, rows[i].size);
            assert_int_equal(ranking.items[i].lines, rows[i].lines);
        }
        ranking_free(&ranking);
    }
}

static void
no_posts_are_no_trouble(void **state)
{
    struct ranking ranking = {0};

    (void)state;
    ranking_settle(&ranking);
    assert_int_equal(ranking.count, 0);
    ranking_free(&ranking);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_are_ranked),
        cmocka_unit_test(no_posts_are_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
