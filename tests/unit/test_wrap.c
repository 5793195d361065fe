#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "text/wrap.h"

enum { LONG_TEXT = 1 << 20, LONG_TEXT_SECONDS = 5 };

struct wrapping {
    struct buf lines; /* joined with '|' */
    size_t count, widest;
};

static void
on_line(void *ctx, struct str line)
{
    struct wrapping *wrapping = ctx;
    size_t columns = wrap_width(line);

    if (wrapping->count++ > 0)
        buf_byte(&wrapping->lines, '|');
    buf_put(&wrapping->lines, line);
    if (columns > wrapping->widest)
        wrapping->widest = columns;
}

static void
test_width(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        {"", 0},          {"plain", 5},
        {"caf\u00E9", 4}, {"cafe\u0301", 4}, /* the accent as a character of its own */
        {"日本", 4},      {"\U0001F600", 2},
        {"a\tb", 3}, /* a control counts as the space it becomes */
        {"\xFF", 1}, /* U+FFFD */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_int_equal(wrap_width(str_of(rows[i].text)), rows[i].columns);
}

static void
test_lines(void **state)
{
    static const struct {
        const char *text, *lines;
    } rows[] = {
        {"", ""},
        {"one line", "one line"},
        {"exactly twenty cells", "exactly twenty cells"},
        {"exactly twenty cells and more", "exactly twenty cells|and more"},
        {"exactly twenty cells ", "exactly twenty cells"},
        {"a word that is wide, well-known words", "a word that is wide,|well-known words"},
        {"many          spaces          between", "many          spaces|between"},
        {"  indented text is kept as it is", "  indented text is|kept as it is"},
        {"short abcdefghijklmnopqrstuvwxyz", "short|abcdefghijklmnopqrst|uvwxyz"},
        {"                         far", "|far"},
        {"tab\there, line\nend", "tab here, line end"},
        {"half \xC3 bytes", "half \uFFFD bytes"},
        {"日本語の文章は空白なしで続く", "日本語の文章は空白な|しで続く"},
        {"Sociale bescherming: €12.500 per jaar", "Sociale bescherming:|€12.500 per jaar"},
        /* A Khmer sentence has no spaces: it is cut, but never between a coeng and its letter. */
        {"កម្ពុជាមានប្រព័ន្ធគាំពារសង្គម", "កម្ពុជាមានប្រព័ន្ធគាំពារស|ង្គម"},
        {"সামাজিক সুরক্ষা সবার অধিকার", "সামাজিক সুরক্ষা সবার|অধিকার"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct wrapping wrapping = {0};

        wrap_lines(str_of(rows[i].text), WRAP_WIDTH_MIN, on_line, &wrapping);
        assert_string_equal(buf_text(&wrapping.lines), rows[i].lines);
        assert_true(wrapping.widest <= WRAP_WIDTH_MIN);
        buf_free(&wrapping.lines);
    }
}

static void
test_clusters_stay_whole(void **state)
{
    static const char family[] = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
    struct wrapping wrapping = {0};
    struct buf text = {0};
    struct str rest;

    (void)state;
    for (int i = 0; i < 10; i++)
        buf_put(&text, STR(family));
    wrap_lines(buf_str(&text), WRAP_WIDTH_MIN, on_line, &wrapping);
    assert_true(wrapping.count > 1);
    rest = buf_str(&wrapping.lines);
    while (rest.len > 0) {
        struct str line = str_cut(&rest, '|');

        assert_int_equal(line.len % strlen(family), 0);
    }
    buf_free(&wrapping.lines);
    buf_free(&text);
}

/* One cluster can be as long as a text: a line is full all the same. */
static void
test_endless_cluster(void **state)
{
    struct wrapping wrapping = {0};
    struct buf text = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        buf_put(&text, STR("\U0001F468\u200D"));
    wrap_lines(buf_str(&text), WRAP_WIDTH_MIN, on_line, &wrapping);
    assert_int_equal(wrapping.count, 10);
    assert_true(wrapping.widest <= WRAP_WIDTH_MIN);
    buf_free(&wrapping.lines);
    buf_free(&text);
}

static void
test_linear_time(void **state)
{
    static const char *const units[] = {"x",      " ",          "\u0301", "\u1780\u17D2",
                                        "\u200D", "\U0001F1E7", "a "};

    (void)state;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        struct wrapping wrapping = {0};
        struct buf text = {0};
        clock_t begin = clock();

        buf_byte(&text, 'a');
        while (text.len < LONG_TEXT)
            buf_put(&text, str_of(units[i]));
        wrap_lines(buf_str(&text), WRAP_WIDTH_MIN, on_line, &wrapping);
        assert_true(wrapping.widest <= WRAP_WIDTH_MIN);
        assert_true((clock() - begin) / CLOCKS_PER_SEC < LONG_TEXT_SECONDS);
        buf_free(&wrapping.lines);
        buf_free(&text);
    }
}

static void
test_cut(void **state)
{
    static const struct {
        const char *text, *cut;
    } rows[] = {
        {"", ""},
        {"exactly twenty cells", "exactly twenty cells"},
        {"exactly twenty cells.", "exactly twenty ce..."},
        {"a space before  the cut", "a space before  t..."},
        {"a space at the    cut here", "a space at the..."},
        {"日本語の文章は空白なしで続く", "日本語の文章は空..."},
        {"tab\tand\nline", "tab and line"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf cut = {0};

        wrap_cut(&cut, str_of(rows[i].text), WRAP_WIDTH_MIN);
        assert_string_equal(buf_text(&cut), rows[i].cut);
        buf_free(&cut);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_clusters_stay_whole),
        cmocka_unit_test(test_endless_cluster),
        cmocka_unit_test(test_linear_time),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
