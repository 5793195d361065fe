#include "web.h"

#include "import/live.h"

#define POSTS    "/feeds/posts/default?redirect=false"
#define PAGES    "/feeds/pages/default"
#define COMMENTS "/feeds/comments/default"
#define LONG     "&lt;p&gt;A body with markup.&lt;/p&gt;"

/* A part of a feed as Blogger writes it. */
struct part {
    const char *kind; /* posts, pages, comments; NULL: posts */
    const char *ids;  /* of its entries, with a space between */
    const char *next; /* a reference; NULL: none */
    int total;        /* 0: not said */
    const char *body; /* of each entry; NULL: LONG */
    bool is_summary;
};

static void
put_entry(struct buf *out, const struct part *part, struct str id)
{
    const char *element = part->is_summary ? "summary" : "content";
    const char *type = part->is_summary ? "text" : "html";
    bool is_page = part->kind && strcmp(part->kind, "pages") == 0;

    buf_format(out,
               "<entry><id>tag:blogger.com,1999:blog-7.%s-%.*s</id><published>"
               "2017-12-05T10:00:00.000+07:00</published><title type='text'>T%.*s</title>"
               "<%s type='%s'>%s</%s>",
               is_page ? "page" : "post", (int)id.len, id.ptr, (int)id.len, id.ptr, element, type,
               part->body ? part->body : LONG, element);
    if (part->kind && strcmp(part->kind, "comments") == 0)
        buf_format(out, "<thr:in-reply-to ref='tag:blogger.com,1999:blog-7.post-1'/>");
    buf_format(out, "</entry>");
}

static void
put_feed(struct buf *out, const struct part *part)
{
    struct str ids = str_of(part->ids);

    buf_format(out,
               "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom' "
               "xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/' "
               "xmlns:thr='http://purl.org/syndication/thread/1.0'>"
               "<id>tag:blogger.com,1999:blog-7</id><title type='text'>The %s</title>"
               "<link rel='alternate' type='text/html' href='http://blog.example/'/>",
               part->kind ? part->kind : "posts");
    if (part->next)
        buf_format(out, "<link rel='next' href='%s'/>", part->next);
    if (part->total > 0)
        buf_format(out, "<openSearch:totalResults>%d</openSearch:totalResults>", part->total);
    while (ids.len > 0)
        put_entry(out, part, str_cut(&ids, ' '));
    buf_format(out, "</feed>");
}

static void
add_part(struct web *web, struct web_answer answer, struct part part)
{
    struct buf feed = {0};

    put_feed(&feed, &part);
    answer.body = buf_text(&feed);
    web_add(web, answer);
    buf_free(&feed);
}

/* Pages and comments of a blog that has only posts. */
static void
add_empty_feeds(struct web *web)
{
    add_part(web, (struct web_answer){.path = PAGES}, (struct part){.kind = "pages", .ids = ""});
    add_part(web, (struct web_answer){.path = COMMENTS},
             (struct part){.kind = "comments", .ids = ""});
}

static bool
bring(struct web *web, const char *path, struct live *live, struct fetched *fetched,
      struct failure *why)
{
    struct buf address = {0};
    struct live_request request = {.address = web_address(web, &address, path)};
    bool done;

    *why = (struct failure){0};
    done = live_fetch(live, web->fetcher, &request, fetched, why);
    buf_free(&address);
    return done;
}

static bool
note_entry(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    static const char kinds[] = {[ENTRY_POST] = 'p', [ENTRY_PAGE] = 'g', [ENTRY_COMMENT] = 'c'};

    (void)why;
    buf_format(ctx, "%c%.*s ", kinds[entry->kind], (int)entry->id.len, entry->id.ptr);
    return true;
}

static void
expect_entries(struct live *live, const char *wanted)
{
    struct buf seen = {0};
    const struct blogger_reader reader = {note_entry, &seen};
    struct failure why;

    for (int again = 0; again < 2; again++) {
        buf_truncate(&seen, 0);
        assert_true(live_replay(live, &reader, &why));
        assert_string_equal(buf_text(&seen), wanted);
    }
    buf_free(&seen);
}

/* The text without the server's address, which differs each time. */
static void
expect_text(const struct web *web, const char *text, const char *wanted)
{
    struct buf plain = {0};
    const char *at;

    for (; (at = strstr(text, web->origin)); text = at + strlen(web->origin))
        buf_put(&plain, (struct str){text, (size_t)(at - text)});
    buf_put(&plain, str_of(text));
    assert_string_equal(buf_text(&plain), wanted);
    buf_free(&plain);
}

/* --- following a feed --- */

static void
test_blog(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = POSTS},
             (struct part){.ids = "5 4", .total = 5, .next = "{origin}/two?start-index=3&amp;a=b"});
    add_part(web, (struct web_answer){.path = "/two?start-index=3&a=b"},
             (struct part){.ids = "3 2", .total = 5, .next = "/three"});
    add_part(web, (struct web_answer){.path = "/three"}, (struct part){.ids = "1", .total = 5});
    add_part(web, (struct web_answer){.path = PAGES},
             (struct part){.kind = "pages", .ids = "1", .total = 1});
    add_part(web, (struct web_answer){.path = COMMENTS},
             (struct part){.kind = "comments", .ids = "1 9", .total = 2});
    assert_true(bring(web, "/2017/11/any.html#x", &live, NULL, &why));
    assert_false(live.is_unchanged);
    assert_true(live.blog.is_full);
    assert_int_equal(live.entries, 8);
    assert_string_equal(buf_text(&live.blog.title), "The posts");
    assert_string_equal(buf_text(&live.blog.address), "http://blog.example/");
    assert_int_equal(live.blog.next.len, 0);
    assert_string_equal(buf_text(&live.remarks), "");
    expect_entries(&live, "p5 p4 p3 p2 p1 g1 c1 c9 ");
    assert_string_equal(web_requests(web),
                        "GET%20/feeds/posts/default%3Fredirect%3Dfalse\t"
                        "GET%20/two%3Fstart-index%3D3%26a%3Db\tGET%20/three\t"
                        "GET%20/feeds/posts/default%3Fredirect%3Dfalse\t"
                        "GET%20/feeds/pages/default\tGET%20/feeds/comments/default");
    live_free(&live);
}

static void
test_one_feed(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = "/feeds/posts/default/-/label?x=1"},
             (struct part){.ids = "2 1", .total = 2});
    assert_true(bring(web, "/feeds/posts/default/-/label?x=1#y", &live, NULL, &why));
    assert_false(live.blog.is_full);
    expect_entries(&live, "p2 p1 ");
    assert_string_equal(web_requests(web), "GET%20/feeds/posts/default/-/label%3Fx%3D1");
    live_free(&live);
}

/* Where following ends: no link, nothing in a part, nothing new in it. */
static void
test_ends(void **state)
{
    static const struct {
        const char *path;
        struct part first, second;
        const char *entries, *requests;
    } rows[] = {
        {"/feeds/empty",
         {.ids = "2 1", .next = "/e2"},
         {.ids = "", .next = "/e2"},
         "p2 p1 ",
         "GET%20/feeds/empty\tGET%20/e2\tGET%20/feeds/empty"},
        {"/feeds/known",
         {.ids = "2 1", .next = "/k2"},
         {.ids = "1 2", .next = "/k2"},
         "p2 p1 ",
         "GET%20/feeds/known\tGET%20/k2\tGET%20/feeds/known"},
        {"/feeds/shifted",
         {.ids = "2 1", .next = "/s2"},
         {.ids = "1 0"},
         "p2 p1 p0 ",
         "GET%20/feeds/shifted\tGET%20/s2\tGET%20/feeds/shifted"},
        {"/feeds/itself",
         {.ids = "2 2", .next = "/feeds/itself"},
         {.ids = ""},
         "p2 ",
         "GET%20/feeds/itself\tGET%20/feeds/itself\tGET%20/feeds/itself"},
        {"/feeds/none", {.ids = ""}, {.ids = ""}, "", "GET%20/feeds/none"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live live;
        struct failure why;

        add_part(web, (struct web_answer){.path = rows[i].path}, rows[i].first);
        if (rows[i].first.next && strcmp(rows[i].first.next, rows[i].path) != 0)
            add_part(web, (struct web_answer){.path = rows[i].first.next}, rows[i].second);
        assert_true(bring(web, rows[i].path, &live, NULL, &why));
        expect_entries(&live, rows[i].entries);
        assert_string_equal(web_requests(web), rows[i].requests);
        live_free(&live);
    }
}

/* Two posts appear while the second part is read. */
static void
test_published_meanwhile(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = "/feeds/busy", .headers = "ETag: \"1\""},
             (struct part){.ids = "4 3", .total = 4, .next = "/busy2"});
    add_part(web, (struct web_answer){.path = "/feeds/busy", .headers = "ETag: \"2\""},
             (struct part){.ids = "6 5", .total = 6, .next = "/busy2"});
    add_part(web, (struct web_answer){.path = "/busy2"}, (struct part){.ids = "2 1", .total = 4});
    add_part(web, (struct web_answer){.path = "/busy2"}, (struct part){.ids = "4 3", .total = 6});
    assert_true(bring(web, "/feeds/busy", &live, NULL, &why));
    expect_entries(&live, "p4 p3 p2 p1 p6 p5 ");
    assert_string_equal(buf_text(&live.remarks), "");
    assert_string_equal(web_requests(web),
                        "GET%20/feeds/busy\tGET%20/busy2\t"
                        "GET%20/feeds/busy%0AIf-None-Match%3A%20%221%22\tGET%20/busy2");
    live_free(&live);
}

static void
test_total_differs(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = POSTS}, (struct part){.ids = "2 1", .total = 3});
    add_empty_feeds(web);
    assert_true(bring(web, "", &live, NULL, &why));
    assert_false(live.blog.is_full);
    expect_text(web, buf_text(&live.remarks), POSTS ": says that it has 3 entries, but 2 came\n");
    live_free(&live);
}

static void
test_missing_feeds(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = POSTS}, (struct part){.ids = "1", .total = 1});
    web_add(web, (struct web_answer){.path = COMMENTS, .status = 403});
    assert_true(bring(web, "/", &live, NULL, &why));
    assert_false(live.blog.is_full);
    expect_text(web, buf_text(&live.remarks),
                PAGES ": left out: the server answers 404\n" COMMENTS
                      ": left out: the server answers 403\n");
    expect_entries(&live, "p1 ");
    live_free(&live);
}

/* --- where it may lead --- */

static void
test_redirected_blog(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;
    struct name_list names = {0};
    struct buf address = {0}, location = {0};
    const char *port = strrchr(web->origin, ':');
    struct live_request request = {0};
    struct fetcher *fetcher;

    names_add_hosts(&names, STR("127.0.0.1, localhost"), &why);
    fetcher = fetcher_open(&names, &why);
    buf_format(&location, "Location: http://localhost%s/moved", port);
    web_add(web, (struct web_answer){
                     .path = "/feeds/old", .status = 301, .headers = buf_text(&location)});
    buf_truncate(&location, 0);
    buf_format(&location, "http://localhost%s/moved2", port);
    add_part(web, (struct web_answer){.path = "/moved"},
             (struct part){.ids = "2", .next = buf_text(&location)});
    add_part(web, (struct web_answer){.path = "/moved2"}, (struct part){.ids = "1"});
    request.address = web_address(web, &address, "/feeds/old");
    assert_true(live_fetch(&live, fetcher, &request, NULL, &why));
    expect_entries(&live, "p2 p1 ");
    live_free(&live);
    fetcher_close(fetcher);
    names_free(&names);
    buf_free(&address);
    buf_free(&location);
}

static void
test_links_to_other_hosts(void **state)
{
    static const struct {
        const char *path, *next, *why;
    } rows[] = {
        {"/feeds/l1", "http://other.example/x",
         "/feeds/l1: leads on to another host: http://other.example/x"},
        {"/feeds/l2", "//blogger.com.example/",
         "/feeds/l2: leads on to another host: http://blogger.com.example/"},
        {"/feeds/l3", "file:///etc/passwd",
         "/feeds/l3: leads on to another host: file:///etc/passwd"},
        {"/feeds/l4", "http://localhost/",
         "/feeds/l4: leads on to another host: http://localhost/"},
        {"/feeds/l5", "ftp://www.blogger.com/x",
         "ftp://www.blogger.com/x: only http and https are fetched"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live live;
        struct failure why;

        add_part(web, (struct web_answer){.path = rows[i].path},
                 (struct part){.ids = "1", .next = rows[i].next});
        assert_false(bring(web, rows[i].path, &live, NULL, &why));
        expect_text(web, why.text, rows[i].why);
        live_free(&live);
    }
}

/* --- what is no feed --- */

static void
test_refusals(void **state)
{
    static const struct {
        struct web_answer answer;
        const char *why;
    } rows[] = {
        {{.path = "/feeds/404", .status = 404},
         "/feeds/404: the server answers 404; is the blog public?"},
        {{.path = "/feeds/html", .body = "<!DOCTYPE html><html>Sign in</html>"},
         "/feeds/html: not a feed; is the blog public?"},
        {{.path = "/feeds/nothing", .body = ""}, "/feeds/nothing: not a feed; is the blog public?"},
        {{.path = "/feeds/rss", .body = "<?xml version='1.0'?><rss/>"},
         "/feeds/rss: line 1: not an Atom feed"},
        {{.path = "/feeds/other",
          .body = "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x</id><entry>"
                  "<id>urn:y</id></entry></feed>"},
         "/feeds/other: line 1: not from Blogger"},
        {{.path = "/feeds/bomb", .body = "<?xml version='1.0'?><!DOCTYPE x []><feed/>"},
         "/feeds/bomb: line 1: a DOCTYPE is not accepted"},
        {{.path = "/feeds/500", .status = 500}, "/feeds/500: the server answers 500"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live live;
        struct failure why;

        web_add(web, rows[i].answer);
        assert_false(bring(web, rows[i].answer.path, &live, NULL, &why));
        expect_text(web, why.text, rows[i].why);
        live_free(&live);
    }
}

static void
test_later_parts_fail(void **state)
{
    static const struct {
        const char *path;
        struct web_answer answer;
        const char *why;
    } rows[] = {
        {"/feeds/f1", {.path = "/f1", .status = 404}, "/f1: the server answers 404"},
        {"/feeds/f2", {.path = "/f2", .status = 503}, "/f2: the server answers 503"},
        {"/feeds/f3", {.path = "/f3", .body = "<feed"}, NULL},
        {"/feeds/f4", {.path = "/f4", .body = "Sorry"}, "/f4: not a feed; is the blog public?"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live live;
        struct failure why;

        add_part(web, (struct web_answer){.path = rows[i].path},
                 (struct part){.ids = "1", .next = rows[i].answer.path});
        web_add(web, rows[i].answer);
        assert_false(bring(web, rows[i].path, &live, NULL, &why));
        if (rows[i].why)
            expect_text(web, why.text, rows[i].why);
        live_free(&live);
    }
}

/* --- summaries --- */

#define TEN(x) x x x x x x x x x x

static void
test_summaries(void **state)
{
    static const struct {
        struct part part;
        bool is_refused;
    } rows[] = {
        {{.ids = "2 1", .is_summary = true, .body = "Cut …"}, true},
        {{.ids = "2 1", .body = "Short and without any markup"}, true},
        {{.ids = "1", .body = TEN("four hundred and forty-nine characters oh yes")}, false},
        {{.ids = "1", .body = TEN("four hundred and forty characters oh my yes ")}, true},
        {{.ids = "2 1", .body = "Short, but &lt;b&gt;marked&lt;/b&gt;"}, false},
        {{.kind = "comments", .ids = "2 1", .body = "Short"}, false},
        {{.kind = "pages", .ids = "2 1", .body = "Short"}, false},
        {{.ids = ""}, false},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct live live;
        struct failure why = {0};
        struct buf address = {0};
        struct live_request request = {.address = NULL};
        char path[32];
        bool done;

        snprintf(path, sizeof path, "/feeds/summary/%zu", i);
        add_part(web, (struct web_answer){.path = path}, rows[i].part);
        request.address = web_address(web, &address, path);
        done = live_fetch(&live, web->fetcher, &request, NULL, &why);
        assert_int_equal(done, !rows[i].is_refused);
        assert_true(done || strstr(why.text, "--allow-summary"));
        live_free(&live);
        request.allow_summary = true;
        assert_true(live_fetch(&live, web->fetcher, &request, NULL, &why));
        assert_int_equal(live.remarks.len > 0, rows[i].is_refused);
        live_free(&live);
        buf_free(&address);
    }
}

/* One full body among summaries: an owner who changed the setting, not a cut feed. */
static void
test_some_summaries(void **state)
{
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = "/feeds/mixed"},
             (struct part){.ids = "3 2", .is_summary = true, .body = "Cut", .next = "/mixed2"});
    add_part(web, (struct web_answer){.path = "/mixed2"}, (struct part){.ids = "1"});
    assert_true(bring(web, "/feeds/mixed", &live, NULL, &why));
    live_free(&live);
}

/* --- asking only for what is new --- */

static void
test_unchanged(void **state)
{
    static const struct part posts = {.ids = "1", .total = 1};
    struct web *web = *state;
    struct fetched fetched = {0};
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = POSTS, .headers = "ETag: \"p\""}, posts);
    add_part(web, (struct web_answer){.path = PAGES, .headers = "Last-Modified: Monday"},
             (struct part){.kind = "pages", .ids = "1"});
    add_part(web, (struct web_answer){.path = COMMENTS, .headers = "ETag: \"c\""},
             (struct part){.kind = "comments", .ids = "1"});
    assert_true(bring(web, "/", &live, &fetched, &why));
    assert_false(live.is_unchanged);
    assert_int_equal(fetched.count, 3);
    live_free(&live);

    web_requests(web);
    fetched.is_changed = false;
    assert_true(bring(web, "/", &live, &fetched, &why));
    assert_true(live.is_unchanged);
    assert_false(fetched.is_changed);
    expect_entries(&live, "");
    assert_string_equal(web_requests(web),
                        "GET%20/feeds/posts/default%3Fredirect%3Dfalse%0A"
                        "If-None-Match%3A%20%22p%22\tGET%20/feeds/pages/default%0A"
                        "If-Modified-Since%3A%20Monday\tGET%20/feeds/comments/default%0A"
                        "If-None-Match%3A%20%22c%22");
    live_free(&live);

    /* a new comment brings its post as well */
    web_unsay(web, COMMENTS);
    add_part(web, (struct web_answer){.path = COMMENTS, .headers = "ETag: \"d\""},
             (struct part){.kind = "comments", .ids = "2 1"});
    assert_true(bring(web, "/", &live, &fetched, &why));
    assert_false(live.is_unchanged);
    assert_true(fetched.is_changed);
    expect_entries(&live, "p1 g1 c2 c1 ");
    live_free(&live);
    fetched_free(&fetched);
}

/* What a server calls its versions is only kept of what was read whole. */
static void
test_failure_keeps_no_tags(void **state)
{
    struct web *web = *state;
    struct fetched fetched = {0};
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = "/feeds/x", .headers = "ETag: \"1\""},
             (struct part){.ids = "1", .next = "/gone"});
    assert_false(bring(web, "/feeds/x", &live, &fetched, &why));
    assert_int_equal(fetched.count, 0);
    live_free(&live);
}

static bool
refuse_entry(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)ctx;
    return fail(why, "no %.*s", (int)entry->id.len, entry->id.ptr);
}

static void
test_reader_that_stops(void **state)
{
    const struct blogger_reader reader = {refuse_entry, NULL};
    struct web *web = *state;
    struct live live;
    struct failure why;

    add_part(web, (struct web_answer){.path = "/feeds/x"}, (struct part){.ids = "2 1"});
    assert_true(bring(web, "/feeds/x", &live, NULL, &why));
    assert_false(live_replay(&live, &reader, &why));
    assert_string_equal(why.text, "no 2");
    expect_entries(&live, "p2 p1 ");
    live_free(&live);
}

static void
test_addresses(void **state)
{
    static const struct {
        const char *text;
        bool is_address;
    } rows[] = {
        {"https://name.blogspot.com", true},
        {"HTTP://name.blogspot.com/x", true},
        {"name.blogspot.com", false},
        {"blog.xml", false},
        {"http:", false},
        {"https:///x", false},
        {"file:///x", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(live_is_address(str_of(rows[i].text)), rows[i].is_address);
}

/* a path keeps its answers: each test has a server of its own */
#define server_test(test) cmocka_unit_test_setup_teardown(test, web_start, web_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        server_test(test_blog),
        server_test(test_one_feed),
        server_test(test_ends),
        server_test(test_published_meanwhile),
        server_test(test_total_differs),
        server_test(test_missing_feeds),
        server_test(test_redirected_blog),
        server_test(test_links_to_other_hosts),
        server_test(test_refusals),
        server_test(test_later_parts_fail),
        server_test(test_summaries),
        server_test(test_some_summaries),
        server_test(test_unchanged),
        server_test(test_failure_keeps_no_tags),
        server_test(test_reader_that_stops),
        server_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
