#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../fixture.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2016/05/well.gmi", "# The well\n2016-05-02 · en · by Ana\n\nWe dug for water.\n\n"
                                 "=> /label/water/ Water\n=> /label/field-work/ Field work\n"},
    {"capsule/2016/05/well/comments.gmi",
     "# Comments on The well\n\n=> /2016/05/well.gmi The well\n\n"
     "## Bram, 2016-05-03\nMind the tortoise!\n"},
    {"capsule/2017/01/brunnen.gmi", "# Der Brunnen\n2017-01-09 · de-AT\n\nWasser für alle.\n\n"
                                    "=> /label/water/ Water\n"},
    {"capsule/2017/02/kuyo.gmi", "# কুয়ো\n2017-02-10 · bn\n\nগ্রামের কুয়োয় জল আছে।\n"},
    {"capsule/2017/03/andong.gmi", "# អណ្តូង\n2017-03-11 · km\n\nយើងជីកអណ្តូងទឹកនៅក្នុងភូមិ។\n"},
    {"capsule/2017/04/umul.gmi", "# 우물\n2017-04-12 · ko\n\n마을사람들이 우물을 팠습니다.\n"},
    {"capsule/2017/05/kolodets.gmi", "# Колодец\n2017-05-13 · ru\n\nВ деревне вырыли колодец.\n"},
    {"capsule/2017/06/kuan.gmi", "# कुआँ\n2017-06-14 · hi\n\nगाँव में पानी का कुआँ खोदा गया।\n"},
    {"capsule/2018/07/rain.gmi", "# Rain\n2018-07-15\n\nWater from the sky; water in the well.\n"},
    {"capsule/about.gmi", "# About\n\nWater.\n"},
    {"capsule/over.gmi", "# Over ons\n2018-01-01 · nl\n\nWij graven putten.\n\n"
                         "=> https://example.org/over.html Original post\n"},
    {"capsule/over/comments.gmi", "# Comments\n\n## Els, 2018-01-02\nGraaf verder!\n"},
    {"capsule/latin.gmi", "# Puits\n\nUn puits tr\xe8s profond.\n"},
    {"capsule/.draft.gmi", "# Secret water\n2018-01-01\n\nWater.\n"},
};

static int
open_site(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);

    assert_non_null(fixture);
    fixture_make(fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(fixture, files[i].path, str_of(files[i].text));
    fixture_open(fixture, "[blog]\ntitle = Wells\npage_size = 2\n");
    *state = fixture;
    return 0;
}

static int
close_site(void **state)
{
    fixture_free(*state);
    free(*state);
    return 0;
}

/* The paths that a page of results leads to, with a '|' behind each. */
static void
put_results(struct buf *out, const char *page)
{
    struct str rest = str_of(page);

    while (rest.len > 0) {
        struct str line = str_line(&rest);

        if (!str_skip(&line, STR("=> /20")) &&
            (!str_skip(&line, STR("=> /")) || !str_has(line, '.')))
            continue;
        buf_put(out, str_cut(&line, ' '));
        buf_byte(out, '|');
    }
}

#define WELL     "16/05/well.gmi|"
#define BRUNNEN  "17/01/brunnen.gmi|"
#define KUYO     "17/02/kuyo.gmi|"
#define ANDONG   "17/03/andong.gmi|"
#define UMUL     "17/04/umul.gmi|"
#define KOLODETS "17/05/kolodets.gmi|"
#define KUAN     "17/06/kuan.gmi|"
#define RAIN     "18/07/rain.gmi|"
#define ABOUT    "about.gmi|"
#define OVER     "over.gmi|"
#define LATIN    "latin.gmi|"

static const struct {
    const char *path, *query, *results;
} rows[] = {
    /* in title, text, labels and comments; newest first */
    {"/search", "rain", RAIN},
    {"/search", "water", RAIN BRUNNEN},
    {"/search/2", "water", WELL ABOUT},
    {"/search", "WATER%20well", RAIN WELL},
    {"/search", "field", WELL},
    {"/search", "tortoise", WELL},
    {"/search", "bram", WELL},
    {"/search", "secret", ""},
    {"/search", "about", ABOUT},
    {"/search", "putten", OVER},
    {"/search", "verder", OVER},
    {"/search", "original", ""},
    {"/search", "lang:nl", OVER},
    {"/search", "lang:nl%20year:2018", ""},
    {"/search", "tres", LATIN},
    /* accents, scripts, and words inside words */
    {"/search", "fur", BRUNNEN},
    {"/search", "%FCr", ""},
    {"/search", "f%FCr", BRUNNEN},
    {"/search", "জল", KUYO},
    {"/search", "গ্রামের", KUYO},
    {"/search", "গ্রাম", ""},
    {"/search", "দল", ""},
    {"/search", "ទឹក", ANDONG},
    {"/search", "ភូមិ", ANDONG},
    {"/search", "ភូមា", ""},
    {"/search", "우물", UMUL},
    {"/search", "사람", UMUL},
    {"/search", "колодец", KOLODETS},
    {"/search", "ДЕРЕВНЕ", KOLODETS},
    {"/search", "पानी", KUAN},
    {"/search", "पान", ""},
    /* phrases and facts */
    {"/search", "%22the%20well%22", RAIN WELL},
    {"/search", "%22well%20the%22", ""},
    {"/search", "well%20we", WELL},
    {"/search", "%22well%20we%22", ""},
    {"/search", "label:water", BRUNNEN WELL},
    {"/search", "label:wat", ""},
    {"/search", "label:%22Field%20work%22", WELL},
    {"/search", "label:field-work%20label:water", WELL},
    {"/search", "label:field", ""},
    {"/search", "year:2016", WELL},
    {"/search", "year:2015", ""},
    {"/search", "lang:de", BRUNNEN},
    {"/search", "lang:de-at", BRUNNEN},
    {"/search", "lang:en%20water", RAIN WELL},
    {"/search", "year2016", ""},
    {"/search", "langde", ""},
};

static void
posts_are_found(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;
        struct buf results = {0};

        fixture_ask_with(*state, rows[i].path, rows[i].query, &response);
        assert_int_equal(response.outcome, OUTCOME_OK);
        put_results(&results, buf_text(&response.page));
        if (strcmp(buf_text(&results), rows[i].results) != 0)
            fail_msg("%s: %s", rows[i].query, buf_text(&response.page));
        buf_free(&results);
        response_free(&response);
    }
}

static void
results_are_a_page(void **state)
{
    static const struct {
        const char *path, *query, *page;
    } pages[] = {
        {"/search", "water",
         "# Search: water\n4 results\n\n"
         "=> /2018/07/rain.gmi 2018-07-15 Rain (58 B)\n"
         "> Water from the sky; water in the well.\n"
         "=> /2017/01/brunnen.gmi 2017-01-09 Der Brunnen (77 B)\n"
         "> Wasser für alle.\n\n"
         "=> /search/2?water Next page (2 of 2)\n"
         "=> /search Search again\n=> / Wells\n"},
        {"/search/2", "%20%20water%0A",
         "# Search: water, page 2\n4 results\n\n"
         "=> /2016/05/well.gmi 2016-05-02 The well (114 B)\n"
         "> We dug for water.\n"
         "=> /about.gmi About (16 B)\n"
         "> About Water.\n\n"
         "=> /search?water Previous page\n"
         "=> /search Search again\n=> / Wells\n"},
        {"/search", "graaf%20over",
         "# Search: graaf over\n1 result\n\n"
         "=> /over.gmi Over ons (96 B)\n"
         "> Els, 2018-01-02 Graaf verder!\n\n"
         "=> /search Search again\n=> / Wells\n"},
        {"/search", "profond",
         "# Search: profond\n1 result\n\n"
         "=> /latin.gmi Puits (32 B)\n"
         "> Puits Un puits très profond.\n\n"
         "=> /search Search again\n=> / Wells\n"},
        {"/search", "tortoise",
         "# Search: tortoise\n1 result\n\n"
         "=> /2016/05/well.gmi 2016-05-02 The well (114 B)\n"
         "> Bram, 2016-05-03 Mind the tortoise!\n\n"
         "=> /search Search again\n=> / Wells\n"},
        {"/search", "%22%0A=%3E%20x",
         "# Search: \" => x\nNothing found\n\n=> /search Search again\n=> / Wells\n"},
        {"/search", "lang:de%20?%25",
         "# Search: lang:de ?%\n1 result\n\n"
         "=> /2017/01/brunnen.gmi 2017-01-09 Der Brunnen (77 B)\n"
         "> Wasser für alle.\n\n"
         "=> /search Search again\n=> / Wells\n"},
    };

    for (size_t i = 0; i < COUNT(pages); i++) {
        struct response response;

        fixture_ask_with(*state, pages[i].path, pages[i].query, &response);
        assert_int_equal(response.outcome, OUTCOME_OK);
        assert_string_equal(buf_text(&response.meta), "text/gemini; charset=utf-8; lang=en");
        assert_string_equal(buf_text(&response.page), pages[i].page);
        response_free(&response);
    }
}

static void
the_way_in_asks(void **state)
{
    static const struct {
        const char *path, *query;
        enum outcome outcome;
        const char *meta;
    } asked[] = {
        {"/search", NULL, OUTCOME_INPUT, "Words to search for (label:… year:2017 lang:nl \"…\")"},
        {"/search", "", OUTCOME_INPUT, NULL},
        {"/search", "%20%0a", OUTCOME_INPUT, NULL},
        {"/search/2", NULL, OUTCOME_MOVED, "/search"},
        {"/search/3", "water", OUTCOME_NOT_FOUND, NULL},
        {"/search/1", "water", OUTCOME_NOT_FOUND, NULL},
        {"/search/02", "water", OUTCOME_NOT_FOUND, NULL},
        {"/search/x", "water", OUTCOME_NOT_FOUND, NULL},
        {"/search/999999999999999999", "water", OUTCOME_NOT_FOUND, NULL},
        {"/search/", "water", OUTCOME_MOVED, "/search?water"},
        {"/search", "q=water", OUTCOME_MOVED, "/search?water"},
        {"/search/2", "q=water", OUTCOME_NOT_FOUND, NULL},
    };

    for (size_t i = 0; i < COUNT(asked); i++) {
        struct response response;

        fixture_ask_with(*state, asked[i].path, asked[i].query, &response);
        if (response.outcome != asked[i].outcome)
            fail_msg("%s?%s: %d", asked[i].path, asked[i].query, (int)response.outcome);
        if (asked[i].meta)
            assert_string_equal(buf_text(&response.meta), asked[i].meta);
        response_free(&response);
    }
}

/* A search that found them would tell, word by word, what is in them. */
static void
what_a_zone_keeps_is_not_found(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, "[blog]\ntitle = Wells\n[zone /2017/01/]\nrequire = any\n"
                           "[zone /2016/05/well/]\nrequire = any\n");
    fixture_ask_with(&fixture, "/search", "water", &response);
    assert_string_equal(buf_text(&response.page), "# Search: water\n2 results\n\n"
                                                  "=> /2018/07/rain.gmi 2018-07-15 Rain (58 B)\n"
                                                  "> Water from the sky; water in the well.\n"
                                                  "=> /about.gmi About (16 B)\n"
                                                  "> About Water.\n\n"
                                                  "=> /search Search again\n=> / Wells\n");
    response_free(&response);
    fixture_free(&fixture);
}

/* A phrase whose words are everywhere, but never so: FTS5 would go through all of a long text, once
 * for each word. The same catalog answers the next search. */
static void
costly_searches_end(void **state)
{
    enum { PAIRS = 400000 };
    struct fixture fixture;
    struct response response;
    struct buf post = {0}, query = {0};

    (void)state;
    buf_put(&post, STR("# Long\n2017-01-01\n\nrice "));
    for (size_t i = 0; i < PAIRS; i++)
        buf_put(&post, STR("a b "));
    buf_byte(&query, '"');
    for (size_t i = 0; i < 30; i++)
        buf_put(&query, STR("a-"));
    fixture_make(&fixture);
    fixture_write(&fixture, "capsule/2017/01/long.gmi", buf_str(&post));
    fixture_open(&fixture, "[blog]\ntitle = Long\n");

    fixture_ask_with(&fixture, "/search", buf_text(&query), &response);
    assert_int_equal(response.outcome, OUTCOME_OK);
    assert_non_null(strstr(buf_text(&response.page), "\nThere may be more: "));
    assert_null(strstr(buf_text(&response.page), "=> /2017/"));
    response_free(&response);

    fixture_ask_with(&fixture, "/search", "rice", &response);
    assert_non_null(strstr(buf_text(&response.page), "\n1 result\n"));
    assert_non_null(strstr(buf_text(&response.page), "\n> rice a b "));
    response_free(&response);
    fixture_free(&fixture);
    buf_free(&query);
    buf_free(&post);
}

#define RICE "# Rice\n2017-01-01\n\nRice.\n"

static void
write_posts(const struct fixture *fixture, int posts)
{
    fixture_write(fixture, "capsule/2017/01/0.gmi", STR(RICE));
    for (int i = 1; i < posts; i++) {
        char path[64];
        FILE *file;

        snprintf(path, sizeof path, "%s/capsule/2017/01/%d.gmi", fixture->folder, i);
        file = fopen(path, "w"); /* fixture_write would wait for the disk each time */
        assert_non_null(file);
        fputs(RICE, file);
        fclose(file);
    }
}

/* What is handed out costs next to nothing, but not when there is no end of it. */
static void
posts_in_zones_are_not_gone_through_for_ever(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    write_posts(&fixture, 4100);
    fixture_write(&fixture, "capsule/2016/12/old.gmi", STR("# Old\n2016-12-31\n\nRice.\n"));
    fixture_open(&fixture, "[blog]\ntitle = Rice\n[zone /2017/]\nrequire = any\n");
    fixture_ask_with(&fixture, "/search", "rice", &response);
    assert_non_null(strstr(buf_text(&response.page), "\nThere may be more: "));
    assert_null(strstr(buf_text(&response.page), "=> /201"));
    response_free(&response);
    fixture_free(&fixture);
}

/* Only so many results are counted, and the page says that there may be more. */
static void
results_have_a_limit(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    write_posts(&fixture, 1100);
    fixture_open(&fixture, "[blog]\ntitle = Rice\npage_size = 1000\n");
    fixture_ask_with(&fixture, "/search", "rice", &response);
    assert_non_null(strstr(buf_text(&response.page), "# Search: rice\n1000 results\nThere may be"));
    assert_non_null(strstr(buf_text(&response.page), "\n=> /search/2?rice Next page (2 of 20)\n"));
    response_free(&response);
    fixture_ask_with(&fixture, "/search/21", "rice", &response);
    assert_int_equal(response.outcome, OUTCOME_NOT_FOUND);
    response_free(&response);
    fixture_free(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(posts_are_found, open_site, close_site),
        cmocka_unit_test_setup_teardown(results_are_a_page, open_site, close_site),
        cmocka_unit_test_setup_teardown(the_way_in_asks, open_site, close_site),
        cmocka_unit_test(what_a_zone_keeps_is_not_found),
        cmocka_unit_test(costly_searches_end),
        cmocka_unit_test(results_have_a_limit),
        cmocka_unit_test(posts_in_zones_are_not_gone_through_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
