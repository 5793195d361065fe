#include "text/gemtext.h"

#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "text/uri.h"
#include "text/utf8.h"

enum { LEVEL_MAX = 3, BYTE_ORDER_MARK = 0xfeff };

/* What becomes of the white space in a line that is written. */
enum spacing { SPACING_SINGLE, SPACING_KEPT };

static const struct str toggle = {"```", 3};

static void
read_heading(struct str rest, struct gemtext_line *line)
{
    line->kind = GEMTEXT_HEADING;
    for (line->level = 1; line->level < LEVEL_MAX && str_skip(&rest, STR("#")); line->level++)
        ;
    line->text = str_trim(rest);
}

/* A link line without a target is a text line. */
static void
read_link(struct str rest, struct gemtext_line *line)
{
    size_t len = 0;

    rest = str_trim(rest);
    if (rest.len == 0)
        return;
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
        len++;
    line->kind = GEMTEXT_LINK;
    line->target = str_head(rest, len);
    line->text = str_trim(str_after(rest, len));
}

static void
read_line(struct str rest, struct gemtext_line *line)
{
    if (str_skip(&rest, STR("=>"))) {
        read_link(rest, line);
    } else if (str_skip(&rest, STR("#"))) {
        read_heading(rest, line);
    } else if (str_skip(&rest, STR("* "))) {
        line->kind = GEMTEXT_ITEM;
        line->text = str_trim(rest);
    } else if (str_skip(&rest, STR(">"))) {
        line->kind = GEMTEXT_QUOTE;
        line->text = str_trim(rest);
    }
}

bool
gemtext_next(struct gemtext_scanner *scanner, struct gemtext_line *line)
{
    struct str raw;

    if (scanner->rest.len == 0)
        return false;
    raw = str_line(&scanner->rest);
    *line = (struct gemtext_line){.kind = GEMTEXT_TEXT, .text = raw, .raw = raw};
    if (str_starts(raw, toggle)) {
        line->kind = GEMTEXT_TOGGLE;
        /* T8: what stands after the closing marks means nothing */
        line->text = scanner->preformatted ? STR("") : str_trim(str_after(raw, toggle.len));
        scanner->preformatted = !scanner->preformatted;
    } else if (scanner->preformatted) {
        line->kind = GEMTEXT_PREFORMATTED;
    } else {
        read_line(raw, line);
    }
    return true;
}

static bool
is_line_end(ucs4_t c)
{
    return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool
is_dropped(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == BYTE_ORDER_MARK;
}

static bool
is_printable(char byte)
{
    return byte > ' ' && byte < 0x7f;
}

/* A space at this place, and behind it ASCII that is none. */
static bool
is_between_words(struct str text, size_t at)
{
    return text.ptr[at] == ' ' && at > 0 && at + 1 < text.len && is_printable(text.ptr[at + 1]);
}

/* Bytes at the front that stay as they are, without white space but for such spaces. */
static size_t
words_len(struct str text)
{
    size_t len = 0;

    for (size_t size = 1; size > 0; len += size) {
        ucs4_t c;
        int character;

        while (len < text.len && (is_printable(text.ptr[len]) || is_between_words(text, len)))
            len++;
        if (len == text.len || (unsigned char)text.ptr[len] < 0x80)
            return len;
        size = utf8_usual_len(str_after(text, len));
        if (size > 0)
            continue;
        character = u8_mbtoucr(&c, (const uint8_t *)text.ptr + len, text.len - len);
        if (character > 0 && !uc_is_property_white_space(c) && !is_dropped(c))
            size = (size_t)character;
    }
    return len;
}

/* The same with single spaces inside: most of what is written. */
static size_t
plain_len(struct str text)
{
    size_t len = words_len(text);

    while (len > 0 && len < text.len && text.ptr[len] == ' ') {
        size_t more = words_len(str_after(text, len + 1));

        if (more == 0)
            break;
        len += 1 + more;
    }
    return len;
}

/* Appends the text as part of one line. What is no UTF-8 becomes U+FFFD. */
static void
put_clean(struct buf *out, struct str text, enum spacing spacing)
{
    size_t start = out->len;
    bool space = false;

    for (int len; text.len > 0; text = str_after(text, (size_t)len)) {
        size_t plain = plain_len(text);
        uint8_t bytes[6];
        ucs4_t c;

        if (plain > 0) {
            if (space && out->len > start)
                buf_byte(out, ' ');
            space = false;
            buf_put(out, str_head(text, plain));
            text = str_after(text, plain);
            if (text.len == 0)
                break;
        }
        len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
        if (spacing == SPACING_SINGLE && uc_is_property_white_space(c)) {
            space = true;
            continue;
        }
        if (spacing == SPACING_KEPT && is_line_end(c))
            c = ' ';
        if (is_dropped(c) && !(spacing == SPACING_KEPT && c == '\t'))
            continue;
        if (space && out->len > start)
            buf_byte(out, ' ');
        space = false;
        buf_put(out, (struct str){(const char *)bytes, (size_t)u8_uctomb(bytes, c, sizeof bytes)});
    }
}

void
gemtext_clean(struct buf *out, struct str text)
{
    put_clean(out, text, SPACING_SINGLE);
}

struct str
gemtext_trim(struct str text)
{
    struct str rest = text, trimmed = str_trim(text);

    while (text.len > 0 && str_trim(str_line(&rest)).len == 0)
        text = rest;
    return str_head(text, trimmed.len > 0 ? (size_t)(trimmed.ptr + trimmed.len - text.ptr) : 0);
}

static void
put_line(struct buf *out, struct str marker, struct str text)
{
    buf_put(out, marker);
    gemtext_clean(out, text);
    buf_byte(out, '\n');
}

static bool
has_other_type(struct str text)
{
    static const struct str markers[] = {{"=>", 2}, {"#", 1}, {">", 1}, {"* ", 2}, {"```", 3}};

    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
        if (str_starts(text, markers[i]))
            return true;
    return false;
}

void
gemtext_text(struct buf *out, struct str text)
{
    size_t start = out->len;

    gemtext_clean(out, text);
    if (has_other_type(str_after(buf_str(out), start))) {
        buf_byte(out, ' ');
        memmove(out->ptr + start + 1, out->ptr + start, out->len - start - 1);
        out->ptr[start] = ' ';
    }
    buf_byte(out, '\n');
}

void
gemtext_heading(struct buf *out, int level, struct str text)
{
    static const char marks[LEVEL_MAX + 1] = "###";
    size_t start = out->len, text_start;
    int count = level < 1 ? 1 : level > LEVEL_MAX ? LEVEL_MAX : level;

    buf_put(out, str_head(str_of(marks), (size_t)count));
    buf_byte(out, ' ');
    text_start = out->len;
    gemtext_clean(out, text);
    if (out->len == text_start)
        buf_truncate(out, start);
    else
        buf_byte(out, '\n');
}

void
gemtext_item(struct buf *out, struct str text)
{
    put_line(out, STR("* "), text);
}

void
gemtext_quote(struct buf *out, struct str text)
{
    struct buf clean = {0};

    gemtext_clean(&clean, text);
    /* T5: an empty quoted line is the mark alone */
    buf_put(out, clean.len > 0 ? STR("> ") : STR(">"));
    buf_put(out, buf_str(&clean));
    buf_byte(out, '\n');
    buf_free(&clean);
}

void
gemtext_blank(struct buf *out)
{
    buf_byte(out, '\n');
}

void
gemtext_link(struct buf *out, struct str target, struct str label)
{
    size_t label_start;

    target = str_trim(target);
    if (target.len == 0)
        return;
    buf_put(out, STR("=> "));
    uri_put_reference(out, target);
    buf_byte(out, ' ');
    label_start = out->len;
    gemtext_clean(out, label);
    if (out->len == label_start)
        buf_truncate(out, label_start - 1);
    buf_byte(out, '\n');
}

void
gemtext_open_block(struct buf *out, struct str alt)
{
    struct buf clean = {0};
    struct str rest;

    gemtext_clean(&clean, alt);
    buf_put(out, toggle);
    /* T8: no backticks in an alt text */
    for (rest = buf_str(&clean); rest.len > 0;)
        buf_put(out, str_cut(&rest, '`'));
    buf_byte(out, '\n');
    buf_free(&clean);
}

void
gemtext_block_line(struct buf *out, struct str line)
{
    struct buf clean = {0};

    put_clean(&clean, line, SPACING_KEPT);
    if (str_starts(buf_str(&clean), toggle))
        buf_byte(out, ' ');
    buf_put(out, buf_str(&clean));
    buf_byte(out, '\n');
    buf_free(&clean);
}

void
gemtext_close_block(struct buf *out)
{
    buf_put(out, toggle);
    buf_byte(out, '\n');
}

/* Rounds half up. */
static unsigned long long
divide(unsigned long long dividend, unsigned long long divisor)
{
    return dividend / divisor + (dividend % divisor >= divisor / 2);
}

void
gemtext_size(struct buf *out, unsigned long long bytes)
{
    static const char *const names[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    enum { LAST = sizeof names / sizeof *names - 1 };
    unsigned long long unit = 1000, tenths;
    size_t i = 0;

    if (bytes < unit) {
        buf_format(out, "%llu B", bytes);
        return;
    }
    for (; i < LAST && divide(bytes, unit) >= 1000; i++)
        unit *= 1000;
    tenths = divide(bytes, unit / 10);
    if (tenths < 100)
        buf_format(out, "%llu.%llu %s", tenths / 10, tenths % 10, names[i]);
    else
        buf_format(out, "%llu %s", divide(bytes, unit), names[i]);
}
