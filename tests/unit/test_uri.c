#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/uri.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
assert_str(struct str actual, const char *expected)
{
    struct buf text = {0};

    buf_put(&text, actual);
    assert_string_equal(buf_text(&text), expected);
    buf_free(&text);
}

static void
splits(void **state)
{
    static const struct {
        const char *text, *scheme, *userinfo, *host, *port, *path, *query, *fragment;
    } rows[] = {
        {"gemini://h/p?q#f", "gemini", NULL, "h", NULL, "/p", "q", "f"},
        {"gemini://h", "gemini", NULL, "h", NULL, "", NULL, NULL},
        {"gemini://h?", "gemini", NULL, "h", NULL, "", "", NULL},
        {"gemini://h#", "gemini", NULL, "h", NULL, "", NULL, ""},
        {"gemini://h:1965/", "gemini", NULL, "h", "1965", "/", NULL, NULL},
        {"gemini://h:/", "gemini", NULL, "h", "", "/", NULL, NULL},
        {"gemini://h:12:34/", "gemini", NULL, "h", "12:34", "/", NULL, NULL},
        {"gemini://:1965/", "gemini", NULL, "", "1965", "/", NULL, NULL},
        {"gemini:///x", "gemini", NULL, "", NULL, "/x", NULL, NULL},
        {"gemini://@h/", "gemini", "", "h", NULL, "/", NULL, NULL},
        {"gemini://u:p@h:1/", "gemini", "u:p", "h", "1", "/", NULL, NULL},
        {"gemini://own@other@third/", "gemini", "own@other", "third", NULL, "/", NULL, NULL},
        {"gemini://[::1]/", "gemini", NULL, "[::1]", NULL, "/", NULL, NULL},
        {"gemini://[::1]:1965/", "gemini", NULL, "[::1]", "1965", "/", NULL, NULL},
        {"gemini://[::1/", "gemini", NULL, "[", ":1", "/", NULL, NULL},
        {"gemini://[::1]x:2/", "gemini", NULL, "[::1]x", "2", "/", NULL, NULL},
        {"mailto:a@b", "mailto", NULL, NULL, NULL, "a@b", NULL, NULL},
        {"1:a", "1", NULL, NULL, NULL, "a", NULL, NULL},
        {":a", "", NULL, NULL, NULL, ":a", NULL, NULL},
        {"a/b:c", "", NULL, NULL, NULL, "a/b:c", NULL, NULL},
        {"//h/p", "", NULL, "h", NULL, "/p", NULL, NULL},
        {"?a?b#c?d#e", "", NULL, NULL, NULL, "", "a?b", "c?d#e"},
        {"", "", NULL, NULL, NULL, "", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uri uri = uri_split(str_of(rows[i].text));

        assert_str(uri.scheme, rows[i].scheme);
        assert_int_equal(uri.has_authority, rows[i].host != NULL);
        assert_str(uri.host, rows[i].host ? rows[i].host : "");
        assert_int_equal(uri.has_userinfo, rows[i].userinfo != NULL);
        assert_str(uri.userinfo, rows[i].userinfo ? rows[i].userinfo : "");
        assert_int_equal(uri.has_port, rows[i].port != NULL);
        assert_str(uri.port, rows[i].port ? rows[i].port : "");
        assert_str(uri.path, rows[i].path);
        assert_int_equal(uri.has_query, rows[i].query != NULL);
        assert_str(uri.query, rows[i].query ? rows[i].query : "");
        assert_int_equal(uri.has_fragment, rows[i].fragment != NULL);
        assert_str(uri.fragment, rows[i].fragment ? rows[i].fragment : "");
    }
}

static void
knows_schemes(void **state)
{
    (void)state;
    assert_true(uri_is_scheme(STR("gemini")));
    assert_true(uri_is_scheme(STR("a")));
    assert_true(uri_is_scheme(STR("Z39.50+s-x")));
    assert_false(uri_is_scheme(STR("")));
    assert_false(uri_is_scheme(STR("1a")));
    assert_false(uri_is_scheme(STR("+a")));
    assert_false(uri_is_scheme(STR("a b")));
    assert_false(uri_is_scheme(STR("a_b")));
    assert_false(uri_is_scheme(STR("caf\xc3\xa9")));
}

static void
reads_ports(void **state)
{
    static const struct {
        const char *text;
        unsigned port; /* 0: none at all */
    } rows[] = {
        {"gemini://h/", 7},     {"gemini://h:/", 7},   {"gemini://h:1/", 1},
        {"x://h:65535", 65535}, {"gemini://h:0/", 0},  {"gemini://h:65536/", 0},
        {"gemini://h:1a/", 0},  {"gemini://h:-1/", 0}, {"gemini://[::1]:70/", 70},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uri uri = uri_split(str_of(rows[i].text));
        unsigned port = 0;

        assert_int_equal(uri_read_port(&uri, 7, &port), rows[i].port != 0);
        assert_int_equal(port, rows[i].port);
    }
}

static void
writes_hosts(void **state)
{
    static const struct {
        struct str host, written;
    } rows[] = {{STR("example.org"), STR("example.org")}, {STR("::1"), STR("[::1]")}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf written = {0};

        uri_put_host(&written, rows[i].host);
        assert_true(str_eq(buf_str(&written), rows[i].written));
        assert_true(str_eq(uri_bare_host(buf_str(&written)), rows[i].host));
        buf_free(&written);
    }
}

static void
knows_whole_escapes(void **state)
{
    (void)state;
    assert_true(uri_escapes_are_whole(STR("")));
    assert_true(uri_escapes_are_whole(STR("plain")));
    assert_true(uri_escapes_are_whole(STR("%00%fF%25")));
    assert_false(uri_escapes_are_whole(STR("%")));
    assert_false(uri_escapes_are_whole(STR("%4")));
    assert_false(uri_escapes_are_whole(STR("a%4")));
    assert_false(uri_escapes_are_whole(STR("%41%")));
    assert_false(uri_escapes_are_whole(STR("%g1")));
    assert_false(uri_escapes_are_whole(STR("%1g")));
    assert_false(uri_escapes_are_whole(STR("%%41")));
}

/* The rows R8, R9 and R26 to R34 of the decision table for requests. */
static void
decodes_paths(void **state)
{
    static const struct {
        const char *path;
        enum uri_path result;
        const char *decoded;
    } rows[] = {
        {"", URI_PATH_OK, "/"},
        {"/", URI_PATH_OK, "/"},
        {"/page.gmi", URI_PATH_OK, "/page.gmi"},
        {"page.gmi", URI_PATH_OK, "/page.gmi"},
        {"/sub/", URI_PATH_OK, "/sub/"},
        {"/p%61ge.gmi", URI_PATH_OK, "/page.gmi"},
        {"/a%20b", URI_PATH_OK, "/a b"},
        {"/a+b", URI_PATH_OK, "/a+b"},
        {"/a%2525", URI_PATH_OK, "/a%25"},
        {"/caf\xc3\xa9", URI_PATH_OK, "/caf\xc3\xa9"},
        {"/caf%C3%A9", URI_PATH_OK, "/caf\xc3\xa9"},
        {"/caf%c3\xa9", URI_PATH_OK, "/caf\xc3\xa9"},
        {"/a%5Cb", URI_PATH_OK, "/a\\b"},
        {"/...", URI_PATH_OK, "/..."},
        {"/.x/..y/z..", URI_PATH_OK, "/.x/..y/z.."},
        {"//page.gmi", URI_PATH_OK, "/page.gmi"},
        {"/sub//x", URI_PATH_OK, "/sub/x"},
        {"////", URI_PATH_OK, "/"},
        {"/./page.gmi", URI_PATH_OK, "/page.gmi"},
        {"/.", URI_PATH_OK, "/"},
        {"/sub/.", URI_PATH_OK, "/sub/"},
        {"/sub/..", URI_PATH_OK, "/"},
        {"/sub/../page.gmi", URI_PATH_OK, "/page.gmi"},
        {"/a/b/../../c/", URI_PATH_OK, "/c/"},
        {"/a//../b", URI_PATH_OK, "/b"},
        {"/sub/%2e%2E/x", URI_PATH_OK, "/x"},
        {"/sub/%2e/x", URI_PATH_OK, "/sub/x"},
        {"/..", URI_PATH_MALFORMED, NULL},
        {"..", URI_PATH_MALFORMED, NULL},
        {"/../../", URI_PATH_MALFORMED, NULL},
        {"/%2e%2e/x", URI_PATH_MALFORMED, NULL},
        {"/.%2e/x", URI_PATH_MALFORMED, NULL},
        {"/a/../../x", URI_PATH_MALFORMED, NULL},
        {"/a/../../a/x", URI_PATH_MALFORMED, NULL},
        {"/a%2Fb/../../x", URI_PATH_MALFORMED, NULL},
        {"/%00", URI_PATH_MALFORMED, NULL},
        {"/a%00b/c", URI_PATH_MALFORMED, NULL},
        {"/%2F/%00", URI_PATH_MALFORMED, NULL},
        {"/%FF/%", URI_PATH_MALFORMED, NULL},
        {"/%", URI_PATH_MALFORMED, NULL},
        {"/%4", URI_PATH_MALFORMED, NULL},
        {"/%zz", URI_PATH_MALFORMED, NULL},
        {"/a%2Fb", URI_PATH_NOWHERE, NULL},
        {"/%2F", URI_PATH_NOWHERE, NULL},
        {"/..%2f", URI_PATH_NOWHERE, NULL},
        {"/a%2Fb/..", URI_PATH_NOWHERE, NULL},
        {"/%FF", URI_PATH_NOWHERE, NULL},
        {"/%C0%AE", URI_PATH_NOWHERE, NULL},
        {"/%ED%A0%80", URI_PATH_NOWHERE, NULL},
        {"/%C3/%A9", URI_PATH_NOWHERE, NULL},
        {"/a%0Ab", URI_PATH_NOWHERE, NULL},
        {"/a%7Fb", URI_PATH_NOWHERE, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf decoded = {0};

        buf_put(&decoded, STR("before"));
        assert_int_equal(uri_path_decode(str_of(rows[i].path), &decoded), rows[i].result);
        assert_str(str_after(buf_str(&decoded), 6), rows[i].decoded ? rows[i].decoded : "");
        assert_str(str_head(buf_str(&decoded), 6), "before");
        buf_free(&decoded);
    }
}

struct text_row {
    const char *text, *expected;
};

static void
check_rows(void (*put)(struct buf *, struct str), const struct text_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};

        put(&out, str_of(rows[i].text));
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

static void
decodes_text(void **state)
{
    static const struct text_row rows[] = {
        {"", ""},         {"a%20b", "a b"}, {"a+b", "a+b"},   {"%2525", "%25"},
        {"%", "%"},       {"%4", "%4"},     {"%zz", "%zz"},   {"%%41", "%A"},
        {"%4%41", "%4A"}, {"%FF", "\xff"},  {"%2f%2F", "//"}, {"%0a", "\n"},
    };

    (void)state;
    check_rows(uri_decode, rows, COUNT(rows));
}

static void
encodes_paths(void **state)
{
    static const struct text_row rows[] = {
        {"/", "/"},
        {"/2017/12/a-slug.gmi", "/2017/12/a-slug.gmi"},
        {"/label/caf\xc3\xa9/", "/label/caf%C3%A9/"},
        {"/a b?c#d%41", "/a%20b%3Fc%23d%2541"},
        {"/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"},
        {"/[\"<>\\^`{|}]", "/%5B%22%3C%3E%5C%5E%60%7B%7C%7D%5D"},
        {"/\x7f\x01", "/%7F%01"},
    };

    (void)state;
    check_rows(uri_put_path, rows, COUNT(rows));
}

static void
mends_references(void **state)
{
    static const struct text_row rows[] = {
        {"https://example.org/a?b#c", "https://example.org/a?b#c"},
        {"/a b", "/a%20b"},
        {"/a%20b", "/a%20b"},
        {"/100%", "/100%25"},
        {"/%zz%41", "/%25zz%41"},
        {"/a\tb\nc\rd\x7f", "/a%09b%0Ac%0Dd%7F"},
        {"https://b\u00fccher.example/caf\u00e9", "https://xn--bcher-kva.example/caf%C3%A9"},
        {"https://B%C3%9Ccher.Example:8443", "https://xn--bcher-kva.example:8443"},
        {"gopher://me@\u0926\u0947\u0936.example/1", "gopher://me@xn--j2b6ayc.example/1"},
        {"//\u1781\u17d2\u1798\u17c2\u179a.example", "//xn--j2e0cg3n2c.example"},
        {"http://\u4f8b\u3002example/", "http://xn--fsq.example/"},
        {"https://example.org\uff0f@evil.example/", "https://example.org%EF%BC%8F@evil.example/"},
        {"https://example.org\uff0fevil/", "https://example.org%EF%BC%8Fevil/"},
        {"https://a_b\u00fc.example/", "https://xn--a_b-joa.example/"},
        {"https://\xff.example/", "https://%FF.example/"},
        {"https://b\u00fc%00.example/", "https://b%C3%BC%00.example/"},
        {"https://b\u00fc.example:x/", "https://b%C3%BC.example%3Ax/"},
        {"https://Example.ORG/", "https://Example.ORG/"},
        {"/caf\xc3\xa9?\xe2\x82\xac#\xff", "/caf%C3%A9?%E2%82%AC#%FF"},
        {"/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {"/a[1]?b[]=2#c[3]", "/a%5B1%5D?b%5B%5D=2#c%5B3%5D"},
        {"/a#b#c", "/a#b%23c"},
        {"mailto:a@example.org", "mailto:a@example.org"},
        {"http://[::1]:80/", "http://[::1]:80/"},
        {"http://[::1/", "http://%5B%3A%3A1/"},
        {"http://[::1]x/", "http://%5B%3A%3A1%5Dx/"},
        {"http://[fe80::1%25eth0]/", "http://%5Bfe80%3A%3A1%25eth0%5D/"},
        {"http://a b@c d:80/", "http://a%20b@c%20d:80/"},
        {"http://a@b@c/", "http://a%40b@c/"},
        {"http://host:port/", "http://host%3Aport/"},
        {"http://host:/", "http://host:/"},
        {"http://[::1]:port/", "http://%5B%3A%3A1%5D%3Aport/"},
        {"12:30 train", "./12:30%20train"},
        {":a", "./:a"},
        {"a b:c/d?e#f", "./a%20b:c/d?e#f"},
        {"1a://b/c", "./1a://b/c"},
        {"a/b:c", "a/b:c"},
        {"//example.org/x", "//example.org/x"},
        {"?q", "?q"},
        {"#f", "#f"},
        {"", ""},
    };

    (void)state;
    check_rows(uri_put_reference, rows, COUNT(rows));
}

static void
resolves_the_examples_of_3986(void **state)
{
    static const struct text_row rows[] = {
        /* 5.4.1 */
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        /* 5.4.2 */
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"}, /* strict */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        uri_resolve(&out, STR("http://a/b/c/d;p?q"), str_of(rows[i].text));
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

static void
resolves_against_other_bases(void **state)
{
    static const struct {
        const char *base, *reference, *expected;
    } rows[] = {
        {"gemini://h", "x", "gemini://h/x"},
        {"gemini://h?q", "", "gemini://h?q"},
        {"gemini://u@h:1966/a/", "/b", "gemini://u@h:1966/b"},
        {"gemini://h/a/b#f", "", "gemini://h/a/b"},
        {"gemini://[::1]/a", "b", "gemini://[::1]/b"},
        {"mailto:a@b", "c", "mailto:c"},
        {"x:a/b", "c", "x:a/c"},
        {"x:a/b", "../../c", "x:/c"},
        {"x:/a", ".//b", "x:/.//b"}, /* never an authority that nobody wrote */
        {"x:", "y", "x:y"},
        {"gemini://h/a/", "12:30", "gemini://h/a/12:30"},
        {"gemini://h/a/", "b c\n", "gemini://h/a/b%20c%0A"},
        {"gemini://h/a//b/", "../../c", "gemini://h/a/c"},
        {"gemini://h/a", "http://i/../b/./c", "http://i/b/c"},
        {"gemini://h/a", "//i/../b", "gemini://i/b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        uri_resolve(&out, str_of(rows[i].base), str_of(rows[i].reference));
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),
        cmocka_unit_test(knows_schemes),
        cmocka_unit_test(reads_ports),
        cmocka_unit_test(writes_hosts),
        cmocka_unit_test(knows_whole_escapes),
        cmocka_unit_test(decodes_paths),
        cmocka_unit_test(decodes_text),
        cmocka_unit_test(encodes_paths),
        cmocka_unit_test(mends_references),
        cmocka_unit_test(resolves_the_examples_of_3986),
        cmocka_unit_test(resolves_against_other_bases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
