#include "web.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

enum { SMALL = 1000, SECONDS = 20 };

/* Asks for an address as a test's table writes it: a path of the server, or something else. */
static bool
ask(struct web *web, const char *address, struct fetch_answer *answer, struct failure *why)
{
    struct buf full = {0};
    struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};
    bool answered;

    request.address = *address == '/' ? web_address(web, &full, address) : address;
    *why = (struct failure){0};
    answered = fetch(web->fetcher, &request, answer, why);
    buf_free(&full);
    return answered;
}

/* The sentence without the port, which differs each time. */
static void
expect_failure(const struct web *web, const struct failure *why, const char *wanted)
{
    struct buf text = {0};
    struct str rest = str_of(why->text);
    const char *at = strstr(why->text, web->origin);

    if (at) {
        buf_put(&text, str_head(rest, (size_t)(at - why->text)));
        rest = str_after(str_of(at), strlen(web->origin));
    }
    buf_put(&text, rest);
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&text);
}

/* No file may grow beyond this. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* --- what comes back --- */

static void
test_answer(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;

    web_add(web, (struct web_answer){"/a",
                                     .headers = "Content-Type: Text/HTML; charset=x\n"
                                                "ETag: W/\"7\"\nlast-modified: Sunday",
                                     .body = "bytes"});
    assert_true(ask(web, "/a", &answer, &why));
    assert_int_equal(answer.status, FETCH_OK);
    assert_string_equal(buf_text(&answer.body), "bytes");
    assert_string_equal(buf_text(&answer.type), "text/html");
    assert_string_equal(buf_text(&answer.etag), "W/\"7\"");
    assert_string_equal(buf_text(&answer.modified), "Sunday");
    assert_memory_equal(buf_text(&answer.address), web->origin, strlen(web->origin));
    assert_string_equal(web_requests(web), "GET%20/a");
    fetch_answer_free(&answer);
}

static void
test_bodies(void **state)
{
    static const struct web_answer rows[] = {
        {"/plain", .body = "the body"},
        {"/gzip", .flags = "gzip", .body = "the body"},
        {"/chunked", .flags = "chunked", .body = "the body"},
        {"/both", .flags = "gzip chunked", .body = "the body"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fetch_answer answer;
        struct failure why;

        web_add(web, rows[i]);
        assert_true(ask(web, rows[i].path, &answer, &why));
        assert_string_equal(buf_text(&answer.body), rows[i].body);
        fetch_answer_free(&answer);
    }
}

static void
test_body_in_a_file(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;
    struct stash stash;
    struct buf address = {0};
    struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};
    char text[64] = {0};

    assert_true(stash_open(&stash, &why));
    assert_true(stash_put(&stash, STR("what was there before, and longer"), &why));
    web_add(web, (struct web_answer){"/half", .flags = "truncate=3", .body = "lost"});
    web_add(web, (struct web_answer){"/half", .body = "whole"});
    request.address = web_address(web, &address, "/half");
    assert_true(fetch_to(web->fetcher, &request, &stash, &answer, &why));
    assert_int_equal(pread(stash.page, text, sizeof text, 0), 5);
    assert_string_equal(text, "whole");
    assert_int_equal(answer.body.len, 0);
    fetch_answer_free(&answer);
    stash_close(&stash);
    buf_free(&address);
}

static void
test_full_disk(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;
    struct buf address = {0};
    struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};
    struct stash readonly, full;
    int fd;

    assert_true(stash_open(&readonly, &why));
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(fd, readonly.page);
    request.address = web_address(web, &address, "/full");
    web_add(web, (struct web_answer){"/full", .body = "x"});
    assert_false(fetch_to(web->fetcher, &request, &readonly, &answer, &why));
    expect_failure(web, &why, "/full: cannot empty a temporary file: Invalid argument");
    assert_string_equal(web_requests(web), "");
    fetch_answer_free(&answer);
    stash_close(&readonly);
    close(fd);

    assert_true(stash_open(&full, &why));
    limit_files(4);
    web_unsay(web, "/full");
    web_add(web, (struct web_answer){"/full", .body = "12345"});
    assert_false(fetch_to(web->fetcher, &request, &full, &answer, &why));
    limit_files(RLIM_INFINITY);
    expect_failure(web, &why, "/full: cannot write a temporary file: File too large");
    fetch_answer_free(&answer);
    stash_close(&full);
    buf_free(&address);
}

static void
test_no_body_but_of_200(void **state)
{
    static const int statuses[] = {404, 410, 403, 204};
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct fetch_answer answer;
        struct failure why;
        char path[32];

        snprintf(path, sizeof path, "/status/%d", statuses[i]);
        web_add(web, (struct web_answer){path, .status = statuses[i],
                                         .body = statuses[i] == 204 ? "" : "a page"});
        assert_true(ask(web, path, &answer, &why));
        assert_int_equal(answer.status, statuses[i]);
        assert_int_equal(answer.body.len, 0);
        fetch_answer_free(&answer);
    }
}

static void
test_conditions(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;
    struct buf address = {0};
    struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};

    web_add(web, (struct web_answer){"/c", .headers = "ETag: \"1\"\nLast-Modified: Monday",
                                     .body = "x"});
    request.address = web_address(web, &address, "/c");
    request.etag = "\"1\"";
    request.modified = "Monday";
    assert_true(fetch(web->fetcher, &request, &answer, &why));
    assert_int_equal(answer.status, FETCH_UNCHANGED);
    assert_string_equal(buf_text(&answer.etag), "\"1\"");
    assert_string_equal(web_requests(web),
                        "GET%20/c%0AIf-None-Match%3A%20%221%22%0AIf-Modified-Since%3A%20Monday");
    fetch_answer_free(&answer);
    request.etag = "";
    request.modified = "Tuesday";
    assert_true(fetch(web->fetcher, &request, &answer, &why));
    assert_int_equal(answer.status, FETCH_OK);
    assert_string_equal(web_requests(web), "GET%20/c%0AIf-Modified-Since%3A%20Tuesday");
    fetch_answer_free(&answer);
    buf_free(&address);
}

static void
test_long_tag_is_not_kept(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;
    struct buf headers = {0};

    buf_format(&headers, "ETag: \"%0*d\"\nLast-Modified: Monday", FETCH_TAG_MAX, 0);
    web_add(web, (struct web_answer){"/tag", .headers = buf_text(&headers), .body = "x"});
    assert_true(ask(web, "/tag", &answer, &why));
    assert_string_equal(buf_text(&answer.etag), "");
    assert_string_equal(buf_text(&answer.modified), "Monday");
    fetch_answer_free(&answer);
    buf_free(&headers);
}

/* --- redirects --- */

static void
test_redirects(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *location;
    } rows[] = {
        {"/r/301", 301, "Location: {origin}/there?x=1"},
        {"/r/302", 302, "Location: /there?x=1"},
        {"/r/303", 303, "Location: ../there?x=1"},
        {"/r/307", 307, "Location: /there?x=1#part"},
        {"/r/308", 308, "Location: ./../x/../there?x=1"},
    };
    struct web *web = *state;

    web_add(web, (struct web_answer){"/there?x=1", .body = "arrived"});
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fetch_answer answer;
        struct failure why;

        web_add(web, (struct web_answer){rows[i].path, .status = rows[i].status,
                                         .headers = rows[i].location, .body = "moved"});
        assert_true(ask(web, rows[i].path, &answer, &why));
        assert_string_equal(buf_text(&answer.body), "arrived");
        assert_non_null(strstr(buf_text(&answer.address), "/there?x=1"));
        fetch_answer_free(&answer);
    }
}

static void
test_redirect_leaves_no_tags(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;

    web_add(web, (struct web_answer){"/tagged", .status = 302,
                                     .headers = "ETag: \"hop\"\nLocation: /untagged"});
    web_add(web, (struct web_answer){"/untagged", .body = "x"});
    assert_true(ask(web, "/tagged", &answer, &why));
    assert_string_equal(buf_text(&answer.etag), "");
    fetch_answer_free(&answer);
}

static void
test_no_redirect(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;

    web_add(web, (struct web_answer){"/nowhere", .status = 302});
    web_add(web, (struct web_answer){"/304", .status = 304, .headers = "Location: /there"});
    assert_true(ask(web, "/nowhere", &answer, &why));
    assert_int_equal(answer.status, 302);
    fetch_answer_free(&answer);
    assert_true(ask(web, "/304", &answer, &why));
    assert_int_equal(answer.status, 304);
    fetch_answer_free(&answer);
}

static void
test_redirects_end(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;

    web_add(web, (struct web_answer){"/loop", .status = 302, .headers = "Location: /loop"});
    assert_false(ask(web, "/loop", &answer, &why));
    expect_failure(web, &why, "/loop: more than 5 redirects");
    assert_string_equal(web_requests(web), "GET%20/loop\tGET%20/loop\tGET%20/loop\tGET%20/loop\t"
                                           "GET%20/loop\tGET%20/loop");
    fetch_answer_free(&answer);
}

/* --- what is not fetched --- */

#define PRIVATE "an address of a private network, which [import] private_hosts does not name"

static void
test_refused_addresses(void **state)
{
    static const struct {
        const char *address, *why;
    } rows[] = {
        {"file:///etc/hostname", "file:///etc/hostname: only http and https are fetched"},
        {"ftp://127.0.0.1/", "ftp://127.0.0.1/: only http and https are fetched"},
        {"gopher://127.0.0.1/", "gopher://127.0.0.1/: only http and https are fetched"},
        {"data:image/png,x", "data:image/png,x: only http and https are fetched"},
        {"cid:1", "cid:1: only http and https are fetched"},
        {"example.org/", "example.org/: only http and https are fetched"},
        {"http://", "http://: not a web address"},
        {"", ": only http and https are fetched"},
        {"http://a\nb/", "http://a\\x0ab/: not a web address"},
        {"http://user@127.0.0.1/",
         "http://user@127.0.0.1/: an address with a user name is not fetched"},
        {"http://10.0.0.1/", "http://10.0.0.1/: " PRIVATE},
        {"http://169.254.169.254/latest", "http://169.254.169.254/latest: " PRIVATE},
        {"http://[::1]/", "http://[::1]/: " PRIVATE},
        {"http://[::ffff:127.0.0.1]:8080/", "http://[::ffff:127.0.0.1]:8080/: " PRIVATE},
        {"http://0x7f.2/", "http://127.0.0.2/: " PRIVATE},
        {"http://2130706434/", "http://127.0.0.2/: " PRIVATE},
        {"http://localhost/", "http://localhost/: " PRIVATE},
        {"http://127.0.0.1\\@10.0.0.1/",
         "http://127.0.0.1\\@10.0.0.1/: an address with a user name is not fetched"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fetch_answer answer;
        struct failure why;

        assert_false(ask(web, rows[i].address, &answer, &why));
        assert_string_equal(why.text, rows[i].why);
        assert_int_equal(answer.status, 0);
        fetch_answer_free(&answer);
    }
    assert_string_equal(buf_text(&web->waits), "");
}

/* Only the host that is named may be private, at any hop and under any name. */
static void
test_private_hosts(void **state)
{
    struct web *web = *state;
    struct name_list none = {0}, names = {0};
    struct buf address = {0};
    struct fetch_answer answer;
    struct failure why;
    struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};
    struct fetcher *strict = fetcher_open(&none, &why), *named;

    web_add(web, (struct web_answer){"/private", .body = "secret"});
    request.address = web_address(web, &address, "/private");
    assert_false(fetch(strict, &request, &answer, &why));
    expect_failure(web, &why, "/private: " PRIVATE);
    fetch_answer_free(&answer);
    fetcher_close(strict);

    names_add_hosts(&names, STR("localhost"), &why);
    named = fetcher_open(&names, &why);
    assert_false(fetch(named, &request, &answer, &why));
    fetch_answer_free(&answer);
    assert_string_equal(web_requests(web), "");
    buf_truncate(&address, 0);
    buf_format(&address, "http://LocalHost%s/private", strrchr(web->origin, ':'));
    request.address = buf_text(&address);
    assert_true(fetch(named, &request, &answer, &why));
    assert_string_equal(buf_text(&answer.body), "secret");
    fetch_answer_free(&answer);
    fetcher_close(named);
    names_free(&names);
    buf_free(&address);
}

static void
test_private_after_a_redirect(void **state)
{
    static const struct {
        const char *path, *location, *why;
    } rows[] = {
        {"/to/name", "Location: http://localhost:%s/x", PRIVATE},
        {"/to/network", "Location: http://192.168.0.1/%s", PRIVATE},
        {"/to/file", "Location: file:///etc/%s", "only http and https are fetched"},
        {"/to/user", "Location: http://a:b@127.0.0.1:%s/x",
         "an address with a user name is not fetched"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fetch_answer answer;
        struct failure why;
        struct buf location = {0};
        const char *mark = strstr(rows[i].location, "%s");

        buf_put(&location, str_head(str_of(rows[i].location), (size_t)(mark - rows[i].location)));
        buf_format(&location, "%s%s", strrchr(web->origin, ':') + 1, mark + 2);
        web_add(web,
                (struct web_answer){rows[i].path, .status = 302, .headers = buf_text(&location)});
        assert_false(ask(web, rows[i].path, &answer, &why));
        assert_non_null(strstr(why.text, rows[i].why));
        fetch_answer_free(&answer);
        buf_free(&location);
    }
}

static void
test_limits(void **state)
{
    static const struct {
        struct web_answer answer;
        const char *why;
    } rows[] = {
        {{"/long", .body = "%01001d"}, "/long: larger than 1000 bytes"},
        {{"/bomb", .flags = "gzip", .body = "%01001d"}, "/bomb: larger than 1000 bytes"},
        {{"/endless", .flags = "endless"}, "/endless: larger than 1000 bytes"},
        {{"/endless404", .status = 404, .flags = "endless"}, "/endless404: larger than 1000 bytes"},
        {{"/hold", .flags = "hold"}, "/hold: Timeout was reached"},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct web_answer answer = rows[i].answer;
        struct fetch_answer got;
        struct fetch_request request = {.bytes_max = SMALL, .seconds_max = SECONDS};
        struct failure why;
        struct buf body = {0}, address = {0};

        if (answer.body)
            buf_format(&body, "%0*d", SMALL + 1, 0);
        else
            request.seconds_max = answer.flags[0] == 'h' ? 1 : SECONDS;
        answer.body = buf_text(&body);
        web_add(web, answer);
        request.address = web_address(web, &address, answer.path);
        assert_false(fetch(web->fetcher, &request, &got, &why));
        expect_failure(web, &why, rows[i].why);
        fetch_answer_free(&got);
        buf_free(&body);
        buf_free(&address);
    }
    assert_string_equal(buf_text(&web->waits), "");
}

static void
test_exactly_the_limit(void **state)
{
    struct web *web = *state;
    struct buf body = {0};
    struct fetch_answer answer;
    struct failure why;

    buf_format(&body, "%0*d", SMALL, 0);
    web_add(web, (struct web_answer){"/exact", .body = buf_text(&body)});
    assert_true(ask(web, "/exact", &answer, &why));
    assert_int_equal(answer.body.len, SMALL);
    fetch_answer_free(&answer);
    buf_free(&body);
}

/* --- trying again --- */

static void
test_tries(void **state)
{
    static const struct {
        const char *path;
        struct web_answer answers[FETCH_TRIES_MAX + 1];
        const char *waits;
        const char *why; /* NULL: the last answer is a 200 */
    } rows[] = {
        {"/429", {{.status = 429}, {.body = "x"}}, "500 ", NULL},
        {"/503",
         {{.status = 503}, {.status = 500}, {.status = 502}, {.body = "x"}},
         "500 1000 2000 ",
         NULL},
        {"/never", {{.status = 503}}, "500 1000 2000 ", "/never: the server answers 503"},
        {"/asks", {{.status = 503, .headers = "Retry-After: 60"}, {.body = "x"}}, "60000 ", NULL},
        {"/patience",
         {{.status = 429, .headers = "Retry-After: 61"}, {.body = "x"}},
         "",
         "/patience: the server answers 429 and asks to come back in 61 s"},
        {"/zero", {{.status = 429, .headers = "Retry-After: 0"}, {.body = "x"}}, "500 ", NULL},
        {"/close",
         {{.status = 503}, {.headers = "Connection: close", .body = "x"}},
         "500 ",
         NULL}, /* libcurl itself tries again when a connection that it kept is gone */
        {"/drop", {{.flags = "drop"}, {.body = "x"}}, "500 ", NULL},
        {"/words", {{.status = 429, .headers = "Retry-After: soon"}, {.body = "x"}}, "500 ", NULL},
        {"/cut", {{.flags = "truncate=2", .body = "half"}, {.body = "x"}}, "500 ", NULL},
        {"/chunk", {{.flags = "chunked truncate=2", .body = "half"}, {.body = "x"}}, "500 ", NULL},
        {"/404", {{.status = 503}, {.status = 404, .body = "x"}}, "500 ", NULL},
    };
    struct web *web = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fetch_answer answer;
        struct failure why;
        bool answered;

        for (size_t j = 0;
             rows[i].answers[j].status || rows[i].answers[j].body || rows[i].answers[j].flags;
             j++) {
            struct web_answer one = rows[i].answers[j];

            one.path = rows[i].path;
            web_add(web, one);
        }
        buf_truncate(&web->waits, 0);
        answered = ask(web, rows[i].path, &answer, &why);
        if (strcmp(buf_text(&web->waits), rows[i].waits) != 0)
            print_error("%s\n", rows[i].path);
        assert_string_equal(buf_text(&web->waits), rows[i].waits);
        if (rows[i].why)
            expect_failure(web, &why, rows[i].why);
        else
            assert_true(answered && answer.status != 503);
        fetch_answer_free(&answer);
    }
}

static void
test_nobody_listens(void **state)
{
    struct web *web = *state;
    struct fetch_answer answer;
    struct failure why;

    assert_false(ask(web, "http://127.0.0.1:1/", &answer, &why));
    assert_non_null(strstr(why.text, "http://127.0.0.1:1/: "));
    assert_string_equal(buf_text(&web->waits), "500 1000 2000 ");
    fetch_answer_free(&answer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        web_test(test_answer),
        web_test(test_bodies),
        web_test(test_body_in_a_file),
        web_test(test_full_disk),
        web_test(test_no_body_but_of_200),
        web_test(test_conditions),
        web_test(test_long_tag_is_not_kept),
        web_test(test_redirects),
        web_test(test_redirect_leaves_no_tags),
        web_test(test_no_redirect),
        web_test(test_redirects_end),
        web_test(test_refused_addresses),
        web_test(test_private_hosts),
        web_test(test_private_after_a_redirect),
        web_test(test_limits),
        web_test(test_exactly_the_limit),
        web_test(test_tries),
        web_test(test_nobody_listens),
    };

    return cmocka_run_group_tests(tests, web_start, web_stop);
}
