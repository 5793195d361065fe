#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "site/comments.h"
#include "site/comments_unite.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define TEXT(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const struct comment items[] = {
    {.author = TEXT("Amina  D."),
     .published = {.date = {2017, 12, 5},
                   .has_time = true,
                   .minute_of_day = 21 * 60 + 15,
                   .offset_minutes = 60},
     .body = TEXT("\nThank you.\n\n=> https://example.org/ The same elsewhere\n\n")},
    {.author = TEXT("Bo"),
     .published = {.date = {2017, 12, 6}},
     .reply_to = TEXT("Amina D."),
     .body = TEXT("# Loud\n## Less so\n### Quiet\n* An item\n```\n## no heading")},
    {.published = {.date = {2017, 12, 7}}, .reply_to = TEXT("# Bo\n"), .removed = true},
    {.author = TEXT("C"),
     .published = {.date = {2018, 1, 1}},
     .body = TEXT(" \n # no heading\n\nEnd. \n\n")},
};

static const char page[] = "# Comments on Pumps: a list\n"
                           "\n"
                           "=> /2017/11/p%20q.gmi Pumps: a list\n"
                           "\n"
                           "## Amina D., 2017-12-05 21:15 +0100\n"
                           "Thank you.\n"
                           "\n"
                           "=> https://example.org/ The same elsewhere\n"
                           "\n"
                           "## Bo, 2017-12-06\n"
                           "Reply to Amina D.\n"
                           "### Loud\n"
                           "### Less so\n"
                           "### Quiet\n"
                           "* An item\n"
                           "```\n"
                           "## no heading\n"
                           "```\n"
                           "\n"
                           "## Anonymous, 2017-12-07\n"
                           "Reply to # Bo\n"
                           "This comment has been removed.\n"
                           "\n"
                           "## C, 2018-01-01\n"
                           " # no heading\n"
                           "\n"
                           "End.\n";

static void
a_page_is_written(void **state)
{
    const struct comments comments = {
        .path = STR("/2017/11/p q.gmi"),
        .title = STR("Pumps:\ta list\n"),
        .items = items,
        .count = COUNT(items),
    };
    struct buf out = {0};

    (void)state;
    comments_write(&out, &comments);
    assert_string_equal(buf_text(&out), page);
    assert_int_equal(comments_count(buf_str(&out)), COUNT(items));
    buf_free(&out);
}

static void
a_page_speaks_the_language_of_the_blog(void **state)
{
    const struct comments comments = {
        .tongue = TONGUE_FRENCH,
        .path = STR("/2017/11/a.gmi"),
        .title = STR("Pompes"),
        .items = &items[2],
        .count = 1,
    };
    struct buf out = {0};

    (void)state;
    comments_write(&out, &comments);
    assert_string_equal(buf_text(&out), "# Commentaires sur Pompes\n\n"
                                        "=> /2017/11/a.gmi Pompes\n\n"
                                        "## Anonyme, 2017-12-07\n"
                                        "Réponse à # Bo\n"
                                        "Ce commentaire a été supprimé.\n");
    buf_free(&out);
}

static void
a_post_may_lack_a_title(void **state)
{
    struct buf out = {0};

    (void)state;
    comments_write(&out, &(struct comments){.path = STR("/2017/11/a.gmi")});
    assert_string_equal(buf_text(&out), "# Comments\n\n=> /2017/11/a.gmi The post\n");
    assert_int_equal(comments_count(buf_str(&out)), 0);
    buf_free(&out);
}

static void
headings_of_level_two_are_counted(void **state)
{
    static const struct {
        const char *text;
        size_t count;
    } rows[] = {
        {"", 0},
        {"## A, 2017-12-05", 1},
        {"##A, 2017-12-05\r\n## B, 2017-12-06\r\n", 2},
        {"# One\n### Three\n #### four\n ## no heading\ntext ## text\n", 0},
        {"## A\n```\n## B\n```\n## C\n", 2},
        {"```\n## A\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(comments_count(str_of(rows[i].text)), rows[i].count);
}

static void
a_page_belongs_to_a_post(void **state)
{
    static const struct {
        const char *path, *post; /* NULL: to none */
    } rows[] = {
        {"/2017/11/slug/comments.gmi", "/2017/11/slug.gmi"},
        {"2017/11/slug/comments.gmi", "2017/11/slug.gmi"},
        {"/2017/11/comments/comments.gmi", "/2017/11/comments.gmi"},
        {"/2017/11/comments.gmi", NULL},
        {"/2017/11/slug/comments.gemini", NULL},
        {"/2017/11/slug/more/comments.gmi", NULL},
        {"/2017/13/slug/comments.gmi", NULL},
        {"/2017/11/index/comments.gmi", NULL},
        {"/about/comments.gmi", "/about.gmi"},
        {"about/comments.gmi", "about.gmi"},
        {"/index/comments.gmi", NULL},
        {"/.about/comments.gmi", NULL},
        {"//comments.gmi", NULL},
        {"/comments.gmi", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf post = {0}, path = {0};

        buf_put(&post, STR("post: "));
        assert_int_equal(comments_put_post(&post, str_of(rows[i].path)), rows[i].post != NULL);
        assert_string_equal(buf_text(&post) + 6, rows[i].post ? rows[i].post : "");
        comments_put_path(&path, str_after(buf_str(&post), 6));
        if (rows[i].post)
            assert_string_equal(buf_text(&path), rows[i].path);
        buf_free(&path);
        buf_free(&post);
    }
}

#define HEAD "# Comments on P\n\n=> /2017/11/p.gmi P\n"
#define A1   "\n## A, 2017-11-01\nOne.\n"
#define A1B  "\n## A, 2017-11-01\nAnother one.\n"
#define B5   "\n## B, 2017-11-05 10:00 +0000\nReply to A\n```\n## C, 2017-11-01\n```\n"
#define C2   "\n## C, 2017-11-02\nTwo.\n"
#define D3   "\n## D, 2017-11-03\nThree.\n"
#define E9   "\n## E, 2017-11-09\nNine.\n"

static void
two_versions_of_a_page_are_united(void **state)
{
    static const struct {
        const char *old, *new, *both;
    } rows[] = {
        {HEAD A1 B5 C2, HEAD A1 B5 C2, HEAD A1 B5 C2},
        {HEAD A1 B5 C2, HEAD C2 B5 A1, HEAD A1 B5 C2},
        {HEAD A1 B5 C2, HEAD, HEAD A1 B5 C2},
        {HEAD, HEAD A1 B5, HEAD A1 B5},
        {HEAD A1 B5 C2, HEAD D3, HEAD A1 B5 C2 D3},
        {HEAD A1 B5 C2, HEAD E9, HEAD A1 B5 C2 E9},
        {HEAD C2 E9, HEAD A1 D3, HEAD A1 C2 D3 E9},
        {HEAD A1 C2, HEAD A1B, HEAD A1B C2},
        {HEAD A1 C2, HEAD A1B A1, HEAD A1B A1 C2},
        {HEAD A1 A1B, HEAD A1, HEAD A1 A1B},
        {"# Before\n" A1, HEAD A1, HEAD A1},
        {"", HEAD A1, HEAD A1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        comments_unite(&out, str_of(rows[i].old), str_of(rows[i].new));
        assert_string_equal(buf_text(&out), rows[i].both);
        buf_free(&out);
    }
}

static void
a_page_moves_with_its_post(void **state)
{
    static const char text[] = HEAD "\n## A, 2017-11-01\n=> /2017/11/p.gmi P\n";
    struct buf out = {0};

    (void)state;
    comments_move(&out, str_of(text), STR("2017/11/p/comments.gmi"),
                  STR("2017/12/q r/comments.gmi"));
    assert_string_equal(buf_text(&out), "# Comments on P\n\n=> /2017/12/q%20r.gmi P\n"
                                        "\n## A, 2017-11-01\n=> /2017/11/p.gmi P\n");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_written),
        cmocka_unit_test(a_page_speaks_the_language_of_the_blog),
        cmocka_unit_test(a_post_may_lack_a_title),
        cmocka_unit_test(headings_of_level_two_are_counted),
        cmocka_unit_test(a_page_belongs_to_a_post),
        cmocka_unit_test(two_versions_of_a_page_are_united),
        cmocka_unit_test(a_page_moves_with_its_post),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
