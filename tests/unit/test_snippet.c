#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "site/prose.h"
#include "site/snippet.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEN(text)    text text text text text text text text text text

/* NULL: not found. */
static const struct {
    const char *typed, *text, *snippet;
} rows[] = {
    {"rice", "The rice is ripe.", "The rice is ripe."},
    {"RICE", "  The \"rice\" is ripe.\n", "The \"rice\" is ripe."},
    {"rice", "No such thing.", NULL},
    {"rice", "", NULL},
    {"", "The rice is ripe.", NULL},
    {"year:2017", "The year 2017", NULL},
    /* a phrase is found whole or not at all */
    {"\"ripe rice\"", "The rice is ripe.", NULL},
    {"\"a a b\"", "a a a b", "a a a b"},
    {"wheat rice", "The rice is ripe.", "The rice is ripe."},
    /* both ends are cut between words */
    {"rice", TEN("0123456789 ") "rice " TEN("0123456789 ") TEN("0123456789 "),
     "… 0123456789 0123456789 0123456789 rice " TEN("0123456789 ") "0123456789 …"},
    {"rice", "rice " TEN("0123456789 ") TEN("0123456789 "),
     "rice " TEN("0123456789 ") "0123456789 0123456789 0123456789 0123456789 …"},
    {"rice", TEN("0123456789 ") "rice.", "… 0123456789 0123456789 0123456789 rice."},
    /* where most of the terms are, not where the first one is */
    {"rice fish", "fish " TEN("0123456789 ") TEN("0123456789 ") "fish and rice.",
     "… 0123456789 0123456789 0123456789 fish and rice."},
    /* a word that is too long is cut nowhere but at its ends */
    {"rice", "rice " TEN(TEN("0123456789")), "rice …"},
    {"社会", TEN("一二三四五六七八九十") "社会",
     "… 二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十社会"},
};

static void
snippets_show_what_was_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search search = {0};
        struct buf snippet = {0};
        bool found;

        search_read(&search, str_of(rows[i].typed));
        found = snippet_put(&snippet, &search, str_of(rows[i].text));
        if (found != (rows[i].snippet != NULL) ||
            (found && strcmp(buf_text(&snippet), rows[i].snippet) != 0))
            fail_msg("%s in %s: %s", rows[i].typed, rows[i].text, buf_text(&snippet));
        search_free(&search);
        buf_free(&snippet);
    }
}

static void
starts_are_cut_between_words(void **state)
{
    struct buf start = {0};

    (void)state;
    snippet_put_start(&start, STR(" Short. "));
    assert_string_equal(buf_text(&start), "Short.");
    buf_truncate(&start, 0);
    snippet_put_start(&start, STR(TEN("0123456789 ") TEN("0123456789 ")));
    assert_string_equal(buf_text(&start),
                        TEN("0123456789 ") "0123456789 0123456789 0123456789 0123456789 …");
    buf_free(&start);
}

static void
prose_is_what_is_read(void **state)
{
    struct buf prose = {0};

    (void)state;
    prose_put(&prose, STR("## Head\n\nText.\n* item\n> quote\n=> /a label\n=> /b\n"
                          "```alt\n  block\n```\n"));
    assert_string_equal(buf_text(&prose), "Head\nText.\nitem\nquote\nlabel\nalt\n  block\n");
    buf_truncate(&prose, 0);
    prose_put_comments(&prose, STR("# Comments on X\n\n=> /x.gmi X\n\n## A, 2017-12-05\nHello.\n"));
    assert_string_equal(buf_text(&prose), "A, 2017-12-05\nHello.\n");
    buf_truncate(&prose, 0);
    prose_put_comments(&prose, STR("# Comments on X\n\n=> /x.gmi X\n"));
    assert_int_equal(prose.len, 0);
    buf_free(&prose);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snippets_show_what_was_found),
        cmocka_unit_test(starts_are_cut_between_words),
        cmocka_unit_test(prose_is_what_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
