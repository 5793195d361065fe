#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../fixture.h"
#include "text/gemtext.h"
#include "text/uri.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { PATHS_MAX = 100 };

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2016/01/seed.gmi",
     "# Seed\n2016-01-09\n\nText.\n\n=> /label/rice/ Rice\n=> /label/durre/ Dürre\n"},
    {"capsule/2017/11/post.gmi", "# 2017-11-05\n2017-11-05\n\nText.\n"},
    {"capsule/2017/12/oogst.gmi",
     "# Oogst =>\t2017\n2017-12-04 · nl\n\nTekst.\n\n=> /label/rice/ rice\n"},
    {"capsule/2017/12/caf%C3.gmi", "# Harvest\n2017-12-06\n\nText.\n\n=> /label/rice/ Rice\n"
                                   "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান\n"},
    {"capsule/2018/02/flood.gmi", "# Flood\n2018-02-01\n\nText.\n\n=> /label/durre/ Dürre\n"},
    {"capsule/my page.gmi", "# My page\n"},
};

static const char ini[] = "[blog]\ntitle = Field notes\nsubtitle = From the river\npage_size = 2\n";

static void
assert_page(const struct fixture *fixture, const char *path, const char *expected)
{
    struct response response;

    fixture_ask(fixture, path, &response);
    assert_int_equal(response.outcome, OUTCOME_OK);
    assert_string_equal(buf_text(&response.meta), "text/gemini; charset=utf-8; lang=en");
    assert_int_equal(response.file_fd, -1);
    assert_string_equal(buf_text(&response.page), expected);
    response_free(&response);
}

static void
assert_answer(const struct fixture *fixture, const char *path, enum outcome outcome,
              const char *meta)
{
    struct response response;

    fixture_ask(fixture, path, &response);
    if (response.outcome != outcome || (meta && strcmp(buf_text(&response.meta), meta) != 0))
        fail_msg("%s: outcome %d, %s", path, (int)response.outcome, buf_text(&response.meta));
    response_free(&response);
}

static void
pages_are_as_planned(void **state)
{
    static const struct {
        const char *path, *page;
    } rows[] = {
        {"/", "# Field notes\n"
              "## From the river\n"
              "\n"
              "=> /2018/02/flood.gmi 2018-02-01 Flood (51 B)\n"
              "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
              "\n"
              "=> /2 Next page (2 of 3)\n"
              "\n"
              "## Labels\n"
              "=> /label/rice/ Rice (3)\n"
              "=> /label/durre/ Dürre (2)\n"
              "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান (1)\n"
              "=> /label/ All labels (3)\n"
              "\n"
              "## Archive\n"
              "=> /2018/ 2018 (1)\n"
              "=> /2017/ 2017 (3)\n"
              "=> /2016/ 2016 (1)\n"
              "=> /archive/ All months\n"
              "=> /random Random post\n"
              "\n"
              "=> /search Search\n"
              "\n"
              "## Languages\n"
              "=> /lang/en/ English (4)\n"
              "=> /lang/nl/ Nederlands (1)\n"
              "\n"
              "## Pages\n"
              "=> /my%20page.gmi My page (10 B)\n"
              "\n"
              "## Feeds\n"
              "=> /atom.xml Feed\n"
              "=> /about/feeds.gmi Subscribe\n"
              "\n"
              "=> /light/ Light pages\n"},
        {"/2", "# Field notes, page 2\n"
               "\n"
               "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
               "=> /2017/11/post.gmi 2017-11-05 Untitled (31 B)\n"
               "\n"
               "=> / Previous page\n"
               "=> /3 Next page (3 of 3)\n"
               "=> / Field notes\n"},
        {"/3", "# Field notes, page 3\n"
               "\n"
               "=> /2016/01/seed.gmi 2016-01-09 Seed (71 B)\n"
               "\n"
               "=> /2 Previous page\n"
               "=> / Field notes\n"},
        {"/2017/", "# 2017\n"
                   "3 posts\n"
                   "```Posts in 2017: December 2, November 1\n"
                   "Dec ██ 2\n"
                   "Nov █ 1\n"
                   "```\n"
                   "=> /2017/12/ December 2017 (2)\n"
                   "=> /2017/11/ November 2017 (1)\n"
                   "\n"
                   "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
                   "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
                   "\n"
                   "=> /2017/2 Next page (2 of 2)\n"
                   "=> /2016/ Older: 2016 (1)\n"
                   "=> /2018/ Newer: 2018 (1)\n"
                   "=> /archive/ Archive\n"
                   "=> / Field notes\n"},
        {"/2017/2", "# 2017, page 2\n"
                    "\n"
                    "=> /2017/11/post.gmi 2017-11-05 Untitled (31 B)\n"
                    "\n"
                    "=> /2017/ Previous page\n"
                    "=> /2016/ Older: 2016 (1)\n"
                    "=> /2018/ Newer: 2018 (1)\n"
                    "=> /archive/ Archive\n"
                    "=> / Field notes\n"},
        {"/2017/12/", "# December 2017\n"
                      "2 posts\n"
                      "```Posts in 2017: December 2\n"
                      "Dec ██ 2\n"
                      "```\n"
                      "\n"
                      "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
                      "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
                      "\n"
                      "=> /2017/11/ Older: November 2017 (1)\n"
                      "=> /2018/02/ Newer: February 2018 (1)\n"
                      "=> /2017/ 2017 (3)\n"
                      "=> / Field notes\n"},
        {"/2016/01/", "# January 2016\n"
                      "1 post\n"
                      "```Posts in 2016: January 1\n"
                      "Jan █ 1\n"
                      "```\n"
                      "\n"
                      "=> /2016/01/seed.gmi 2016-01-09 Seed (71 B)\n"
                      "\n"
                      "=> /2017/11/ Newer: November 2017 (1)\n"
                      "=> /2016/ 2016 (1)\n"
                      "=> / Field notes\n"},
        {"/archive/", "# Archive\n"
                      "```Posts by month. 2018: February 1; 2017: December 2, November 1; "
                      "2016: January 1\n"
                      "     1  4  7  10\n"
                      "2018  ▄           1\n"
                      "2017           ▄█ 3\n"
                      "2016 ▄            1\n"
                      "```\n"
                      "\n"
                      "=> /2018/ 2018 (1)\n"
                      "=> /2018/02/ February 2018 (1)\n"
                      "\n"
                      "=> /archive/2 Next page (2 of 4)\n"
                      "=> /random Random post\n"
                      "=> /stats.gmi Statistics\n"
                      "=> / Field notes\n"},
        {"/archive/4", "# Archive, page 4\n"
                       "\n"
                       "=> /2016/01/ January 2016 (1)\n"
                       "\n"
                       "=> /archive/3 Previous page\n"
                       "=> /random Random post\n"
                       "=> /stats.gmi Statistics\n"
                       "=> / Field notes\n"},
        {"/label/", "# Labels\n"
                    "\n"
                    "=> /label/durre/ Dürre (2)\n"
                    "=> /label/rice/ Rice (3)\n"
                    "\n"
                    "=> /label/2 Next page (2 of 2)\n"
                    "=> / Field notes\n"},
        {"/label/2", "# Labels, page 2\n"
                     "\n"
                     "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান (1)\n"
                     "\n"
                     "=> /label/ Previous page\n"
                     "=> / Field notes\n"},
        {"/label/rice/", "# Rice\n"
                         "3 posts\n"
                         "\n"
                         "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
                         "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
                         "\n"
                         "=> /label/rice/2 Next page (2 of 2)\n"
                         "=> /label/rice/atom.xml Feed\n"
                         "=> /label/ All labels\n"
                         "=> / Field notes\n"},
        {"/label/rice/2", "# Rice, page 2\n"
                          "\n"
                          "=> /2016/01/seed.gmi 2016-01-09 Seed (71 B)\n"
                          "\n"
                          "=> /label/rice/ Previous page\n"
                          "=> /label/rice/atom.xml Feed\n"
                          "=> /label/ All labels\n"
                          "=> / Field notes\n"},
        {"/label/ধান/", "# ধান\n"
                        "1 post\n"
                        "\n"
                        "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
                        "\n"
                        "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/atom.xml Feed\n"
                        "=> /label/ All labels\n"
                        "=> / Field notes\n"},
        {"/lang/", "# Languages\n"
                   "\n"
                   "=> /lang/en/ English (4)\n"
                   "=> /lang/nl/ Nederlands (1)\n"
                   "\n"
                   "=> / Field notes\n"},
        {"/since/2017-12-04/", "# Posts since 2017-12-04\n"
                               "\n"
                               "=> /2018/02/flood.gmi 2018-02-01 Flood (51 B)\n"
                               "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
                               "\n"
                               "=> /since/2017-12-04/2 Next page (2 of 2)\n"
                               "=> / Field notes\n"},
        {"/since/2018-02-02/", "# Posts since 2018-02-02\n"
                               "Nothing new\n"
                               "\n"
                               "=> / Field notes\n"},
        {"/stats.gmi", "# Statistics\n"
                       "5 posts\n"
                       "5 words\n"
                       "3 labels\n"
                       "0 comments\n"
                       "3 years\n"
                       "\n"
                       "=> /2018/ 2018: 1 post, 1 word\n"
                       "=> /2017/ 2017: 3 posts, 3 words\n"
                       "=> /2016/ 2016: 1 post, 1 word\n"
                       "\n"
                       "=> /lang/en/ English (4)\n"
                       "=> /lang/nl/ Nederlands (1)\n"
                       "=> / Field notes\n"},
        {"/about/feeds.gmi",
         "# Subscribe\n"
         "\n"
         "Every list here is a page to subscribe to: give its address to a Gemini client that "
         "follows pages, such as Lagrange or Amfora. A link that begins with a date is a post.\n"
         "=> / Field notes\n"
         "=> /label/ All labels\n"
         "\n"
         "On a thin link, ask only for the posts since a day; any other day may stand in the "
         "address.\n"
         "=> /since/2018-02-01/ Posts since 2018-02-01\n"
         "\n"
         "Feed readers take these Atom feeds; every label and every language has one, called "
         "atom.xml.\n"
         "=> /atom.xml Field notes\n"
         "=> /label/rice/atom.xml Rice\n"
         "=> /label/durre/atom.xml Dürre\n"
         "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/atom.xml ধান\n"
         "=> /lang/en/atom.xml English\n"
         "=> /lang/nl/atom.xml Nederlands\n"},
        {"/lang/nl/", "# Nederlands\n"
                      "1 post\n"
                      "\n"
                      "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
                      "\n"
                      "=> /lang/nl/atom.xml Feed\n"
                      "=> /lang/ All languages\n"
                      "=> / Field notes\n"},
    };
    struct fixture fixture;

    (void)state;
    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, ini);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_page(&fixture, rows[i].path, rows[i].page);
    fixture_free(&fixture);
}

/* The same pages in the words of the blog's language; a language that we do not speak is no reason
 * to say nothing. */
static void
pages_speak_the_language_of_the_blog(void **state)
{
    static const struct {
        const char *language, *path, *page;
    } rows[] = {
        {"nl", "/2017/12/",
         "# december 2017\n"
         "2 berichten\n"
         "```Berichten in 2017: december 2\n"
         "dec ██ 2\n"
         "```\n"
         "\n"
         "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
         "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
         "\n"
         "=> /2017/11/ Ouder: november 2017 (1)\n"
         "=> /2018/02/ Nieuwer: februari 2018 (1)\n"
         "=> /2017/ 2017 (3)\n"
         "=> / Field notes\n"},
        {"fr-BE", "/2017/",
         "# 2017\n"
         "3 articles\n"
         "```Articles en 2017 : décembre 2, novembre 1\n"
         "déc.  ██ 2\n"
         "nov.  █ 1\n"
         "```\n"
         "=> /2017/12/ décembre 2017 (2)\n"
         "=> /2017/11/ novembre 2017 (1)\n"
         "\n"
         "=> /2017/12/caf%25C3.gmi 2017-12-06 Harvest (99 B)\n"
         "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
         "\n"
         "=> /2017/2 Page suivante (2 sur 2)\n"
         "=> /2016/ Plus ancien : 2016 (1)\n"
         "=> /2018/ Plus récent : 2018 (1)\n"
         "=> /archive/ Archives\n"
         "=> / Field notes\n"},
        {"bn", "/2",
         "# Field notes, পাতা 2\n"
         "\n"
         "=> /2017/12/oogst.gmi 2017-12-04 Oogst => 2017 (63 B)\n"
         "=> /2017/11/post.gmi 2017-11-05 শিরোনামহীন (31 B)\n"
         "\n"
         "=> / আগের পাতা\n"
         "=> /3 পরের পাতা (3-এর মধ্যে 3)\n"
         "=> / Field notes\n"},
        {"de", "/label/2",
         "# Labels, page 2\n"
         "\n"
         "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান (1)\n"
         "\n"
         "=> /label/ Previous page\n"
         "=> / Field notes\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf spoken = {0};
        struct fixture fixture;
        struct response response;

        buf_format(&spoken, "%slanguage = %s\n", ini, rows[i].language);
        fixture_make(&fixture);
        for (size_t j = 0; j < COUNT(files); j++)
            fixture_write(&fixture, files[j].path, str_of(files[j].text));
        fixture_open(&fixture, buf_text(&spoken));
        fixture_ask(&fixture, rows[i].path, &response);
        assert_string_equal(buf_text(&response.page), rows[i].page);
        response_free(&response);
        fixture_ask(&fixture, "/none", &response);
        assert_string_equal(buf_text(&response.meta),
                            word_text(tongue_of(str_of(rows[i].language)), WORD_NOT_FOUND).ptr);
        response_free(&response);
        fixture_free(&fixture);
        buf_free(&spoken);
    }
}

static void
case_of_a_tag_makes_no_language(void **state)
{
    static const char *const tags[] = {"en-GB", "EN-gb", "en-gb", "nl-be"};
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(tags); i++) {
        struct buf path = {0}, text = {0};

        buf_format(&path, "capsule/2017/11/%zu.gmi", i);
        buf_format(&text, "# A post\n2017-11-05 · %s\n\nText.\n", tags[i]);
        fixture_write(&fixture, buf_text(&path), buf_str(&text));
        buf_free(&path);
        buf_free(&text);
    }
    fixture_open(&fixture, ini);
    assert_page(&fixture, "/lang/",
                "# Languages\n\n=> /lang/en-GB/ en-GB (3)\n=> /lang/nl-BE/ nl-BE (1)\n\n"
                "=> / Field notes\n");
    fixture_ask(&fixture, "/2017/11/1.gmi", &response);
    assert_string_equal(buf_text(&response.meta), "text/gemini; charset=utf-8; lang=en-GB");
    response_free(&response);
    fixture_free(&fixture);
}

struct walk {
    struct buf paths[PATHS_MAX];
    size_t count;
};

static void
add_path(struct walk *walk, struct str target)
{
    struct buf path = {0};

    assert_int_equal(uri_path_decode(target, &path), URI_PATH_OK);
    for (size_t i = 0; i < walk->count; i++)
        if (str_eq(buf_str(&walk->paths[i]), buf_str(&path))) {
            buf_free(&path);
            return;
        }
    assert_true(walk->count < PATHS_MAX);
    walk->paths[walk->count++] = path;
}

/* Readers of thin links must not pay for a redirect, and every post and page is within reach. */
static void
every_link_leads_to_a_page(void **state)
{
    struct walk walk = {0};
    struct fixture fixture;
    size_t found = 0;

    (void)state;
    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, ini);
    add_path(&walk, STR("/"));
    for (size_t i = 0; i < walk.count; i++) {
        struct response response;
        struct buf body = {0};
        struct gemtext_scanner scanner;
        struct gemtext_line line;

        fixture_ask(&fixture, buf_text(&walk.paths[i]), &response);
        assert_int_equal(response.outcome,
                         strcmp(buf_text(&walk.paths[i]), "/random") == 0   ? OUTCOME_ELSEWHERE
                         : strcmp(buf_text(&walk.paths[i]), "/search") == 0 ? OUTCOME_INPUT
                                                                            : OUTCOME_OK);
        fixture_body(&response, &body);
        scanner = (struct gemtext_scanner){.rest = buf_str(&body)};
        while (gemtext_next(&scanner, &line))
            if (line.kind == GEMTEXT_LINK)
                add_path(&walk, line.target);
        buf_free(&body);
        response_free(&response);
    }
    for (size_t i = 0; i < COUNT(files); i++)
        for (size_t j = 0; j < walk.count; j++)
            found += strcmp(files[i].path + strlen("capsule"), buf_text(&walk.paths[j])) == 0;
    assert_int_equal(found, COUNT(files));
    for (size_t i = 0; i < walk.count; i++)
        buf_free(&walk.paths[i]);
    fixture_free(&fixture);
}

static void
numbers_are_strict(void **state)
{
    static const char *const paths[] = {
        "/0",
        "/1",
        "/4",
        "/02",
        "/+2",
        "/2.0",
        "/1e1",
        "/99999999999999999999",
        "/2017/0",
        "/2017/1",
        "/2017/3",
        "/2017/02/",
        "/+2017/",
        "/02017/",
        "/999/",
        "/2017/1/",
        "/2017/00/",
        "/2017/13/",
        "/2017/12/2",
        "/2017/12/1",
        "/label/1",
        "/label/3",
        "/label/rice/3",
        "/label/rice/02",
        "/label//",
        "/lang/nl/2",
        "/archive/5",
        "/since/",
        "/since/2018-02-30/",
        "/since/2018-2-1/",
        "/since/2018-02-02/2",
        "/since/2017-12-04/3",
        "/lang/2",
        "/2/",
        "/2017/2/",
        "/label/2/",
        "/archive/2/",
        "/2017/12/32/",
    };
    struct fixture fixture;

    (void)state;
    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, ini);
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_answer(&fixture, paths[i], OUTCOME_NOT_FOUND, "Not found");
    fixture_free(&fixture);
}

static void
write_posts(const struct fixture *fixture, int year, int month, int count, const char *label)
{
    for (int i = 1; i <= count; i++) {
        struct buf path = {0}, text = {0};

        buf_format(&path, "capsule/%d/%02d/post-%d.gmi", year, month, i);
        buf_format(&text, "# Post %d\n%d-%02d-%02d\n\nText.\n\n=> /label/%s/ %s\n", i, year, month,
                   (i - 1) % 28 + 1, label, label);
        fixture_write(fixture, buf_text(&path), buf_str(&text));
        buf_free(&path);
        buf_free(&text);
    }
}

/* Links to pages must work: a missing slash is forgiven only where there is no such page. */
static void
page_comes_before_missing_slash(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_make(&fixture);
    write_posts(&fixture, 2017, 11, 6, "2");
    write_posts(&fixture, 2017, 12, 5, "water");
    fixture_open(&fixture, "[blog]\npage_size = 1\n");
    assert_answer(&fixture, "/2017/11", OUTCOME_OK, NULL);
    assert_answer(&fixture, "/2017/12", OUTCOME_MOVED, "/2017/12/");
    assert_answer(&fixture, "/2017", OUTCOME_MOVED, "/2017/");
    assert_answer(&fixture, "/label/2", OUTCOME_OK, NULL);
    assert_answer(&fixture, "/label/2/", OUTCOME_OK, NULL);
    fixture_free(&fixture);
}

static void
bars_are_scaled(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    write_posts(&fixture, 2015, 3, 1, "a");
    write_posts(&fixture, 2015, 5, 30, "a");
    write_posts(&fixture, 2015, 7, 62, "a");
    fixture_open(&fixture, "");
    fixture_ask(&fixture, "/2015/", &response);
    assert_non_null(strstr(buf_text(&response.page), "```Posts in 2015: July 62, May 30, March 1\n"
                                                     "Jul ██████████████████████████████ 62\n"
                                                     "May ██████████████ 30\n"
                                                     "Mar █ 1\n"
                                                     "```\n"));
    response_free(&response);
    fixture_free(&fixture);
}

#define LIGHT  "\n=> /light/ Light pages\n"
#define SEARCH "\n=> /search Search\n"
#define PAGES  "\n## Pages\n=> /about.gmi About (8 B)\n"

static void
home_begins_as_the_operator_wrote(void **state)
{
    static const struct {
        const char *intro, *page;
    } rows[] = {
        {"# Mine\n\nWelcome.\n=> about.gmi Who we are\n\n\n",
         "# Mine\n\nWelcome.\n=> about.gmi Who we are (8 B)\n" SEARCH LIGHT},
        {"Hello.\r\n", "# Field notes\nHello.\n" SEARCH PAGES LIGHT},
        {"\xef\xbb\xbf# Mine\n=> /about.gmi\n",
         "# Mine\n=> /about.gmi about.gmi (8 B)\n" SEARCH LIGHT},
        {"# Mine\n```art\n  /\\  =>\n", "# Mine\n```art\n  /\\  =>\n```\n" SEARCH PAGES LIGHT},
        {"# Mine\n * not an item\n* item\n> quote\n### small\n",
         "# Mine\n * not an item\n* item\n> quote\n### small\n" SEARCH PAGES LIGHT},
        {"# Caf\xE9\n=> /about.gmi\n", "# Café\n=> /about.gmi about.gmi (8 B)\n" SEARCH LIGHT},
        {"", "# Field notes\n## From the river\n" SEARCH PAGES LIGHT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture fixture;

        fixture_make(&fixture);
        fixture_write(&fixture, "capsule/index.gmi", str_of(rows[i].intro));
        fixture_write(&fixture, "capsule/about.gmi", STR("# About\n"));
        fixture_open(&fixture, ini);
        assert_page(&fixture, "/", rows[i].page);
        assert_page(&fixture, "/index.gmi", rows[i].page);
        fixture_free(&fixture);
    }
}

static void
shelves_on_the_home_page_are_short(void **state)
{
    struct fixture fixture;
    struct response response;
    const char *label;

    (void)state;
    fixture_make(&fixture);
    for (int i = 1; i <= 7; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        write_posts(&fixture, 2010 + i, 1, i, name);
    }
    fixture_open(&fixture, "");
    fixture_ask(&fixture, "/", &response);
    label = strstr(buf_text(&response.page), "## Labels\n");
    assert_non_null(label);
    assert_string_equal(label, "## Labels\n"
                               "=> /label/h/ h (7)\n=> /label/g/ g (6)\n=> /label/f/ f (5)\n"
                               "=> /label/e/ e (4)\n=> /label/d/ d (3)\n"
                               "=> /label/ All labels (7)\n"
                               "\n## Archive\n"
                               "=> /2017/ 2017 (7)\n=> /2016/ 2016 (6)\n=> /2015/ 2015 (5)\n"
                               "=> /2014/ 2014 (4)\n=> /2013/ 2013 (3)\n"
                               "=> /archive/ All months\n"
                               "=> /random Random post\n"
                               "\n=> /search Search\n"
                               "\n## Feeds\n"
                               "=> /atom.xml Feed\n"
                               "=> /about/feeds.gmi Subscribe\n" LIGHT);
    response_free(&response);
    fixture_free(&fixture);
}

static void
programs_are_told_what_to_leave_alone(void **state)
{
    static const struct {
        const char *ini, *robots;
    } rows[] = {
        {"", "User-agent: *\nDisallow: /search\nDisallow: /random\nDisallow: /since/\n"
             "Disallow: /light/\nDisallow: /book/\n"},
        {"[robots]\ndisallow =\n", "User-agent: *\nDisallow:\n"},
        {"[robots]\ndisallow = /a b/, /é\nindexer = no\nwebproxy = no\n",
         "User-agent: *\nDisallow: /a%20b/\nDisallow: /%C3%A9\n"
         "\nUser-agent: indexer\nDisallow: /\n"
         "\nUser-agent: webproxy\nDisallow: /\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture fixture;
        struct response response;

        fixture_make(&fixture);
        fixture_open(&fixture, rows[i].ini);
        fixture_ask(&fixture, "/robots.txt", &response);
        assert_int_equal(response.outcome, OUTCOME_OK);
        assert_string_equal(buf_text(&response.meta), "text/plain; charset=utf-8");
        assert_string_equal(buf_text(&response.page), rows[i].robots);
        response_free(&response);
        fixture_free(&fixture);
    }
}

static void
capsule_has_an_icon(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    fixture_open(&fixture, "[blog]\nicon = \U0001F30F\n");
    fixture_ask(&fixture, "/favicon.txt", &response);
    assert_int_equal(response.outcome, OUTCOME_OK);
    assert_string_equal(buf_text(&response.meta), "text/plain; charset=utf-8");
    assert_string_equal(buf_text(&response.page), "\U0001F30F\n");
    response_free(&response);
    fixture_free(&fixture);
    fixture_make(&fixture);
    fixture_open(&fixture, "[blog]\nicon =\n");
    assert_answer(&fixture, "/favicon.txt", OUTCOME_NOT_FOUND, NULL);
    fixture_free(&fixture);
}

/* The picture has a column for every month, as high as its posts are many. */
static void
archive_is_a_picture(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    write_posts(&fixture, 2014, 12, 1, "a");
    write_posts(&fixture, 2016, 1, 16, "a");
    write_posts(&fixture, 2016, 2, 3, "a");
    write_posts(&fixture, 2016, 6, 8, "a");
    write_posts(&fixture, 2016, 12, 15, "a");
    fixture_open(&fixture, "");
    fixture_ask(&fixture, "/archive/", &response);
    assert_non_null(strstr(buf_text(&response.page),
                           "```Posts by month. 2016: December 15, June 8, February 3, January 16; "
                           "2014: December 1\n"
                           "     1  4  7  10\n"
                           "2016 █▂   ▄     █ 42\n"
                           "2014            ▁ 1\n"
                           "```\n"));
    response_free(&response);
    fixture_free(&fixture);
}

/* A hundred asks leave out one of five posts less than once in a billion times. */
static void
random_post_may_be_any(void **state)
{
    struct fixture fixture;
    struct response response;
    bool seen[COUNT(files)] = {false};

    (void)state;
    fixture_make(&fixture);
    assert_int_equal(COUNT(files), 6);
    for (size_t i = 0; i + 1 < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, ini);
    for (int asked = 0; asked < 100; asked++) {
        struct buf path = {0};

        fixture_ask(&fixture, "/random", &response);
        assert_int_equal(response.outcome, OUTCOME_ELSEWHERE);
        assert_int_equal(uri_path_decode(buf_str(&response.meta), &path), URI_PATH_OK);
        for (size_t i = 0; i < COUNT(files); i++)
            seen[i] |= strcmp(files[i].path + strlen("capsule"), buf_text(&path)) == 0;
        buf_free(&path);
        response_free(&response);
    }
    for (size_t i = 0; i + 1 < COUNT(files); i++)
        assert_true(seen[i]);
    assert_answer(&fixture, "/random/", OUTCOME_NOT_FOUND, NULL);
    fixture_free(&fixture);
    fixture_make(&fixture);
    fixture_open(&fixture, ini);
    assert_answer(&fixture, "/random", OUTCOME_NOT_FOUND, NULL);
    fixture_free(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_as_planned),
        cmocka_unit_test(pages_speak_the_language_of_the_blog),
        cmocka_unit_test(case_of_a_tag_makes_no_language),
        cmocka_unit_test(every_link_leads_to_a_page),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(page_comes_before_missing_slash),
        cmocka_unit_test(bars_are_scaled),
        cmocka_unit_test(home_begins_as_the_operator_wrote),
        cmocka_unit_test(shelves_on_the_home_page_are_short),
        cmocka_unit_test(random_post_may_be_any),
        cmocka_unit_test(programs_are_told_what_to_leave_alone),
        cmocka_unit_test(capsule_has_an_icon),
        cmocka_unit_test(archive_is_a_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
