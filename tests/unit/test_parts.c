#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "text/gemtext.h"
#include "text/parts.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* So many letters in words of nine. */
static void
put_words(struct buf *out, size_t letters)
{
    for (size_t i = 0; i < letters; i++)
        buf_byte(out, i % 10 == 9 ? ' ' : 'w');
}

static void
assert_part(struct str text, size_t number, size_t count, const char *expected)
{
    struct buf part = {0};

    assert_int_equal(parts_put(&part, text, PARTS_BYTES_MIN, number), count);
    assert_string_equal(buf_text(&part), expected);
    buf_free(&part);
}

static void
short_text_is_one_part(void **state)
{
    (void)state;
    assert_part(STR("# Title\n\nText.\n\n\n"), 1, 1, "# Title\n\nText.\n");
    assert_part(STR("# Title\n\nText.\n"), 2, 1, "");
    assert_part(STR("\n\n"), 1, 0, "");
    assert_part(STR("# Heading only"), 1, 1, "# Heading only\n");
    assert_part(STR("```not closed\nx"), 1, 1, "```not closed\nx\n```\n");
}

/* Lines of 150 bytes: two of them are more than a part of 256. */
static void
parts_end_between_paragraphs(void **state)
{
    struct buf text = {0}, line = {0}, first = {0}, last = {0};

    (void)state;
    put_words(&line, 150);
    buf_format(&text, "# T\n\n%s\n\n## Then\n\n%s\n\n> q\n", buf_text(&line), buf_text(&line));
    buf_format(&first, "# T\n\n%s\n", buf_text(&line));
    buf_format(&last, "## Then\n\n%s\n\n> q\n", buf_text(&line));
    assert_part(buf_str(&text), 1, 2, buf_text(&first));
    assert_part(buf_str(&text), 2, 2, buf_text(&last));
    buf_free(&text);
    buf_free(&line);
    buf_free(&first);
    buf_free(&last);
}

static void
short_rest_joins_the_part_before(void **state)
{
    struct buf text = {0}, part = {0};

    (void)state;
    put_words(&text, 250);
    buf_format(&text, "\n\n=> /a Short\n");
    assert_int_equal(parts_put(&part, buf_str(&text), PARTS_BYTES_MIN, 1), 1);
    assert_string_equal(buf_text(&part), buf_text(&text));
    buf_free(&text);
    buf_free(&part);
}

static void
cut_block_goes_on_as_one(void **state)
{
    struct buf text = {0}, part = {0};
    size_t count;

    (void)state;
    buf_format(&text, "```a wheel\n");
    for (int i = 0; i < 40; i++)
        buf_format(&text, "  spoke %d\n", i);
    buf_format(&text, "```\n");
    count = parts_put(&part, buf_str(&text), PARTS_BYTES_MIN, 2);
    assert_true(count > 1);
    assert_true(str_starts(buf_str(&part), STR("```a wheel\n  spoke ")));
    assert_true(str_ends(buf_str(&part), STR("\n```\n")));
    assert_true(part.len <= PARTS_BYTES_MIN);
    buf_free(&text);
    buf_free(&part);
}

/* Each kind of line that is longer than a part, and how its second part begins. */
static void
long_line_is_cut_between_words(void **state)
{
    static const struct {
        const char *begin, *unit, *second;
        bool is_cut;
    } rows[] = {
        {"", "word ", "word ", true},         {"> ", "word ", "> word ", true},
        {"* ", "word ", "word ", true},       {"", "=> a ", " => a", true},
        {"# ", "word ", "", false},           {"=> /a ", "word ", "", false},
        {"", "\u09a7\u09be", "\u09a7", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0}, part = {0};
        size_t count;

        buf_put(&text, str_of(rows[i].begin));
        if (i == 3)
            buf_put(&text, STR("so "));
        while (text.len < (size_t)3 * PARTS_BYTES_MIN)
            buf_put(&text, str_of(rows[i].unit));
        count = parts_put(&part, buf_str(&text), PARTS_BYTES_MIN, 2);
        if ((count > 1) != rows[i].is_cut || !str_starts(buf_str(&part), str_of(rows[i].second)) ||
            part.len > PARTS_BYTES_MIN)
            fail_msg("row %zu: %zu parts, the second is %s", i, count, buf_text(&part));
        buf_free(&text);
        buf_free(&part);
    }
}

/* A line that must be cut anyway does not leave a part with hardly more than a title. */
static void
long_line_begins_where_there_is_room(void **state)
{
    struct buf line = {0}, text = {0}, part = {0};

    (void)state;
    put_words(&line, (size_t)2 * PARTS_BYTES_MIN);
    buf_format(&text, "# T\n2017-12-05\n\n%s\n", buf_text(&line));
    parts_put(&part, buf_str(&text), PARTS_BYTES_MIN, 1);
    assert_true(str_starts(buf_str(&part), STR("# T\n2017-12-05\n\nwwwwwwwww www")));
    assert_in_range(part.len, PARTS_BYTES_MIN - 10, PARTS_BYTES_MIN);
    buf_truncate(&text, 0);
    buf_truncate(&part, 0);
    buf_format(&text, "%.*s\n\n## Then\n\n%s\n", 200, buf_text(&line), buf_text(&line));
    parts_put(&part, buf_str(&text), PARTS_BYTES_MIN, 2);
    assert_true(str_starts(buf_str(&part), STR("## Then\n\nwwwwwwwww www")));
    buf_free(&line);
    buf_free(&text);
    buf_free(&part);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_text_is_one_part),
        cmocka_unit_test(parts_end_between_paragraphs),
        cmocka_unit_test(short_rest_joins_the_part_before),
        cmocka_unit_test(cut_block_goes_on_as_one),
        cmocka_unit_test(long_line_is_cut_between_words),
        cmocka_unit_test(long_line_begins_where_there_is_room),
    };

    return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
