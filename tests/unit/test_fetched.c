#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "import/fetched.h"
#include "folder.h"

#define HEADING "address\tetag\tlast-modified\n"

static int
remove_folder(void **state)
{
    struct folder *folder = *state;

    unlinkat(folder->root, FETCHED_NAME, 0);
    unlinkat(folder->root, FETCHED_NAME, AT_REMOVEDIR);
    return end_folder(folder);
}

static void
put(struct fetched *fetched, const char *address, const char *etag, const char *modified)
{
    fetched_put(fetched, &(struct fetched_row){str_of(address), str_of(etag), str_of(modified)});
}

static void
expect_file(const struct folder *folder, const char *wanted)
{
    struct buf text = {0};
    struct failure why;

    assert_true(file_read_beneath(folder->root, FETCHED_NAME, FETCHED_FILE_MAX, &text, &why));
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&text);
}

static void
test_round(void **state)
{
    struct folder *folder = *state;
    struct fetched fetched, again;
    struct fetched_row row;
    struct failure why;

    assert_true(fetched_load(&fetched, folder->root, &why));
    assert_int_equal(fetched.count, 0);
    assert_false(fetched_find(&fetched, STR("http://a/"), &row));
    put(&fetched, "http://a/", "\"1\"", "Monday");
    put(&fetched, "http://b/", "", "Tuesday");
    put(&fetched, "http://c/", "W/\"3\"", "");
    assert_true(fetched_save(&fetched, folder->root, &why));
    expect_file(folder, HEADING "http://a/\t\"1\"\tMonday\nhttp://b/\t\tTuesday\n"
                                "http://c/\tW/\"3\"\t\n");
    assert_true(fetched_load(&again, folder->root, &why));
    assert_false(again.is_changed);
    assert_true(fetched_find(&again, STR("http://b/"), &row));
    assert_true(str_eq(row.modified, STR("Tuesday")));
    assert_int_equal(row.etag.len, 0);
    fetched_free(&again);
    fetched_free(&fetched);
}

static void
test_written_only_when_changed(void **state)
{
    struct folder *folder = *state;
    struct fetched fetched = {0};
    struct failure why;

    put(&fetched, "http://a/", "\"1\"", "Monday");
    assert_true(fetched_save(&fetched, folder->root, &why));
    assert_false(fetched.is_changed);
    unlinkat(folder->root, FETCHED_NAME, 0);
    put(&fetched, "http://a/", "\"1\"", "Monday");
    assert_true(fetched_save(&fetched, folder->root, &why));
    assert_int_equal(faccessat(folder->root, FETCHED_NAME, F_OK, 0), -1);
    put(&fetched, "http://a/", "\"2\"", "Monday");
    assert_true(fetched_save(&fetched, folder->root, &why));
    expect_file(folder, HEADING "http://a/\t\"2\"\tMonday\n");
    put(&fetched, "http://a/", "", "");
    assert_true(fetched_save(&fetched, folder->root, &why));
    expect_file(folder, HEADING);
    fetched_free(&fetched);
}

static void
test_tags_that_no_file_can_hold(void **state)
{
    static const char *const tags[] = {"a\tb", "a\nb", "a\rb", "a\x7f", "\x01"};
    struct fetched fetched = {0};
    struct fetched_row row;

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        put(&fetched, "http://a/", tags[i], "");
        put(&fetched, "http://a/", "", tags[i]);
        put(&fetched, tags[i], "x", "");
        assert_false(fetched_find(&fetched, STR("http://a/"), &row));
    }
    assert_int_equal(fetched.count, 0);
    assert_false(fetched.is_changed);
    fetched_free(&fetched);
}

static void
test_nonsense_is_nothing(void **state)
{
    static const struct {
        const char *text;
        size_t rows;
    } rows[] = {
        {"", 0},
        {"http://a/\tx\ty\n", 0},
        {HEADING, 0},
        {HEADING "http://a/\n\n\t\t\nhttp://a/\tx\n", 1},
        {HEADING "http://a/\tx\ty\nhttp://a/\tz\n", 1},
        {HEADING "http://a/\tx\ty\tz\n", 0},
        {HEADING "http://a/\tx\x01\t\n", 0},
        {HEADING "http://a/\tx", 1},
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetched fetched;
        struct failure why;

        assert_true(file_write_beneath(folder->root, FETCHED_NAME, str_of(rows[i].text), &why));
        assert_true(fetched_load(&fetched, folder->root, &why));
        assert_int_equal(fetched.count, rows[i].rows);
        fetched_free(&fetched);
    }
}

static void
test_unreadable_file(void **state)
{
    struct folder *folder = *state;
    struct fetched fetched;
    struct failure why;

    assert_int_equal(mkdirat(folder->root, FETCHED_NAME, 0700), 0);
    assert_false(fetched_load(&fetched, folder->root, &why));
    assert_string_equal(why.text, FETCHED_NAME ": Is a directory");
}

static void
test_oldest_goes_first(void **state)
{
    struct fetched fetched = {0};
    struct fetched_row row;
    char address[32];

    (void)state;
    for (int i = 0; i <= FETCHED_ROWS_MAX; i++) {
        snprintf(address, sizeof address, "http://%d/", i);
        put(&fetched, address, "x", "");
    }
    assert_int_equal(fetched.count, FETCHED_ROWS_MAX);
    assert_false(fetched_find(&fetched, STR("http://0/"), &row));
    assert_true(fetched_find(&fetched, STR("http://1/"), &row));
    assert_true(fetched_find(&fetched, str_of(address), &row));
    fetched_free(&fetched);
}

#define folder_test(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_round),
        folder_test(test_written_only_when_changed),
        folder_test(test_tags_that_no_file_can_hold),
        folder_test(test_nonsense_is_nothing),
        folder_test(test_unreadable_file),
        folder_test(test_oldest_goes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
