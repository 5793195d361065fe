#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "site/catalog_build.h"
#include "site/catalog_inside.h"
#include "site/catalog_post.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct fixture {
    char path[sizeof "/tmp/inspir-catalog-XXXXXX"];
    struct catalog *catalog;
};

/* Oldest first; labels are slugs with a ',' between. */
static const struct row {
    const char *path;
    struct moment published;
    struct date updated;
    const char *labels;
} rows[] = {
    {"/1", {.date = {2014, 2, 28}}, {0}, "x"},
    {"/2", {.date = {2015, 2, 28}}, {2015, 2, 28}, "x,y"},
    {"/3", {.date = {2015, 2, 28}, .has_time = true, .minute_of_day = 1439}, {2015, 2, 28}, "y"},
    {"/4", {.date = {2016, 2, 28}}, {2017, 1, 1}, "x,rare,y"},
    {"/5", {.date = {2016, 2, 29}}, {0}, ""},
    {"/6", {.date = {2017, 3, 1}, true, 5, 345}, {2016, 1, 1}, "x"},
    {"/7", {.date = {2018, 2, 28}, true, 570, -150}, {0}, "x"},
    {"/8", {.date = {2019, 2, 28}}, {0}, "z"},
};

static void
add_row(struct catalog_build *build, const struct row *row)
{
    struct post post = {.title = STR("T"), .published = row->published, .updated = row->updated};
    struct str labels = str_of(row->labels);
    const struct catalog_words words = {0};

    if (row->published.date.year == 2014)
        post.author = STR("Amina");
    while (labels.len > 0) {
        struct str slug = str_cut(&labels, ',');

        post_add_label(&post, (struct label){slug, slug});
    }
    catalog_add_post(build, &(struct catalog_post){.path = str_of(row->path),
                                                   .post = &post,
                                                   .language = "en",
                                                   .summary = STR("It begins."),
                                                   .word_count = 10,
                                                   .words = &words});
    post_free(&post);
}

static int
make_index(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const struct catalog_words none = {0};
    struct failure why;
    struct catalog_build *build;
    int fd;

    strcpy(fixture->path, "/tmp/inspir-catalog-XXXXXX");
    fd = mkstemp(fixture->path);
    assert_true(fd >= 0);
    close(fd);
    build = catalog_create(fixture->path, &why);
    assert_non_null(build);
    catalog_add_comments(build,
                         &(struct catalog_comments){.post = STR("/4"), .count = 3, .words = &none});
    catalog_add_comments(build,
                         &(struct catalog_comments){.post = STR("/5"), .count = 2, .words = &none});
    catalog_begin_posts(build);
    for (size_t i = 0; i < COUNT(rows); i++)
        add_row(build, &rows[i]);
    assert_true(catalog_finish(build, STR("fingerprint"), &why));
    fixture->catalog = catalog_open(fixture->path, &why);
    assert_non_null(fixture->catalog);
    *state = fixture;
    return 0;
}

static int
remove_index(void **state)
{
    struct fixture *fixture = *state;

    catalog_close(fixture->catalog);
    unlink(fixture->path);
    free(fixture);
    return 0;
}

static bool
on_entry(void *ctx, const struct entry *entry)
{
    buf_put(ctx, entry->path);
    return true;
}

static bool
on_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    buf_put(ctx, is_older ? STR("<") : STR(">"));
    return on_entry(ctx, entry);
}

static bool
on_first_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    on_neighbour(ctx, entry, is_older);
    return false;
}

static bool
on_tally(void *ctx, const struct tally *tally)
{
    buf_format(ctx, "%.*s:%zu ", (int)tally->slug.len, tally->slug.ptr, tally->posts);
    return true;
}

static void
on_gist(void *ctx, const struct gist *gist)
{
    buf_format(ctx, "%.*s|", (int)gist->author.len, gist->author.ptr);
    moment_put(ctx, gist->published);
    buf_byte(ctx, '|');
    moment_put(ctx, gist->updated);
    buf_format(ctx, "|%.*s|%zu", (int)gist->summary.len, gist->summary.ptr, gist->words);
}

static void
expect(struct buf *told, const char *expected)
{
    assert_string_equal(buf_text(told), expected);
    buf_truncate(told, 0);
}

static void
neighbours_of_a_label(void **state)
{
    static const struct {
        const char *path, *label, *around;
    } cases[] = {
        {"/4", "x", "</2>/6"}, {"/1", "x", ">/2"}, {"/7", "x", "</6"},    {"/8", "x", "</7"},
        {"/5", "y", "</4"},    {"/8", "z", ""},    {"/1", "none", ""},    {"/none", "x", ""},
        {"/2", "y", ">/3"},    {"/4", "rare", ""}, {"/3", "x", "</2>/4"},
    };
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct buf told = {0};

    for (size_t i = 0; i < COUNT(cases); i++) {
        catalog_neighbours_with(catalog, str_of(cases[i].path), str_of(cases[i].label),
                                on_neighbour, &told);
        expect(&told, cases[i].around);
    }
    catalog_neighbours_with(catalog, STR("/4"), STR("x"), on_first_neighbour, &told);
    expect(&told, "</2");
    buf_free(&told);
}

static void
labels_of_a_post(void **state)
{
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct buf told = {0};

    catalog_labels_of(catalog, STR("/4"), 9, on_tally, &told);
    expect(&told, "rare:1 y:3 x:5 ");
    catalog_labels_of(catalog, STR("/4"), 2, on_tally, &told);
    expect(&told, "rare:1 y:3 ");
    catalog_labels_of(catalog, STR("/5"), 9, on_tally, &told);
    catalog_labels_of(catalog, STR("/none"), 9, on_tally, &told);
    expect(&told, "");
    buf_free(&told);
}

/* Not of the same year; the nearest years; the leap day stands alone. */
static void
posts_of_the_same_day(void **state)
{
    static const struct {
        struct date date;
        size_t most;
        const char *paths;
    } cases[] = {
        {{2016, 2, 28}, 9, "/8/7/3/2/1"}, {{2016, 2, 28}, 1, "/7/3"},
        {{2015, 2, 28}, 9, "/8/7/4/1"},   {{2014, 2, 28}, 2, "/3/2"},
        {{2016, 2, 29}, 9, ""},           {{2019, 2, 28}, 9, "/7/4/3/2/1"},
    };
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct buf told = {0};

    for (size_t i = 0; i < COUNT(cases); i++) {
        catalog_same_day(catalog, cases[i].date, cases[i].most, on_entry, &told);
        expect(&told, cases[i].paths);
    }
    buf_free(&told);
}

static void
posts_since_a_day(void **state)
{
    static const struct {
        struct date date;
        size_t count;
        const char *paths;
    } cases[] = {
        {{1000, 1, 1}, 8, "/8/7/6/5/4/3/2/1"},
        {{2015, 2, 28}, 7, "/8/7/6/5/4/3/2"},
        {{2015, 3, 1}, 5, "/8/7/6/5/4"},
        {{2016, 2, 29}, 4, "/8/7/6/5"},
        {{2019, 2, 28}, 1, "/8"},
        {{2019, 3, 1}, 0, ""},
        {{9999, 12, 31}, 0, ""},
    };
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct buf told = {0};

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(catalog_count_since(catalog, cases[i].date), cases[i].count);
        catalog_posts_since(catalog, cases[i].date, (struct stretch){.most = SIZE_MAX}, on_entry,
                            &told);
        expect(&told, cases[i].paths);
    }
    catalog_posts_since(catalog, cases[0].date, (struct stretch){2, 3}, on_entry, &told);
    expect(&told, "/6/5/4");
    buf_free(&told);
}

/* A day of an update that is not after the moment of publication tells nothing. */
static void
gists_for_feeds(void **state)
{
    static const struct {
        const char *path, *gist;
    } cases[] = {
        {"/1", "Amina|2014-02-28|2014-02-28|It begins.|10"},
        {"/2", "|2015-02-28|2015-02-28|It begins.|10"},
        {"/3", "|2015-02-28 23:59 +0000|2015-02-28 23:59 +0000|It begins.|10"},
        {"/4", "|2016-02-28|2017-01-01|It begins.|10"},
        {"/6", "|2017-03-01 00:05 +0545|2017-03-01 00:05 +0545|It begins.|10"},
        {"/7", "|2018-02-28 09:30 -0230|2018-02-28 09:30 -0230|It begins.|10"},
        {"/none", ""},
    };
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct buf told = {0};

    for (size_t i = 0; i < COUNT(cases); i++) {
        catalog_gist(catalog, str_of(cases[i].path), on_gist, &told);
        expect(&told, cases[i].gist);
    }
    buf_free(&told);
}

static void
places_and_figures(void **state)
{
    struct catalog *catalog = ((struct fixture *)*state)->catalog;
    struct figures figures = catalog_figures(catalog);
    struct buf told = {0};

    assert_int_equal(figures.posts, 8);
    assert_int_equal(figures.words, 80);
    assert_int_equal(figures.comments, 5);
    assert_int_equal(figures.labels, 4);
    assert_int_equal(figures.languages, 1);
    for (size_t place = 0; place <= COUNT(rows) + 1; place++)
        catalog_post_at(catalog, place, on_entry, &told);
    expect(&told, "/1/2/3/4/5/6/7/8");
    catalog_post_of(catalog, STR("/4"), on_entry, &told);
    catalog_post_of(catalog, STR("/none"), on_entry, &told);
    expect(&told, "/4");
    buf_free(&told);
}

/* What a post's page asks must not cost more when there are more posts: each table is searched by
 * an index. What is scanned are only the rows that a part of the question found. */
static void
questions_of_a_post_scan_nothing(void **state)
{
    static const enum question asked[] = {
        ASK_NEIGHBOUR,     ASK_POST,          ASK_ENTRY,      ASK_LABELS_OF, ASK_OLDER_WITH,
        ASK_NEWER_WITH,    ASK_SAME_DAY,      ASK_SINCE,      ASK_GIST,      ASK_COMMENTS,
        ASK_LANGUAGE_OF,   ASK_ENDS_IN_BLOCK, ASK_MEDIA_TYPE, ASK_ADDRESS,   ASK_LABEL_NAME,
        ASK_PAGE_LANGUAGE, ASK_PAGE,
    };
    struct catalog *catalog = ((struct fixture *)*state)->catalog;

    for (size_t i = 0; i < COUNT(asked); i++) {
        struct buf sql = {0};
        sqlite3_stmt *plan;

        buf_format(&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(catalog->ask[asked[i]]));
        assert_int_equal(sqlite3_prepare_v2(catalog->db, buf_text(&sql), -1, &plan, NULL),
                         SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);

            if (strncmp(detail, "SCAN ", 5) == 0 && strncmp(detail, "SCAN (subquery", 14) != 0)
                fail_msg("%s: %s", buf_text(&sql), detail);
        }
        sqlite3_finalize(plan);
        buf_free(&sql);
    }
}

/* The rows that a page far back passes over are those of an index, which are short; posts are only
 * looked at to be shown. */
static void
pages_far_back_pass_over_no_posts(void **state)
{
    struct catalog *catalog = ((struct fixture *)*state)->catalog;

    for (size_t i = 0; i <= CATALOG_SELECTIONS; i++) {
        sqlite3_stmt *list = i < CATALOG_SELECTIONS ? catalog->list[i] : catalog->ask[ASK_SINCE];
        struct buf sql = {0};
        sqlite3_stmt *plan;
        bool has_list = false;

        buf_format(&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(list));
        assert_int_equal(sqlite3_prepare_v2(catalog->db, buf_text(&sql), -1, &plan, NULL),
                         SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW)
            has_list |= strncmp((const char *)sqlite3_column_text(plan, 3), "LIST SUBQ", 9) == 0;
        assert_true(has_list);
        sqlite3_finalize(plan);
        buf_free(&sql);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_index, remove_index)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(neighbours_of_a_label),
        TEST(labels_of_a_post),
        TEST(posts_of_the_same_day),
        TEST(posts_since_a_day),
        TEST(gists_for_feeds),
        TEST(places_and_figures),
        TEST(questions_of_a_post_scan_nothing),
        TEST(pages_far_back_pass_over_no_posts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
