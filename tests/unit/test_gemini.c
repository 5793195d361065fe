#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "serve/gemini.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define U "gemini://localhost"
#define S(s)             \
    {                    \
        s, sizeof(s) - 1 \
    }

enum { RULES = 40, LIST_MAX = 1 << 20 };

static char *hosts[] = {"localhost", "alt.example", "127.0.0.1", "2001:db8::1", "dotted.example."};

static struct config config;
static struct service service;

static int
setup(void **state)
{
    (void)state;
    memcpy(config.gemini.hosts.items, hosts, sizeof(hosts));
    config.gemini.hosts.count = COUNT(hosts);
    config.gemini.port = 1965;
    service = (struct service){.config = &config, .gemini_ports = {7965}, .gemini_port_count = 1};
    return 0;
}

/* --- a site of a few pages stands in for the capsule --- */

static const struct page {
    const char *path;
    enum outcome outcome;
    const char *meta;
} pages[] = {
    {"/", OUTCOME_OK, "text/gemini; charset=utf-8; lang=en"},
    {"/page.gmi", OUTCOME_OK, "text/gemini"},
    {"/sub/", OUTCOME_OK, "text/gemini"},
    {"/sub/x", OUTCOME_OK, "text/gemini"},
    {"/sub", OUTCOME_MOVED, "/sub/"},
    {"/\xC3\xA9t\xC3\xA9.gmi", OUTCOME_OK, "text/gemini"},
    {"/search", OUTCOME_INPUT, "Words"},
    {"/gone.gmi", OUTCOME_GONE, ""},
};

static void
ask_site(struct exchange *exchange)
{
    for (size_t i = 0; i < COUNT(pages); i++) {
        if (strcmp(pages[i].path, exchange->request.path) == 0) {
            response_set(&exchange->response, pages[i].outcome, str_of(pages[i].meta));
            if (pages[i].outcome == OUTCOME_OK)
                buf_put(&exchange->response.page, STR("# Page\n"));
            return;
        }
    }
    response_set(&exchange->response, OUTCOME_NOT_FOUND, STR(""));
}

/* What comes back when the bytes arrive in pieces of `first` and then `rest` bytes; "" when the
 * connection is closed without a word. *waited: nothing was said until the client ended. */
struct reply {
    char text[GEMINI_LINE_MAX * 2];
    struct request request;
    bool waited;
};

static struct reply
deliver(struct str bytes, struct str sni, size_t first, size_t rest)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct reply reply = {.waited = false};
    struct buf head = {0}, received = {0};
    size_t piece = first;
    bool done = false;

    exchange->service = &service;
    exchange->sni = sni;
    response_init(&exchange->response);
    while (!done && bytes.len > 0 && received.len < gemini_protocol.line_max) {
        struct str part = str_head(bytes, piece);

        part = str_head(part, gemini_protocol.line_max - received.len);
        buf_put(&received, part);
        bytes = str_after(bytes, part.len);
        done = gemini_protocol.parse(exchange, buf_str(&received), false);
        piece = rest;
    }
    reply.waited = !done;
    if (!done)
        assert_true(gemini_protocol.parse(exchange, buf_str(&received), true));
    if (!exchange->silent) {
        if (exchange->response.outcome == OUTCOME_OK && exchange->response.meta.len == 0)
            ask_site(exchange);
        gemini_protocol.render(exchange, &head);
        buf_put(&head, buf_str(&exchange->response.page));
        assert_true(head.len < sizeof(reply.text));
    }
    memcpy(reply.text, buf_text(&head), head.len + 1);
    reply.request = exchange->request;
    response_free(&exchange->response);
    buf_free(&head), buf_free(&received);
    free(exchange);
    return reply;
}

/* Whole, byte by byte, and cut in two at every place: always the same. */
static struct reply
ask(const char *name, struct str bytes, struct str sni)
{
    struct reply whole = deliver(bytes, sni, bytes.len + 1, 1);
    struct reply drip = deliver(bytes, sni, 1, 1);

    if (strcmp(whole.text, drip.text) != 0)
        fail_msg("%s: byte by byte: %s", name, drip.text);
    for (size_t cut = 1; cut < bytes.len; cut++) {
        struct reply split = deliver(bytes, sni, cut, bytes.len);

        if (strcmp(whole.text, split.text) != 0)
            fail_msg("%s: cut at %zu: %s", name, cut, split.text);
        if (strcmp(whole.request.path, split.request.path) != 0 ||
            strcmp(whole.request.query, split.request.query) != 0 ||
            whole.request.has_query != split.request.has_query)
            fail_msg("%s: cut at %zu: another request", name, cut);
    }
    return whole;
}

/* --- lists of requests --- */

static char
octal(struct str *text)
{
    int value = 0;

    for (int i = 0; i < 3 && text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '7'; i++) {
        value = value * 8 + text->ptr[0] - '0';
        *text = str_after(*text, 1);
    }
    return (char)value;
}

static void
unescape(struct buf *out, struct str text)
{
    static const char names[] = "rnt", bytes[] = "\r\n\t";

    while (text.len > 0) {
        char byte = text.ptr[0];
        const char *name;

        text = str_after(text, 1);
        if (byte != '\\' || text.len == 0) {
            buf_byte(out, byte);
        } else if (text.ptr[0] >= '0' && text.ptr[0] <= '7') {
            buf_byte(out, octal(&text));
        } else {
            name = strchr(names, text.ptr[0]);
            buf_byte(out, name ? bytes[name - names] : text.ptr[0]);
            text = str_after(text, 1);
        }
    }
}

/* Appends the bytes of a row: see the head of tests/fixtures/gemini-requests.tsv. */
static void
put_request(struct buf *out, struct str escaped, size_t len)
{
    struct str rest = escaped, head = str_cut(&rest, '~'), tail = rest;
    struct buf last = {0};

    str_chop(&tail, STR("\\r\\n"));
    unescape(&last, tail);
    unescape(out, head);
    while (out->len + last.len < len)
        buf_byte(out, 'a');
    unescape(out, rest);
    buf_free(&last);
}

static struct str
next_field(struct str *line)
{
    struct str field = str_cut(line, '\t');

    return str_eq(field, STR("-")) ? STR("") : field;
}

/* One row; the number of the rule that it shows. */
static unsigned long
check_row(struct str line)
{
    struct str rule = next_field(&line), escaped = next_field(&line), len_text = next_field(&line);
    struct str sni = next_field(&line);
    unsigned long len = 0, number = 0;
    struct buf request = {0}, expected = {0}, label = {0};
    struct reply reply;

    assert_true(str_skip(&rule, STR("R")) && str_number(rule, RULES, &number) && number > 0);
    assert_true(len_text.len == 0 || str_number(len_text, LIST_MAX, &len));
    put_request(&request, escaped, len);
    unescape(&expected, line);
    buf_format(&label, "R%lu: %.*s", number, (int)escaped.len, escaped.ptr);
    reply = ask(buf_text(&label), buf_str(&request), sni);
    if (!str_starts(str_of(reply.text), buf_str(&expected)))
        fail_msg("%s: %s", buf_text(&label), reply.text);
    buf_free(&request), buf_free(&expected), buf_free(&label);
    return number;
}

/* PROTOCOL.md 1.2 */
static void
test_decision_table(void **state)
{
    bool seen[RULES + 1] = {false};
    unsigned rules = 0, rows = 0;
    struct buf list = {0};
    struct failure why;
    struct str rest;

    (void)state;
    if (!file_read("tests/fixtures/gemini-requests.tsv", LIST_MAX, &list, &why))
        fail_msg("%s", why.text);
    rest = buf_str(&list);
    while (rest.len > 0) {
        struct str line = str_line(&rest);

        if (!str_starts(line, STR("#"))) {
            seen[check_row(line)] = true;
            rows++;
        }
    }
    for (unsigned i = 1; i <= RULES; i++)
        rules += seen[i];
    print_message("%u of %d rules, %u rows\n", rules, RULES, rows);
    assert_int_equal(rules, RULES);
    buf_free(&list);
}

/* PROTOCOL.md 1.1, 4 and 5: what is no request yet. */
static void
test_reader_waits(void **state)
{
    static const struct {
        struct str bytes;
        const char *expected; /* once the client has ended */
    } waits[] = {
        {S(""), ""},         {S(U "/"), "59 "},      {S(U "/\n"), "59 "},
        {S(U "/\r"), "59 "}, {S("\x16\x03"), "59 "}, {S(U "/\n\r"), "59 "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct reply reply = ask("waits", waits[i].bytes, STR(""));

        assert_true(reply.waited);
        assert_int_equal(strncmp(reply.text, waits[i].expected, 3), 0);
        assert_int_equal(reply.text[0] == '\0', waits[i].expected[0] == '\0');
    }
}

/* 1.1, 2: the last byte at which a line can still end, and the first at which it cannot. */
static void
test_limit_is_known_at_once(void **state)
{
    struct buf bytes = {0};

    (void)state;
    put_request(&bytes, STR(U "/~"), 1024);
    assert_true(deliver(buf_str(&bytes), STR(""), 2000, 1).waited);
    buf_byte(&bytes, '\r');
    assert_true(deliver(buf_str(&bytes), STR(""), 2000, 1).waited);
    buf_byte(&bytes, '\r');
    assert_false(deliver(buf_str(&bytes), STR(""), 2000, 1).waited);
    bytes.ptr[1024] = 'a';
    assert_false(deliver(str_head(buf_str(&bytes), 1025), STR(""), 2000, 1).waited);
    buf_free(&bytes);
}

static void
test_request_that_the_site_sees(void **state)
{
    static const struct {
        struct str bytes;
        const char *path, *query; /* NULL: none */
    } requests[] = {
        {S(U "\r\n"), "/", NULL},
        {S(U "/sub/../%70age.gmi?a=b\r\n"), "/page.gmi", "a=b"},
        {S(U "/?\r\n"), "/", ""},
        {S(U "/?a?b\r\n"), "/", "a?b"},
        {S(U "/?a b  c\r\n"), "/", "a%20b%20%20c"},
        {S(U "/?\xC3\xA9+%2B\r\n"), "/", "%C3%A9+%2B"},
        {S(U "/?/../x//y\r\n"), "/", "/../x//y"},
        {S(U "/?a:b@[c]\r\n"), "/", "a:b@%5Bc%5D"},
        {S(U "/\xC3\xA9t%C3%A9.gmi\r\n"), "/\xC3\xA9t\xC3\xA9.gmi", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct reply reply = ask("request", requests[i].bytes, STR(""));

        assert_string_equal(reply.request.path, requests[i].path);
        assert_int_equal(reply.request.has_query, requests[i].query != NULL);
        assert_string_equal(reply.request.query, requests[i].query ? requests[i].query : "");
    }
}

/* 1024 bytes on the wire, but three times as many as it should have been sent. */
static void
test_query_that_grows_too_long(void **state)
{
    struct buf bytes = {0};

    (void)state;
    buf_put(&bytes, STR(U "/?"));
    while (bytes.len < 1024)
        buf_byte(&bytes, ' ');
    buf_put(&bytes, STR("\r\n"));
    assert_memory_equal(ask("spaces", buf_str(&bytes), STR("")).text, "59 ", 3);
    buf_free(&bytes);
}

/* --- answers --- */

static void
test_headers(void **state)
{
    static const struct {
        int status;
        struct str meta;
        const char *expected;
    } headers[] = {
        {20, S("text/gemini; lang=en"), "20 text/gemini; lang=en\r\n"},
        {51, S(""), "51 Not found\r\n"},
        {51, S("  \t "), "51 Not found\r\n"},
        {59, S(" a\r\n20 text/plain\r\nb "), "59 a  20 text/plain  b\r\n"},
        {40, S("a\0b\x1B[2J\x7F"), "40 a b [2J\r\n"},
        {40,
         S("\xC2\x9B"
           "2J\xC2\x85."),
         "40 2J .\r\n"},
        {40,
         S("\xEF\xBB\xBF"
           "mark"),
         "40 mark\r\n"},
        {40, S("caf\xC3\xA9 \xFF\xE2\x82"), "40 caf\xC3\xA9\r\n"},
        {10, S(""), "10 Your answer\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct buf out = {0};

        gemini_header(&out, headers[i].status, headers[i].meta);
        assert_string_equal(buf_text(&out), headers[i].expected);
        buf_free(&out);
    }
}

static void
test_meta_is_cut_between_characters(void **state)
{
    struct buf meta = {0}, out = {0};

    (void)state;
    buf_byte(&meta, 'x');
    while (meta.len < 2000)
        buf_put(&meta, STR("\xE2\x82\xAC"));
    gemini_header(&out, 40, buf_str(&meta));
    assert_int_equal(out.len, 3 + 1 + 341 * 3 + 2);
    assert_memory_equal(out.ptr + out.len - 5, "\xE2\x82\xAC\r\n", 5);
    buf_free(&meta), buf_free(&out);
}

/* H4, H1: one defined code for each outcome, and a text for each. */
static void
test_every_outcome_has_a_header(void **state)
{
    static const int defined[] = {20, 10, 31, 30, 40, 41, 44, 51, 52, 53, 59, 60, 61, 62};

    (void)state;
    for (int outcome = OUTCOME_OK; outcome <= OUTCOME_CERTIFICATE_INVALID; outcome++) {
        struct buf out = {0};

        assert_int_equal(gemini_status((enum outcome)outcome), defined[outcome]);
        gemini_header(&out, gemini_status((enum outcome)outcome), STR(""));
        assert_in_range(out.len, sizeof("NN x\r\n") - 1, META_MAX);
        buf_free(&out);
    }
}

/* The head that a MOVED to `target` gives when the request was `url`. */
static void
expect_redirect(const char *url, const char *target, const char *expected)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct buf line = {0}, head = {0};

    exchange->service = &service;
    response_init(&exchange->response);
    buf_format(&line, "%s\r\n", url);
    assert_true(gemini_protocol.parse(exchange, buf_str(&line), false));
    response_set(&exchange->response, OUTCOME_MOVED, str_of(target));
    gemini_protocol.render(exchange, &head);
    assert_string_equal(buf_text(&head), expected);
    response_free(&exchange->response);
    buf_free(&line), buf_free(&head);
    free(exchange);
}

static void
test_redirects(void **state)
{
    static const struct {
        const char *url, *target, *expected;
    } redirects[] = {
        {U "/x", "/y/", "31 gemini://localhost/y/\r\n"},
        {"gemini://ALT.Example/x", "/y", "31 gemini://alt.example/y\r\n"},
        {U ":7965/x", "/y", "31 gemini://localhost:7965/y\r\n"},
        {U ":1965/x", "/y", "31 gemini://localhost:1965/y\r\n"},
        {U ":/x", "/y", "31 gemini://localhost/y\r\n"},
        {"gemini://[2001:DB8::1]/x", "/y", "31 gemini://[2001:db8::1]/y\r\n"},
        {U "/x", "/search?a%20b", "31 gemini://localhost/search?a%20b\r\n"},
        {U "/x", "//example.org/", "31 gemini://localhost/example.org/\r\n"},
        {U "/x", "", "31 gemini://localhost/\r\n"},
        {U "/x", "y", "31 gemini://localhost/y\r\n"},
        {U "/x", "/a b\r\nc\xC3\xA9", "31 gemini://localhost/a%20b%0D%0Ac%C3%A9\r\n"},
        {U "/x", "/y#part", "31 gemini://localhost/y\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(redirects); i++)
        expect_redirect(redirects[i].url, redirects[i].target, redirects[i].expected);
}

static void
test_redirect_names_the_public_port(void **state)
{
    (void)state;
    config.gemini.port = 9965;
    expect_redirect(U "/x", "/y", "31 gemini://localhost:9965/y\r\n");
    expect_redirect(U ":7965/x", "/y", "31 gemini://localhost:7965/y\r\n");
    config.gemini.port = 0;
    expect_redirect(U "/x", "/y", "31 gemini://localhost/y\r\n");
    config.gemini.port = 1965;
}

static void
test_redirect_that_is_too_long(void **state)
{
    struct buf target = {0};

    (void)state;
    while (target.len < URI_MAX)
        buf_put(&target, STR("/long"));
    expect_redirect(U "/x", buf_text(&target), "51 The new address of this page is too long\r\n");
    buf_free(&target);
}

static void
test_only_success_has_a_body(void **state)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct buf head = {0};

    (void)state;
    exchange->service = &service;
    response_init(&exchange->response);
    exchange->response.outcome = OUTCOME_GONE;
    buf_put(&exchange->response.page, STR("a body\n"));
    exchange->response.file_fd = dup(STDIN_FILENO);
    gemini_protocol.render(exchange, &head);
    assert_int_equal(exchange->response.page.len, 0);
    assert_int_equal(exchange->response.file_fd, -1);
    assert_int_equal(exchange->response.outcome, OUTCOME_GONE);
    response_free(&exchange->response);
    buf_free(&head);
    free(exchange);
}

/* --- the shared list of hostile requests, where it is at hand --- */

/* A refusal must be one of those allowed; what is accepted must be meant for the site. */
static bool
is_expected(const char *answer, struct str allowed)
{
    bool for_site = false;

    while (allowed.len > 0) {
        struct str one = str_cut(&allowed, '|');

        if (str_eq(one, answer[0] ? str_head(str_of(answer), 2) : STR("close")))
            return true;
        for_site = for_site || str_starts(one, STR("1")) || str_starts(one, STR("2")) ||
                   str_starts(one, STR("3")) || str_eq(one, STR("51"));
    }
    return for_site && answer[0] && strncmp(answer, "59", 2) != 0 && strncmp(answer, "53", 2) != 0;
}

static void
test_hostile_requests(void **state)
{
    struct buf list = {0};
    struct failure why;
    struct str rest;
    unsigned count = 0;

    (void)state;
    if (!file_read("../shared/hostile/gemini.tsv", LIST_MAX, &list, &why)) {
        print_message("skipped: %s\n", why.text);
        skip();
    }
    rest = buf_str(&list);
    while (rest.len > 0) {
        struct str line = str_line(&rest), name = str_cut(&line, '\t');
        struct str request = str_cut(&line, '\t'), allowed = str_cut(&line, '\t');
        struct buf bytes = {0};
        struct reply reply;
        char label[64];

        if (str_starts(name, STR("#")) || str_eq(name, STR("name")) ||
            str_starts(name, STR("plain_")))
            continue;
        snprintf(label, sizeof(label), "%.*s", (int)name.len, name.ptr);
        unescape(&bytes, request);
        reply = ask(label, buf_str(&bytes), STR("localhost"));
        if (!is_expected(reply.text, allowed))
            fail_msg("%s: %s", label, reply.text);
        buf_free(&bytes);
        count++;
    }
    print_message("%u rows\n", count);
    assert_in_range(count, 100, 1000);
    buf_free(&list);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decision_table),
        cmocka_unit_test(test_reader_waits),
        cmocka_unit_test(test_limit_is_known_at_once),
        cmocka_unit_test(test_request_that_the_site_sees),
        cmocka_unit_test(test_query_that_grows_too_long),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_meta_is_cut_between_characters),
        cmocka_unit_test(test_every_outcome_has_a_header),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirect_names_the_public_port),
        cmocka_unit_test(test_redirect_that_is_too_long),
        cmocka_unit_test(test_only_success_has_a_body),
        cmocka_unit_test(test_hostile_requests),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
