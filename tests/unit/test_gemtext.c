#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/gemtext.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
assert_str(struct str actual, const char *expected)
{
    struct buf text = {0};

    buf_put(&text, actual);
    assert_string_equal(buf_text(&text), expected);
    buf_free(&text);
}

static void
scans_lines(void **state)
{
    static const struct {
        const char *line;
        enum gemtext_kind kind;
        const char *text, *target;
        int level;
    } rows[] = {
        {"plain", GEMTEXT_TEXT, "plain", "", 0},
        {"", GEMTEXT_TEXT, "", "", 0},
        {" => x", GEMTEXT_TEXT, " => x", "", 0},
        {"=", GEMTEXT_TEXT, "=", "", 0},
        {"*bold*", GEMTEXT_TEXT, "*bold*", "", 0},
        {"*", GEMTEXT_TEXT, "*", "", 0},
        {"``", GEMTEXT_TEXT, "``", "", 0},
        {"=> /x", GEMTEXT_LINK, "", "/x", 0},
        {"=>/x", GEMTEXT_LINK, "", "/x", 0},
        {"=>\t/x\t  a label ", GEMTEXT_LINK, "a label", "/x", 0},
        {"=>", GEMTEXT_TEXT, "=>", "", 0},
        {"=> \t", GEMTEXT_TEXT, "=> \t", "", 0},
        {"# One", GEMTEXT_HEADING, "One", "", 1},
        {"#One", GEMTEXT_HEADING, "One", "", 1},
        {"## Two ", GEMTEXT_HEADING, "Two", "", 2},
        {"### Three", GEMTEXT_HEADING, "Three", "", 3},
        {"#### Four", GEMTEXT_HEADING, "# Four", "", 3},
        {"#", GEMTEXT_HEADING, "", "", 1},
        {"* item", GEMTEXT_ITEM, "item", "", 0},
        {"* ", GEMTEXT_ITEM, "", "", 0},
        {"> quote", GEMTEXT_QUOTE, "quote", "", 0},
        {">quote", GEMTEXT_QUOTE, "quote", "", 0},
        {">", GEMTEXT_QUOTE, "", "", 0},
        {"``` alt text", GEMTEXT_TOGGLE, "alt text", "", 0},
        {"````", GEMTEXT_TOGGLE, "`", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0};
        struct gemtext_scanner scanner;
        struct gemtext_line line;

        buf_format(&text, "%s\r\n", rows[i].line);
        scanner = (struct gemtext_scanner){.rest = buf_str(&text)};
        assert_true(gemtext_next(&scanner, &line));
        assert_int_equal(line.kind, rows[i].kind);
        assert_int_equal(line.level, rows[i].level);
        assert_str(line.text, rows[i].text);
        assert_str(line.target, rows[i].target);
        assert_str(line.raw, rows[i].line);
        assert_false(gemtext_next(&scanner, &line));
        buf_free(&text);
    }
}

static void
scans_blocks(void **state)
{
    static const enum gemtext_kind kinds[] = {
        GEMTEXT_HEADING, GEMTEXT_TOGGLE, GEMTEXT_PREFORMATTED, GEMTEXT_PREFORMATTED,
        GEMTEXT_TOGGLE,  GEMTEXT_TEXT,   GEMTEXT_TOGGLE,       GEMTEXT_PREFORMATTED,
    };
    struct gemtext_scanner scanner = {
        .rest = STR("# t\n```alt\n# no heading\n\n```ignored\n \n```\n=> never closed"),
    };
    struct gemtext_line line;

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_true(gemtext_next(&scanner, &line));
        assert_int_equal(line.kind, kinds[i]);
        if (i == 1)
            assert_str(line.text, "alt");
        if (i == 4)
            assert_str(line.text, "");
    }
    assert_str(line.text, "=> never closed");
    assert_false(gemtext_next(&scanner, &line));
}

struct text_row {
    const char *text, *expected;
};

static void
check_rows(void (*put)(struct buf *, struct str), const struct text_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};

        buf_put(&out, STR("before\n"));
        put(&out, str_of(rows[i].text));
        assert_str(str_after(buf_str(&out), sizeof "before\n" - 1), rows[i].expected);
        buf_free(&out);
    }
}

static void
trims_blank_lines(void **state)
{
    static const struct text_row rows[] = {
        {"", ""},
        {"\n \t\r\n", ""},
        {"one", "one"},
        {"\n\n  one\n\ntwo \n\n", "  one\n\ntwo"},
        {" \r\n=> x\r\n", "=> x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(gemtext_trim(str_of(rows[i].text)), rows[i].expected);
}

static void
cleans_text(void **state)
{
    static const struct text_row rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"  a \t\r\n b  ", "a b"},
        {"a\xc2\xa0 b", "a b"}, /* no-break space */
        {"a\xe2\x80\xa8"
         "b\xe2\x80\xa9"
         "c",
         "a b c"}, /* U+2028, U+2029 */
        {"a\xe3\x80\x80"
         "b",
         "a b"}, /* ideographic space */
        {"a\xc2\x85"
         "b\x0c"
         "c",
         "a b c"}, /* NEL, form feed */
        {"a\x1b[31m\x07\x7f", "a[31m"},
        {"a\xc2\x9b"
         "b\xef\xbb\xbf"
         "c",
         "abc"}, /* CSI, BOM */
        {" \x01 ", ""},
        {"a \x01 b", "a b"},
        {"caf\xc3\xa9 \xe0\xa6\xac", "caf\xc3\xa9 \xe0\xa6\xac"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"a\xe2\x82", "a\xef\xbf\xbd"},
        {"zero\xe2\x80\x8dwidth", "zero\xe2\x80\x8dwidth"}, /* joins Bengali and emoji */
    };
    struct buf out = {0};

    (void)state;
    check_rows(gemtext_clean, rows, COUNT(rows));
    gemtext_clean(&out, (struct str){"a\0b", 3});
    assert_str(buf_str(&out), "ab");
    buf_free(&out);
}

static void
writes_text(void **state)
{
    static const struct text_row rows[] = {
        {"plain\ntext", "plain text\n"},
        {"", "\n"},
        {"=> x", " => x\n"},
        {"  => x", " => x\n"},
        {"\x01=> x", " => x\n"},
        {"#tag", " #tag\n"},
        {">x", " >x\n"},
        {"* x", " * x\n"},
        {"*\xc2\xa0x", " * x\n"},
        {"```", " ```\n"},
        {"*x", "*x\n"},
        {"= x", "= x\n"},
        {"``x", "``x\n"},
    };

    (void)state;
    check_rows(gemtext_text, rows, COUNT(rows));
}

static void
writes_items_and_quotes(void **state)
{
    static const struct text_row items[] = {
        {"x", "* x\n"}, {" x\ny ", "* x y\n"}, {"* x", "* * x\n"}, {"", "* \n"}};
    static const struct text_row quotes[] = {
        {"x", "> x\n"}, {" x\ny ", "> x y\n"}, {"> x", "> > x\n"}, {"", ">\n"}};

    (void)state;
    check_rows(gemtext_item, items, COUNT(items));
    check_rows(gemtext_quote, quotes, COUNT(quotes));
}

static void
writes_headings(void **state)
{
    static const struct {
        int level;
        const char *text, *expected;
    } rows[] = {
        {1, "One", "# One\n"},   {2, "Two", "## Two\n"},  {3, "Three", "### Three\n"},
        {6, "Six", "### Six\n"}, {0, "Zero", "# Zero\n"}, {1, "# One", "# # One\n"},
        {1, "a\nb", "# a b\n"},  {2, " \x01", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        gemtext_heading(&out, rows[i].level, str_of(rows[i].text));
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

static void
writes_links(void **state)
{
    static const struct {
        const char *target, *label, *expected;
    } rows[] = {
        {"/x", "a label", "=> /x a label\n"},
        {"/x", "", "=> /x\n"},
        {"/x", " \n", "=> /x\n"},
        {"/x", "two\nlines\x1b", "=> /x two lines\n"},
        {" /a b\n", "c", "=> /a%20b c\n"},
        {"/caf\xc3\xa9%20", "", "=> /caf%C3%A9%20\n"},
        {"12:30", "", "=> ./12:30\n"},
        {"", "label", ""},
        {" \n", "label", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        gemtext_link(&out, str_of(rows[i].target), str_of(rows[i].label));
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

static void
writes_blocks(void **state)
{
    static const struct text_row opens[] = {
        {"", "```\n"}, {"a table", "```a table\n"}, {"``a `b\n", "```a b\n"}};
    static const struct text_row lines[] = {
        {"  a \t b  ", "  a \t b  \n"}, {"a\nb\r", "a b\n"},  {"```", " ```\n"},
        {"\x01```", " ```\n"},          {"# x\x1b", "# x\n"}, {"", "\n"},
    };
    struct buf out = {0};

    (void)state;
    check_rows(gemtext_open_block, opens, COUNT(opens));
    check_rows(gemtext_block_line, lines, COUNT(lines));
    gemtext_close_block(&out);
    gemtext_blank(&out);
    assert_string_equal(buf_text(&out), "```\n\n");
    buf_free(&out);
}

static void
writes_sizes(void **state)
{
    static const struct {
        unsigned long long bytes;
        const char *expected;
    } rows[] = {
        {0, "0 B"},          {640, "640 B"},        {999, "999 B"},
        {1000, "1.0 kB"},    {1049, "1.0 kB"},      {1050, "1.1 kB"},
        {2100, "2.1 kB"},    {9949, "9.9 kB"},      {9950, "10 kB"},
        {48000, "48 kB"},    {999499, "999 kB"},    {999500, "1.0 MB"},
        {1200000, "1.2 MB"}, {999500000, "1.0 GB"}, {2000000000000, "2.0 TB"},
        {~0ULL, "18 EB"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        gemtext_size(&out, rows[i].bytes);
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_lines),
        cmocka_unit_test(scans_blocks),
        cmocka_unit_test(trims_blank_lines),
        cmocka_unit_test(cleans_text),
        cmocka_unit_test(writes_text),
        cmocka_unit_test(writes_headings),
        cmocka_unit_test(writes_items_and_quotes),
        cmocka_unit_test(writes_links),
        cmocka_unit_test(writes_blocks),
        cmocka_unit_test(writes_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
