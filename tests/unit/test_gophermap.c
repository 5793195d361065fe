#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/gopherlink.h"
#include "text/gophermap.h"

/* Pages as menus and texts are in tests/golden/gopher; here is what a hole can be told. */

static const char *const gemini_hosts[] = {"example.org", "www.example.org", NULL};

static const struct gopher_hole plain = {
    .host = "hole.example.org",
    .port = GOPHER_PORT,
    .width = GOPHER_WIDTH_MIN,
    .gemini_hosts = gemini_hosts,
};

static struct gopher_hole
hole_with(enum charset charset, bool strict, bool posts_as_menus)
{
    struct gopher_hole hole = plain;

    hole.charset = charset;
    hole.strict = strict;
    hole.posts_as_menus = posts_as_menus;
    return hole;
}

static void
expect(struct buf *got, const char *expected)
{
    assert_string_equal(buf_text(got), expected);
    assert_int_equal(got->len, str_of(expected).len);
    buf_free(got);
}

static void
test_items_are_whole(void **state)
{
    static const struct {
        struct gopher_item item;
        const char *line;
    } rows[] = {
        {{.type = '0', .display = {"A text", 6}, .selector = {"/a.txt", 6}},
         "0A text\t/a.txt\thole.example.org\t70\r\n"},
        {{.type = '1', .host = {"h.example.net", 13}, .port = 7070},
         "1\t\th.example.net\t7070\r\n"},
        {{.type = '1', .display = {"a\tb\r\nc\0d\x1B[1m\x7F", 13}, .selector = {"/\t\r\n\0x", 6}},
         "1a bcd[1m\t/x\thole.example.org\t70\r\n"},
        {{.type = '1', .display = {"C1 \xC2\x85 LS \xE2\x80\xA8.", 13}},
         "1C1  LS .\t\thole.example.org\t70\r\n"},
        {{.type = '7', .display = {"Words to look for, in title, text and labels", 44}},
         "7Words to look for, in title, text and...\t\thole.example.org\t70\r\n"},
        {{.type = '1', .display = {"\xFF", 1}, .selector = {"/\xFF", 2}},
         "1\uFFFD\t/\xFF\thole.example.org\t70\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = {0};

        gophermap_item(&out, &plain, &rows[i].item);
        expect(&out, rows[i].line);
    }
}

static void
test_error(void **state)
{
    static const struct {
        enum charset charset;
        const char *sent;
    } rows[] = {
        {CHARSET_UTF8, "3No such \u201Cth\u00EFng\u201D\t\terror.host\t1\r\n.\r\n"},
        {CHARSET_LATIN1, "3No such \"th\xEFng\"\t\terror.host\t1\r\n.\r\n"},
        {CHARSET_ASCII, "3No such \"thing\"\t\terror.host\t1\r\n.\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct gopher_hole hole = {.charset = rows[i].charset};
        struct buf out = {0};

        gophermap_error(&out, &hole, STR("No\tsuch \u201Cth\u00EFng\u201D\r\n"));
        expect(&out, rows[i].sent);
    }
}

static void
test_posts(void **state)
{
    static const struct {
        const char *target, *text, *menu;
    } rows[] = {
        {"/2017/12/a.gmi", "0/2017/12/a.txt", "1/2017/12/a.gmi"},
        {"b.gmi", "0/2017/12/b.txt", "1/2017/12/b.gmi"},
        {"gemini://www.example.org/2017/12/a.gmi", "0/2017/12/a.txt", "1/2017/12/a.gmi"},
        {"/2017/12/index.gmi", "1/2017/12/index.gmi", "1/2017/12/index.gmi"},
        {"/2017/12/.gmi", "1/2017/12/.gmi", "1/2017/12/.gmi"},
        {"/2017/12/a/b.gmi", "1/2017/12/a/b.gmi", "1/2017/12/a/b.gmi"},
        {"/2017/xx/a.gmi", "1/2017/xx/a.gmi", "1/2017/xx/a.gmi"},
        {"/2017/12/", "1/2017/12/", "1/2017/12/"},
        {"/2017/", "1/2017/", "1/2017/"},
        {"/about.gmi", "1/about.gmi", "1/about.gmi"},
        {"/search", "7/search", "7/search"},
        {"/light/search", "7/light/search", "7/light/search"},
        {"/light/search/2?x", "1/light/search/2?x", "1/light/search/2?x"},
        {"/sub/search", "1/sub/search", "1/sub/search"},
        {"?more", "1/2017/12/?more", "1/2017/12/?more"},
        {"", "1/2017/12/", "1/2017/12/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (int as_menus = 0; as_menus < 2; as_menus++) {
            struct gopher_hole hole = hole_with(CHARSET_UTF8, false, as_menus);
            struct gopher_link link = {0};
            struct buf got = {0};

            gopherlink_find(&link, &hole, STR("/2017/12/"), str_of(rows[i].target));
            buf_byte(&got, link.type);
            buf_put(&got, buf_str(&link.selector));
            expect(&got, as_menus ? rows[i].menu : rows[i].text);
            gopherlink_free(&link);
        }
    }
}

/* The charset is the reader's; a selector comes back to us and is never spelled otherwise. */
/* A host may be an IPv6 address, which a URL writes in brackets and a menu without. */
static void
test_address_as_host(void **state)
{
    static const char *const hosts[] = {"::1", NULL};
    static const struct gopher_hole at_address = {
        .host = "::1", .port = 7070, .width = GOPHER_WIDTH, .gemini_hosts = hosts};
    struct buf menu = {0}, text = {0};

    (void)state;
    gophermap_menu(&menu, &at_address, STR("/a/"), STR("=> b.txt B\n=> gemini://[::1]/c/ C\n"));
    assert_string_equal(buf_text(&menu), "0B\t/a/b.txt\t::1\t7070\r\n1C\t/c/\t::1\t7070\r\n.\r\n");
    gophermap_text(&text, &at_address, STR("/a/"), STR("=> b.txt B\n"));
    assert_string_equal(buf_text(&text), "[1] B\r\n\r\n[1] gopher://[::1]:7070/0/a/b.txt\r\n");
    buf_free(&menu);
    buf_free(&text);
}

static void
test_charsets(void **state)
{
    static const char page[] = "caf\u00E9\u2026\n=> /label/caf%C3%A9/ Caf\u00E9 \u20AC\n";
    static const struct {
        enum charset charset;
        const char *menu, *text;
    } rows[] = {
        {CHARSET_UTF8,
         "icaf\u00E9\u2026\t\terror.host\t1\r\n"
         "1Caf\u00E9 \u20AC\t/label/caf\u00E9/\thole.example.org\t70\r\n.\r\n",
         "caf\u00E9\u2026\r\n[1] Caf\u00E9 \u20AC\r\n\r\n"
         "[1] gopher://hole.example.org/1/label/caf%C3%A9/\r\n"},
        {CHARSET_LATIN1,
         "icaf\xE9...\t\terror.host\t1\r\n"
         "1Caf\xE9 EUR\t/label/caf\u00E9/\thole.example.org\t70\r\n.\r\n",
         "caf\xE9...\r\n[1] Caf\xE9 EUR\r\n\r\n"
         "[1] gopher://hole.example.org/1/label/caf%C3%A9/\r\n"},
        {CHARSET_ASCII,
         "icafe...\t\terror.host\t1\r\n"
         "1Cafe EUR\t/label/caf\u00E9/\thole.example.org\t70\r\n.\r\n",
         "cafe...\r\n[1] Cafe EUR\r\n\r\n"
         "[1] gopher://hole.example.org/1/label/caf%C3%A9/\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct gopher_hole hole = hole_with(rows[i].charset, false, false);
        struct buf menu = {0}, text = {0};

        gophermap_menu(&menu, &hole, STR("/"), STR(page));
        expect(&menu, rows[i].menu);
        gophermap_text(&text, &hole, STR("/"), STR(page));
        expect(&text, rows[i].text);
    }
}

static void
test_strict_texts(void **state)
{
    struct gopher_hole strict = hole_with(CHARSET_UTF8, true, false);
    struct buf out = {0};

    (void)state;
    gophermap_text(&out, &strict, STR("/"), STR(".\na.\n```\n..\n```\n"));
    expect(&out, "..\r\na.\r\n...\r\n.\r\n");
    gophermap_text(&out, &strict, STR("/"), STR(""));
    expect(&out, ".\r\n");
}

static void
test_lines(void **state)
{
    struct gopher_hole strict = hole_with(CHARSET_UTF8, true, false);
    struct gopher_hole ascii = hole_with(CHARSET_ASCII, false, false);
    static const struct {
        const char *text, *plain, *strict, *ascii;
    } rows[] = {
        {"", "", ".\r\n", ""},
        {"a\nb\r\nc", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n.\r\n", "a\r\nb\r\nc\r\n"},
        {".\n\n.x\n", ".\r\n\r\n.x\r\n", "..\r\n\r\n..x\r\n.\r\n", ".\r\n\r\n.x\r\n"},
        {"caf\u00E9\n", "caf\u00E9\r\n", "caf\u00E9\r\n.\r\n", "cafe\r\n"},
        /* not UTF-8: nobody knows what it is, so it stays as it is */
        {"caf\xE9\n", "caf\xE9\r\n", "caf\xE9\r\n.\r\n", "caf\xE9\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = {0};

        gophermap_lines(&out, &plain, str_of(rows[i].text));
        expect(&out, rows[i].plain);
        gophermap_lines(&out, &strict, str_of(rows[i].text));
        expect(&out, rows[i].strict);
        gophermap_lines(&out, &ascii, str_of(rows[i].text));
        expect(&out, rows[i].ascii);
    }
}

static void
test_narrow_menu(void **state)
{
    struct buf out = {0};

    (void)state;
    gophermap_menu(&out, &plain, STR("/"),
                   STR("Words that do not fit into forty columns at all\n"
                       "=> /a.gmi 2017-12-05 A title that is cut, but not its size (48 kB)\n"));
    expect(&out,
           "iWords that do not fit into forty columns\t\terror.host\t1\r\n"
           "iat all\t\terror.host\t1\r\n"
           "12017-12-05 A title that is cu... (48 kB)\t/a.gmi\thole.example.org\t70\r\n.\r\n");
    gophermap_menu(&out, &plain, STR("/"), STR(""));
    expect(&out, ".\r\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_whole), cmocka_unit_test(test_error),
        cmocka_unit_test(test_posts),           cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_strict_texts),    cmocka_unit_test(test_lines),
        cmocka_unit_test(test_narrow_menu),     cmocka_unit_test(test_address_as_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
