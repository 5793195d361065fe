#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/gopher.h"
#include "serve/gopher_answer.h"

/* Requests and answers by the tables g and m of PROTOCOL.md part 5, without a connection. */

static const char *const gemini_hosts[] = {"example.org", NULL};
static char title[] = "A blog\r\nServerAdmin=nobody";
static const struct config config = {.blog = {.title = title}};
static const struct service service = {
    .config = &config,
    .hole = {.host = "hole.example.org",
             .port = 7070,
             .width = GOPHER_WIDTH,
             .gemini_hosts = gemini_hosts},
};

/* Ten bytes, to write long selectors. */
#define TEN     "0123456789"
#define FIFTY   TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

/* STR for a table. */
#define LITERAL(text)            \
    {                            \
        (text), sizeof(text) - 1 \
    }

static void
begin(struct exchange *exchange)
{
    *exchange = (struct exchange){.service = &service};
    response_init(&exchange->response);
}

static void
parse(struct exchange *exchange, const char *received)
{
    begin(exchange);
    assert_true(gopher_protocol.parse(exchange, str_of(received), true));
}

static void
test_requests(void **state)
{
    static const struct {
        const char *received, *path, *query; /* query NULL: has none */
    } rows[] = {
        /* g1 to g4 */
        {"/a.txt\r\n", "/a.txt", NULL},
        {"/a.txt\n", "/a.txt", NULL},
        {"/a.txt", "/a.txt", NULL},
        {"/a.txt\r", "/a.txt", NULL},
        {"\r\n", "/", NULL},
        {"\n", "/", NULL},
        {"/\r\n", "/", NULL},
        {"a.txt\r\n", "/a.txt", NULL},
        {"//a///b/\r\n", "/a/b/", NULL},
        {"/a.txt\r\n/b.txt\r\n", "/a.txt", NULL},
        {"/a/./b/../c\r\n", "/a/c", NULL},
        /* g12, g13: raw octets first */
        {"/a%20b.txt\r\n", "/a%20b.txt", NULL},
        {"/a b.txt\r\n", "/a b.txt", NULL},
        {"/label/caf\u00E9/\r\n", "/label/caf\u00E9/", NULL},
        {"/search?rice\r\n", "/search?rice", NULL},
        /* g14, g15 */
        {"/search\trice\r\n", "/search", "rice"},
        {"/search\trice and beans\r\n", "/search", "rice%20and%20beans"},
        {"/search\tcaf\u00E9\r\n", "/search", "caf%C3%A9"},
        {"/search\tcaf\xE9\r\n", "/search", "caf%C3%A9"},
        {"/search\t100% a?b#c\r\n", "/search", "100%25%20a%3Fb%23c"},
        {"/search\trice\t+\r\n", "/search", "rice"},
        {"/search\t$100\r\n", "/search", "$100"},
        /* g16, g17: probes */
        {"/search\t\r\n", "/search", NULL},
        {"/a.txt\t+\r\n", "/a.txt", NULL},
        {"/a.txt\t+text/plain\r\n", "/a.txt", NULL},
        {"/a.txt\t!\r\n", "/a.txt", NULL},
        {"/a.txt\t!+INFO\r\n", "/a.txt", NULL},
        {"/a.txt\t\t+\r\n", "/a.txt", NULL},
        {"\t$\r\n", "/", NULL},
        {"\t$+\r\n", "/", NULL},
        /* a selector may look like anything */
        {"GET /a.txt\r\n", "/GET /a.txt", NULL},
        {"/" FIFTY HUNDRED HUNDRED "0123\r\n", "/" FIFTY HUNDRED HUNDRED "0123", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct exchange exchange;

        parse(&exchange, rows[i].received);
        assert_int_equal(exchange.response.outcome, OUTCOME_OK);
        assert_int_equal(exchange.response.meta.len, 0);
        assert_false(exchange.silent);
        assert_string_equal(exchange.request.path, rows[i].path);
        assert_int_equal(exchange.request.has_query, rows[i].query != NULL);
        assert_string_equal(exchange.request.query, rows[i].query ? rows[i].query : "");
        response_free(&exchange.response);
    }
}

static void
test_refusals(void **state)
{
    static const struct {
        struct str received;
        enum outcome outcome;
    } rows[] = {
        {LITERAL("/" FIFTY HUNDRED HUNDRED "01234\r\n"), OUTCOME_BAD_REQUEST}, /* g5 */
        {LITERAL("/a\0b\r\n"), OUTCOME_BAD_REQUEST},                           /* g9 */
        {LITERAL("/a\x1B[2J\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("/a\x7F\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("/a\rb\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("/search\tri\0ce\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("/..\r\n"), OUTCOME_NOT_FOUND}, /* g10 */
        {LITERAL("../../etc/passwd\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("/a/../../b\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("/.index.db\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("/a/.git/config\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("/caf\xE9\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("/\xC0\xAE\xC0\xAE/\r\n"), OUTCOME_NOT_FOUND},
        {LITERAL("URL:javascript:alert(1)\r\n"), OUTCOME_BAD_REQUEST}, /* g19 */
        {LITERAL("URL:file:///etc/passwd\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("URL:/a\r\n"), OUTCOME_BAD_REQUEST},
        {LITERAL("URL:\r\n"), OUTCOME_BAD_REQUEST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct exchange exchange;
        struct buf head = {0};

        begin(&exchange);
        assert_true(gopher_protocol.parse(&exchange, rows[i].received, false));
        assert_int_equal(exchange.response.outcome, rows[i].outcome);
        gopher_protocol.render(&exchange, &head);
        assert_true(str_starts(buf_str(&head), STR("3")));
        assert_true(str_ends(buf_str(&head), STR("\t\terror.host\t1\r\n.\r\n")));
        buf_free(&head);
        response_free(&exchange.response);
    }
}

static void
test_too_many_words(void **state)
{
    struct exchange exchange;
    struct buf request = {0};

    (void)state;
    buf_put(&request, STR("/search\t"));
    while (request.len <= REQUEST_TEXT_MAX)
        buf_put(&request, STR("\u09a7\u09be\u09a8 "));
    buf_put(&request, STR("\r\n"));
    parse(&exchange, buf_text(&request));
    assert_int_equal(exchange.response.outcome, OUTCOME_OK);
    assert_true(str_starts(str_of(exchange.request.query), STR("%E0%A6%A7%E0%A6%BE%E0%A6%A8%20")));
    assert_in_range(strlen(exchange.request.query), REQUEST_TEXT_MAX / 2, REQUEST_TEXT_MAX);
    response_free(&exchange.response);
    buf_free(&request);
}

/* A request is judged when its line is whole, its sender is done, or it is too long. */
static void
test_when_it_is_whole(void **state)
{
    struct exchange exchange;
    struct buf line = {0};

    (void)state;
    begin(&exchange);
    while (line.len < GOPHER_LINE_MAX - 1) {
        assert_false(gopher_protocol.parse(&exchange, buf_str(&line), false));
        buf_byte(&line, 'a');
    }
    assert_false(gopher_protocol.parse(&exchange, buf_str(&line), false));
    buf_byte(&line, 'a');
    assert_true(gopher_protocol.parse(&exchange, buf_str(&line), false));
    assert_int_equal(exchange.response.outcome, OUTCOME_BAD_REQUEST);
    response_free(&exchange.response);
    buf_free(&line);
}

/* g7, and offpunk's empty connections */
static void
test_silence(void **state)
{
    struct exchange exchange;

    (void)state;
    begin(&exchange);
    assert_false(gopher_protocol.parse(&exchange, STR(""), false));
    assert_false(exchange.silent);
    parse(&exchange, "");
    assert_true(exchange.silent);
}

static void
test_rereads(void **state)
{
    static const struct {
        const char *received, *meanings; /* path[?query][ as text], joined with " | " */
    } rows[] = {
        {"/a.gmi", ""},
        {"/2017/12/a.txt", "/2017/12/a.gmi as text"},
        {"/2017/index.txt", "/2017/ as text"},
        {"/index.txt", "/ as text"},
        {"0/robots.txt", "/robots.txt | /robots.gmi as text"},
        {"/1/dir/", "/dir/"},
        {"/12/dir/", ""},
        {"/p/picture.png", "/picture.png"},
        {"/p/about.html?m=1", "/p/about.html?m=1"}, /* what a blog had is no picture */
        {"0/a%20b.txt", "/a%20b.txt | /a b.txt | /a b.gmi as text"},
        {"/a%20b", "/a b | /a b.html"},
        {"/a%2520b", "/a%20b"},                  /* once, never twice */
        {"/2017/12/slug", "/2017/12/slug.html"}, /* IMPORT 1.6 */
        {"0/2017/12/slug", "/2017/12/slug | /2017/12/slug.html"},
        {"/p/about", "/p/about.html"},
        {"/2017/12/slug?m=1", "/2017/12/slug?m=1 | /2017/12/slug.html?m=1"},
        {"/2017/12/slug.html", ""},
        {"/2017/12/", ""},
        {"/a%2F..%2F..%2Fb", ""},
        {"/%2Egit/config", "/%2Egit/config.html"},
        {"/a%00b", ""},
        {"/a%FFb", ""},
        {"/100%", ""},
        {"/search?rice", "/search?rice | /search.html?rice"},
        {"/search/2?rice%20and beans",
         "/search/2?rice%20and%20beans | /search/2.html?rice%20and%20beans"},
        {"/search?a?b", "/search?a%3Fb | /search.html?a%3Fb"},
        {"/what?x\tword", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct exchange exchange;
        struct buf got = {0};

        parse(&exchange, rows[i].received);
        while (gopher_protocol.reread(&exchange))
            buf_format(&got, "%s%s%s%s%s", got.len > 0 ? " | " : "", exchange.request.path,
                       exchange.request.has_query ? "?" : "", exchange.request.query,
                       exchange.as_text ? " as text" : "");
        assert_string_equal(buf_text(&got), rows[i].meanings);
        buf_free(&got);
        response_free(&exchange.response);
    }
}

/* What is sent: head, then what is left of the response. */
static void
render(struct exchange *exchange, struct buf *sent)
{
    char bytes[4096];
    ssize_t got;

    gopher_protocol.render(exchange, sent);
    while (exchange->response.file_fd >= 0 &&
           (got = read(exchange->response.file_fd, bytes, sizeof(bytes))) > 0)
        buf_put(sent, (struct str){bytes, (size_t)got});
    buf_put(sent, buf_str(&exchange->response.page));
    response_free(&exchange->response);
}

static void
expect_answer(const char *received, const char *expected)
{
    struct exchange exchange;
    struct buf sent = {0};

    parse(&exchange, received);
    render(&exchange, &sent);
    assert_string_equal(buf_text(&sent), expected);
    buf_free(&sent);
}

static void
test_http(void **state)
{
    static const char answer[] = "HTTP/1.0 400 Bad Request\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Length: 60\r\n"
                                 "Connection: close\r\n\r\n"
                                 "This is a Gopher server: gopher://hole.example.org:7070/1/\r\n";

    (void)state;
    expect_answer("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", answer);
    expect_answer("POST /a b HTTP/1.0\r\n", answer);
    expect_answer("GET /" HUNDRED HUNDRED HUNDRED " HTTP/1.1\r\n", answer);
}

static void
test_caps(void **state)
{
    static const char answer[] = "CAPS\r\n\r\n"
                                 "CapsVersion=1\r\n"
                                 "ExpireCapsAfter=3600\r\n\r\n"
                                 "PathDelimeter=/\r\n"
                                 "PathIdentity=.\r\n"
                                 "PathParent=..\r\n"
                                 "PathParentDouble=FALSE\r\n"
                                 "PathKeepPreDelimeter=FALSE\r\n\r\n"
                                 "ServerSoftware=inspir\r\n"
                                 "ServerSoftwareVersion=\r\n"
                                 "ServerDescription=A blog ServerAdmin=nobody\r\n"
                                 "ServerGeolocationString=\r\n"
                                 "ServerDefaultEncoding=UTF-8\r\n"
                                 "ServerAdmin=\r\n"
                                 "ServerTLSPort=7070\r\n";

    static const char *const selectors[] = {"caps.txt\r\n", "/caps.txt\r\n", "0/caps.txt\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++) {
        struct exchange exchange;
        struct buf sent = {0};

        parse(&exchange, selectors[i]); /* a file of that name comes first */
        assert_int_equal(exchange.response.meta.len, 0);
        while (exchange.response.meta.len == 0)
            assert_true(gopher_protocol.reread(&exchange));
        render(&exchange, &sent);
        assert_string_equal(buf_text(&sent), answer);
        buf_free(&sent);
    }
}

static void
test_url_pages(void **state)
{
    static const struct {
        const char *received, *shown;
    } rows[] = {
        {"URL:https://example.net/a?b=c&d=e\r\n", "https://example.net/a?b=c&amp;d=e"},
        {"/URL:gemini://example.net/\r\n", "gemini://example.net/"},
        {"hURL:HTTP://example.net/\r\n", "HTTP://example.net/"},
        {"URL:mailto:a@example.net\r\n", "mailto:a@example.net"},
        {"URL:https://x/\"><script>'\r\n", "https://x/%22%3E%3Cscript%3E&#39;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *shown = rows[i].shown;
        struct buf page = {0};

        buf_format(&page,
                   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"refresh\" content=\"5;URL=%s\">\n<title>%s</title>\n"
                   "</head>\n<body>\n<p>This link leads out of Gopher: "
                   "<a href=\"%s\">%s</a></p>\n</body>\n</html>\n",
                   shown, shown, shown, shown);
        expect_answer(rows[i].received, buf_text(&page));
        buf_free(&page);
    }
}

/* What the site said, and what a reader gets. */
static void
test_answers(void **state)
{
    static const struct {
        const char *received;
        enum outcome outcome;
        const char *meta, *page, *sent;
    } rows[] = {
        {"/a.gmi", OUTCOME_OK, "text/gemini; lang=nl", "# A\n",
         "iA\tTITLE\terror.host\t1\r\ni=\t\terror.host\t1\r\n.\r\n"},
        {"/a.gmi", OUTCOME_OK, "text/gemini; charset=iso-8859-1; lang=fr",
         "# Caf\xE9\nd\x92\xE9t\xE9\n",
         "iCafé\tTITLE\terror.host\t1\r\ni====\t\terror.host\t1\r\n"
         "id’été\t\terror.host\t1\r\n.\r\n"},
        {"/a.txt", OUTCOME_OK, "text/plain; charset=iso-8859-1", "d\xE9j\xE0\n", "déjà\r\n"},
        {"/a.txt", OUTCOME_OK, "text/plain; charset=koi8-r", "d\xE9j\xE0\n", "d\xE9j\xE0\r\n"},
        {"/a.md", OUTCOME_OK, "text/plain; charset=utf-8", "a\n.\nb", "a\r\n.\r\nb\r\n"},
        {"/a.html", OUTCOME_OK, "text/html", "<p>\n", "<p>\n"},
        {"/a.png", OUTCOME_OK, "image/png", "\x89PNG\n", "\x89PNG\n"},
        {"/search", OUTCOME_INPUT, "Words to search for", "",
         "7Words to search for\t/search\thole.example.org\t7070\r\n.\r\n"},
        {"/2017/11", OUTCOME_MOVED, "/2017/11/", "",
         "1Moved to /2017/11/\t/2017/11/\thole.example.org\t7070\r\n.\r\n"},
        {"/a.html", OUTCOME_MOVED, "/2017/11/caf%C3%A9.gmi", "",
         "0Moved to /2017/11/caf\u00E9.gmi\t/2017/11/caf\u00E9.txt\thole.example.org\t7070\r\n"
         ".\r\n"},
        {"/random", OUTCOME_ELSEWHERE, "/2017/11/caf%C3%A9.gmi", "",
         "0/2017/11/caf\u00E9.gmi\t/2017/11/caf\u00E9.txt\thole.example.org\t7070\r\n"
         ".\r\n"},
        {"/a", OUTCOME_MOVED, "//example.net/", "",
         "1Moved to /example.net/\t/example.net/\thole.example.org\t7070\r\n.\r\n"},
        {"/a", OUTCOME_NOT_FOUND, "There is no such page", "",
         "3There is no such page\t\terror.host\t1\r\n.\r\n"},
        {"/a", OUTCOME_GONE, "This post was removed", "",
         "3This post was removed\t\terror.host\t1\r\n.\r\n"},
        {"/a", OUTCOME_TROUBLE, "", "", "3This cannot be answered\t\terror.host\t1\r\n.\r\n"},
        {"/a", OUTCOME_TOO_FAST, "Slow down", "", "3Slow down\t\terror.host\t1\r\n.\r\n"},
        {"/p/", OUTCOME_CERTIFICATE_NEEDED, "A certificate, please", "",
         "3Gemini only\t\terror.host\t1\r\n.\r\n"},
        {"/p/", OUTCOME_CERTIFICATE_INVALID, "", "", "3Gemini only\t\terror.host\t1\r\n.\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct exchange exchange;
        struct buf sent = {0};

        parse(&exchange, rows[i].received);
        response_set(&exchange.response, rows[i].outcome, str_of(rows[i].meta));
        buf_put(&exchange.response.page, str_of(rows[i].page));
        render(&exchange, &sent);
        assert_string_equal(buf_text(&sent), rows[i].sent);
        buf_free(&sent);
    }
}

/* A file of `size` bytes, gone when it is closed. */
static int
file_of(struct str content, off_t size)
{
    char path[] = "/tmp/inspir-test-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, content.ptr, content.len), content.len);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* A post is its file and a footer behind it, in both forms. */
static void
test_posts(void **state)
{
    static const char post[] = "# A\n\nText.\n", footer[] = "\n=> /2017/11/b.gmi Older: B\n";
    static const struct {
        bool as_text;
        const char *sent;
    } rows[] = {
        {false, "iA\tTITLE\terror.host\t1\r\ni=\t\terror.host\t1\r\ni\t\terror.host\t1\r\n"
                "iText.\t\terror.host\t1\r\ni\t\terror.host\t1\r\n"
                "0Older: B\t/2017/11/b.txt\thole.example.org\t7070\r\n.\r\n"},
        {true, "A\r\n=\r\n\r\nText.\r\n\r\n[1] Older: B\r\n\r\n"
               "[1] gopher://hole.example.org:7070/0/2017/11/b.txt\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct exchange exchange;
        struct buf sent = {0};

        parse(&exchange, rows[i].as_text ? "/2017/12/a.txt" : "/2017/12/a.gmi");
        assert_int_equal(gopher_protocol.reread(&exchange), rows[i].as_text);
        assert_string_equal(exchange.request.path, "/2017/12/a.gmi");
        response_set(&exchange.response, OUTCOME_OK, STR("text/gemini"));
        exchange.response.file_fd = file_of(STR(post), sizeof(post) - 1);
        buf_put(&exchange.response.page, STR(footer));
        render(&exchange, &sent);
        assert_string_equal(buf_text(&sent), rows[i].sent);
        buf_free(&sent);
    }
}

static void
test_large_text_goes_as_it_is(void **state)
{
    struct exchange exchange;
    struct buf sent = {0};

    (void)state;
    parse(&exchange, "/large.txt");
    response_set(&exchange.response, OUTCOME_OK, STR("text/plain"));
    exchange.response.file_fd = file_of(STR("a\n"), GOPHER_TEXT_MAX + 1);
    render(&exchange, &sent);
    assert_int_equal(sent.len, GOPHER_TEXT_MAX + 1);
    assert_true(str_starts(buf_str(&sent), STR("a\n")));
    buf_free(&sent);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),       cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_many_words), cmocka_unit_test(test_when_it_is_whole),
        cmocka_unit_test(test_silence),        cmocka_unit_test(test_rereads),
        cmocka_unit_test(test_http),           cmocka_unit_test(test_caps),
        cmocka_unit_test(test_url_pages),      cmocka_unit_test(test_answers),
        cmocka_unit_test(test_posts),          cmocka_unit_test(test_large_text_goes_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
