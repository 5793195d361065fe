#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "../fixture.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define GEMTEXT      "text/gemini; charset=utf-8; lang=en"

static const char post_one[] = "# One\n2017-11-05 · en\n\nFirst text.\n\n=> /label/rice/ rice\n";

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2017/11/one.gmi", post_one},
    {"capsule/2017/11/one/comments.gmi", "# Comments\n\n## A, 2017-11-05\nYes.\n"},
    {"capsule/2017/12/two/comments.gmi", "# Comments\n\n## A, 2017-11-05\n\n## B, 2017-11-06\n"},
    {"capsule/2017/12/crlf/comments.gmi", "# No comments yet\n"},
    {"capsule/2017/12/two.gmi", "# Two\n2017-12-06 · nl\n\nTweede tekst."},
    {"capsule/2017/12/crlf.gmi", "# Three\r\n2017-12-07\r\n\r\nThird text.\r\n"},
    {"capsule/2017/12/open.gmi", "# Four\r\n2017-12-08\r\n\r\n```\r\n(o)"},
    {"capsule/2017/12/notes.txt", "notes\n"},
    {"capsule/about.gmi", "# About\n"},
    {"capsule/over.gmi", "# Over\n2017-12-06 · NL-be\n\nWie zijn wij?\n"},
    {"capsule/latijn.gmi", "# Caf\xe9\n2017-12-06 \xb7 nl\n\nCaf\xe9 au lait, d\xe9j\xe0 vu.\n"},
    {"capsule/visitors.gmi", "# Visitors\n\nSay hello."},
    {"capsule/visitors/comments.gmi", "# Comments\n\n## A, 2017-11-05\nHello.\n"},
    {"capsule/page without type", "plain words\n"},
    {"capsule/media/picture.PNG", "not really one"},
    {"capsule/media/letter", "Just a few plain words.\n"},
    {"capsule/latin.gmi", "# Caf\xe9 au lait, d\xe9j\xe0 vu, \xe9t\xe9.\n"},
    {"capsule/media/latin", "Caf\xe9 au lait, d\xe9j\xe0 vu, \xe9t\xe9.\n"},
    {"capsule/media/noise", "\x01\x02\xff\xfe\x00zz"},
    {"capsule/media/.hidden.txt", "SECRET\n"},
    {"capsule/.private/file.txt", "SECRET\n"},
    {"capsule/book/index.gmi", "# A book\n"},
    {"capsule/old/index.gemini", "# An old page\n"},
    {"capsule/archive/index.gmi", "# My own archive\n"},
    {"capsule/label/rice/2", "a real file\n"},
    {"outside.txt", "SECRET\n"},
};

static int
set_up(void **state)
{
    static struct fixture fixture;
    char link[sizeof fixture.folder + 32];

    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    snprintf(link, sizeof link, "%s/capsule/link.txt", fixture.folder);
    assert_int_equal(symlink("../outside.txt", link), 0);
    snprintf(link, sizeof link, "%s/capsule/inner.txt", fixture.folder);
    assert_int_equal(symlink("2017/12/notes.txt", link), 0);
    snprintf(link, sizeof link, "%s/capsule/up", fixture.folder);
    assert_int_equal(symlink("..", link), 0);
    fixture_open(&fixture, "[blog]\ntitle = Field notes\n");
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static void
answers_by_path(void **state)
{
    static const struct {
        const char *path;
        enum outcome outcome;
        const char *meta, *body; /* body NULL: not looked at */
    } rows[] = {
        {"/2017/11/one.gmi", OUTCOME_OK, GEMTEXT, NULL},
        {"/2017/12/two.gmi", OUTCOME_OK, "text/gemini; charset=utf-8; lang=nl", NULL},
        {"/2017/12/notes.txt", OUTCOME_OK, "text/plain; charset=utf-8", "notes\n"},
        {"/about.gmi", OUTCOME_OK, GEMTEXT, "# About\n"},
        {"/over.gmi", OUTCOME_OK, "text/gemini; charset=utf-8; lang=nl-BE", NULL},
        {"/light/over.gmi", OUTCOME_OK, "text/gemini; charset=utf-8; lang=nl-BE", NULL},
        {"/latijn.gmi", OUTCOME_OK, "text/gemini; charset=iso-8859-1; lang=nl", NULL},
        {"/media/picture.PNG", OUTCOME_OK, "image/png", "not really one"},
        {"/media/letter", OUTCOME_OK, "text/plain; charset=utf-8", "Just a few plain words.\n"},
        {"/latin.gmi", OUTCOME_OK, "text/gemini; charset=iso-8859-1; lang=en", NULL},
        {"/media/latin", OUTCOME_OK, "text/plain; charset=iso-8859-1", NULL},
        {"/media/noise", OUTCOME_OK, "application/octet-stream", NULL},
        {"/book/", OUTCOME_OK, GEMTEXT, "# A book\n"},
        {"/book/index.gmi", OUTCOME_OK, GEMTEXT, "# A book\n"},
        {"/old/", OUTCOME_OK, GEMTEXT, "# An old page\n"},
        {"/archive/", OUTCOME_OK, GEMTEXT, "# My own archive\n"},
        {"/label/rice/2", OUTCOME_OK, "text/plain; charset=utf-8", "a real file\n"},
        {"/", OUTCOME_OK, GEMTEXT, NULL},
        {"/index.gmi", OUTCOME_OK, GEMTEXT, NULL},
        {"/2017/", OUTCOME_OK, GEMTEXT, NULL},
        {"/2017/index.gmi", OUTCOME_OK, GEMTEXT, NULL},
        {"/2017/12/", OUTCOME_OK, GEMTEXT, NULL},
        {"/label/", OUTCOME_OK, GEMTEXT, NULL},
        {"/label/rice/", OUTCOME_OK, GEMTEXT, NULL},
        {"/label/rice/index.gmi", OUTCOME_OK, GEMTEXT, NULL},
        {"/lang/", OUTCOME_OK, GEMTEXT, NULL},
        {"/lang/nl/", OUTCOME_OK, GEMTEXT, NULL},

        {"/book", OUTCOME_MOVED, "/book/", ""},
        {"/2017", OUTCOME_MOVED, "/2017/", ""},
        {"/2017/12", OUTCOME_MOVED, "/2017/12/", ""},
        {"/label", OUTCOME_MOVED, "/label/", ""},
        {"/label/rice", OUTCOME_MOVED, "/label/rice/", ""},
        {"/archive", OUTCOME_MOVED, "/archive/", ""},
        {"/lang", OUTCOME_MOVED, "/lang/", ""},
        {"/lang/nl", OUTCOME_MOVED, "/lang/nl/", ""},

        {"/media", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/media/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2017/11/one", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2017/11/one/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/nothing", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/about.gmi/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/about.gmi/x", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2017/12/two.gmi/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/.private/file.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/.private", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/.private/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/.index.db", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/media/.hidden.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/link.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/inner.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/up/outside.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/../outside.txt", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/media\\letter", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2016/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2016", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2017/10/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/2017/10", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/label/wheat/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/label/wheat", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/lang/fr/", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/label/wheat/atom.xml", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/label/atom.xml", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/lang/fr/atom.xml", OUTCOME_NOT_FOUND, "Not found", ""},
        {"/atom.xml/", OUTCOME_NOT_FOUND, "Not found", ""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;
        struct buf body = {0};

        fixture_ask(*state, rows[i].path, &response);
        fixture_body(&response, &body);
        if (response.outcome != rows[i].outcome ||
            strcmp(buf_text(&response.meta), rows[i].meta) != 0)
            fail_msg("%s: outcome %d, %s", rows[i].path, (int)response.outcome,
                     buf_text(&response.meta));
        if (rows[i].body)
            assert_string_equal(buf_text(&body), rows[i].body);
        assert_null(strstr(buf_text(&body), "SECRET"));
        buf_free(&body);
        response_free(&response);
    }
}

static void
post_is_its_file_then_a_footer(void **state)
{
    static const struct {
        const char *path, *body;
    } rows[] = {
        {"/2017/11/one.gmi", "# One\n2017-11-05 · en\n\nFirst text.\n\n=> /label/rice/ rice\n"
                             "\n"
                             "=> /2017/11/one/comments.gmi 1 comment (34 B)\n"
                             "=> /2017/12/two.gmi Newer: Two (37 B)\n"
                             "\n"
                             "=> /2017/11/ November 2017 (1)\n"
                             "=> /lang/en/ English (3)\n"
                             "=> / Field notes\n"},
        {"/2017/12/two.gmi", "# Two\n2017-12-06 · nl\n\nTweede tekst.\n"
                             "\n"
                             "=> /2017/12/two/comments.gmi 2 comments (47 B)\n"
                             "=> /2017/11/one.gmi Older: One (58 B)\n"
                             "=> /2017/12/crlf.gmi Newer: Three (36 B)\n"
                             "\n"
                             "=> /2017/12/ December 2017 (3)\n"
                             "=> /lang/nl/ Nederlands (1)\n"
                             "=> / Field notes\n"},
        {"/2017/12/crlf.gmi", "# Three\r\n2017-12-07\r\n\r\nThird text.\r\n"
                              "\r\n"
                              "=> /2017/12/two.gmi Older: Two (37 B)\r\n"
                              "=> /2017/12/open.gmi Newer: Four (30 B)\r\n"
                              "\r\n"
                              "=> /2017/12/ December 2017 (3)\r\n"
                              "=> /lang/en/ English (3)\r\n"
                              "=> / Field notes\r\n"},
        {"/2017/12/open.gmi", "# Four\r\n2017-12-08\r\n\r\n```\r\n(o)\r\n```\r\n"
                              "\r\n"
                              "=> /2017/12/crlf.gmi Older: Three (36 B)\r\n"
                              "\r\n"
                              "=> /2017/12/ December 2017 (3)\r\n"
                              "=> /lang/en/ English (3)\r\n"
                              "=> / Field notes\r\n"},
        {"/about.gmi", "# About\n"},
        {"/visitors.gmi", "# Visitors\n\nSay hello.\n"
                          "\n"
                          "=> /visitors/comments.gmi 1 comment (36 B)\n"
                          "=> / Field notes\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;
        struct buf body = {0};

        fixture_ask(*state, rows[i].path, &response);
        fixture_body(&response, &body);
        assert_string_equal(buf_text(&body), rows[i].body);
        buf_free(&body);
        response_free(&response);
    }
}

static void
ignores_a_query(void **state)
{
    const struct fixture *fixture = *state;
    struct request request = {.path = "/about.gmi", .query = "x=%00", .has_query = true};
    struct response response;

    response_init(&response);
    respond(fixture->site, &request, &response);
    assert_int_equal(response.outcome, OUTCOME_OK);
    response_free(&response);
}

/* A path that fits a request may be too long once encoded. */
static void
refuses_a_target_that_is_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct buf path = {0};
    struct response response;

    buf_put(&path, STR("capsule/"));
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 80; j++)
            buf_put(&path, STR("é"));
        buf_byte(&path, '/');
    }
    buf_put(&path, STR("index.gmi"));
    fixture_write(fixture, buf_text(&path), STR("x"));
    buf_truncate(&path, path.len - strlen("/index.gmi"));
    fixture_ask(fixture, buf_text(&path) + strlen("capsule"), &response);
    assert_int_equal(response.outcome, OUTCOME_NOT_FOUND);
    response_free(&response);
    buf_free(&path);
}

/* No descriptors are left: that is our trouble, and not a page that is missing. */
static void
says_when_it_is_in_trouble(void **state)
{
    struct rlimit limit, none;
    struct response response;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    fixture_ask(*state, "/about.gmi", &response);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(response.outcome, OUTCOME_TROUBLE);
    response_free(&response);
}

static void
response_set_drops_what_was_there(void **state)
{
    struct response response;

    fixture_ask(*state, "/2017/11/one.gmi", &response);
    assert_true(response.file_fd >= 0);
    response_set(&response, OUTCOME_GONE, STR("Gone"));
    assert_int_equal(response.file_fd, -1);
    assert_int_equal(response.page.len, 0);
    assert_string_equal(buf_text(&response.meta), "Gone");
    response_free(&response);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_by_path),
        cmocka_unit_test(post_is_its_file_then_a_footer),
        cmocka_unit_test(ignores_a_query),
        cmocka_unit_test(refuses_a_target_that_is_too_long),
        cmocka_unit_test(says_when_it_is_in_trouble),
        cmocka_unit_test(response_set_drops_what_was_there),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
