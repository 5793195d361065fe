#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "text/gist.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
summaries_say_how_a_post_begins(void **state)
{
    static const struct {
        const char *text;
        size_t lines;
        const char *summary;
    } rows[] = {
        {"", 0, ""},
        {"\n\n", 3, ""},
        {"One line.\n\nAnother.\n", 0, "One line."},
        {"One line.\n\nAnother.\n\nA third.\n", 3, "One line. Another."},
        {"One line.\n\nAnother.\n\nA third.\n", 1, "One line."},
        {"One line.\n", 99, "One line."},
        {"## Parts\n\n* a wheel\n* a rope\n", 0, "a wheel"},
        {"## Parts\n\n* a wheel\n* a rope\n", 4, "Parts a wheel a rope"},
        {"> Said\n", 0, "Said"},
        {"## Only parts\n\n### More\n", 0, "Only parts"},
        {"=> /a.jpg A picture\n\nBelow it.\n", 0, "Below it."},
        {"=> /a.jpg A picture\n\nBelow it.\n", 1, "Below it."},
        {"=> /a.jpg A picture\n", 1, ""},
        {"```art\n /\\\n```\nAfter.\n", 0, "After."},
        {"---\n***\n\nText.\n", 0, "Text."},
        {" \t two\t\twords \r\n", 0, "two words"},
        {"দুটি\n\nশব্দ\n", 0, "দুটি"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        gist_put_summary(&out, str_of(rows[i].text), rows[i].lines);
        assert_string_equal(buf_text(&out), rows[i].summary);
        buf_free(&out);
    }
}

/* A long text ends at a word; one without spaces at a character, with all of its marks. */
static void
long_summaries_are_cut(void **state)
{
    static const struct {
        const char *unit, *end;
    } rows[] = {
        {"seven77 ", "seven77…"},
        {"é", "é…"},
        {"কি", "কি…"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t shift = 0; shift < 8; shift++) {
            struct buf text = {0}, out = {0};

            for (size_t j = 0; j < shift; j++)
                buf_byte(&text, 'a');
            while (text.len < (size_t)3 * GIST_MAX)
                buf_put(&text, str_of(rows[i].unit));
            gist_put_summary(&out, buf_str(&text), shift);
            assert_true(out.len <= GIST_MAX && out.len > GIST_MAX - 16);
            assert_true(str_ends(buf_str(&out), str_of(rows[i].end)));
            buf_free(&text);
            buf_free(&out);
        }
    }
}

static void
words_are_counted_in_any_script(void **state)
{
    static const struct {
        const char *text;
        size_t words;
    } rows[] = {
        {"", 0},
        {"one", 1},
        {"one two\nthree\n", 3},
        {"well-being isn't two; 3.5 is one -- so", 7},
        {"# A title\n\n* an item\n> a quotation\n", 6},
        {"=> https://example.org/a/b?c two words\n", 2},
        {"```alt text\npoem in a block\n```\n", 6},
        {"নদীর ধারে একটি", 3},
        {"ភាសា\u200bខ្មែរ", 2},
        {"漢字かな", 4},
        {"a\u00a0b", 2},
        {"---\n***\n", 0},
        {"\xff\xfe x", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(gist_words(str_of(rows[i].text)), rows[i].words);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_say_how_a_post_begins),
        cmocka_unit_test(long_summaries_are_cut),
        cmocka_unit_test(words_are_counted_in_any_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
