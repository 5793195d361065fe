#include "text/segment.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

enum {
    FOLDED_MAX = 32,    /* code points that one becomes: U+FDFA has 18 */
    CLASS_NO_MARK = 9,  /* combining classes up to here are of nuktas, kana voicing and viramas */
    CLASS_POINTS = 35,  /* up to here of the vowel points of Hebrew, Arabic and Syriac; tone and */
    CLASS_ACCENT = 200, /* vowel marks of South-East Asia lie between; from here on, of accents */
    ASCII_END = 0x80,
    KNOWN = 128,     /* characters that are remembered while a text is read: more than most scripts
                        have, and a power of two */
    PLAIN_BYTES = 8, /* that a remembered one folds to at most */
};

static const ucs4_t soft_hyphen = 0xAD, zero_width_space = 0x200B;

/* Blocks of scripts whose words are found by their clusters; in ascending order. */
static const struct {
    ucs4_t first, last;
} clustered[] = {
    {0x0E00, 0x0EFF},   /* Thai, Lao */
    {0x1000, 0x109F},   /* Myanmar */
    {0x1100, 0x11FF},   /* Hangul jamo */
    {0x1780, 0x17FF},   /* Khmer */
    {0x2E80, 0x31FF},   /* radicals, kana, bopomofo, compatibility jamo */
    {0x3400, 0x9FFF},   /* Han */
    {0xA960, 0xA97F},   /* Hangul jamo extended */
    {0xA9E0, 0xA9FF},   /* Myanmar extended */
    {0xAA60, 0xAA7F},   /* Myanmar extended */
    {0xAC00, 0xD7FF},   /* Hangul */
    {0xF900, 0xFAFF},   /* Han compatibility */
    {0xFF66, 0xFFDC},   /* half-width kana and Hangul */
    {0x1B000, 0x1B16F}, /* kana supplement */
    {0x20000, 0x3FFFF}, /* Han */
};

static size_t
next_character(struct str text, size_t at, ucs4_t *c)
{
    return (size_t)u8_mbtouc(c, (const uint8_t *)text.ptr + at, text.len - at);
}

static bool
is_ascii_word(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static bool
is_word(ucs4_t c)
{
    if (c < ASCII_END)
        return is_ascii_word((unsigned char)c);
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N |
                                                   UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Co);
}

/* Joiners and the like, which nobody types; but a zero width space stands between words. */
static bool
is_ignorable(ucs4_t c)
{
    return c >= soft_hyphen && c != zero_width_space &&
           uc_is_property_default_ignorable_code_point(c);
}

static bool
is_clustered(ucs4_t c)
{
    size_t i = 0;

    if (c < clustered[0].first)
        return false;
    while (i < sizeof clustered / sizeof clustered[0] && c > clustered[i].last)
        i++;
    return i < sizeof clustered / sizeof clustered[0] && c >= clustered[i].first &&
           uc_decimal_value(c) < 0;
}

/* A virama or coeng joins the consonant behind it, which is a cluster of its own. */
static bool
is_joiner(ucs4_t c)
{
    return uc_combining_class(c) == UC_CCC_VR;
}

static size_t
cluster_end(struct str text, size_t at, ucs4_t last)
{
    ucs4_t c;

    while (at < text.len) {
        size_t len = next_character(text, at, &c);

        if (!is_ignorable(c)) {
            bool joined = is_joiner(last) && is_clustered(c);

            if (!is_word(c) || (uc_is_grapheme_break(last, c) && !joined))
                break;
            last = c;
        }
        at += len;
    }
    return at;
}

static size_t
word_end(struct str text, size_t at)
{
    ucs4_t c;

    while (at < text.len) {
        size_t len;

        while (at < text.len && is_ascii_word((unsigned char)text.ptr[at]))
            at++;
        if (at == text.len)
            break;
        len = next_character(text, at, &c);
        if (!is_ignorable(c) && (!is_word(c) || is_clustered(c)))
            break;
        at += len;
    }
    return at;
}

/* False, and nothing is appended, when there is no room. */
static bool
put_folded(struct segment *segment, ucs4_t c)
{
    int len = u8_uctomb((uint8_t *)segment->folded + segment->len, c,
                        (ptrdiff_t)(SEGMENT_MAX - segment->len));

    if (len > 0)
        segment->len += (size_t)len;
    return len > 0;
}

/* What is dropped from a letter: accents and points, but no vowel sign and no tone mark. */
static bool
is_accent(ucs4_t c)
{
    int class = uc_combining_class(c);

    return (class > CLASS_NO_MARK && class <= CLASS_POINTS) || class >= CLASS_ACCENT;
}

/* Most letters of scripts without case stand for themselves. */
static bool
is_folded(ucs4_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int tag;

    return !uc_is_property_changes_when_casefolded(c) && uc_decomposition(c, &tag, parts) < 0;
}

/* Room is enough and a single character needs no sorting: this cannot fail. */
static size_t
casefold(ucs4_t c, ucs4_t parts[static FOLDED_MAX])
{
    size_t count = FOLDED_MAX;
    ucs4_t *result = u32_casefold(&c, 1, NULL, UNINORM_NFKD, parts, &count);

    assert(result == parts);
    return count;
}

static bool
fold_character(struct segment *segment, ucs4_t c)
{
    ucs4_t parts[FOLDED_MAX] = {c};
    size_t count;
    int digit = uc_decimal_value(c);

    if (is_ignorable(c))
        return true;
    if (digit >= 0)
        return put_folded(segment, (ucs4_t)('0' + digit));
    count = is_folded(c) ? 1 : casefold(c, parts);
    for (size_t i = 0; i < count; i++)
        if (!is_accent(parts[i]) && !put_folded(segment, parts[i]))
            return false;
    return true;
}

static void
fold(struct segment *segment, struct str raw)
{
    segment->len = 0;
    for (size_t at = 0; at < raw.len;) {
        unsigned char byte = (unsigned char)raw.ptr[at];
        bool upper = byte >= 'A' && byte <= 'Z';
        ucs4_t c;

        if (segment->len == SEGMENT_MAX)
            return;
        if (byte < ASCII_END) {
            segment->folded[segment->len++] = (char)(upper ? byte - 'A' + 'a' : byte);
            at++;
            continue;
        }
        at += next_character(raw, at, &c);
        if (!fold_character(segment, c))
            return;
    }
}

bool
segment_next(struct str text, size_t *at, struct segment *segment)
{
    while (*at < text.len) {
        ucs4_t c;

        segment->begin = *at;
        *at += next_character(text, *at, &c);
        if (!is_word(c))
            continue;
        *at = is_clustered(c) ? cluster_end(text, *at, c) : word_end(text, *at);
        segment->end = *at;
        fold(segment, str_head(str_after(text, segment->begin), segment->end - segment->begin));
        if (segment->len > 0)
            return true;
    }
    return false;
}

struct str
segment_word(const struct segment *segment)
{
    return (struct str){segment->folded, segment->len};
}

/* A word of these is itself but for case; the rest of ASCII stands between words. */
static const char ascii_words[ASCII_END] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6',
    ['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd',
    ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k',
    ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
    ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
    ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f',
    ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm',
    ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
    ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
};

/* Of characters; what is odd is left to segment_next. */
enum known_kind { UNKNOWN, PLAIN, GAP, ODD };

/* What a character means to a word that it is in, or not: asking the tables of Unicode for it takes
 * much longer than to remember it. */
struct known {
    ucs4_t c;
    unsigned char kind, len;
    char folded[PLAIN_BYTES]; /* of one that is plain; may be none */
};

static void
learn(struct known *known, ucs4_t c)
{
    struct segment folded = {0};

    known->c = c;
    known->kind = ODD;
    if (is_ignorable(c) || is_clustered(c))
        return;
    if (!is_word(c)) {
        known->kind = GAP;
        return;
    }
    fold_character(&folded, c);
    if (folded.len > PLAIN_BYTES)
        return;
    known->kind = PLAIN;
    known->len = (unsigned char)folded.len;
    memcpy(known->folded, folded.folded, folded.len);
}

static const struct known *
look_up(struct known all[static KNOWN], ucs4_t c)
{
    struct known *known = &all[c % KNOWN];

    if (known->kind == UNKNOWN || known->c != c)
        learn(known, c);
    return known;
}

/* Appends the word at a place, which moves behind it and what ended it. False, and nothing has
 * changed, when it is one that takes more care: clusters, what is ignored, too long. */
static bool
put_plain(struct buf *out, struct str text, size_t *at, struct known all[static KNOWN])
{
    char *word = buf_room(out, SEGMENT_MAX + PLAIN_BYTES);
    size_t len = 0, place = *at;

    while (place < text.len && len < SEGMENT_MAX) {
        unsigned char byte = (unsigned char)text.ptr[place];
        const struct known *known;
        ucs4_t c;

        if (byte < ASCII_END) {
            place++;
            if (!ascii_words[byte])
                break;
            word[len++] = ascii_words[byte];
            continue;
        }
        place += next_character(text, place, &c);
        known = look_up(all, c);
        if (known->kind == GAP)
            break;
        if (known->kind == ODD)
            return false;
        memcpy(word + len, known->folded, PLAIN_BYTES);
        len += known->len;
    }
    if (len >= SEGMENT_MAX)
        return false;
    *at = place;
    if (len > 0)
        word[len++] = ' ';
    out->len += len;
    out->ptr[out->len] = '\0';
    return true;
}

void
segment_put(struct buf *out, struct str text)
{
    struct known all[KNOWN] = {0};
    struct segment segment;

    buf_room(out, text.len + SEGMENT_MAX + PLAIN_BYTES); /* enough for most texts */
    for (size_t at = 0; at < text.len;) {
        if (put_plain(out, text, &at, all))
            continue;
        if (!segment_next(text, &at, &segment))
            break;
        buf_put(out, segment_word(&segment));
        buf_byte(out, ' ');
    }
}
