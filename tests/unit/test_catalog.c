#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "site/catalog.h"
#include "site/catalog_post.h"
#include "site/catalog_build.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct fixture {
    char folder[256], path[300];
};

/* Oldest first. Labels are slugs with a ',' between; a name is the slug behind the year it was
 * given. */
static const struct row {
    const char *path, *title;
    struct moment published;
    const char *language, *labels;
} rows[] = {
    {"/2014/01/old.gmi", "", {.date = {2014, 1, 2}}, "en", "z,x"},
    {"/2017/11/b.gmi", "B", {.date = {2017, 11, 20}}, "en", "x"},
    {"/2017/11/c.gmi", "C", {.date = {2017, 11, 20}}, "nl", ""},
    {"/2017/11/a.gmi", "A", {.date = {2017, 11, 20}}, "en", "x,y"},
    {"/2019/01/new.gmi",
     "New",
     {.date = {2019, 1, 1}, .has_time = true, .minute_of_day = 30, .offset_minutes = 345},
     "en",
     "x"},
    {"/2018/12/late.gmi",
     "Late",
     {.date = {2018, 12, 31}, .has_time = true, .minute_of_day = 1200, .offset_minutes = 0},
     "nl",
     "z"},
};

static void
add_row(struct catalog_build *build, const struct row *row)
{
    struct post post = {.title = str_of(row->title), .published = row->published};
    struct str labels = str_of(row->labels);
    struct catalog_words words = {0};
    char names[8][32];
    size_t count = 0;

    while (labels.len > 0) {
        struct str slug = str_cut(&labels, ',');

        snprintf(names[count], sizeof names[count], "%.*s of %d", (int)slug.len, slug.ptr,
                 row->published.date.year);
        post_add_label(&post, (struct label){slug, str_of(names[count++])});
    }
    catalog_words_make(&words, &post, str_of(row->language));
    catalog_add_post(build, &(struct catalog_post){.path = str_of(row->path),
                                                   .post = &post,
                                                   .size = 1000 + (uint64_t)count,
                                                   .language = row->language,
                                                   .words = &words});
    catalog_words_free(&words);
    post_free(&post);
}

static void
build_index(const char *path)
{
    const struct catalog_words none = {0};
    struct failure why;
    struct catalog_build *build = catalog_create(path, &why);

    assert_non_null(build);
    catalog_add_page(build, &(struct entry){.path = STR("/z.gmi"), .title = STR("about")}, &none);
    catalog_add_page(build, &(struct entry){.path = STR("/a.gmi"), .title = STR("Zebra")}, &none);
    catalog_add_page(build, &(struct entry){.path = STR("/b.gmi"), .title = STR("Bees"), .size = 7},
                     &none);
    catalog_add_file(build, STR("/media/odd"), STR("image/png"));
    catalog_add_comments(
        build, &(struct catalog_comments){
                   .post = STR("/2017/11/a.gmi"), .count = 3, .size = 2100, .words = &none});
    catalog_begin_posts(build);
    for (size_t i = 0; i < COUNT(rows); i++)
        add_row(build, &rows[i]);
    catalog_add_address(build, STR("/a.html"), STR("/2017/11/a.gmi"));
    catalog_add_address(build, STR("/a.html"), STR("/2017/11/b.gmi"));
    catalog_add_address(build, STR("/none.gmi"), STR(""));
    assert_true(catalog_finish(build, STR("fingerprint"), &why));
}

static int
make_index(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *parent = getenv("TMPDIR");

    snprintf(fixture->folder, sizeof fixture->folder, "%s/inspir %%#?-XXXXXX",
             parent ? parent : "/tmp");
    if (!mkdtemp(fixture->folder))
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/index.db", fixture->folder);
    build_index(fixture->path);
    *state = fixture;
    return 0;
}

static int
remove_index(void **state)
{
    struct fixture *fixture = *state;

    unlink(fixture->path);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static struct catalog *
open_index(void **state)
{
    const struct fixture *fixture = *state;
    struct failure why;
    struct catalog *catalog = catalog_open(fixture->path, &why);

    assert_non_null(catalog);
    return catalog;
}

static bool
on_entry(void *ctx, const struct entry *entry)
{
    buf_put(ctx, entry->path);
    buf_byte(ctx, ' ');
    return true;
}

static bool
on_first_entry(void *ctx, const struct entry *entry)
{
    on_entry(ctx, entry);
    return false;
}

static bool
on_tally(void *ctx, const struct tally *tally)
{
    buf_format(ctx, "%.*s/%.*s/%d-%d:%zu ", (int)tally->slug.len, tally->slug.ptr,
               (int)tally->name.len, tally->name.ptr, tally->year, tally->month, tally->posts);
    return true;
}

#define NEW    "/2019/01/new.gmi "
#define LATE   "/2018/12/late.gmi "
#define AT_9   "/2017/11/a.gmi "
#define AT_5_C "/2017/11/c.gmi "
#define AT_5_B "/2017/11/b.gmi "
#define OLD    "/2014/01/old.gmi "

static const struct {
    struct selection which;
    size_t count;
    const char *paths;
} selections[] = {
    /* the new year began earlier where "new" was written than the old one ended for "late" */
    {{0}, 6, LATE NEW AT_9 AT_5_C AT_5_B OLD},
    {{.year = 2017}, 3, AT_9 AT_5_C AT_5_B},
    {{.year = 2019}, 1, NEW},
    {{.year = 2019, .month = 1}, 1, NEW},
    {{.year = 2018, .month = 12}, 1, LATE},
    {{.year = 2018, .month = 11}, 0, ""},
    {{.year = 2016}, 0, ""},
    {{.label = {"x", 1}}, 4, NEW AT_9 AT_5_B OLD},
    {{.label = {"z", 1}}, 2, LATE OLD},
    {{.label = {"none", 4}}, 0, ""},
    {{.language = {"nl", 2}}, 2, LATE AT_5_C},
    {{.language = {"NL", 2}}, 2, LATE AT_5_C},
    {{.language = {"fr", 2}}, 0, ""},
    {{.label = {"x", 1}, .year = 2017}, 2, AT_9 AT_5_B},
    {{.label = {"x", 1}, .year = 2017, .month = 11}, 2, AT_9 AT_5_B},
    {{.label = {"z", 1}, .language = {"nl", 2}}, 1, LATE},
    {{.language = {"nl", 2}, .year = 2017}, 1, AT_5_C},
    {{.label = {"x", 1}, .language = {"en", 2}, .year = 2014, .month = 1}, 1, OLD},
};

static const struct stretch everything = {.most = SIZE_MAX};

static void
test_selections(void **state)
{
    struct catalog *catalog = open_index(state);

    for (size_t i = 0; i < COUNT(selections); i++) {
        struct buf paths = {0};

        assert_int_equal(catalog_count(catalog, &selections[i].which), selections[i].count);
        catalog_posts(catalog, &selections[i].which, everything, on_entry, &paths);
        assert_string_equal(buf_text(&paths), selections[i].paths);
        buf_free(&paths);
    }
    catalog_close(catalog);
}

static void
test_pages_of_a_list(void **state)
{
    static const struct {
        struct stretch part;
        const char *paths;
    } pages[] = {
        {{0, 2}, LATE NEW}, {{2, 2}, AT_9 AT_5_C}, {{4, 9}, AT_5_B OLD},
        {{6, 2}, ""},       {{0, 0}, ""},          {{SIZE_MAX, 1}, ""},
    };
    struct catalog *catalog = open_index(state);
    struct selection all = {0};
    struct buf paths = {0};

    for (size_t i = 0; i < COUNT(pages); i++) {
        buf_truncate(&paths, 0);
        catalog_posts(catalog, &all, pages[i].part, on_entry, &paths);
        assert_string_equal(buf_text(&paths), pages[i].paths);
    }
    buf_truncate(&paths, 0);
    catalog_posts(catalog, &all, everything, on_first_entry, &paths);
    catalog_posts(catalog, &all, everything, on_first_entry, &paths);
    assert_string_equal(buf_text(&paths), LATE LATE);
    buf_free(&paths);
    catalog_close(catalog);
}

static bool
on_old_entry(void *ctx, const struct entry *entry)
{
    (void)ctx;
    assert_true(str_eq(entry->title, STR("")));
    assert_true(str_eq(entry->language, STR("en")));
    assert_int_equal(date_compare(entry->date, (struct date){2014, 1, 2}), 0);
    assert_int_equal(entry->size, 1002);
    return true;
}

static void
test_an_entry_has_everything(void **state)
{
    struct catalog *catalog = open_index(state);

    catalog_posts(catalog, &(struct selection){.year = 2014}, everything, on_old_entry, NULL);
    catalog_close(catalog);
}

static void
test_tallies(void **state)
{
    struct catalog *catalog = open_index(state);
    struct buf text = {0};

    catalog_months(catalog, on_tally, &text);
    assert_string_equal(buf_text(&text), "//2019-1:1 //2018-12:1 //2017-11:3 //2014-1:1 ");
    buf_truncate(&text, 0);
    catalog_labels(catalog, on_tally, &text);
    assert_string_equal(buf_text(&text), "x/x of 2014/0-0:4 z/z of 2014/0-0:2 y/y of 2017/0-0:1 ");
    buf_truncate(&text, 0);
    catalog_languages(catalog, on_tally, &text);
    assert_string_equal(buf_text(&text), "en/en/0-0:4 nl/nl/0-0:2 ");
    buf_truncate(&text, 0);
    catalog_pages(catalog, on_entry, &text);
    assert_string_equal(buf_text(&text), "/z.gmi /b.gmi /a.gmi ");
    buf_free(&text);
    catalog_close(catalog);
}

static bool
on_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    buf_put(ctx, is_older ? STR("<") : STR(">"));
    return on_entry(ctx, entry);
}

static void
test_neighbours(void **state)
{
    static const struct {
        const char *path, *around;
    } neighbours[] = {
        {"/2018/12/late.gmi", "<" NEW},
        {"/2017/11/a.gmi", "<" AT_5_C ">" NEW},
        {"/2014/01/old.gmi", ">" AT_5_B},
        {"/about.gmi", ""},
    };
    struct catalog *catalog = open_index(state);

    for (size_t i = 0; i < COUNT(neighbours); i++) {
        struct buf around = {0};

        catalog_neighbours(catalog, str_of(neighbours[i].path), on_neighbour, &around);
        assert_string_equal(buf_text(&around), neighbours[i].around);
        buf_free(&around);
    }
    catalog_close(catalog);
}

static void
test_single_answers(void **state)
{
    struct catalog *catalog = open_index(state);
    struct buf text = {0};

    assert_true(catalog_label_name(catalog, STR("y"), &text));
    assert_true(catalog_language_of(catalog, STR("/2017/11/c.gmi"), &text));
    assert_true(catalog_media_type(catalog, STR("/media/odd"), &text));
    assert_string_equal(buf_text(&text), "y of 2017nlimage/png");
    assert_false(catalog_label_name(catalog, STR("X"), &text));
    assert_false(catalog_language_of(catalog, STR("/z.gmi"), &text));
    assert_false(catalog_media_type(catalog, (struct str){0}, &text));
    assert_string_equal(buf_text(&text), "y of 2017nlimage/png");
    assert_true(str_eq(catalog_fingerprint(catalog), STR("fingerprint")));
    buf_free(&text);
    catalog_close(catalog);
}

/* Every name that a post gives a label is known, in any case where none is written so. */
static void
test_labels_by_name(void **state)
{
    static const struct {
        const char *name, *slug;
    } labels[] = {
        {"x of 2014", "x"}, {"x of 2017", "x"}, {"x of 2019", "x"}, {"Y OF 2017", "y"},
        {"x", ""},          {"y of 2014", ""},  {"", ""},
    };
    struct catalog *catalog = open_index(state);

    for (size_t i = 0; i < COUNT(labels); i++) {
        struct buf slug = {0};

        assert_int_equal(catalog_label_slug(catalog, str_of(labels[i].name), &slug),
                         labels[i].slug[0] != 0);
        assert_string_equal(buf_text(&slug), labels[i].slug);
        buf_free(&slug);
    }
    catalog_close(catalog);
}

static void
test_comments_and_addresses(void **state)
{
    struct catalog *catalog = open_index(state);
    struct buf text = {0};
    uint64_t size = 0;

    assert_int_equal(catalog_comments(catalog, STR("/2017/11/a.gmi"), &size), 3);
    assert_int_equal(size, 2100);
    assert_int_equal(catalog_comments(catalog, STR("/2017/11/b.gmi"), &size), 0);
    assert_true(catalog_address(catalog, STR("/none.gmi"), &text));
    assert_int_equal(text.len, 0);
    assert_false(catalog_address(catalog, STR("/2017/11/a.gmi"), &text));
    assert_true(catalog_address(catalog, STR("/a.html"), &text));
    assert_string_equal(buf_text(&text), "/2017/11/a.gmi");
    buf_free(&text);
    catalog_close(catalog);
}

static void
write_file(const char *path, const char *bytes, long cut_to)
{
    FILE *file = fopen(path, bytes ? "w" : "r+");

    assert_non_null(file);
    if (bytes)
        fputs(bytes, file);
    assert_int_equal(fclose(file), 0);
    if (cut_to > 0)
        assert_int_equal(truncate(path, cut_to), 0);
}

static void
assert_refused(const char *path, const char *before, const char *after)
{
    struct failure why;
    struct buf expected = {0}, start = {0};

    assert_null(catalog_open(path, &why));
    buf_format(&expected, "%s%s%s", before, path, after);
    buf_put(&start, str_head(str_of(why.text), expected.len));
    assert_string_equal(buf_text(&start), buf_text(&expected));
    buf_free(&expected);
    buf_free(&start);
}

/* Overwrites four bytes of SQLite's header (its format, 1.3). */
static void
write_header_number(const char *path, long offset, unsigned char last_byte)
{
    FILE *file = fopen(path, "r+");
    const unsigned char number[4] = {0, 0, 0, last_byte};

    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(number, sizeof number, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void
test_other_files_are_refused(void **state)
{
    enum { USER_VERSION = 60, APPLICATION_ID = 68 };
    const struct fixture *fixture = *state;
    const char *path = fixture->path;

    write_file(path, NULL, 5000);
    assert_refused(path, "the index ", " cannot be read: ");
    write_file(path, NULL, 50);
    assert_refused(path, "the index ", " cannot be read: ");
    write_file(path, "", 0);
    assert_refused(path, "", " is no index of ours");
    write_file(path, "a text that is longer than the header of a database, by far: nothing to see",
               0);
    assert_refused(path, "the index ", " cannot be read: ");
    assert_int_equal(unlink(path), 0);
    assert_refused(path, "the index ", " cannot be opened: ");

    build_index(path);
    write_header_number(path, USER_VERSION, CATALOG_VERSION + 1);
    assert_refused(path, "the index ", " is of another version");
    write_header_number(path, APPLICATION_ID, 0);
    assert_refused(path, "", " is no index of ours");
}

static void
test_a_last_page_cut_in_two(void **state)
{
    const struct fixture *fixture = *state;
    FILE *file = fopen(fixture->path, "r");
    long size;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    fclose(file);
    write_file(fixture->path, NULL, size - 1);
    assert_refused(fixture->path, "the index ", " was cut short");
}

static void
test_no_place_to_write(void **state)
{
    struct failure why;

    (void)state;
    assert_null(catalog_create("/nonexistent/index.db", &why));
    assert_string_equal(why.text, "cannot write the index: unable to open database file");
    catalog_close(NULL);
    catalog_build_close(NULL);
}

static void
test_a_used_file_is_refused(void **state)
{
    const struct fixture *fixture = *state;
    struct failure why;

    assert_null(catalog_create(fixture->path, &why));
    assert_string_equal(why.text, "cannot write the index: table meta already exists");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_selections, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_pages_of_a_list, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_an_entry_has_everything, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_tallies, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_neighbours, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_single_answers, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_labels_by_name, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_comments_and_addresses, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_other_files_are_refused, make_index, remove_index),
        cmocka_unit_test_setup_teardown(test_a_last_page_cut_in_two, make_index, remove_index),
        cmocka_unit_test(test_no_place_to_write),
        cmocka_unit_test_setup_teardown(test_a_used_file_is_refused, make_index, remove_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
