#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "site/search.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(terms)  "{title text labels comments} : (" terms ")"
#define JOINT        "\xee\x80\x80"

/* What somebody types, and what FTS5 is asked. */
static const struct {
    const char *typed, *match;
} rows[] = {
    /* terms */
    {"", ""},
    {" \t\n ", ""},
    {"Rice", TEXT("\"rice\"")},
    {"rice  Fields", TEXT("\"rice\" AND \"fields\"")},
    {"\"fair pay\" now", TEXT("\"fair pay\" AND \"now\"")},
    {"well-known l'eau", TEXT("\"well known\" AND \"l eau\"")},
    {"ধান মাছ", TEXT("\"ধান\" AND \"মাছ\"")},
    {"ត្រី ទឹក", TEXT("\"ត្រី\" AND \"ទឹ ក\"")},
    {"社会保護", TEXT("\"社 会 保 護\"")},
    {"\xe3\x80\x80"
     "fair\xc2\xa0pay",
     TEXT("\"fair\" AND \"pay\"")},

    /* quotation marks of any kind, closed or not */
    {"“fair pay” now", TEXT("\"fair pay\" AND \"now\"")},
    {"«fair pay» now", TEXT("\"fair pay\" AND \"now\"")},
    {"„fair pay“ now", TEXT("\"fair pay\" AND \"now\"")},
    {"「公 平」", TEXT("\"公 平\"")},
    {"fair \"pay now", TEXT("\"fair\" AND \"pay now\"")},
    {"\"", ""},
    {"\"\"\"", ""},
    {"a\"b c\"d", TEXT("\"a\" AND \"b c\" AND \"d\"")},

    /* facts */
    {"year:2017", "facts : \"year2017\""},
    {"YEAR:2017 rice", TEXT("\"rice\"") " AND facts : \"year2017\""},
    {"lang:nl", "facts : \"langnl\""},
    {"lang:pt-BR", "facts : \"langpt" JOINT "br\""},
    {"label:Rice", "facts : \"labelrice\""},
    {"label:fair-pay", "facts : \"labelfair" JOINT "pay\""},
    {"label:\"Fair pay\"", "facts : \"labelfair" JOINT "pay\""},
    {"label:a label:b", "facts : \"labela\" AND facts : \"labelb\""},
    {"label:ধান", "facts : \"labelধান\""},

    /* what only looks like a fact */
    {"year:", TEXT("\"year\"")},
    {"year:97", TEXT("\"year\" AND \"97\"")},
    {"year:20177", TEXT("\"year\" AND \"20177\"")},
    {"lang:? x", TEXT("\"lang\" AND \"x\"")},
    {"label:!", TEXT("\"label\"")},
    {"label: rice", TEXT("\"label\" AND \"rice\"")},
    {"author:me", TEXT("\"author me\"")},
    {"yearyear:2017", TEXT("\"yearyear 2017\"")},

    /* what means something to FTS5, and must mean nothing here */
    {"hello AND", TEXT("\"hello\" AND \"and\"")},
    {"NEAR(", TEXT("\"near\"")},
    {"a* ^b -c +d", TEXT("\"a\" AND \"b\" AND \"c\" AND \"d\"")},
    {"rowid:1 title:x", TEXT("\"rowid 1\" AND \"title x\"")},
    {"x' OR 1=1--", TEXT("\"x\" AND \"or\" AND \"1 1\"")},
    {"(((({}", ""},
    {"_ \\ % ?", ""},
    {"a\xff\x80", TEXT("\"a\"")},
};

static void
any_text_is_a_search(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search search = {0};

        search_read(&search, str_of(rows[i].typed));
        if (strcmp(buf_text(&search.match), rows[i].match) != 0)
            fail_msg("%s: %s, not %s", rows[i].typed, buf_text(&search.match), rows[i].match);
        assert_false(search.is_cut);
        search_free(&search);
    }
}

static void
words_have_a_limit(void **state)
{
    struct search search = {0};
    struct buf typed = {0};

    (void)state;
    for (size_t i = 0; i < SEARCH_WORDS_MAX; i++)
        buf_put(&typed, STR("ab-"));
    search_read(&search, buf_str(&typed));
    assert_int_equal(search.count, SEARCH_WORDS_MAX);
    assert_false(search.is_cut);
    assert_int_equal(search.begins, 1);
    assert_int_equal(search.ends, UINT32_C(1) << (SEARCH_WORDS_MAX - 1));
    search_free(&search);

    search = (struct search){0};
    buf_put(&typed, STR(" more"));
    search_read(&search, buf_str(&typed));
    assert_int_equal(search.count, SEARCH_WORDS_MAX);
    assert_true(search.is_cut);
    search_free(&search);
    buf_free(&typed);
}

static void
bytes_have_a_limit(void **state)
{
    struct search search = {0};
    struct buf typed = {0};

    (void)state;
    while (typed.len + 3 <= SEARCH_TEXT_MAX)
        buf_put(&typed, STR("ধ"));
    buf_put(&typed, STR("ধান"));
    search_read(&search, buf_str(&typed));
    assert_true(search.is_cut);
    assert_int_equal(search.count, 1);
    search_free(&search);
    buf_free(&typed);
}

static void
facts_of_posts_are_those_that_are_asked_for(void **state)
{
    struct buf facts = {0};

    (void)state;
    search_put_label(&facts, STR("Fair  Pay!"));
    search_put_label(&facts, STR("💧"));
    buf_byte(&facts, ' ');
    search_put_year(&facts, 2017);
    buf_byte(&facts, ' ');
    search_put_language(&facts, STR("pt-br"));
    assert_string_equal(buf_text(&facts), "labelfair" JOINT "pay year2017 langpt" JOINT "br");
    buf_free(&facts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_is_a_search),
        cmocka_unit_test(words_have_a_limit),
        cmocka_unit_test(bytes_have_a_limit),
        cmocka_unit_test(facts_of_posts_are_those_that_are_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
