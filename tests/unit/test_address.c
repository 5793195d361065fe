#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../fixture.h"
#include "site/ledger.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2017/11/kept.gmi", "# Kept\n2017-11-05\n\nText.\n\n=> /label/rice/ Rice\n"
                                 "=> /label/health-care/ health care\n=> /label/net/ .NET\n"},
    {"capsule/2017/11/by-hand.gmi", "# By hand\n2017-11-06\n\nText.\n\n=> /label/rice/ RICE\n"
                                    "=> /label/c/ C\n=> /label/c-2/ C++\n=> /label/a-b/ A/B\n"
                                    "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান\n"},
    {"capsule/2017/12/slug-2.gmi", "# The other\n2017-12-01\n\nText.\n"},
    {"capsule/2017/12/post-3.gmi", "# Third\n2018-01-31\n\nText.\n"},
    {"capsule/2018/02/now.gmi", "# Now\n2018-02-02\n\nText.\n"},
    {"capsule/2018/02/back.gmi", "# Back\n2018-02-03\n\nText.\n"},
    {"capsule/2018/02/été.gmi", "# Été\n2018-02-04\n\nText.\n"},
    {"capsule/about.gmi", "# About\n"},
    {"capsule/who.gmi", "# Who\n"},
    {"capsule/real.html", "a real file\n"},
    {"capsule/.hidden.gmi", "# SECRET\n"},
    {"capsule/.drafts/2018/02/draft.gmi", "# SECRET\n2018-02-02\n"},
    {"capsule/" LEDGER_NAME,
     "id\tpath\tdigest\told\tstate\tposition\tsource\n"
     "1\t2017/11/kept.gmi\t\t/2017/11/kept.html\n"
     "2\t2017/12/slug-2.gmi\t\t/2017/12/slug.html?m=1\n"
     "3\t2017/12/post-3.gmi\t\thttp://blog.example/2017/12/%D1%82%D1%80%D0%B8.html\n"
     "4\t2018/02/now.gmi\t\t/2018/02/now.html\n"
     "moved:2016/01/then.gmi\t2016/01/then.gmi\t\t/2016/01/then_5.html\tmoved\t\t4\n"
     "moved:2016/02/first.gmi\t2016/02/first.gmi\t\t\tmoved\t\t4\n"
     "5\t2018/02/out.gmi\t\t/2018/02/out-of-print.html\tgone\n"
     "moved:2018/01/out.gmi\t2018/01/out.gmi\t\t\tmoved\t\t5\n"
     "6\t2018/02/back.gmi\t\t/2018/02/was-away.html\tgone\n"
     "moved:2018/02/lost.gmi\t2018/02/lost.gmi\t\t\tmoved\t\tnobody\n"
     "moved:2018/02/a.gmi\t2018/02/a.gmi\t\t\tmoved\t\tmoved:2018/02/b.gmi\n"
     "moved:2018/02/b.gmi\t2018/02/b.gmi\t\t\tmoved\t\tmoved:2018/02/a.gmi\n"
     "7\t2018/02/vanished.gmi\t\t/2018/02/vanished-old.html\n"
     "8\twho.gmi\t\t/p/who-we-are.html\n"
     "9\t.drafts/2018/02/draft.gmi\t\t/2018/02/draft.html\n"
     "10\t2018/02/taken.gmi\t\t/2018/02/now.html\tgone\n"
     "11\treal.html\t\t/real.html\tgone\n"
     "label:rice\tlabel/rice\n"},
};

static int
set_up(void **state)
{
    static struct fixture fixture;

    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, "[blog]\ntitle = Field notes\npage_size = 1\n");
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

/* A decoded path, and behind '?' a query that is still encoded. */
static void
ask(const struct fixture *fixture, const char *reference, struct response *response)
{
    const char *query = strchr(reference, '?');
    struct buf path = {0};

    buf_put(&path, str_head(str_of(reference), strcspn(reference, "?")));
    fixture_ask_with(fixture, buf_text(&path), query ? query + 1 : NULL, response);
    buf_free(&path);
}

#define BENGALI "/label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/"
#define HINT    "Not found; the posts of that month: "

static const struct {
    const char *reference;
    enum outcome outcome;
    const char *meta;
} rows[] = {
    /* posts: by the ledger, else by name */
    {"/2017/11/kept.html", OUTCOME_MOVED, "/2017/11/kept.gmi"},
    {"/2017/11/kept.html?m=1", OUTCOME_MOVED, "/2017/11/kept.gmi"},
    {"/2017/11/kept.html?showComment=1352034919753", OUTCOME_MOVED, "/2017/11/kept.gmi"},
    {"/2017/11/by-hand.html", OUTCOME_MOVED, "/2017/11/by-hand.gmi"},
    {"/2017/12/slug.html", OUTCOME_MOVED, "/2017/12/slug-2.gmi"},
    {"/2017/12/три.html", OUTCOME_MOVED, "/2017/12/post-3.gmi"},
    {"/2018/02/été.html", OUTCOME_MOVED, "/2018/02/%C3%A9t%C3%A9.gmi"},
    {"/2017/11/none.html", OUTCOME_NOT_FOUND, HINT "/2017/11/"},
    {"/2017/12/slug-2.htm", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/10/none.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/12/kept.html", OUTCOME_NOT_FOUND, HINT "/2017/12/"},
    {"/2017/13/kept.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/11/.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/11/a/kept.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/02017/11/kept.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2018/02/draft.html", OUTCOME_NOT_FOUND, HINT "/2018/02/"},
    {"/2018/02/vanished-old.html", OUTCOME_NOT_FOUND, HINT "/2018/02/"},
    {"/2018/02/vanished.gmi", OUTCOME_NOT_FOUND, "Not found"},

    /* moved and gone */
    {"/2018/02/now.html", OUTCOME_MOVED, "/2018/02/now.gmi"},
    {"/2016/01/then.gmi", OUTCOME_MOVED, "/2018/02/now.gmi"},
    {"/2016/01/then.html", OUTCOME_MOVED, "/2018/02/now.gmi"},
    {"/2016/01/then_5.html", OUTCOME_MOVED, "/2018/02/now.gmi"},
    {"/2016/02/first.gmi", OUTCOME_MOVED, "/2018/02/now.gmi"},
    {"/2018/02/out.gmi", OUTCOME_GONE, "Removed"},
    {"/2018/02/out.html", OUTCOME_GONE, "Removed"},
    {"/2018/02/out-of-print.html", OUTCOME_GONE, "Removed"},
    {"/2018/01/out.gmi", OUTCOME_GONE, "Removed"},
    {"/2018/02/back.gmi", OUTCOME_OK, NULL},
    {"/2018/02/was-away.html", OUTCOME_MOVED, "/2018/02/back.gmi"},
    {"/2018/02/lost.gmi", OUTCOME_NOT_FOUND, "Not found"},
    {"/2018/02/a.gmi", OUTCOME_NOT_FOUND, "Not found"},
    {"/real.html", OUTCOME_OK, NULL},

    /* pages */
    {"/p/who-we-are.html", OUTCOME_MOVED, "/who.gmi"},
    {"/p/about.html?m=0", OUTCOME_MOVED, "/about.gmi"},
    {"/p/none.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/p/.hidden.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/p/2017/11/kept.html", OUTCOME_NOT_FOUND, "Not found"},

    /* labels, by their names */
    {"/search/label/Rice", OUTCOME_MOVED, "/label/rice/"},
    {"/search/label/RICE?max-results=20", OUTCOME_MOVED, "/label/rice/"},
    {"/search/label/rIcE", OUTCOME_MOVED, "/label/rice/"},
    {"/search/label/health care", OUTCOME_MOVED, "/label/health-care/"},
    {"/search/label/health+care", OUTCOME_MOVED, "/label/health-care/"},
    {"/search/label/health  care ", OUTCOME_MOVED, "/label/health-care/"},
    {"/search/label/C", OUTCOME_MOVED, "/label/c/"},
    {"/search/label/C++", OUTCOME_MOVED, "/label/c-2/"},
    {"/search/label/Rice+C", OUTCOME_MOVED, "/label/rice/"},
    {"/search/label/A/B", OUTCOME_MOVED, "/label/a-b/"},
    {"/search/label/.NET", OUTCOME_MOVED, "/label/net/"},
    {"/search/label/ধান", OUTCOME_MOVED, BENGALI},
    {"/feeds/posts/default/-/Rice", OUTCOME_MOVED, "/label/rice/atom.xml"},
    {"/feeds/posts/default/-/Rice/C?alt=rss", OUTCOME_MOVED, "/label/rice/atom.xml"},
    {"/search/label/health-care", OUTCOME_NOT_FOUND, "Not found"},
    {"/search/label/wheat", OUTCOME_NOT_FOUND, "Not found"},
    {"/search/label/", OUTCOME_NOT_FOUND, "Not found"},
    {"/search/label/+Rice", OUTCOME_MOVED, "/label/rice/"},
    {"/search/label/+", OUTCOME_NOT_FOUND, "Not found"},
    {"/search/label/.hidden.gmi", OUTCOME_NOT_FOUND, "Not found"},

    /* dates */
    {"/search?updated-max=2017-12-01T10:00:00%2B02:00&max-results=7", OUTCOME_MOVED, "/2017/12/"},
    {"/search?updated-max=2017-12-01T10:00:00 02:00", OUTCOME_MOVED, "/2017/12/"},
    {"/search?max-results=7&updated-max=2017-12-01", OUTCOME_MOVED, "/2017/12/"},
    {"/search?updated-max%3D2017-12-01T10%3A00", OUTCOME_OK, NULL}, /* words, not a parameter */
    {"/search?updated-max=2017-10-01T10:00:00%2B02:00", OUTCOME_MOVED, "/2017/"},
    {"/search?updated-max=2017-11-31T10:00:00%2B02:00", OUTCOME_NOT_FOUND, "Not found"},
    {"/search?updated-max=2017-12-01x", OUTCOME_NOT_FOUND, "Not found"},
    {"/search?updated-max=2017-12", OUTCOME_NOT_FOUND, "Not found"},
    {"/search?updated-max=", OUTCOME_NOT_FOUND, "Not found"},
    {"/search?max-results=7", OUTCOME_NOT_FOUND, "Not found"},
    {"/search?q=rice", OUTCOME_MOVED, "/search?rice"},
    {"/search?q=fair+pay%26more&by-date=true", OUTCOME_MOVED, "/search?fair%20pay&more"},
    {"/search?by-date=true&q=label:%E0%A6%A7", OUTCOME_MOVED, "/search?label:%E0%A6%A7"},
    {"/search?q=%FCber", OUTCOME_MOVED, "/search?%C3%BCber"},
    {"/search?q=", OUTCOME_MOVED, "/search"},
    {"/search?q=+%0a", OUTCOME_MOVED, "/search"},
    {"/search?q=q=l", OUTCOME_MOVED, "/search?q%3Dl"},
    {"/search?q=q%3Dl", OUTCOME_MOVED, "/search?q%3Dl"},
    {"/search?q%3Dl", OUTCOME_OK, NULL},
    {"/search/", OUTCOME_MOVED, "/search"},
    {"/search/?rice=1%20x", OUTCOME_MOVED, "/search?rice%3D1%20x"},
    {"/search/?", OUTCOME_MOVED, "/search"},
    {"/search/?q=rice", OUTCOME_MOVED, "/search?rice"},
    {"/search/?updated-max=2017-12-01", OUTCOME_MOVED, "/2017/12/"},
    {"/2017/11/05/", OUTCOME_MOVED, "/2017/11/"},
    {"/2017/11/31/", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/11/5/", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017/10/05/", OUTCOME_MOVED, "/2017/"},
    {"/2017_11_01_archive.html", OUTCOME_MOVED, "/2017/11/"},
    {"/2017_11_26_archive.html", OUTCOME_MOVED, "/2017/11/"},
    {"/2017_02_29_archive.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017_10_01_archive.html", OUTCOME_MOVED, "/2017/"},
    {"/2013_10_01_archive.html", OUTCOME_NOT_FOUND, "Not found"},
    {"/2013/10/05/", OUTCOME_NOT_FOUND, "Not found"},
    {"/2017_11_01_archive.htm", OUTCOME_NOT_FOUND, "Not found"},
    {"/archive.html", OUTCOME_MOVED, "/archive/"},

    /* home */
    {"/index.html", OUTCOME_MOVED, "/"},
    {"/?m=1", OUTCOME_OK, NULL},

    /* feeds */
    {"/feeds/posts/default", OUTCOME_MOVED, "/atom.xml"},
    {"/feeds/posts/default/?alt=rss", OUTCOME_MOVED, "/atom.xml"},
    {"/feeds/posts/full", OUTCOME_MOVED, "/atom.xml"},
    {"/feeds/posts/summary/-/Rice", OUTCOME_MOVED, "/label/rice/atom.xml"},
    {"/feeds/posts/default/-/never", OUTCOME_NOT_FOUND, "Not found"},
    {"/feeds/posts/default/123", OUTCOME_NOT_FOUND, "Not found"},
    {"/feeds/comments/default", OUTCOME_NOT_FOUND, "Not found"},
    {"/atom.xml", OUTCOME_OK, NULL},
    {"/rss.xml", OUTCOME_MOVED, "/atom.xml"},
};

static void
test_every_kind_of_address(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;

        ask(*state, rows[i].reference, &response);
        if (response.outcome != rows[i].outcome ||
            (rows[i].meta && strcmp(buf_text(&response.meta), rows[i].meta) != 0))
            fail_msg("%s: outcome %d, %s", rows[i].reference, (int)response.outcome,
                     buf_text(&response.meta));
        response_free(&response);
    }
}

/* What is not there must not be led to, not even when the index still believes in it. */
static void
test_a_file_that_is_removed_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    struct response response;

    assert_int_equal(unlinkat(fixture->root, "capsule/2018/02/now.gmi", 0), 0);
    ask(fixture, "/2016/01/then_5.html", &response);
    assert_int_equal(response.outcome, OUTCOME_NOT_FOUND);
    response_free(&response);
    ask(fixture, "/2018/02/now.html", &response);
    assert_int_equal(response.outcome, OUTCOME_NOT_FOUND);
    response_free(&response);
}

static void
test_an_empty_capsule_has_no_archive(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    fixture_open(&fixture, "[blog]\ntitle = Field notes\n");
    ask(&fixture, "/archive.html", &response);
    assert_int_equal(response.outcome, OUTCOME_NOT_FOUND);
    response_free(&response);
    ask(&fixture, "/index.html", &response);
    assert_int_equal(response.outcome, OUTCOME_MOVED);
    response_free(&response);
    fixture_free(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_address),
        cmocka_unit_test(test_a_file_that_is_removed_meanwhile),
        cmocka_unit_test(test_an_empty_capsule_has_no_archive),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
