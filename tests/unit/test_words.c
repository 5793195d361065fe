#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uninorm.h>
#include <unistr.h>

#include "site/words.h"

#include <cmocka.h>

/* The rows as they stand in the file. */
#define WORD(name, ...) {#name, {__VA_ARGS__}},
static const struct {
    const char *name;
    const char *texts[TONGUES];
} rows[] = {
#include "site/words.def"
};
#undef WORD

static const struct {
    const char *subtag;
    size_t forms;             /* of a counted word */
    const char *first, *last; /* of its script; NULL: Latin, which tells nothing */
} tongues[TONGUES] = {
    {"en", 2, NULL, NULL}, {"fr", 2, NULL, NULL},   {"nl", 2, NULL, NULL}, {"id", 1, NULL, NULL},
    {"ne", 2, "ऀ", "ॿ"},    {"bn", 2, "ঀ", "৾"}, {"hi", 2, "ऀ", "ॿ"},    {"km", 1, "ក", "៿"},
};

/* Names of blanks, a bit each. */
static unsigned
blanks_of(struct str form, const char *word)
{
    static const char *const names[] = {"n", "of", "text"};
    unsigned blanks = 0;

    while (form.len > 0) {
        struct str name;
        size_t i = 0;

        assert_false(str_has(str_cut(&form, '{'), '}'));
        if (form.len == 0)
            break;
        name = str_cut(&form, '}');
        while (i < sizeof names / sizeof *names && !str_eq(name, str_of(names[i])))
            i++;
        if (i == sizeof names / sizeof *names)
            fail_msg("%s: there is no blank {%.*s}", word, (int)name.len, name.ptr);
        blanks |= 1U << i;
    }
    return blanks;
}

static size_t
count_forms(struct str text)
{
    size_t forms = 1;

    for (size_t i = 0; i < text.len; i++)
        forms += text.ptr[i] == '|';
    return forms;
}

static void
check_form(size_t row, size_t tongue, struct str form)
{
    struct str english = str_of(rows[row].texts[TONGUE_ENGLISH]);
    unsigned expected = blanks_of(str_cut(&english, '|'), rows[row].name);

    if (form.len == 0 || !str_eq(form, str_trim(form)))
        fail_msg("%s in %s: empty, or a space at an end", rows[row].name, tongues[tongue].subtag);
    if (blanks_of(form, rows[row].name) != expected)
        fail_msg("%s in %s has not the blanks of the English", rows[row].name,
                 tongues[tongue].subtag);
}

static void
tables_have_no_holes(void **state)
{
    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, WORD_COUNT);
    for (size_t row = 0; row < WORD_COUNT; row++) {
        bool is_counted = strchr(rows[row].texts[TONGUE_ENGLISH], '|') != NULL;

        for (size_t tongue = 0; tongue < TONGUES; tongue++) {
            struct str text = str_of(rows[row].texts[tongue]);

            if (count_forms(text) != (is_counted ? tongues[tongue].forms : 1))
                fail_msg("%s in %s: %zu forms", rows[row].name, tongues[tongue].subtag,
                         count_forms(text));
            do
                check_form(row, tongue, str_cut(&text, '|'));
            while (text.len > 0);
        }
    }
}

/* Composed as everything else that is compared and searched. */
static bool
is_composed(struct str text)
{
    size_t len = 0;
    uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)text.ptr, text.len, NULL, &len);
    bool same = composed && str_eq(text, (struct str){(const char *)composed, len});

    free(composed);
    return same;
}

static bool
has_script(struct str text, const char *first, const char *last)
{
    ucs4_t from, to;

    u8_mbtouc(&from, (const uint8_t *)first, strlen(first));
    u8_mbtouc(&to, (const uint8_t *)last, strlen(last));
    while (text.len > 0) {
        ucs4_t c;
        int len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);

        if (c >= from && c <= to)
            return true;
        text = str_after(text, (size_t)len);
    }
    return false;
}

/* Whether there is a letter outside the blanks. */
static bool
has_letters(const char *text)
{
    struct str rest = str_of(text);

    while (rest.len > 0) {
        struct str plain = str_cut(&rest, '{');

        for (size_t i = 0; i < plain.len; i++)
            if ((plain.ptr[i] | 0x20) >= 'a' && (plain.ptr[i] | 0x20) <= 'z')
                return true;
        str_cut(&rest, '}');
    }
    return false;
}

static void
texts_are_in_their_language(void **state)
{
    (void)state;
    for (size_t row = 0; row < WORD_COUNT; row++) {
        for (size_t tongue = 0; tongue < TONGUES; tongue++) {
            struct str text = str_of(rows[row].texts[tongue]);

            if (!is_composed(text) || str_has_control(text))
                fail_msg("%s in %s: not in NFC, or a control", rows[row].name,
                         tongues[tongue].subtag);
            if (tongues[tongue].first && has_letters(rows[row].texts[TONGUE_ENGLISH]) &&
                !has_script(text, tongues[tongue].first, tongues[tongue].last))
                fail_msg("%s in %s is in another script", rows[row].name, tongues[tongue].subtag);
        }
    }
}

static void
languages_choose_their_tongue(void **state)
{
    static const struct {
        const char *language;
        enum tongue tongue;
    } cases[] = {
        {"en", TONGUE_ENGLISH}, {"nl-BE", TONGUE_DUTCH},      {"NL", TONGUE_DUTCH},
        {"fr", TONGUE_FRENCH},  {"id", TONGUE_INDONESIAN},    {"ne-NP", TONGUE_NEPALI},
        {"bn", TONGUE_BENGALI}, {"hi-Latn-IN", TONGUE_HINDI}, {"km", TONGUE_KHMER},
        {"de", TONGUE_ENGLISH}, {"nld", TONGUE_ENGLISH},      {"", TONGUE_ENGLISH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (tongue_of(str_of(cases[i].language)) != cases[i].tongue)
            fail_msg("%s: %d", cases[i].language, (int)tongue_of(str_of(cases[i].language)));
}

static void
blanks_are_filled(void **state)
{
    static const struct {
        enum tongue tongue;
        enum word word;
        struct blanks blanks;
        const char *text;
    } cases[] = {
        {TONGUE_ENGLISH, WORD_POSTS, {.n = 0}, "0 posts"},
        {TONGUE_ENGLISH, WORD_POSTS, {.n = 1}, "1 post"},
        {TONGUE_ENGLISH, WORD_POSTS, {.n = 2}, "2 posts"},
        {TONGUE_FRENCH, WORD_POSTS, {.n = 0}, "0 article"},
        {TONGUE_FRENCH, WORD_POSTS, {.n = 2}, "2 articles"},
        {TONGUE_INDONESIAN, WORD_POSTS, {.n = 2}, "2 tulisan"},
        {TONGUE_KHMER, WORD_POSTS, {.n = 1}, "1 អត្ថបទ"},
        {TONGUE_HINDI, WORD_COMMENTS, {.n = 0}, "0 टिप्पणी"},
        {TONGUE_HINDI, WORD_COMMENTS, {.n = 3}, "3 टिप्पणियाँ"},
        {TONGUE_ENGLISH, WORD_NEXT_PAGE, {.n = 2, .of = 3}, "Next page (2 of 3)"},
        {TONGUE_NEPALI, WORD_NEXT_PAGE, {.n = 2, .of = 3}, "अर्को पृष्ठ (3 मध्ये 2)"},
        {TONGUE_DUTCH, WORD_OLDER, {.text = {"{n}|{of", 7}}, "Ouder: {n}|{of"},
        {TONGUE_ENGLISH, WORD_PLAIN, {.text = {"", 0}}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};

        word_put(&out, cases[i].tongue, cases[i].word, cases[i].blanks);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_free(&out);
    }
}

static void
months_are_in_order(void **state)
{
    (void)state;
    for (size_t tongue = 0; tongue < TONGUES; tongue++)
        for (int a = 1; a <= 12; a++)
            for (int b = a + 1; b <= 12; b++)
                assert_false(str_eq(word_text(tongue, word_of_month(a)),
                                    word_text(tongue, word_of_month(b))) ||
                             str_eq(word_text(tongue, word_of_month_short(a)),
                                    word_text(tongue, word_of_month_short(b))));
    assert_true(str_eq(word_text(TONGUE_FRENCH, word_of_month(12)), STR("décembre")));
    assert_true(str_eq(word_text(TONGUE_DUTCH, word_of_month_short(3)), STR("mrt")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_no_holes),
        cmocka_unit_test(texts_are_in_their_language),
        cmocka_unit_test(languages_choose_their_tongue),
        cmocka_unit_test(blanks_are_filled),
        cmocka_unit_test(months_are_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
