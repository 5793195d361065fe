#include "text/gist.h"

#include <stdbool.h>
#include <stdint.h>

#include <unictype.h>
#include <unistr.h>

#include "text/gemtext.h"

static const struct str ellipsis = {"…", 3};

enum {
    ASCII_END = 0x80,
    ZERO_WIDTH_SPACE = 0x200B,
    KANA_FIRST = 0x3041,
    KANA_LAST = 0x30FF,
    GLYPHS = 128, /* that are remembered: more than most scripts have, and a power of two */
};

/* Every post is counted whenever the index is made, and most of most is ASCII. */
enum glyph { GLYPH_OTHER, GLYPH_SPACE, GLYPH_LETTER, GLYPH_WORD };

/* What other characters are: asking Unicode's tables takes longer than to remember it. */
struct glyphs {
    struct {
        ucs4_t c;
        enum glyph glyph;
    } known[GLYPHS]; /* a character of 0 is none */
};

static bool
is_ascii_letter(char byte)
{
    char lower = (char)(byte | 0x20);

    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

static enum glyph
glyph_of_ascii(char byte)
{
    if (is_ascii_letter(byte))
        return GLYPH_LETTER;
    return byte <= ' ' ? GLYPH_SPACE : GLYPH_OTHER;
}

/* Chinese characters and both kinds of kana are words by themselves. */
static enum glyph
glyph_of(ucs4_t c)
{
    if (c == ZERO_WIDTH_SPACE || uc_is_property_white_space(c))
        return GLYPH_SPACE;
    if (c >= KANA_FIRST && (c <= KANA_LAST || uc_is_property_ideographic(c)))
        return GLYPH_WORD;
    return uc_is_alnum(c) ? GLYPH_LETTER : GLYPH_OTHER;
}

/* The glyph at a place, which moves to the next one. */
static enum glyph
take_glyph(struct glyphs *glyphs, struct str text, size_t *at)
{
    ucs4_t c;

    if ((unsigned char)text.ptr[*at] < ASCII_END) {
        *at += 1;
        return glyph_of_ascii(text.ptr[*at - 1]);
    }
    *at += (size_t)u8_mbtouc(&c, (const uint8_t *)text.ptr + *at, text.len - *at);
    if (glyphs->known[c % GLYPHS].c != c) {
        glyphs->known[c % GLYPHS].c = c;
        glyphs->known[c % GLYPHS].glyph = glyph_of(c);
    }
    return glyphs->known[c % GLYPHS].glyph;
}

static size_t
words_of_line(struct glyphs *glyphs, struct str text)
{
    size_t words = 0;
    bool in_word = false;

    for (size_t at = 0; at < text.len;) {
        enum glyph glyph;

        while (in_word && at < text.len && is_ascii_letter(text.ptr[at]))
            at++;
        if (at == text.len)
            break;
        glyph = take_glyph(glyphs, text, &at);
        words += glyph == GLYPH_WORD || (glyph == GLYPH_LETTER && !in_word);
        in_word = glyph == GLYPH_LETTER || (in_word && glyph == GLYPH_OTHER);
    }
    return words;
}

/* Not a line of dashes or stars. */
static bool
is_paragraph(const struct gemtext_line *line)
{
    struct glyphs glyphs = {0};

    return (line->kind == GEMTEXT_TEXT || line->kind == GEMTEXT_ITEM ||
            line->kind == GEMTEXT_QUOTE) &&
           words_of_line(&glyphs, line->text) > 0;
}

/* Appends the next text as words of the same line. */
static void
put_words(struct buf *out, struct str text)
{
    struct buf clean = {0};

    gemtext_clean(&clean, text);
    if (out->len > 0 && clean.len > 0)
        buf_byte(out, ' ');
    buf_put(out, buf_str(&clean));
    buf_free(&clean);
}

/* Words are gathered only as long as they can be shown. */
static void
put_first_lines(struct buf *out, struct str gemtext, size_t lines)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;

    for (size_t i = 0; i < lines && out->len <= GIST_MAX && gemtext_next(&scanner, &line); i++)
        if (is_paragraph(&line) || line.kind == GEMTEXT_HEADING)
            put_words(out, line.text);
}

/* The first line that is a paragraph, else the first heading. */
static void
put_first_paragraph(struct buf *out, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;
    struct str heading = {0};

    while (out->len == 0 && gemtext_next(&scanner, &line)) {
        if (is_paragraph(&line))
            put_words(out, line.text);
        else if (line.kind == GEMTEXT_HEADING && heading.len == 0)
            heading = line.text;
    }
    if (out->len == 0)
        put_words(out, heading);
}

/* Whether the text goes on with a mark on the character before. */
static bool
begins_with_mark(struct str text)
{
    ucs4_t c;

    u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
    return uc_is_property_grapheme_extend(c) || uc_is_general_category(c, UC_CATEGORY_Mc);
}

/* The longest beginning of so many bytes that ends with a word, or else with a character. */
static struct str
shorten(struct str text, size_t most)
{
    struct str head = str_head_utf8(text, most);
    size_t len = head.len;

    while (len > 0 && text.ptr[len] != ' ')
        len--;
    if (len > 0)
        return str_head(text, len);
    for (len = head.len; len > 0 && begins_with_mark(str_after(text, len));)
        len = str_head_utf8(text, len - 1).len;
    return str_head(text, len > 0 ? len : head.len);
}

void
gist_put_summary(struct buf *out, struct str gemtext, size_t lines)
{
    struct buf text = {0};

    put_first_lines(&text, gemtext, lines);
    if (text.len == 0)
        put_first_paragraph(&text, gemtext);
    if (text.len <= GIST_MAX) {
        buf_put(out, buf_str(&text));
    } else {
        buf_put(out, shorten(buf_str(&text), GIST_MAX - ellipsis.len));
        buf_put(out, ellipsis);
    }
    buf_free(&text);
}

size_t
gist_words(struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;
    struct glyphs glyphs = {0};
    size_t words = 0;

    while (gemtext_next(&scanner, &line))
        words += words_of_line(&glyphs, line.text);
    return words;
}
