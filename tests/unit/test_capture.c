#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include "import/body.h"
#include "import/capture.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

/* 120 characters that end as a sentence does: running text */
#define LONG                                                                                    \
    "The weavers of the valley meet each month under the old tree, count what they have saved " \
    "and "                                                                                      \
    "decide who may borrow it n."
#define NBSP "\u00a0"

/* Opens a capture with the hints (NULL: none) of a file "page.hints" and splits it. */
static bool
split(struct capture *capture, struct findings *findings, struct hints *hints, struct str text,
      const char *hint_lines, struct failure *why)
{
    struct buf bytes = {0}, hint_text = {0};
    bool done;

    *capture = (struct capture){.name = "page.txt"};
    *findings = (struct findings){0};
    *hints = (struct hints){0};
    buf_put(&bytes, text);
    done = capture_read(capture, &bytes, why);
    if (done && hint_lines) {
        buf_format(&hint_text, "sha256 = %s\n%s", capture->digest.hex, hint_lines);
        assert_true(hints_parse(hints, "page.hints", buf_str(&hint_text), why));
        done = hints_join(&capture->hints, hints, why);
    }
    buf_free(&hint_text);
    return done && capture_split(capture, findings, why);
}

static void
end(struct capture *capture, struct findings *findings, struct hints *hints)
{
    capture_free(capture);
    findings_free(findings);
    hints_free(hints);
}

/* "2017-05-05+1 Title~" and the body, a post: + position, ~ truncated. */
static void
show(struct buf *out, const struct capture *capture)
{
    for (size_t i = 0; i < capture->post_count; i++) {
        const struct capture_post *post = &capture->posts[i];

        date_put(out, post->date);
        buf_format(out, "+%ld ", post->position);
        if (!post->untitled)
            buf_put(out, capture->lines.items[post->title].text);
        buf_put(out, post->truncated ? STR("~\n") : STR("\n"));
        body_put(out, capture, post);
    }
}

struct row {
    const char *name, *text, *hints, *posts, *findings;
    size_t settled;
};

static void
check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why = {""};
        struct buf posts = {0}, found = {0};

        if (!split(&capture, &findings, &hints, str_of(rows[i].text), rows[i].hints, &why))
            fail_msg("%s: %s", rows[i].name, why.text);
        show(&posts, &capture);
        findings_put(&findings, &found);
        if (strcmp(buf_text(&posts), rows[i].posts) != 0 ||
            strcmp(buf_text(&found), rows[i].findings) != 0 || findings.settled != rows[i].settled)
            fail_msg("%s: got\n%s%s%zu settled", rows[i].name, buf_text(&posts), buf_text(&found),
                     findings.settled);
        buf_free(&posts);
        buf_free(&found);
        end(&capture, &findings, &hints);
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void
refuses_what_is_no_capture(void **state)
{
    static const struct {
        struct str text;
        const char *why;
    } rows[] = {
        {STR(""), "not a text capture: no date header"},
        {STR("\n\n"), "not a text capture: no date header"},
        {STR("Only text.\n"), "not a text capture: no date header"},
        {STR("05 May 2017\nTitle\n"), "not a text capture: no date header"},
        {STR("Text\n05 May 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("5 May 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("31 June 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("29 February 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("05 may 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("05 May 1817\n\nTitle\n"), "not a text capture: no date header"},
        {STR("05 May 2017 on\n\nTitle\n"), "not a text capture: no date header"},
        {STR("05 Mai 2017\n\nTitle\n"), "not a text capture: no date header"},
        {STR("05 May 2017\n\nA\0B\n"), "byte 14: a NUL"},
        {STR("05 May 2017\n\nA\xc3(B\n"), "byte 14: not UTF-8"},
        {STR("05 May 2017\n\nA\xed\xa0\x80\0\n"), "byte 14: not UTF-8"},
        {STR("\xef\xbb\xbf <?xml version='1.0'?>"), "not a text capture: it begins like XML"},
        {STR("\n<!DOCTYPE html>"), "not a text capture: it begins like HTML"},
        {STR("<HTML>"), "not a text capture: it begins like HTML"},
        {STR("PK\3\4\0"), "not a text capture: it begins like a zip file"},
        {STR("\xff\xfe\0"), "not a text capture: it begins like UTF-16"},
        {STR("05 May 2017\n\n\n"), "line 1: empty date block"},
        {STR("05 May 2017\n\n04 May 2017\n\nTitle\n\nText.\n"), "line 1: empty date block"},
        {STR("Showing posts with label a. Show all posts\n"
             "Showing posts with label b. Show all posts\n\n05 May 2017\n\nTitle\n"),
         "line 2: a second label"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why;

        assert_false(split(&capture, &findings, &hints, rows[i].text, NULL, &why));
        assert_string_equal(why.text, rows[i].why);
        end(&capture, &findings, &hints);
    }
}

/* R1, R2, R4, R6 */
static void
splits_at_dates(void **state)
{
    static const struct row rows[] = {
        {"one post", "05 May 2017\n\nA title\n\nText.\n", NULL, "2017-05-05+0 A title\nText.\n", "",
         0},
        {"no final newline, CRLF and a byte order mark",
         "\xef\xbb\xbf"
         "05 May 2017\r\n\r\nA title\r\n\r\nText.",
         NULL, "2017-05-05+0 A title\nText.\n", "", 0},
        {"a title may be anything",
         "05 May 2017\n\n  \u2022 Who pays" NBSP " for it?\nText.\n\n04 May 2017\n\n"
         "\u201cAll of it\u201d, they say:\n\nMore.\n",
         NULL,
         "2017-05-05+0 \u2022 Who pays for it?\nText.\n"
         "2017-05-04+0 \u201cAll of it\u201d, they say:\nMore.\n",
         "", 0},
        {"a title may be long", "05 May 2017\n\n" LONG " " LONG "\n\nText.\n", NULL,
         "2017-05-05+0 " LONG " " LONG "\nText.\n", "", 0},
        {"blank lines may hold white space",
         "Notes\n \t" NBSP "\n" NBSP "05  May 2017 \n \nA title\nText.\n", NULL,
         "2017-05-05+0 A title\nText.\n", "", 0},
        {"equal dates do not increase; higher is newer",
         "05 May 2017\n\nThird\n\nc.\n\n05 May 2017\n\nSecond\n\nb.\n\n05 May "
         "2017\n\nFirst\n\na.\n",
         NULL, "2017-05-05+2 Third\nc.\n2017-05-05+1 Second\nb.\n2017-05-05+0 First\na.\n", "", 0},
        {"a date within a line or a paragraph is text",
         "05 May 2017\n\nA title\n\nOn\n04 May 2017\nwe met.\n", NULL,
         "2017-05-05+0 A title\nOn\n04 May 2017\nwe met.\n", "", 0},
        {"a body may be empty", "05 May 2017\n\nA title\n\n04 May 2017\n\nB title\n\nText.\n", NULL,
         "2017-05-05+0 A title\n2017-05-04+0 B title\nText.\n", "", 0},
        {"A1: a date that increases is text",
         "05 May 2017\n\nA title\n\nWe meet on,\n\n06 May 2017\n\nat noon.\n", NULL,
         "2017-05-05+0 A title\nWe meet on,\n\n06 May 2017\n\nat noon.\n",
         "page.txt:7: A1 date out of order: \"06 May 2017\" (after 05 May 2017): kept as body: "
         "hint: date 7 \"06 May 2017\"\n",
         0},
        {"A1 settled as a date",
         "05 May 2017\n\nA title\n\nText.\n\n06 May 2017\n\nB title\n\nMore.\n",
         "date 7 \"06 May 2017\"\n", "2017-05-05+0 A title\nText.\n2017-05-06+0 B title\nMore.\n",
         "", 1},
        {"A1 settled as body", "05 May 2017\n\nA title\n\nWe meet on,\n\n06 May 2017\n\nat noon.\n",
         "body 7 \"06 May 2017\"\n",
         "2017-05-05+0 A title\nWe meet on,\n\n06 May 2017\n\nat noon.\n", "", 1},
        {"a hint makes a header body, or a date that is not isolated a header",
         "05 May 2017\n\nA title\n\nWe met on,\n\n04 May 2017\n\nat noon.\n03 May 2017\nB "
         "title\nText.\n",
         "body 7 \"04 May 2017\"\ndate 10 \"03 May 2017\"\n",
         "2017-05-05+0 A title\nWe met on,\n\n04 May 2017\n\nat noon.\n2017-05-03+0 B "
         "title\nText.\n",
         "", 0},
        {"a hint says that there is no title", "05 May 2017\n\nFirst words.\nMore.\n",
         "notitle 3 \"First words.\"\n", "2017-05-05+0 \nFirst words.\nMore.\n", "", 0},
    };

    (void)state;
    CHECK(rows);
}

/* R5 */
static void
finds_further_titles(void **state)
{
    static const struct row rows[] = {
        {"isolated, before running text",
         "05 May 2017\n\nA title\n\nText.\n\nA second title\n\n" LONG "\n", NULL,
         "2017-05-05+1 A title\nText.\n2017-05-05+0 A second title\n" LONG "\n", "", 0},
        {"question, digits and quotation marks",
         "05 May 2017\n\nA title\n\nText.\n\nWho is paid?\n\n" LONG "\n\n12 weavers\n\n" LONG
         "\n\n\u201cWe\u201d said no\n\n" LONG "\n",
         NULL,
         "2017-05-05+3 A title\nText.\n2017-05-05+2 Who is paid?\n" LONG
         "\n2017-05-05+1 12 weavers\n" LONG "\n2017-05-05+0 \u201cWe\u201d said no\n" LONG "\n",
         "", 0},
        {"A2: before a short line",
         "05 May 2017\n\nA title\n\nText.\n\nWeavers of Asia\n\nRead it there.\n", NULL,
         "2017-05-05+0 A title\nText.\n\nWeavers of Asia\n\nRead it there.\n",
         "page.txt:7: A2 possible title: \"Weavers of Asia\" (next block 14 chars): kept as body: "
         "hint: title 7 \"Weavers of Asia\"\n",
         0},
        {"A2: before a list",
         "05 May 2017\n\nA title\n\nText.\n\nWhat to do\n\n  \u2022 " LONG "\n", NULL,
         "2017-05-05+0 A title\nText.\n\nWhat to do\n\n* " LONG "\n",
         "page.txt:7: A2 possible title: \"What to do\" (next block 122 chars): kept as body: "
         "hint: title 7 \"What to do\"\n",
         0},
        {"A2 settled as title", "05 May 2017\n\nA title\n\nText.\n\nWeavers of Asia\n\nRead on.\n",
         "title 7 \"Weavers of Asia\"\n",
         "2017-05-05+1 A title\nText.\n2017-05-05+0 Weavers of Asia\nRead on.\n", "", 1},
        {"A2 settled as body", "05 May 2017\n\nA title\n\nText.\n\nWeavers of Asia\n\nRead on.\n",
         "body 7 \"Weavers of Asia\"\n",
         "2017-05-05+0 A title\nText.\n\nWeavers of Asia\n\nRead on.\n", "", 1},
        {"A2 settled as heading",
         "05 May 2017\n\nA title\n\nText.\n\nWeavers of Asia\n\nRead on.\n",
         "heading 7 \"Weavers of Asia\"\n",
         "2017-05-05+0 A title\nText.\n\n## Weavers of Asia\n\nRead on.\n", "", 1},
        {"a hint takes back an accepted title",
         "05 May 2017\n\nA title\n\nText.\n\nA second title\n\n" LONG "\n",
         "body 7 \"A second title\"\n",
         "2017-05-05+0 A title\nText.\n\nA second title\n\n" LONG "\n", "", 0},
        {"a hint makes any line a title", "05 May 2017\n\nA title\nText.\nand more\nMore.\n",
         "title 5 \"and more\"\n", "2017-05-05+1 A title\nText.\n2017-05-05+0 and more\nMore.\n",
         "", 0},
        {"what is no title",
         "05 May 2017\n\nA title\n\nText.\n\nNot isolated\n" LONG "\n\nToo few\n\n" LONG
         "\n\nlower case begins\n\n" LONG "\n\nIt ends in a stop.\n\n" LONG
         "\n\nOr in a comma,\n\n" LONG "\n\nOr a colon:\n\n" LONG "\n\nOr fades out\u2026\n\n" LONG
         "\n\n  \u2022 A list item\n\n" LONG "\n\n1. Typed item\n\n" LONG
         "\n\n\u00a9 A. Weaver\n\n" LONG "\n\nThe last line\n",
         "complete 46 \"The last line\"\n",
         "2017-05-05+0 A title\nText.\n\nNot isolated\n" LONG "\n\nToo few\n\n" LONG
         "\n\nlower case begins\n\n" LONG "\n\nIt ends in a stop.\n\n" LONG
         "\n\nOr in a comma,\n\n" LONG "\n\nOr a colon:\n\n" LONG "\n\nOr fades out\u2026\n\n" LONG
         "\n\n* A list item\n\n" LONG "\n\n1. Typed item\n\n" LONG "\n\n\u00a9 A. Weaver\n\n" LONG
         "\n\nThe last line\n",
         "", 1},
    };

    (void)state;
    CHECK(rows);
}

/* R5 counts characters, not bytes. */
static void
measures_further_titles(void **state)
{
    static const struct {
        int letters;
        size_t posts;
    } rows[] = {{7, 1}, {8, 2}, {100, 2}, {101, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = {0};
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why;

        buf_put(&text, STR("05 May 2017\n\nA title\n\nText.\n\n"));
        for (int letter = 0; letter < rows[i].letters; letter++)
            buf_put(&text, STR("\u00c9"));
        buf_put(&text, STR("\n\n" LONG "\n"));
        assert_true(split(&capture, &findings, &hints, buf_str(&text), NULL, &why));
        assert_int_equal(capture.post_count, rows[i].posts);
        assert_int_equal(findings.count, 0);
        end(&capture, &findings, &hints);
        buf_free(&text);
    }
}

/* R7 */
static void
writes_bodies_as_gemtext(void **state)
{
    static const struct row rows[] = {
        {"lists",
         "05 May 2017\n\nA title\n\nWe ask:\n  \u2022 rice\n  \u2022 fish" NBSP
         " too\nand\n  1. a roof\n"
         "2. a tree\nof\no Ana\no Ben\nand\no Cy\nat last.\n",
         NULL,
         "2017-05-05+0 A title\nWe ask:\n* rice\n* fish too\nand\n1. a roof\n2. a tree\nof\n"
         "* Ana\n* Ben\nand\no Cy\nat last.\n",
         "", 0},
        {"lines that gemtext would read otherwise",
         "05 May 2017\n\nA title\n\n#rice for all:\n=> there\n> quoted\n* starred\n```\nlast.\n",
         NULL,
         "2017-05-05+0 A title\n #rice for all:\n => there\n > quoted\n * starred\n ```\nlast.\n",
         "", 0},
        {"lines are kept and not joined, white space is single",
         "05 May 2017\n\nA title\n\n\n  one " NBSP " two \nstops.Starts\n\nlast.\n\n\n", NULL,
         "2017-05-05+0 A title\none two\nstops.Starts\n\nlast.\n",
         "page.txt: W2 media may be lost at runs of blank lines: 1: each is kept as one blank "
         "line\n",
         0},
        {"credits",
         "05 May 2017\n\nA title\n\n\u00a9 A. Weaver\n(c) B. Weaver\nc Daily Loom\nText.\n", NULL,
         "2017-05-05+0 A title\n\u00a9 A. Weaver\n(c) B. Weaver\nc Daily Loom\nText.\n",
         "page.txt:7: A3 possible credit: \"c Daily Loom\": kept as body: hint: credit 7 "
         "\"c Daily Loom\"\n",
         0},
        {"A3 settled as credit", "05 May 2017\n\nA title\n\nc Daily Loom\nText.\n",
         "credit 5 \"c Daily Loom\"\n", "2017-05-05+0 A title\n\u00a9 Daily Loom\nText.\n", "", 1},
        {"A3 settled as body", "05 May 2017\n\nA title\n\nc Daily Loom\nText.\n",
         "body 5 \"c Daily Loom\"\n", "2017-05-05+0 A title\nc Daily Loom\nText.\n", "", 1},
        {"a heading by hint", "05 May 2017\n\nA title\n\nWho weaves\nText.\n",
         "heading 5 \"Who weaves\"\n", "2017-05-05+0 A title\n## Who weaves\nText.\n", "", 0},
    };

    (void)state;
    CHECK(rows);
}

static void
adds_links_by_hint(void **state)
{
    static const struct row rows[] = {
        {"words before a lone one, in its sentence",
         "05 May 2017\n\nA title\n\nThere we met. The plan is here, or look at the old one here. "
         "It is "
         "here.\n",
         "link 5 \"here\" https://example.org/a\nlink 5 \"here\" https://example.org/b?c\n",
         "2017-05-05+0 A title\n"
         "There we met. The plan is here, or look at the old one here. It is here.\n"
         "=> https://example.org/a The plan is here\n"
         "=> https://example.org/b?c look at the old one here\n",
         "page.txt: W3 links are lost at \"here\": 1: kept as text: hint: link LINE \"here\" "
         "ADDRESS\n",
         0},
        {"several words as they are", "05 May 2017\n\nA title\n\nSee the two films.\nEnd.\n",
         "link 5 \"two films\" gemini://example.org/\n",
         "2017-05-05+0 A title\nSee the two films.\n=> gemini://example.org/ two films\nEnd.\n", "",
         0},
    };

    (void)state;
    CHECK(rows);
}

/* R8 and R9 */
static void
warns_of_what_is_lost(void **state)
{
    static const struct row rows[] = {
        {"W1: the last body stops",
         "05 May 2017\n\nA title\n\nText\n\n04 May 2017\n\nB title\n\nWe ask:\n", NULL,
         "2017-05-05+0 A title\nText\n2017-05-04+0 B title~\nWe ask:\n", "", 0},
        {"W1 settled: complete", "05 May 2017\n\nA title\n\nText\n", "complete 5 \"Text\"\n",
         "2017-05-05+0 A title\nText\n", "", 1},
        {"W1 settled: truncated", "05 May 2017\n\nA title\n\nText\n", "truncated 5 \"Text\"\n",
         "2017-05-05+0 A title~\nText\n", "", 1},
        {"any post may be truncated",
         "05 May 2017\n\nA title\n\nText.\n\n04 May 2017\n\nB title\n\nText.\n",
         "truncated 5 \"Text.\"\n", "2017-05-05+0 A title~\nText.\n2017-05-04+0 B title\nText.\n",
         "", 0},
        {"a title alone is truncated", "05 May 2017\n\nA title.\n", NULL,
         "2017-05-05+0 A title.~\n", "", 0},
        {"full stops of other scripts", "05 May 2017\n\nA title\n\n\u0995\u0964\n", NULL,
         "2017-05-05+0 A title\n\u0995\u0964\n", "", 0},
        {"W2 counts runs inside bodies only",
         "Notes\n\n\n05 May 2017\n\n\nA title\n\nText.\n\n\n\nMore.\n\n\nEnd.\n\n\n04 May 2017\n\n"
         "B title\n\nText.\n\n\n",
         NULL, "2017-05-05+0 A title\nText.\n\nMore.\n\nEnd.\n2017-05-04+0 B title\nText.\n",
         "page.txt: W2 media may be lost at runs of blank lines: 2: each is kept as one blank "
         "line\n",
         0},
        {"W3 counts a lone here",
         "05 May 2017\n\nWe are here\n\nSee here, there (here) and where. Here it ends, "
         "ahere\u00e9.\n",
         NULL,
         "2017-05-05+0 We are here\n"
         "See here, there (here) and where. Here it ends, ahere\u00e9.\n",
         "page.txt: W3 links are lost at \"here\": 2: kept as text: hint: link LINE \"here\" "
         "ADDRESS\n",
         0},
    };

    (void)state;
    CHECK(rows);
}

static void
refuses_hints_that_do_not_fit(void **state)
{
    static const char text[] = "Notes\n\n05 May 2017\n\nA title\n\nText here.\n\nMore.\n";
    static const struct {
        const char *hints, *why;
    } rows[] = {
        {"body 99 \"x\"", "page.hints:2: body 99: the capture has no such line"},
        {"\nbody 7 \"Text\"", "page.hints:3: body 7: the line says \"Text here.\""},
        {"post 5 \"B title\" lang=nl", "page.hints:2: post 5: the line says \"A title\""},
        {"body 6 \"x\"", "page.hints:2: body 6: the line says \"\""},
        {"body 5 \"A title\"", "page.hints:2: body 5: the line is not in the body of a post"},
        {"credit 1 \"Notes\"", "page.hints:2: credit 1: the line is not in the body of a post"},
        {"heading 3 \"05 May 2017\"", "not a text capture: no date header"},
        {"title 1 \"Notes\"", "page.hints:2: title 1: only text under a date can be a title"},
        {"date 7 \"Text here.\"", "page.hints:2: date 7: the line is no date"},
        {"notitle 7 \"Text here.\"", "page.hints:2: notitle 7: the line does not follow a date"},
        {"link 7 \"there\" https://example.org/",
         "page.hints:2: link 7: the line does not say this, or not as often"},
        {"link 7 \"here\" /a\nlink 7 \"here\" /b",
         "page.hints:2: link 7: the line does not say this, or not as often"},
        {"post 7 lang=nl", "page.hints:2: post 7: no post begins here"},
        {"keep 7 \"Text here.\"", "page.hints:2: keep 7: no post begins here"},
        {"keep 1 \"Notes\"", "page.hints:2: keep 1: no post begins here"},
        {"complete 7 \"Text here.\"", "page.hints:2: complete 7: no post ends here"},
        {"truncated 1 \"Notes\"", "page.hints:2: truncated 1: no post ends here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why;

        assert_false(split(&capture, &findings, &hints, str_of(text), rows[i].hints, &why));
        assert_string_equal(why.text, rows[i].why);
        end(&capture, &findings, &hints);
    }
}

/* No hint settles anything on a line that says something else. */
static void
guards_every_hint(void **state)
{
    (void)state;
    for (int kind = 0; kind < HINT_KINDS; kind++) {
        const char *keyword = hint_keyword((enum hint_kind)kind);
        struct buf line = {0};
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why;

        buf_format(&line, "%s 5 \"there\"%s", keyword,
                   kind == HINT_LINK   ? " https://example.org/"
                   : kind == HINT_POST ? " lang=nl"
                                       : "");
        assert_false(split(&capture, &findings, &hints,
                           STR("05 May 2017\n\nA title\n\nText here.\n"), buf_text(&line), &why));
        assert_non_null(strstr(why.text, "page.hints:2: "));
        assert_non_null(strstr(why.text, keyword));
        end(&capture, &findings, &hints);
        buf_free(&line);
    }
}

/* R4: a first paragraph without a title is told by its length, with the hint that helps. */
static void
refuses_a_title_that_is_a_paragraph(void **state)
{
    struct buf text = {0};
    struct capture capture;
    struct findings findings;
    struct hints hints;
    struct failure why;

    (void)state;
    buf_put(&text, STR("05 May 2017\n\n"));
    for (int i = 0; i < CAPTURE_TITLE_MAX / 4; i++)
        buf_put(&text, STR("Rice "));
    assert_false(split(&capture, &findings, &hints, buf_str(&text), NULL, &why));
    assert_string_equal(why.text,
                        "line 3: a title of more than 1024 bytes: hint: notitle 3 \"Rice Rice Rice "
                        "Rice Rice Rice Rice Rice Rice Rice Rice Rice\u2026\"");
    end(&capture, &findings, &hints);
    assert_true(split(&capture, &findings, &hints, buf_str(&text),
                      "notitle 3 \"Rice Rice Rice Rice\u2026\"\n", &why) == false);
    end(&capture, &findings, &hints);
    assert_true(split(&capture, &findings, &hints, buf_str(&text),
                      "notitle 3 \"Rice Rice Rice Rice Rice\u2026\"\n", &why));
    end(&capture, &findings, &hints);
    buf_free(&text);
}

/* R3 */
static void
reads_the_preamble(void **state)
{
    static const struct {
        const char *text, *label, *description;
    } rows[] = {
        {"05 May 2017\n\nA title\n\nText.\n", "", ""},
        {"About us\n\n\nWe" NBSP " weave.\n# And sing.\n\n05 May 2017\n\nA title\n\nText.\n", "",
         "About us\n\nWe weave.\n # And sing.\n"},
        {"We weave.\nShowing posts with label fair pay. Show all posts\n"
         "Showing posts with label fair pay. Show all posts\n\n05 May 2017\n\nA title\n\n"
         "Showing posts with label other. Show all posts\n",
         "fair pay", "We weave.\n"},
        {"Showing posts with label . Show all posts\n\n05 May 2017\n\nA title\n\nText.\n", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct capture capture;
        struct findings findings;
        struct hints hints;
        struct failure why;
        struct buf description = {0};

        assert_true(split(&capture, &findings, &hints, str_of(rows[i].text), NULL, &why));
        capture_put_description(&description, &capture);
        assert_true(str_eq(capture.label, str_of(rows[i].label)));
        assert_string_equal(buf_text(&description), rows[i].description);
        buf_free(&description);
        end(&capture, &findings, &hints);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_capture),
        cmocka_unit_test(splits_at_dates),
        cmocka_unit_test(finds_further_titles),
        cmocka_unit_test(measures_further_titles),
        cmocka_unit_test(writes_bodies_as_gemtext),
        cmocka_unit_test(adds_links_by_hint),
        cmocka_unit_test(warns_of_what_is_lost),
        cmocka_unit_test(refuses_hints_that_do_not_fit),
        cmocka_unit_test(guards_every_hint),
        cmocka_unit_test(refuses_a_title_that_is_a_paragraph),
        cmocka_unit_test(reads_the_preamble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
