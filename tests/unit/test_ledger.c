#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <stdio.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/ledger.h"
#include "folder.h"

#define HEADER "id\tpath\tdigest\told\tstate\tposition\tsource\tsummary\n"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int
remove_folder(void **state)
{
    struct folder *folder = *state;

    unlinkat(folder->root, LEDGER_NAME, 0);
    return end_folder(folder);
}

static const struct {
    const char *text, *why;
} failures[] = {
    {"text:1\t2017/12/a.gmi\n", "line 1: expected the names of the columns: id, path, …"},
    {"id\n", "line 1: expected the names of the columns: id, path, …"},
    {"id\tpath\tcolour\n", "line 1: expected the names of the columns: id, path, …"},
    {HEADER "one\n", "line 2: expected an id and a path within the capsule"},
    {HEADER "\ta.gmi\n", "line 2: expected an id and a path within the capsule"},
    {HEADER "one\t/a.gmi\n", "line 2: expected an id and a path within the capsule"},
    {HEADER "# a comment\n\none\ta.gmi\tabc\n", "line 4: the digest is not 64 hexadecimal digits"},
    {HEADER "one\ta.gmi\t\t\tdead\n", "line 2: the state is not live, gone or moved"},
    {HEADER "one\ta.gmi\t\t\t\tlast\n", "line 2: the position is no number"},
    {HEADER "one\ta.gmi\t\t\t\t-\n", "line 2: the position is no number"},
    {HEADER "one\ta.gmi\t\t\t\t1\tx\ty\n", "line 2: the lines of the summary are no number"},
    {HEADER "one\ta.gmi\t\t\t\t1\tx\t-1\n", "line 2: the lines of the summary are no number"},
    {HEADER "one\ta.gmi\t\t\t\t1\tx\t2\ty\n", "line 2: more than 8 columns, or a control byte"},
    {HEADER "one\ta\x01.gmi\n", "line 2: more than 8 columns, or a control byte"},
    {HEADER "one\ta.gmi\none\tb.gmi\n", "line 3: a second line with this id"},
};

static void
test_nonsense_fails_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct ledger ledger;
        struct failure why;

        assert_false(ledger_parse(&ledger, str_of(failures[i].text), &why));
        assert_string_equal(why.text, failures[i].why);
        assert_int_equal(ledger.count, 0);
    }
}

static void
test_missing_columns_are_empty(void **state)
{
    struct ledger ledger;
    struct failure why;

    (void)state;
    assert_true(ledger_parse(&ledger,
                             STR("# by hand\r\nid\tpath\r\n\r\none\ta.gmi\r\ntwo\tb.gmi\t" DIGEST
                                 "\t/2017/12/b.html\tgone\t-7"),
                             &why));
    assert_int_equal(ledger.count, 2);
    assert_true(str_eq(ledger.rows[0].state, STR("live")));
    assert_int_equal(ledger.rows[0].position, 0);
    assert_int_equal(ledger.rows[0].digest.len, 0);
    assert_true(str_eq(ledger.rows[1].state, STR("gone")));
    assert_true(str_eq(ledger.rows[1].old, STR("/2017/12/b.html")));
    assert_int_equal(ledger.rows[1].position, -7);
    assert_int_equal(ledger.rows[1].source.len, 0);
    ledger_free(&ledger);
}

static void
test_summaries_are_kept(void **state)
{
    static const char text[] = HEADER "one\ta.gmi\t\t\tlive\t0\tx\t12\n"
                                      "two\tb.gmi\t\t\tlive\t0\t\n";
    struct ledger ledger;
    struct failure why;
    struct buf out = {0};

    (void)state;
    assert_true(ledger_parse(&ledger, STR(text), &why));
    assert_int_equal(ledger.rows[0].summary, 12);
    assert_int_equal(ledger.rows[1].summary, 0);
    ledger_put(&ledger, &ledger.rows[0]);
    ledger_write(&out, &ledger);
    assert_string_equal(buf_text(&out), text);
    buf_free(&out);
    ledger_free(&ledger);
}

static void
test_an_empty_file_is_an_empty_ledger(void **state)
{
    struct ledger ledger;
    struct failure why;

    (void)state;
    assert_true(ledger_parse(&ledger, (struct str){0}, &why));
    assert_int_equal(ledger.count, 0);
    assert_null(ledger_find_id(&ledger, STR("one")));
    assert_null(ledger_find_path(&ledger, STR("a.gmi")));
    ledger_free(&ledger);
    ledger_free(&ledger);
}

static void
test_put_replaces_or_adds(void **state)
{
    struct ledger ledger = {0};
    struct ledger_row row = {.id = STR("one"), .path = STR("a.gmi"), .position = 3};
    char fleeting[] = "b.gmi";

    (void)state;
    ledger_put(&ledger, &row);
    row.id = STR("two\tthree");
    row.path = str_of(fleeting);
    ledger_put(&ledger, &row);
    fleeting[0] = 'X';
    assert_int_equal(ledger.count, 2);
    assert_ptr_equal(ledger_find_id(&ledger, STR("two three")), &ledger.rows[1]);
    assert_ptr_equal(ledger_find_path(&ledger, STR("b.gmi")), &ledger.rows[1]);
    assert_true(str_eq(ledger.rows[1].state, STR("live")));

    row = *ledger_find_id(&ledger, STR("one"));
    row.path = STR("c.gmi");
    row.state = STR("gone");
    ledger_put(&ledger, &row);
    assert_int_equal(ledger.count, 2);
    assert_null(ledger_find_path(&ledger, STR("a.gmi")));
    assert_ptr_equal(ledger_find_path(&ledger, STR("c.gmi")), &ledger.rows[0]);

    row = (struct ledger_row){.id = STR("three"), .path = STR("c.gmi")};
    ledger_put(&ledger, &row);
    assert_ptr_equal(ledger_find_path(&ledger, STR("c.gmi")), &ledger.rows[2]);
    row = (struct ledger_row){.id = STR("four"), .path = STR("c.gmi"), .state = STR("gone")};
    ledger_put(&ledger, &row);
    assert_ptr_equal(ledger_find_path(&ledger, STR("c.gmi")), &ledger.rows[2]);
    ledger_free(&ledger);
}

/* A former path stays taken, so that nothing else gets it, unless the document comes back. */
static void
test_a_document_moves(void **state)
{
    struct ledger ledger = {0}, again;
    struct buf text = {0};
    struct failure why;

    (void)state;
    ledger_put(&ledger, &(struct ledger_row){.id = STR("1"),
                                             .path = STR("a.gmi"),
                                             .digest = STR(DIGEST),
                                             .old = STR("/a.html")});
    ledger_move(&ledger, STR("1"), STR("a.gmi"), STR("/a.html"));
    assert_int_equal(ledger.count, 1);
    ledger_move(&ledger, STR("1"), STR("b.gmi"), STR("/b.html"));
    ledger_move(&ledger, STR("1"), STR("c.gmi"), STR("/b.html"));
    assert_ptr_equal(ledger_find_old(&ledger, STR("/a.html")), &ledger.rows[1]);
    assert_ptr_equal(ledger_find_old(&ledger, STR("/b.html")), &ledger.rows[0]);
    ledger_write(&text, &ledger);
    assert_string_equal(buf_text(&text), HEADER "1\tc.gmi\t" DIGEST "\t/b.html\tlive\t0\t\n"
                                                "moved:a.gmi\ta.gmi\t\t/a.html\tmoved\t0\t1\n"
                                                "moved:b.gmi\tb.gmi\t\t/b.html\tmoved\t0\t1\n");
    assert_true(ledger_parse(&again, buf_str(&text), &why));
    assert_int_equal(again.count, 3);
    ledger_free(&again);
    assert_ptr_equal(ledger_find_path(&ledger, STR("a.gmi")), &ledger.rows[1]);
    ledger_move(&ledger, STR("1"), STR("a.gmi"), STR("/a.html"));
    assert_ptr_equal(ledger_find_path(&ledger, STR("a.gmi")), &ledger.rows[0]);
    assert_ptr_equal(ledger_find_path(&ledger, STR("c.gmi")), &ledger.rows[3]);
    buf_free(&text);
    ledger_free(&ledger);
}

/* A file of somebody else is known, gives way to one of ours, and is not written down. */
static void
test_strange_files_are_not_kept(void **state)
{
    struct ledger ledger = {0};
    struct buf text = {0};

    (void)state;
    ledger_put(&ledger, &(struct ledger_row){.id = STR("1"),
                                             .path = STR("a.gmi"),
                                             .old = STR("/a.html"),
                                             .state = STR("strange")});
    assert_ptr_equal(ledger_find_old(&ledger, STR("/a.html")), &ledger.rows[0]);
    assert_true(ledger_is_there(&ledger.rows[0]));
    ledger_write(&text, &ledger);
    assert_string_equal(buf_text(&text), HEADER);
    ledger_put(&ledger,
               &(struct ledger_row){.id = STR("2"), .path = STR("b.gmi"), .old = STR("/a.html")});
    assert_ptr_equal(ledger_find_old(&ledger, STR("/a.html")), &ledger.rows[1]);
    assert_true(ledger_is_there(&ledger.rows[1]));
    assert_false(ledger_is_there(&(struct ledger_row){.state = STR("gone")}));
    assert_false(ledger_is_there(NULL));
    buf_free(&text);
    ledger_free(&ledger);
}

static void
test_many_rows_are_found(void **state)
{
    enum { ROWS = 20000 };
    struct ledger ledger = {0};
    char id[32], path[32];

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        snprintf(id, sizeof id, "text:%d", i);
        snprintf(path, sizeof path, "2017/12/%d.gmi", i);
        ledger_put(&ledger,
                   &(struct ledger_row){.id = str_of(id), .path = str_of(path), .position = i});
    }
    for (int i = 0; i < ROWS; i++) {
        snprintf(id, sizeof id, "text:%d", i);
        snprintf(path, sizeof path, "2017/12/%d.gmi", i);
        assert_ptr_equal(ledger_find_id(&ledger, str_of(id)), &ledger.rows[i]);
        assert_ptr_equal(ledger_find_path(&ledger, str_of(path)), &ledger.rows[i]);
    }
    ledger_free(&ledger);
}

static void
test_saved_once_and_loaded(void **state)
{
    struct folder *folder = *state;
    struct ledger ledger, loaded;
    struct failure why;
    struct stat first, second;

    assert_true(ledger_load(&ledger, folder->root, &why));
    assert_int_equal(ledger.count, 0);
    ledger_put(&ledger, &(struct ledger_row){.id = STR("text:2017-12-05:a title"),
                                             .path = STR("2017/12/a-title.gmi"),
                                             .digest = STR(DIGEST),
                                             .old = STR("/2017/12/a.html"),
                                             .position = 72,
                                             .source = STR("9a57d1e81269937e:72")});
    assert_true(ledger_save(&ledger, folder->root, &why));
    assert_int_equal(fstatat(folder->root, LEDGER_NAME, &first, 0), 0);
    assert_true(ledger_save(&ledger, folder->root, &why));
    assert_int_equal(fstatat(folder->root, LEDGER_NAME, &second, 0), 0);
    assert_int_equal(first.st_ino, second.st_ino);

    assert_true(ledger_load(&loaded, folder->root, &why));
    assert_int_equal(loaded.count, 1);
    assert_true(str_eq(loaded.rows[0].id, STR("text:2017-12-05:a title")));
    assert_true(str_eq(loaded.rows[0].digest, STR(DIGEST)));
    assert_true(str_eq(loaded.rows[0].source, STR("9a57d1e81269937e:72")));
    assert_int_equal(loaded.rows[0].position, 72);
    ledger_free(&loaded);
    ledger_free(&ledger);
}

static void
test_a_bad_file_is_named(void **state)
{
    struct folder *folder = *state;
    struct ledger ledger;
    struct failure why;

    assert_true(file_write_beneath(folder->root, LEDGER_NAME, STR("nonsense\n"), &why));
    assert_false(ledger_load(&ledger, folder->root, &why));
    assert_string_equal(why.text,
                        ".ledger.tsv: line 1: expected the names of the columns: id, path, …");
    assert_int_equal(unlinkat(folder->root, LEDGER_NAME, 0), 0);
    assert_int_equal(mkdirat(folder->root, LEDGER_NAME, 0700), 0);
    assert_false(ledger_load(&ledger, folder->root, &why));
    assert_false(ledger_save(&ledger, folder->root, &why));
    unlinkat(folder->root, LEDGER_NAME, AT_REMOVEDIR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonsense_fails_with_its_line),
        cmocka_unit_test(test_missing_columns_are_empty),
        cmocka_unit_test(test_summaries_are_kept),
        cmocka_unit_test(test_an_empty_file_is_an_empty_ledger),
        cmocka_unit_test(test_put_replaces_or_adds),
        cmocka_unit_test(test_a_document_moves),
        cmocka_unit_test(test_strange_files_are_not_kept),
        cmocka_unit_test(test_many_rows_are_found),
        cmocka_unit_test_setup_teardown(test_saved_once_and_loaded, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_bad_file_is_named, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
