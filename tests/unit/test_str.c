#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
assert_str(struct str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    if (actual.len > 0)
        assert_memory_equal(actual.ptr, expected, actual.len);
}

static const struct str none; /* the empty slice without a pointer */

static void
compares(void **state)
{
    static const struct {
        struct str a, b;
        int order;
    } rows[] = {
        {{"", 0}, {NULL, 0}, 0},   {{"a", 1}, {"b", 1}, -1},       {{"b", 1}, {"a", 1}, 1},
        {{"a", 1}, {"ab", 2}, -1}, {{"a\0b", 3}, {"a\0c", 3}, -1}, {{"\xff", 1}, {"a", 1}, 1},
        {{"a", 1}, {NULL, 0}, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = str_compare(rows[i].a, rows[i].b);

        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].order == 0);
    }
    assert_true(str_eq_nocase(STR("GeMini"), STR("gEmInI")));
    assert_false(str_eq_nocase(STR("\xc3\x89"), STR("\xc3\xa9")));
    assert_false(str_eq_nocase(STR("ab"), STR("abc")));
}

static void
looks_at_ends(void **state)
{
    struct str text = STR("a-b");

    (void)state;
    assert_true(str_starts(text, STR("a-")));
    assert_true(str_starts(text, none));
    assert_true(str_ends(text, STR("-b")));
    assert_true(str_ends(none, none));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_false(str_ends(STR("b"), STR("ab")));
    assert_true(str_has(text, '-'));
    assert_false(str_has(text, '\0'));
    assert_false(str_has(none, 'a'));
    assert_true(str_has_control(STR("a\0b")));
    assert_true(str_has_control(STR("\t")));
    assert_true(str_has_control(STR("a\x7f")));
    assert_false(str_has_control(STR(" ~\xff\x85")));
    assert_false(str_has_control(none));

    assert_false(str_skip(&text, STR("b")));
    assert_true(str_skip(&text, STR("a")));
    assert_str(text, "-b");
    assert_false(str_chop(&text, STR("a")));
    assert_true(str_chop(&text, STR("b")));
    assert_str(text, "-");
}

static void
takes_parts(void **state)
{
    (void)state;
    assert_str(str_of(NULL), "");
    assert_str(str_of("abc"), "abc");
    assert_str(str_after(STR("abc"), 1), "bc");
    assert_str(str_after(STR("abc"), 4), "");
    assert_str(str_after(none, 1), "");
    assert_str(str_head(STR("abc"), 2), "ab");
    assert_str(str_head(STR("abc"), 9), "abc");
    assert_str(str_trim(STR(" \t\r\na b \r\n\t")), "a b");
    assert_str(str_trim(STR(" \n ")), "");
    assert_str(str_trim(none), "");
}

static void
cuts(void **state)
{
    struct str rest = STR("a,,b"), empty = none;

    (void)state;
    assert_str(str_cut(&rest, ','), "a");
    assert_str(str_cut(&rest, ','), "");
    assert_str(str_cut(&rest, ','), "b");
    assert_str(rest, "");
    assert_str(str_cut(&rest, ','), "");
    assert_str(str_cut(&empty, ','), "");
}

static void
reads_lines(void **state)
{
    struct str rest = STR("one\r\ntwo\n\n\r\rthree\r");

    (void)state;
    assert_int_equal(str_count_lines(rest), 4);
    assert_str(str_line(&rest), "one");
    assert_str(str_line(&rest), "two");
    assert_str(str_line(&rest), "");
    assert_str(str_line(&rest), "\r\rthree");
    assert_int_equal(rest.len, 0);
    assert_int_equal(str_count_lines(rest), 0);
    assert_int_equal(str_count_lines(STR("one\n\n")), 2);
}

static void
reads_numbers(void **state)
{
    static const struct {
        const char *digits;
        unsigned long max;
        bool is_number;
        unsigned long number;
    } rows[] = {
        {"0", 9, true, 0},
        {"65535", 65535, true, 65535},
        {"007", 9, true, 7},
        {"65536", 65535, false, 0},
        {"4294967376", 65535, false, 0}, /* 80 in a long of 32 bits */
        {"9999999999999999999", ULONG_MAX, false, 0},
        {"", 9, false, 0},
        {"-1", 9, false, 0},
        {"+1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1x", 9, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned long number = 0;

        assert_int_equal(str_number(str_of(rows[i].digits), rows[i].max, &number),
                         rows[i].is_number);
        assert_int_equal(number, rows[i].number);
    }
}

static void
grows_bufs(void **state)
{
    struct buf buf = {0};

    (void)state;
    assert_string_equal(buf_text(&buf), "");
    assert_str(buf_str(&buf), "");
    buf_truncate(&buf, 0);
    buf_put(&buf, none);
    buf_format(&buf, "%s", "");
    assert_int_equal(buf.len, 0);

    for (int i = 0; i < 1000; i++) {
        buf_byte(&buf, 'a');
        buf_put(&buf, STR("bc"));
        buf_format(&buf, "%03d", i);
        assert_int_equal(buf.ptr[buf.len], '\0');
        assert_true(buf.len < buf.cap);
    }
    assert_int_equal(buf.len, 6000);
    assert_str(str_after(buf_str(&buf), 5994), "abc999");

    buf_truncate(&buf, 7000);
    assert_int_equal(buf.len, 6000);
    buf_truncate(&buf, 6);
    assert_string_equal(buf_text(&buf), "abc000");

    memcpy(buf_room(&buf, 3), "xyz", 3);
    buf.len += 3;
    assert_str(buf_str(&buf), "abc000xyz");
    buf_reuse(&buf);
    assert_string_equal(buf_text(&buf), "");
    assert_non_null(buf.ptr);
    buf_put(&buf, STR("again"));
    buf_room(&buf, 1 << 20);
    buf_reuse(&buf);
    assert_null(buf.ptr);
    buf_put(&buf, STR("and again"));
    buf_free(&buf);
    assert_null(buf.ptr);
    assert_int_equal(buf.len + buf.cap, 0);
    buf_free(&buf);
}

static void
copies_memory(void **state)
{
    char *copy = mem_copy("a\0b", 3), *empty = mem_copy(NULL, 0);
    int *zeroed = mem_new(sizeof *zeroed);

    (void)state;
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(empty, "");
    assert_int_equal(*zeroed, 0);
    free(copy);
    free(empty);
    free(zeroed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),    cmocka_unit_test(looks_at_ends),
        cmocka_unit_test(takes_parts), cmocka_unit_test(cuts),
        cmocka_unit_test(reads_lines), cmocka_unit_test(reads_numbers),
        cmocka_unit_test(grows_bufs),  cmocka_unit_test(copies_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
