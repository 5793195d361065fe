#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <unistr.h>

#include "text/segment.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Words are shown with a '|' behind each. */
static const struct {
    const char *text, *words;
} rows[] = {
    {"", ""},
    {" .,;! ", ""},
    {"Fair pay, now!", "fair|pay|now|"},
    {"rice-fields_2017", "rice|fields|2017|"},
    {"l’eau d'Asie", "l|eau|d|asie|"},
    {"1,000.5", "1|000|5|"},
    /* case and accents, composed or not */
    {"Ça Été ŁÓDŹ", "ca|ete|łodz|"},
    {"e\xcc\x81\xcc\x81\xcc\x81tude", "etude|"},
    {"Straße STRASSE", "strasse|strasse|"},
    {"ΛΌΓΟΣ λόγος", "λογοσ|λογοσ|"},
    {"Ёлка ёлка", "елка|елка|"},
    {"İstanbul", "istanbul|"},
    {"ﬁne Ａｓｉａ", "fine|asia|"},
    {"حُقوق أحمد", "حقوق|احمد|"},
    {"שָׁלוֹם", "שלום|"},
    {"\xcc\x81 a", "a|"},
    /* vowel signs, viramas and nuktas stay, joiners do not */
    {"কৃষকদের জন্য", "কৃষকদের|জন্য|"},
    {"বাড়ি বাড\xe0\xa6\xbcি", "বাড\xe0\xa6\xbcি|বাড\xe0\xa6\xbcি|"},
    {"क्\xe2\x80\x8dषेत्र क्षेत्र", "क्षेत्र|क्षेत्र|"},
    {"so\xc2\xadlid", "solid|"},
    /* digits of any script */
    {"২০১৭ २०१७ ២០១៧ ๒๐๑๗", "2017|2017|2017|2017|"},
    /* clusters, with what a coeng joins to them */
    {"កម្មករ", "ក|ម្ម|ក|រ|"},
    {"កម្ម\xe2\x80\x8bករ", "ក|ម្ម|ក|រ|"},
    {"ឆ្នាំ២០១៧", "ឆ្នាំ|2017|"},
    {"ข้าว", "ข้|า|ว|"},
    {"社会保護2017年", "社|会|保|護|2017|年|"},
    {"ｶﾞ カ\xe3\x82\x99", "カ\xe3\x82\x99|カ\xe3\x82\x99|"},
    {"Asia社会", "asia|社|会|"},
    /* no UTF-8, and what is no text */
    {"a\xff\xfe"
     "b",
     "a|b|"},
    {"👩🏽‍🏭 🇮🇩", ""},
};

static void
words_are_as_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf words = {0};

        segment_put(&words, str_of(rows[i].text));
        for (size_t j = 0; j < words.len; j++)
            if (words.ptr[j] == ' ')
                words.ptr[j] = '|';
        if (strcmp(buf_text(&words), rows[i].words) != 0)
            fail_msg("%s: %s, not %s", rows[i].text, buf_text(&words), rows[i].words);
        buf_free(&words);
    }
}

/* A syllable is one word, whether it is written as one character or as its letters. */
static void
korean_is_found_by_syllables(void **state)
{
    static const char *const spellings[] = {
        "노동",
        "\xe1\x84\x82\xe1\x85\xa9\xe1\x84\x83\xe1\x85\xa9\xe1\x86\xbc",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        struct buf words = {0};

        segment_put(&words, str_of(spellings[i]));
        assert_string_equal(buf_text(&words), "\xe1\x84\x82\xe1\x85\xa9 "
                                              "\xe1\x84\x83\xe1\x85\xa9\xe1\x86\xbc ");
        buf_free(&words);
    }
}

static void
words_know_their_place(void **state)
{
    static const struct {
        size_t begin, end;
    } places[] = {{1, 4}, {6, 11}, {12, 15}};
    struct str text = STR("(Pay, Caf\xc3\xa9 \xe7\xa4\xbe");
    struct segment segment;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        assert_true(segment_next(text, &at, &segment));
        assert_int_equal(segment.begin, places[i].begin);
        assert_int_equal(segment.end, places[i].end);
        assert_int_equal(at, segment.end);
    }
    assert_false(segment_next(text, &at, &segment));
}

/* A word that is too long is cut between characters, and its rest is not another word. */
static void
long_words_are_cut(void **state)
{
    struct buf text = {0}, words = {0};

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        buf_put(&text, STR("ধ")); /* three bytes */
    buf_put(&text, STR(" end"));
    segment_put(&words, buf_str(&text));
    assert_int_equal(words.len, (size_t)SEGMENT_MAX / 3 * 3 + sizeof " end " - 1);
    assert_true(str_ends(buf_str(&words), STR("ধ end ")));
    buf_free(&text);
    buf_free(&words);
}

/* segment_put has ways of its own for most words, segment_next has none. */
static void
assert_same(struct str text)
{
    struct buf whole = {0}, single = {0};
    struct segment segment;

    segment_put(&whole, text);
    for (size_t at = 0; segment_next(text, &at, &segment); buf_byte(&single, ' '))
        buf_put(&single, segment_word(&segment));
    if (!str_eq(buf_str(&whole), buf_str(&single)))
        fail_msg("%.*s: %s, not %s", (int)text.len, text.ptr, buf_text(&whole), buf_text(&single));
    buf_free(&whole);
    buf_free(&single);
}

/* Each character of Unicode in a word, before, behind and beside it. */
static void
both_ways_find_the_same(void **state)
{
    static const char *const places[] = {"ab%scd", "%sক", "ক%s x", "%s%s", "क् %sषেក្%sម"};

    (void)state;
    for (ucs4_t c = 1; c < 0x110000; c += c < 0x20000 || c >= 0xe0000 ? 1 : 0x101) {
        char bytes[7] = "";

        if (u8_uctomb((uint8_t *)bytes, c, 6) < 0)
            continue;
        for (size_t i = 0; i < COUNT(places); i++) {
            struct buf text = {0};

            for (struct str rest = str_of(places[i]); rest.len > 0;) {
                buf_put(&text, str_cut(&rest, '%'));
                if (str_skip(&rest, STR("s")))
                    buf_put(&text, str_of(bytes));
            }
            assert_same(buf_str(&text));
            buf_free(&text);
        }
    }
}

/* Around the longest word that is not cut. */
static void
long_words_are_the_same(void **state)
{
    static const char *const letters[] = {"a", "é", "ধ", "𐐀", "ក"};

    (void)state;
    for (size_t i = 0; i < COUNT(letters); i++)
        for (size_t more = 0; more < SEGMENT_MAX; more++) {
            struct buf text = {0};

            for (size_t j = 0; j < more; j++)
                buf_byte(&text, 'x');
            for (size_t j = 0; j < SEGMENT_MAX; j++) {
                buf_put(&text, str_of(letters[i]));
                assert_same(buf_str(&text));
            }
            buf_free(&text);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_as_said),       cmocka_unit_test(korean_is_found_by_syllables),
        cmocka_unit_test(words_know_their_place),  cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(both_ways_find_the_same), cmocka_unit_test(long_words_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
