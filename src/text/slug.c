#include "text/slug.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

enum {
    DECOMPOSED_MAX = 32, /* code points of one character in NFKD: U+FDFA has 18 */
    MARKS_MAX = 8,       /* on one letter; no orthography stacks more */
    NFC_SHRINKS = 4,     /* three jamo of 9 bytes become a syllable of 3 */
    NFC_GROWS = 3,       /* Unicode annex 15: bytes in UTF-8 at worst */
    LABEL_RAW_MAX = SLUG_LABEL_MAX * NFC_SHRINKS,
};

/* The next character of a text that is not empty; U+FFFD for what is no UTF-8. */
static ucs4_t
next_character(struct str *text)
{
    ucs4_t c;

    *text = str_after(*text, (size_t)u8_mbtouc(&c, (const uint8_t *)text->ptr, text->len));
    return c;
}

static void
put_character(struct buf *out, ucs4_t c)
{
    uint8_t bytes[6];

    buf_put(out, (struct str){(const char *)bytes, (size_t)u8_uctomb(bytes, c, sizeof bytes)});
}

/* Room is enough and a single character needs no sorting: this cannot fail. */
static size_t
decompose(uninorm_t form, ucs4_t c, ucs4_t decomposed[static DECOMPOSED_MAX])
{
    size_t len = DECOMPOSED_MAX;
    ucs4_t *result = u32_normalize(form, &c, 1, decomposed, &len);

    assert(result == decomposed);
    return len;
}

/* Appends the ASCII letters and digits that the character is made of. */
static void
put_ascii(struct buf *word, ucs4_t c)
{
    ucs4_t parts[DECOMPOSED_MAX];
    size_t count = decompose(UNINORM_NFKD, c, parts);

    for (size_t i = 0; i < count; i++) {
        if ((parts[i] >= 'a' && parts[i] <= 'z') || (parts[i] >= '0' && parts[i] <= '9'))
            buf_byte(word, (char)parts[i]);
        else if (parts[i] >= 'A' && parts[i] <= 'Z')
            buf_byte(word, (char)(parts[i] - 'A' + 'a'));
    }
}

/* What separates words is judged before decomposition: an acute accent has a space in it. */
static void
take_word(struct str *title, struct buf *word)
{
    buf_truncate(word, 0);
    while (title->len > 0) {
        ucs4_t c = next_character(title);

        if (c == '-' || uc_is_property_white_space(c))
            return;
        put_ascii(word, c);
    }
}

static bool
is_article(struct str word)
{
    return str_eq(word, STR("a")) || str_eq(word, STR("an")) || str_eq(word, STR("the"));
}

void
slug_of_title(struct buf *out, struct str title)
{
    size_t start = out->len;
    struct buf word = {0};

    while (title.len > 0) {
        bool is_first = out->len == start;

        take_word(&title, &word);
        if (word.len == 0 || (!is_first && is_article(buf_str(&word))))
            continue;
        if (!is_first && out->len - start + 1 + word.len > SLUG_POST_MAX)
            break;
        if (!is_first)
            buf_byte(out, '-');
        buf_put(out, str_head(buf_str(&word), SLUG_POST_MAX));
    }
    if (out->len == start)
        buf_put(out, STR("post"));
    buf_free(&word);
}

/* What a character is to the slug of a label. */
enum part { PART_GAP, PART_NOTHING, PART_LATIN, PART_LETTER, PART_DIGIT, PART_MARK };

static enum part
part_of(ucs4_t c)
{
    /* joiners and soft hyphens: what nobody can see separates nothing */
    if (uc_is_property_default_ignorable_code_point(c))
        return PART_NOTHING;
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M))
        return PART_MARK;
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Nd))
        return PART_DIGIT;
    if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L))
        return PART_GAP;
    return uc_is_script(c, uc_script_byname("Latin")) ? PART_LATIN : PART_LETTER;
}

static ucs4_t
without_marks(ucs4_t c)
{
    ucs4_t parts[DECOMPOSED_MAX];

    decompose(UNINORM_NFD, c, parts);
    return parts[0];
}

/* Appends the name's letters and digits, '-' between their runs, not composed yet. Marks stay
 * only on letters that are not Latin. */
static void
put_raw_label(struct buf *raw, struct str name)
{
    bool is_apart = false;
    int marks_left = 0;

    while (name.len > 0 && raw->len < LABEL_RAW_MAX) {
        ucs4_t c = uc_tolower(next_character(&name));
        enum part part = part_of(c);

        if (part == PART_MARK && marks_left > 0) {
            marks_left--;
            put_character(raw, c);
        }
        if (part == PART_MARK || part == PART_NOTHING)
            continue;
        if (part != PART_GAP && is_apart && raw->len > 0)
            buf_byte(raw, '-');
        if (part != PART_GAP)
            put_character(raw, part == PART_LATIN ? without_marks(c) : c);
        is_apart = part == PART_GAP;
        marks_left = part == PART_LETTER ? MARKS_MAX : 0;
    }
}

/* As many whole grapheme clusters as fit. */
static struct str
head_of_clusters(const uint8_t *text, size_t len)
{
    const uint8_t *end = text + len, *fits = text;

    for (const uint8_t *next; (next = u8_grapheme_next(fits, end)); fits = next)
        if (next - text > SLUG_LABEL_MAX)
            break;
    return (struct str){(const char *)text, (size_t)(fits - text)};
}

void
slug_of_label(struct buf *out, struct str name)
{
    /* the last step adds a '-' and a character of four bytes at most */
    uint8_t composed[(LABEL_RAW_MAX + 5) * NFC_GROWS];
    size_t start = out->len, len = sizeof composed;
    struct buf raw = {0};
    struct str slug;
    uint8_t *result;

    put_raw_label(&raw, name);
    result = u8_normalize(UNINORM_NFC, (const uint8_t *)buf_text(&raw), raw.len, composed, &len);
    assert(result == composed); /* room is enough, and marks are too few to need any elsewhere */
    slug = head_of_clusters(composed, len);
    str_chop(&slug, STR("-"));
    buf_put(out, slug);
    if (out->len == start)
        buf_put(out, STR("label"));
    buf_free(&raw);
}
