#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <ctype.h>
#include <string.h>

#include "import/guard.h"
#include "import/hints.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

#define FILE_NAME "page.txt.hints"
#define SHA       "sha256 = 0123456789abcdef\n"

static void
refuses_what_it_does_not_know(void **state)
{
    static const struct {
        struct str text;
        const char *why;
    } rows[] = {
        {STR(""), ":1: sha256 is missing, the capture that the hints are for"},
        {STR("# nothing\n\n"), ":1: sha256 is missing, the capture that the hints are for"},
        {STR("body 3 \"x\"\n"), ":1: expected sha256 = DIGITS, the capture that the hints are for"},
        {STR("sha256 0123456789abcdef\n"), ":1: expected sha256 = DIGITS"},
        {STR("sha256 = 0123456789abcde\n"), ":1: sha256 needs 16 to 64 digits, 0 to 9 and a to f"},
        {STR("sha256 = 0123456789abcdeg\n"), ":1: sha256 needs 16 to 64 digits, 0 to 9 and a to f"},
        {STR(SHA SHA), ":2: a second sha256; a hints file is for one capture"},
        {STR(SHA "\ntitel 3 \"x\""), ":3: unknown keyword \"titel\""},
        {STR(SHA "title \"x\""), ":2: expected the number of a line after title"},
        {STR(SHA "title 0 \"x\""), ":2: expected the number of a line after title"},
        {STR(SHA "title 3"), ":2: expected the text of line 3 in quotation marks"},
        {STR(SHA "title 3 x"), ":2: expected the text of line 3 in quotation marks"},
        {STR(SHA "title 3 \"x"), ":2: a quotation mark is missing at the end"},
        {STR(SHA "title 3 \"x\\"), ":2: a quotation mark is missing at the end"},
        {STR(SHA "title 3 \"x\" y"), ":2: nothing may follow the text"},
        {STR(SHA "link 3 \"here\""), ":2: expected an address such as https://example.org/"},
        {STR(SHA "link 3 \"here\" example"),
         ":2: expected an address such as https://example.org/"},
        {STR(SHA "link 3 \"here\" javascript:alert(1)"),
         ":2: expected an address such as https://example.org/"},
        {STR(SHA "link 3 \"here\" data:text/html,x"),
         ":2: expected an address such as https://example.org/"},
        {STR(SHA "link 3 \"here\" file:///etc/hosts"),
         ":2: expected an address such as https://example.org/"},
        {STR(SHA "link 3 \"here\" https://a b"), ":2: one address, without spaces"},
        {STR(SHA "post 3"), ":2: expected lang=, labels=, path= or author="},
        {STR(SHA "post 3 lang nl"), ":2: expected lang=VALUE"},
        {STR(SHA "post 3 lang=n_l"), ":2: lang must be a language tag such as en or nl"},
        {STR(SHA "post 3 colour=red"),
         ":2: a post has lang=, labels=, path= and author=, no \"colour\""},
        {STR(SHA "post 3 author="), ":2: author= needs a name"},
        {STR(SHA "post 3 labels=\"\""), ":2: labels= needs 1 to 1000 names"},
        {STR(SHA "post 3 path=2017/11/x.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "post 3 path=/2017/13/x.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "post 3 path=/2017/11/.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "post 3 path=/2017/11/../x.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "post 3 path=/2017/11/.x.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "post 3 path=/2017/11/X.html"), ":2: path must look like /2017/11/name.html"},
        {STR(SHA "title 3 \"\xff\""), ": not UTF-8"},
        {STR("sha256 = 0123456789abcde\0"), ":1: sha256 needs 16 to 64 digits, 0 to 9 and a to f"},
        {STR(SHA "post 3 path=/2017/11/a\0.html"), ":2: path must look like /2017/11/name.html"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hints hints;
        struct failure why;

        assert_false(hints_parse(&hints, FILE_NAME, rows[i].text, &why));
        assert_string_equal(why.text + strlen(FILE_NAME), rows[i].why);
        hints_free(&hints);
    }
}

static void
reads_each_keyword(void **state)
{
    static const char text[] = "\xef\xbb\xbf# what we know\n"
                               "sha256=0123456789abcdef # of the capture\r\n"
                               "body 1 \"a # b\" # not a title\n"
                               "credit 2 \"say \\\"c\\\" \\\\\"\n"
                               "heading 3 \"h\"\n\ttitle 4 \"t\"\ndate 5 \"d\"\nnotitle 6 \"n\"\n"
                               "link 7 \"here\" https://example.org/#top\n"
                               "post 8 \"p\" lang=nl labels=\"one, two\" path=/2017/11/x-1.html "
                               "author=\"A. Name\"\n"
                               "keep 9 \"k\"\ncomplete 10 \"c\"\ntruncated 11 \"r\"";
    static const struct {
        enum hint_kind kind;
        const char *keyword, *guard;
    } rows[] = {
        {HINT_BODY, "body", "a # b"},       {HINT_CREDIT, "credit", "say \"c\" \\"},
        {HINT_HEADING, "heading", "h"},     {HINT_TITLE, "title", "t"},
        {HINT_DATE, "date", "d"},           {HINT_NOTITLE, "notitle", "n"},
        {HINT_LINK, "link", "here"},        {HINT_POST, "post", "p"},
        {HINT_KEEP, "keep", "k"},           {HINT_COMPLETE, "complete", "c"},
        {HINT_TRUNCATED, "truncated", "r"},
    };
    struct hints hints;
    struct failure why;

    (void)state;
    assert_true(hints_parse(&hints, FILE_NAME, str_of(text), &why));
    assert_int_equal(hints.count, HINT_KINDS);
    for (size_t i = 0; i < hints.count; i++) {
        assert_int_equal(hints.items[i].kind, rows[i].kind);
        assert_int_equal(hints.items[i].line, i + 1);
        assert_int_equal(hints.items[i].at, i + 3);
        assert_string_equal(hint_keyword(rows[i].kind), rows[i].keyword);
        assert_true(str_eq(hints.items[i].guard, str_of(rows[i].guard)));
    }
    assert_true(str_eq(hints.items[6].address, STR("https://example.org/#top")));
    assert_true(str_eq(hints.items[7].language, STR("nl")));
    assert_true(str_eq(hints.items[7].labels, STR("one, two")));
    assert_true(str_eq(hints.items[7].path, STR("/2017/11/x-1.html")));
    assert_true(str_eq(hints.items[7].author, STR("A. Name")));
    hints_free(&hints);
}

static void
knows_its_capture_by_digest(void **state)
{
    struct digest digest = digest_of(STR("a capture"));
    struct buf text = {0};
    struct hints hints;
    struct failure why;

    (void)state;
    for (int digits = HINTS_DIGEST_MIN; digits <= DIGEST_HEX; digits += DIGEST_HEX / 2) {
        buf_truncate(&text, 0);
        buf_format(&text, "sha256 = %.*s", digits, digest.hex);
        assert_true(hints_parse(&hints, FILE_NAME, buf_str(&text), &why));
        assert_true(hints_are_for(&hints, &digest));
        hints_free(&hints);
    }
    buf_truncate(&text, 0);
    buf_put(&text, STR("sha256 = "));
    for (size_t i = 0; i < DIGEST_HEX; i++)
        buf_byte(&text, (char)toupper((unsigned char)digest.hex[i]));
    assert_true(hints_parse(&hints, FILE_NAME, buf_str(&text), &why));
    assert_true(hints_are_for(&hints, &digest));
    hints_free(&hints);
    assert_true(hints_parse(&hints, FILE_NAME, STR(SHA), &why));
    assert_false(hints_are_for(&hints, &digest));
    hints_free(&hints);
    buf_free(&text);
}

static void
joins_files_but_not_contradictions(void **state)
{
    static const struct {
        const char *more, *why;
    } rows[] = {
        {"body 3 \"x\"\n", NULL},
        {"post 4 lang=nl\nlink 4 \"a\" /b\nlink 4 \"a\" /b\ntruncated 4 \"x\"\n", NULL},
        {"body 4 \"x\"\n", "b.hints:2: body 4: contradicts another hint for this line"},
        {"notitle 4 \"x\"\n", "b.hints:2: notitle 4: contradicts another hint for this line"},
        {"truncated 5 \"x\"\ncomplete 5 \"x\"\n",
         "b.hints:3: complete 5: contradicts another hint for this line"},
        {"post 5 lang=nl\npost 5 lang=en\n",
         "b.hints:3: post 5: contradicts another hint for this line"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hints all = {0}, first, second;
        struct buf text = {0};
        struct failure why;

        buf_format(&text, SHA "%s", rows[i].more);
        assert_true(hints_parse(&first, "a.hints", STR(SHA "title 4 \"x\""), &why));
        assert_true(hints_parse(&second, "b.hints", buf_str(&text), &why));
        assert_true(hints_join(&all, &first, &why));
        assert_int_equal(hints_join(&all, &second, &why), rows[i].why == NULL);
        if (rows[i].why)
            assert_string_equal(why.text, rows[i].why);
        hints_free(&all);
        hints_free(&first);
        hints_free(&second);
        buf_free(&text);
    }
}

static void
finds_hints_by_line_and_kind(void **state)
{
    struct hints all = {0}, hints;
    struct failure why;
    const struct hint *link;

    (void)state;
    assert_true(hints_parse(&hints, FILE_NAME,
                            STR(SHA "link 9 \"a\" /2\ntitle 4 \"x\"\nbody 9 \"x\"\n"
                                    "link 9 \"a\" /3\nlink 10 \"a\" /4"),
                            &why));
    assert_true(hints_join(&all, &hints, &why));
    assert_non_null(hint_find(&all, HINT_TITLE, 4));
    assert_null(hint_find(&all, HINT_BODY, 4));
    assert_null(hint_find(&all, HINT_TITLE, 5));
    link = hint_find(&all, HINT_LINK, 9);
    assert_true(str_eq(link->address, STR("/2")));
    link = hint_next(&all, link);
    assert_true(str_eq(link->address, STR("/3")));
    assert_null(hint_next(&all, link));
    hints_free(&all);
    hints_free(&hints);
}

static void
limits_the_hints_of_a_line(void **state)
{
    struct hints all = {0}, hints;
    struct buf text = {0};
    struct failure why;

    (void)state;
    buf_put(&text, STR(SHA));
    for (int i = 0; i <= HINTS_PER_LINE_MAX; i++)
        buf_put(&text, STR("link 4 \"a\" /b\n"));
    assert_true(hints_parse(&hints, FILE_NAME, buf_str(&text), &why));
    assert_false(hints_join(&all, &hints, &why));
    assert_string_equal(why.text, FILE_NAME ":2: link 4: too many hints for this line");
    hints_free(&all);
    hints_free(&hints);
    buf_free(&text);
}

static void
guards_hold_for_whole_lines_and_long_beginnings(void **state)
{
    static const struct {
        const char *guard, *text;
        bool holds;
    } rows[] = {
        {"Rice and fish", "Rice and fish", true},
        {"Rice \u00a0 and  fish ", "Rice and fish", true},
        {"rice and fish", "Rice and fish", false},
        {"Rice", "Rice and fish", false},
        {"Rice\u2026", "Rice and fish", false},
        {"Twenty characters a\u2026", "Twenty characters and more", false},
        {"Twenty characters an\u2026", "Twenty characters and more", true},
        {"Twenty characters an", "Twenty characters and more", false},
        {"Twenty characters or\u2026", "Twenty characters and more", false},
        {"So it ends\u2026", "So it ends\u2026", true},
        {"\u1780\u1780\u1780\u1780\u1780\u1780\u1780\u2026",
         "\u1780\u1780\u1780\u1780\u1780\u1780\u1780\u1780", false},
        {"", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(guard_holds(str_of(rows[i].guard), str_of(rows[i].text)), rows[i].holds);
}

/* What the report prints can be pasted into a hints file. */
static void
written_guards_hold(void **state)
{
    struct buf text = {0}, file = {0};

    (void)state;
    for (size_t length = 1; length < 300; length += 7) {
        struct hints hints;
        struct failure why;

        buf_truncate(&text, 0);
        while (text.len < length)
            buf_format(&text, "%s", text.len % 3 ? "\u00e9\"" : "x \\");
        buf_truncate(&file, 0);
        buf_put(&file, STR(SHA "title 3 "));
        guard_put(&file, buf_str(&text));
        assert_true(hints_parse(&hints, FILE_NAME, buf_str(&file), &why));
        assert_true(guard_holds(hints.items[0].guard, buf_str(&text)));
        hints_free(&hints);
    }
    buf_free(&text);
    buf_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(reads_each_keyword),
        cmocka_unit_test(knows_its_capture_by_digest),
        cmocka_unit_test(joins_files_but_not_contradictions),
        cmocka_unit_test(finds_hints_by_line_and_kind),
        cmocka_unit_test(limits_the_hints_of_a_line),
        cmocka_unit_test(guards_hold_for_whole_lines_and_long_beginnings),
        cmocka_unit_test(written_guards_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
