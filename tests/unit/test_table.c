#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <stdio.h>

#include "base/arena.h"
#include "base/table.h"

#include <cmocka.h>

enum { MANY = 20000 };

static struct str
name_of(const void *names, uint32_t number)
{
    return ((const struct str *)names)[number];
}

static void
finds_what_was_added(void **state)
{
    struct str words[] = {STR("salt"), STR("rice"), STR("salt"), STR("")};
    const struct table_names names = {name_of, words};
    struct table table = {0};

    (void)state;
    assert_int_equal(table_find(&table, &names, STR("salt")), TABLE_NONE);
    for (uint32_t i = 0; i < 4; i++)
        table_add(&table, &names, i);
    assert_int_equal(table_find(&table, &names, STR("salt")), 0);
    assert_int_equal(table_find(&table, &names, STR("rice")), 1);
    assert_int_equal(table_find(&table, &names, STR("")), 3);
    assert_int_equal(table_find(&table, &names, STR("sal")), TABLE_NONE);
    table_drop(&table, &names, 0);
    assert_int_equal(table_find(&table, &names, STR("salt")), 2);
    table_replace(&table, &names, 2, 0);
    assert_int_equal(table_find(&table, &names, STR("salt")), 0);
    table_free(&table);
}

static void
grows(void **state)
{
    static struct str words[MANY];
    const struct table_names names = {name_of, words};
    struct table table = {0};
    struct arena arena = {0};

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        char text[16];

        snprintf(text, sizeof text, "%u", i);
        words[i] = arena_put(&arena, str_of(text));
        table_add(&table, &names, i);
        if (i % 3 == 0)
            table_drop(&table, &names, i);
    }
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(table_find(&table, &names, words[i]), i % 3 == 0 ? TABLE_NONE : i);
    table_free(&table);
    arena_free(&arena);
}

static void
arenas_keep_texts_in_place(void **state)
{
    struct arena arena = {0};
    struct str small = arena_put(&arena, STR("small")), none = arena_put(&arena, (struct str){0});
    char *large = arena_room(&arena, 1 << 20);

    (void)state;
    large[(1 << 20) - 1] = 'x';
    for (int i = 0; i < MANY; i++)
        arena_put(&arena, STR("another"));
    assert_string_equal(small.ptr, "small");
    assert_string_equal(none.ptr, "");
    assert_int_equal(none.len, 0);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(grows),
        cmocka_unit_test(arenas_keep_texts_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
