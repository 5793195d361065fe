#include "text/charset.h"

#include <stdint.h>
#include <stdlib.h>

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum {
    ASCII_END = 0x80,
    LATIN1_END = 0x100,
    DECOMPOSED_MAX = 32, /* characters; the longest decomposition of Unicode has 18 */
};

/* The nearest spelling of what no decomposition leads to, in ASCII and ordered by character.
 * No iconv: it asks the locale how to spell, and loads code after the sandbox has closed. */
static const struct spelling {
    ucs4_t first, last;
    const char *text;
} spellings[] = {
    {0x0080, 0x009F, ""},  /* C1 controls */
    {0x00A2, 0x00A2, "c"}, /* cent */
    {0x00A3, 0x00A3, "GBP"},  {0x00A5, 0x00A5, "JPY"},
    {0x00A6, 0x00A6, "|"},    {0x00A9, 0x00A9, "(c)"},
    {0x00AB, 0x00AB, "\""}, /* guillemets */
    {0x00AD, 0x00AD, ""},   /* soft hyphen */
    {0x00AE, 0x00AE, "(R)"},  {0x00B0, 0x00B0, "deg"},
    {0x00B1, 0x00B1, "+/-"},  {0x00B7, 0x00B7, "-"}, /* middle dot: separates fields */
    {0x00BB, 0x00BB, "\""},   {0x00C6, 0x00C6, "AE"},
    {0x00D0, 0x00D0, "D"},    {0x00D7, 0x00D7, "x"},
    {0x00D8, 0x00D8, "O"},    {0x00DE, 0x00DE, "Th"},
    {0x00DF, 0x00DF, "ss"},   {0x00E6, 0x00E6, "ae"},
    {0x00F0, 0x00F0, "d"},    {0x00F7, 0x00F7, "/"},
    {0x00F8, 0x00F8, "o"},    {0x00FE, 0x00FE, "th"},
    {0x0110, 0x0110, "D"},    {0x0111, 0x0111, "d"},
    {0x0131, 0x0131, "i"},    {0x0141, 0x0141, "L"},
    {0x0142, 0x0142, "l"},    {0x0152, 0x0152, "OE"},
    {0x0153, 0x0153, "oe"},   {0x09F3, 0x09F3, "BDT"}, /* taka */
    {0x0E3F, 0x0E3F, "THB"},                           /* baht */
    {0x17DB, 0x17DB, "KHR"},                           /* riel */
    {0x1E9E, 0x1E9E, "SS"},   {0x200B, 0x200F, ""}, /* of no width: joiners, marks of direction */
    {0x2010, 0x2013, "-"},    {0x2014, 0x2015, "--"},
    {0x2016, 0x2016, "||"},   {0x2018, 0x201B, "'"},
    {0x201C, 0x201F, "\""},   {0x2020, 0x2021, "+"},
    {0x2022, 0x2023, "*"},    {0x2026, 0x2026, "..."},
    {0x202A, 0x202E, ""}, /* embeddings of direction */
    {0x2030, 0x2030, "o/oo"}, {0x2032, 0x2032, "'"},
    {0x2033, 0x2033, "\""},   {0x2039, 0x203A, "'"},
    {0x2044, 0x2044, "/"}, /* in the decomposition of one half */
    {0x2060, 0x2069, ""},     {0x20A8, 0x20A8, "Rs"},
    {0x20AB, 0x20AB, "VND"},  {0x20AC, 0x20AC, "EUR"},
    {0x20B1, 0x20B1, "PHP"},  {0x20B9, 0x20B9, "INR"},
    {0x2190, 0x2190, "<-"},   {0x2192, 0x2192, "->"},
    {0x21D2, 0x21D2, "=>"},   {0x2212, 0x2212, "-"},
    {0x2248, 0x2248, "~"},    {0x2260, 0x2260, "!="},
    {0x2264, 0x2264, "<="},   {0x2265, 0x2265, ">="},
    {0x2500, 0x2501, "-"}, /* lines of tables */
    {0x2502, 0x2503, "|"},    {0x2504, 0x257F, "+"},
    {0x2580, 0x2580, "#"}, /* bars of blocks, of eight heights */
    {0x2581, 0x2581, "."},    {0x2582, 0x2582, ":"},
    {0x2583, 0x2583, "-"},    {0x2584, 0x2584, "="},
    {0x2585, 0x2585, "+"},    {0x2586, 0x2586, "*"},
    {0x2587, 0x2587, "%"},    {0x2588, 0x259F, "#"},
    {0x25A0, 0x25FF, "*"},    {0x2713, 0x2714, "v"},
    {0xFE00, 0xFE0F, ""}, /* variation selectors */
    {0xFEFF, 0xFEFF, ""},
};

bool
charset_parse(struct str name, enum charset *charset)
{
    static const struct {
        struct str name;
        enum charset charset;
    } names[] = {
        {{"utf-8", 5}, CHARSET_UTF8},
        {{"latin-1", 7}, CHARSET_LATIN1},
        {{"ascii", 5}, CHARSET_ASCII},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq_nocase(name, names[i].name)) {
            *charset = names[i].charset;
            return true;
        }
    }
    return false;
}

static ucs4_t
next_character(struct str *rest)
{
    ucs4_t c;
    int len = u8_mbtouc(&c, (const uint8_t *)rest->ptr, rest->len);

    *rest = str_after(*rest, (size_t)len);
    return c;
}

/* A letter and the marks behind it as one character, where there is such a one. */
static ucs4_t
next_composed(struct str *rest)
{
    ucs4_t c = next_character(rest);

    while (rest->len > 0) {
        struct str behind = *rest;
        ucs4_t composed = uc_composition(c, next_character(&behind));

        if (composed == 0)
            return c;
        c = composed;
        *rest = behind;
    }
    return c;
}

static int
spelling_compare(const void *key, const void *row)
{
    const ucs4_t *c = key;
    const struct spelling *spelling = row;

    if (*c < spelling->first)
        return -1;
    return *c > spelling->last;
}

/* NULL when there is none. */
static const char *
spelling_of(ucs4_t c)
{
    const struct spelling *found = bsearch(&c, spellings, sizeof(spellings) / sizeof(*spellings),
                                           sizeof(*spellings), spelling_compare);

    return found ? found->text : NULL;
}

/* C1 is never shown and the soft hyphen would be; ISO 8859-1 has both. */
static bool
holds(ucs4_t end, ucs4_t c)
{
    return c < ASCII_END || (c < end && c >= 0xA0 && c != 0xAD);
}

static void
put_character(struct buf *out, ucs4_t c)
{
    uint8_t bytes[6];
    int len = u8_uctomb(bytes, c, sizeof(bytes));

    if (len > 0)
        buf_put(out, (struct str){(const char *)bytes, (size_t)len});
}

/* One character of a decomposition; false when nothing spells it. */
static bool
fold_part(struct buf *out, ucs4_t end, ucs4_t c)
{
    const char *spelling;

    if (holds(end, c)) {
        put_character(out, c);
        return true;
    }
    spelling = spelling_of(c);
    if (spelling)
        buf_put(out, str_of(spelling));
    return spelling || uc_is_general_category(c, UC_CATEGORY_M);
}

static void
fold_character(struct buf *out, ucs4_t end, ucs4_t c)
{
    uint32_t parts[DECOMPOSED_MAX];
    size_t count = DECOMPOSED_MAX;

    if (fold_part(out, end, c))
        return;
    if (!u32_normalize(UNINORM_NFKD, &c, 1, parts, &count))
        count = 0;
    if (count <= 1 && (count == 0 || parts[0] == c)) {
        buf_byte(out, '?');
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!fold_part(out, end, parts[i]))
            buf_byte(out, '?');
}

void
charset_fold(struct buf *out, enum charset charset, struct str utf8)
{
    ucs4_t end = charset == CHARSET_LATIN1 ? LATIN1_END : ASCII_END;

    if (charset == CHARSET_UTF8) {
        buf_put(out, utf8);
        return;
    }
    while (utf8.len > 0)
        fold_character(out, end, next_composed(&utf8));
}

void
charset_plain(struct buf *out, struct str utf8)
{
    while (utf8.len > 0) {
        ucs4_t c = next_character(&utf8);
        const char *spelling =
            c >= ASCII_END && uc_is_general_category(c, UC_CATEGORY_P) ? spelling_of(c) : NULL;

        if (spelling)
            buf_put(out, str_of(spelling));
        else if (c >= ASCII_END && uc_is_general_category(c, UC_CATEGORY_Zs))
            buf_byte(out, ' ');
        else
            put_character(out, c);
    }
}

void
charset_encode(struct buf *out, enum charset charset, struct str folded)
{
    ucs4_t end = charset == CHARSET_LATIN1 ? LATIN1_END : ASCII_END;

    if (charset == CHARSET_UTF8) {
        buf_put(out, folded);
        return;
    }
    while (folded.len > 0) {
        ucs4_t c = next_character(&folded);

        buf_byte(out, c < end ? (char)(unsigned char)c : '?');
    }
}

/* Windows-1252 from 0x80, as WHATWG's Encoding Standard reads what is called ISO 8859-1. */
static const uint16_t windows[] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

void
charset_read(struct buf *out, struct str written)
{
    if (written.len == 0 || !u8_check((const uint8_t *)written.ptr, written.len)) {
        buf_put(out, written);
        return;
    }
    for (size_t i = 0; i < written.len; i++) {
        unsigned char byte = (unsigned char)written.ptr[i];
        bool is_windows =
            byte >= ASCII_END && byte - ASCII_END < (int)(sizeof(windows) / sizeof(*windows));

        put_character(out, is_windows ? windows[byte - ASCII_END] : byte);
    }
}
