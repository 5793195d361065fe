#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/charset.h"

static const struct {
    const char *utf8, *latin1, *ascii; /* folded, both still UTF-8 */
} foldings[] = {
    {"", "", ""},
    {"plain ~ text\t\n", "plain ~ text\t\n", "plain ~ text\t\n"},
    {"Belgi\u00EB, caf\u00E9", "Belgi\u00EB, caf\u00E9", "Belgie, cafe"},
    {"cafe\u0301", "caf\u00E9", "cafe"}, /* a letter and its accent apart */
    {"\u2018one\u2019 \u201Ctwo\u201D", "'one' \"two\"", "'one' \"two\""},
    {"wait\u2026", "wait...", "wait..."},
    {"2010\u20132015\u2014later", "2010-2015--later", "2010-2015--later"},
    {"\u20AC 12", "EUR 12", "EUR 12"},
    {"\u20B9 \u17DB \u09F3", "INR KHR BDT", "INR KHR BDT"},
    {"stra\u00DFe \u00C6r\u00F8", "stra\u00DFe \u00C6r\u00F8", "strasse AEro"},
    {"\u0152uvre \u0141\u00F3d\u017A", "OEuvre L\u00F3dz", "OEuvre Lodz"},
    {"2017 \u00B7 en", "2017 \u00B7 en", "2017 - en"},
    {"\u00BD", "\u00BD", "1/2"},
    {"\uFB01ne \u2460 x\u00B2", "fine 1 x\u00B2", "fine 1 x2"},
    {"a\u00A0b", "a\u00A0b", "a b"},
    {"soft\u00ADhyphen \u200Bjoin\u200D", "softhyphen join", "softhyphen join"},
    {"\u2588\u2588\u258C", "###", "###"},
    {"\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588", ".:-=+*%#", ".:-=+*%#"},
    {"Vi\u1EC7t Nam", "Viet Nam", "Viet Nam"},
    {"\u1781\u17D2\u1798\u17C2\u179A", "???", "???"}, /* letters of another script, marks dropped */
    {"\U0001F600", "?", "?"},
    {"half \xC3", "half ?", "half ?"},
    {"C1 \xC2\x85", "C1 ", "C1 "},
};

static void
expect_folded(enum charset charset, const char *utf8, const char *expected)
{
    struct buf folded = {0};

    charset_fold(&folded, charset, str_of(utf8));
    assert_string_equal(buf_text(&folded), expected);
    buf_free(&folded);
}

static void
test_fold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(foldings) / sizeof(*foldings); i++) {
        expect_folded(CHARSET_UTF8, foldings[i].utf8, foldings[i].utf8);
        expect_folded(CHARSET_LATIN1, foldings[i].utf8, foldings[i].latin1);
        expect_folded(CHARSET_ASCII, foldings[i].utf8, foldings[i].ascii);
    }
}

/* Every character gives something that the charset holds. */
static void
test_fold_all(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x20000; c++) {
        struct buf utf8 = {0}, folded = {0}, encoded = {0};

        if (c < 0x80)
            buf_byte(&utf8, (char)c);
        else if (c < 0x800)
            buf_format(&utf8, "%c%c", 0xC0 | c >> 6, 0x80 | (c & 0x3F));
        else if (c < 0x10000)
            buf_format(&utf8, "%c%c%c", 0xE0 | c >> 12, 0x80 | (c >> 6 & 0x3F), 0x80 | (c & 0x3F));
        else
            buf_format(&utf8, "%c%c%c%c", 0xF0 | c >> 18, 0x80 | (c >> 12 & 0x3F),
                       0x80 | (c >> 6 & 0x3F), 0x80 | (c & 0x3F));
        charset_fold(&folded, CHARSET_ASCII, buf_str(&utf8));
        charset_encode(&encoded, CHARSET_ASCII, buf_str(&folded));
        assert_true(str_eq(buf_str(&folded), buf_str(&encoded)));
        for (size_t i = 0; i < encoded.len; i++)
            assert_true((unsigned char)encoded.ptr[i] < 0x80);
        buf_free(&encoded);
        buf_free(&folded);
        buf_free(&utf8);
    }
}

/* Only punctuation, and no letter of any script. */
static void
test_plain(void **state)
{
    static const struct {
        const char *utf8, *plain;
    } rows[] = {
        {"\u201CIt\u2019s late\u201D \u2013 he said\u2026", "\"It's late\" - he said..."},
        {"\u00ABOui\u00BB, dit-elle\u00A0!", "\"Oui\", dit-elle !"},
        {"caf\u00E9 \u20AC 5 \u00A9", "caf\u00E9 \u20AC 5 \u00A9"},
        {"\u09A7\u09BE\u09A8\u0964 \u1795\u17D4", "\u09A7\u09BE\u09A8\u0964 \u1795\u17D4"},
        {"\u0995\u09CD\u200C\u09B7", "\u0995\u09CD\u200C\u09B7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf plain = {0};

        charset_plain(&plain, str_of(rows[i].utf8));
        assert_string_equal(buf_text(&plain), rows[i].plain);
        buf_free(&plain);
    }
}

static void
test_encode(void **state)
{
    static const struct {
        enum charset charset;
        const char *folded, *bytes;
    } rows[] = {
        {CHARSET_UTF8, "caf\u00E9", "caf\u00E9"},
        {CHARSET_LATIN1, "caf\u00E9 \u00FF", "caf\xE9 \xFF"},
        {CHARSET_LATIN1, "not folded: \u20AC", "not folded: ?"},
        {CHARSET_ASCII, "cafe", "cafe"},
        {CHARSET_ASCII, "caf\u00E9", "caf?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf bytes = {0};

        charset_encode(&bytes, rows[i].charset, str_of(rows[i].folded));
        assert_string_equal(buf_text(&bytes), rows[i].bytes);
        buf_free(&bytes);
    }
}

static void
test_read(void **state)
{
    static const struct {
        const char *typed, *utf8;
    } rows[] = {
        {"", ""},
        {"rice", "rice"},
        {"caf\u00E9", "caf\u00E9"},
        {"caf\xE9 \xFF", "caf\u00E9 \u00FF"},
        {"\x80 d\x92\xE9t\xE9 \x9F\xA0", "\u20AC d\u2019\u00E9t\u00E9 \u0178\u00A0"},
        {"\xC3\x81\x81", "\u00C3\xC2\x81\xC2\x81"}, /* nobody's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf utf8 = {0};

        charset_read(&utf8, str_of(rows[i].typed));
        assert_string_equal(buf_text(&utf8), rows[i].utf8);
        buf_free(&utf8);
    }
}

static void
test_parse(void **state)
{
    enum charset charset = CHARSET_ASCII;

    (void)state;
    assert_true(charset_parse(STR("utf-8"), &charset) && charset == CHARSET_UTF8);
    assert_true(charset_parse(STR("latin-1"), &charset) && charset == CHARSET_LATIN1);
    assert_true(charset_parse(STR("ascii"), &charset) && charset == CHARSET_ASCII);
    assert_false(charset_parse(STR("utf8"), &charset));
    assert_false(charset_parse(STR(""), &charset));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),  cmocka_unit_test(test_fold_all),
        cmocka_unit_test(test_plain), cmocka_unit_test(test_encode),
        cmocka_unit_test(test_read),  cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
