#include "text/html_source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unistr.h>

#include "base/mem.h"
#include "text/html_attribute.h"
#include "text/html_names.h"
#include "text/utf8.h"

enum {
    TAG_NAME_MAX = 64, /* bytes; libxml2 splits a name of more than 100 */
    REPLACEMENT = 0xfffd,
    BYTE_ORDER_MARK = 0xfeff,
    CODE_POINT_MAX = 0x10ffff,
    TEXTS_FIRST = 64,
};

static const struct str own_prefix = {"x-", 2}; /* of names that libxml2 knows no rule of */

struct source {
    struct buf *out;
    struct str rest;
    const char *tag_end; /* the '>' that was found last; the end of the text when there is none */
    bool no_comment_end; /* no "-->" from here on */
};

static bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What libxml2 takes as part of a name. */
static bool
is_name_byte(char byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr(":-_.", byte));
}

/* Text that goes on as it is. */
static bool
is_plain(ucs4_t c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c != '<' && c != '&' && (c < 0x7f || c > 0x9f) && c != BYTE_ORDER_MARK && c != 0xfffe &&
           c != 0xffff;
}

/* Most of most texts. */
static bool
is_plain_ascii(char byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '<' && byte != '&';
}

/* Bytes before the first that needs care. */
static size_t
plain_len(struct str text)
{
    size_t len = 0;

    for (;;) {
        size_t usual;
        ucs4_t c;
        int size;

        while (len < text.len && is_plain_ascii(text.ptr[len]))
            len++;
        if (len == text.len)
            return len;
        if ((unsigned char)text.ptr[len] < 0x80) {
            if (!is_plain((unsigned char)text.ptr[len]))
                return len;
            len++;
            continue;
        }
        usual = utf8_usual_len(str_after(text, len));
        len += usual;
        if (usual > 0)
            continue;
        size = u8_mbtoucr(&c, (const uint8_t *)text.ptr + len, text.len - len);
        if (size < 1 || !is_plain(c))
            return len;
        len += (size_t)size;
    }
}

static void
put_character(struct buf *out, ucs4_t c)
{
    /* windows-1252, of 0x80 to 0x9f: what browsers take these for (HTML 13.2.5.80) */
    static const uint16_t windows[] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    uint8_t bytes[6];

    if (c >= 0x80 && c <= 0x9f)
        c = windows[c - 0x80];
    if (c == '\f' || c == '\v')
        c = ' ';
    if (is_plain(c))
        buf_put(out, (struct str){(const char *)bytes, (size_t)u8_uctomb(bytes, c, sizeof bytes)});
}

static unsigned
digit_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return (unsigned)(byte - '0');
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? (unsigned)(byte - 'a') + 10 : 16;
}

/* A number that names no character is U+FFFD; ASCII stays a reference, for it may be markup. */
static void
put_number(struct buf *out, unsigned long number)
{
    if (number == 0 || number > CODE_POINT_MAX || (number >= 0xd800 && number <= 0xdfff))
        number = REPLACEMENT;
    if (number >= 0x7f)
        put_character(out, (ucs4_t)number);
    else if (number >= 0x20 || number == '\t' || number == '\n' || number == '\r')
        buf_format(out, "&#%lu;", number);
}

/* A numeric reference at the front: the text after it; all of the text when it is none. */
static struct str
put_numeric(struct buf *out, struct str text)
{
    struct str digits = str_after(text, 2);
    unsigned base = 10;
    unsigned long number = 0;
    size_t len = 0;

    if (digits.len > 0 && (digits.ptr[0] | 0x20) == 'x') {
        base = 16;
        digits = str_after(digits, 1);
    }
    for (; len < digits.len && digit_value(digits.ptr[len]) < base; len++)
        if (number <= CODE_POINT_MAX)
            number = number * base + digit_value(digits.ptr[len]);
    if (!str_starts(text, STR("&#")) || len == 0)
        return text;
    put_number(out, number);
    digits = str_after(digits, len);
    str_skip(&digits, STR(";"));
    return digits;
}

/* '&' is at the front. libxml2 knows the names, of which it must see all; any other '&' must not
 * meet a '#' when the bytes between them are dropped. */
static struct str
put_reference(struct buf *out, struct str text)
{
    struct str after = put_numeric(out, text);
    size_t len = 1;

    if (after.len < text.len)
        return after;
    if (text.len == 1 || !is_letter(text.ptr[1])) {
        buf_put(out, STR("&#38;"));
        return str_after(text, 1);
    }
    while (len < text.len && is_name_byte(text.ptr[len]))
        len++;
    len += len < text.len && text.ptr[len] == ';';
    buf_put(out, str_head(text, len));
    return str_after(text, len);
}

/* What is at the front and not plain, unless it is '<'. */
static struct str
put_careful(struct buf *out, struct str text)
{
    ucs4_t c;
    int len;

    if (text.ptr[0] == '&')
        return put_reference(out, text);
    len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
    put_character(out, c);
    return str_after(text, (size_t)len);
}

static void
put_attribute(struct buf *out, struct str name, struct str value)
{
    char quote = str_has(value, '"') ? '\'' : '"';

    buf_byte(out, ' ');
    buf_put(out, name);
    buf_byte(out, '=');
    buf_byte(out, quote);
    while (value.len > 0) {
        size_t len = plain_len(value);
        struct str plain = str_head(value, len);

        /* only a value without quotes of its own may hold both kinds */
        while (str_has(plain, quote)) {
            buf_put(out, str_cut(&plain, quote));
            buf_put(out, quote == '"' ? STR("&#34;") : STR("&#39;"));
        }
        buf_put(out, plain);
        value = str_after(value, len);
        if (value.len == 0)
            break;
        if (value.ptr[0] == '<') {
            buf_put(out, STR("&lt;"));
            value = str_after(value, 1);
        } else {
            value = put_careful(out, value);
        }
    }
    buf_byte(out, quote);
}

/* The name in lower case, as much of it as fits. */
static struct str
lower(struct str name, char lowered[TAG_NAME_MAX])
{
    name = str_head(name, TAG_NAME_MAX);
    for (size_t i = 0; i < name.len; i++)
        lowered[i] =
            (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i]);
    return (struct str){lowered, name.len};
}

/* Says whether the tag ends as one of an element without content. */
static bool
put_attributes(struct buf *out, struct str *text)
{
    struct html_raw_attribute attribute;
    unsigned seen = 1U << HTML_ATTR_NONE;
    const char *last = text->ptr;

    for (; html_take_attribute(text, &attribute); last = text->ptr) {
        char lowered[TAG_NAME_MAX];
        struct str name = lower(attribute.name, lowered);
        unsigned bit = 1U << html_attr_of(name);

        if (!(seen & bit))
            put_attribute(out, name, attribute.value);
        seen |= bit;
    }
    return text->ptr > last && text->ptr[-1] == '/';
}

/* Elements that would end the document for libxml2 or begin it again. */
static bool
is_frame(struct str name)
{
    static const struct str frames[] = {
        {"html", 4}, {"head", 4}, {"body", 4}, {"frameset", 8}, {"plaintext", 9}};

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (str_eq(name, frames[i]))
            return true;
    return false;
}

/* The text behind "</name"; nothing when the element is never closed, as in browsers. */
static struct str
skip_raw(struct str text, struct str name)
{
    while (str_has(text, '<')) {
        str_cut(&text, '<');
        if (text.len > name.len && text.ptr[0] == '/' &&
            strncasecmp(text.ptr + 1, name.ptr, name.len) == 0) {
            str_cut(&text, '>');
            return text;
        }
    }
    return STR("");
}

/* Appends the name as libxml2 shall see it. By its rules of HTML 4 a <ul> would end an <ol>, and a
 * <p> a <b>; of a name it does not know it knows no rule. */
static void
put_name(struct buf *out, struct str name)
{
    static const struct str ruled[] = {{"ul", 2}, {"ol", 2}, {"b", 1}, {"u", 1}};

    for (size_t i = 0; i < sizeof ruled / sizeof *ruled; i++)
        if (str_eq(name, ruled[i]))
            buf_put(out, own_prefix);
    buf_put(out, name);
}

/* The name of a tag, the text of which begins with it. No author means what put_name makes. */
static struct str
read_name(struct str text, char lowered[TAG_NAME_MAX])
{
    bool is_known = true;
    struct str name;
    size_t len = 0;

    for (; len < text.len && !html_is_blank(text.ptr[len]) && !strchr("/>", text.ptr[len]); len++)
        is_known = is_known && is_name_byte(text.ptr[len]);
    if (!is_known || len > TAG_NAME_MAX)
        return STR("x-unknown");
    name = lower(str_head(text, len), lowered);
    return str_starts(name, own_prefix) ? STR("x-unknown") : name;
}

/* "<" and a letter are at the front; the tag's end is known to come. */
static void
put_start_tag(struct source *source)
{
    char lowered[TAG_NAME_MAX];
    struct str text = str_after(source->rest, 1), name = read_name(text, lowered);
    size_t start = source->out->len;

    buf_byte(source->out, '<');
    put_name(source->out, name);
    while (text.len > 0 && !html_is_blank(text.ptr[0]) && text.ptr[0] != '>' && text.ptr[0] != '/')
        text = str_after(text, 1);
    buf_put(source->out, put_attributes(source->out, &text) ? STR("/>") : STR(">"));
    str_skip(&text, STR(">"));
    if (is_frame(name)) {
        buf_truncate(source->out, start);
    } else if (str_eq(name, STR("script")) || str_eq(name, STR("style"))) {
        buf_truncate(source->out, start);
        text = skip_raw(text, name);
    }
    source->rest = text;
}

static void
put_end_tag(struct source *source)
{
    char lowered[TAG_NAME_MAX];
    struct str tag = str_cut(&source->rest, '>');
    struct str name = read_name(str_after(tag, 2), lowered);

    if (name.len == 0 || !is_letter(name.ptr[0]) || is_frame(name))
        return;
    buf_put(source->out, STR("</"));
    put_name(source->out, name);
    buf_byte(source->out, '>');
    /* libxml2 says nothing of one without a beginning, which still ends a line */
    if (str_eq(name, STR("p")))
        buf_put(source->out, STR("<x-end/>"));
}

/* A comment without an end, and any other declaration, ends at the first '>'. */
static void
put_declaration(struct source *source)
{
    static const char end[] = "-->";
    struct str rest = source->rest, comment;
    const char *found = NULL;

    if (str_skip(&rest, STR("<!--")) && !source->no_comment_end) {
        /* the dashes of "<!-->" are its end as well */
        found = memmem(rest.ptr - 2, rest.len + 2, end, sizeof end - 1);
        source->no_comment_end = !found;
    }
    if (!found) {
        str_cut(&source->rest, '>');
        return;
    }
    comment = str_head(rest, found > rest.ptr ? (size_t)(found - rest.ptr) : 0);
    if (str_eq(str_trim(comment), STR("more")))
        buf_put(source->out, STR("<a name=\"more\"></a>"));
    source->rest = str_after(source->rest, (size_t)(found - source->rest.ptr) + sizeof end - 1);
}

/* Whether there is a '>' ahead; without one nothing is a tag. */
static bool
has_tag_end(struct source *source)
{
    const char *end = source->rest.ptr + source->rest.len;

    if (source->tag_end < source->rest.ptr) {
        const char *found = memchr(source->rest.ptr, '>', source->rest.len);

        source->tag_end = found ? found : end;
    }
    return source->tag_end < end;
}

/* '<' is at the front. */
static void
put_markup(struct source *source)
{
    char next = source->rest.len > 1 ? source->rest.ptr[1] : '\0';
    bool ends = has_tag_end(source);

    if (ends && is_letter(next)) {
        put_start_tag(source);
    } else if (ends && next == '/') {
        put_end_tag(source);
    } else if (ends && (next == '!' || next == '?')) {
        put_declaration(source);
    } else {
        buf_put(source->out, STR("&lt;"));
        source->rest = str_after(source->rest, 1);
    }
}

static void
put_text(struct buf *out, struct html_texts *texts, struct str text)
{
    if (text.len < HTML_STAND_IN_FROM) {
        buf_put(out, text);
        return;
    }
    if (texts->count == texts->room) {
        texts->room = texts->room ? texts->room * 2 : TEXTS_FIRST;
        texts->list = mem_grow(texts->list, texts->room, sizeof *texts->list);
    }
    texts->list[texts->count++] = text;
    buf_byte(out, HTML_STAND_IN);
}

void
html_texts_free(struct html_texts *texts)
{
    free(texts->list);
    *texts = (struct html_texts){0};
}

void
html_source(struct buf *out, struct html_texts *texts, struct str html)
{
    struct source source = {.out = out, .rest = html, .tag_end = NULL};

    while (source.rest.len > 0) {
        size_t len = plain_len(source.rest);

        put_text(out, texts, str_head(source.rest, len));
        source.rest = str_after(source.rest, len);
        if (source.rest.len > 0 && source.rest.ptr[0] == '<')
            put_markup(&source);
        else if (source.rest.len > 0)
            source.rest = put_careful(out, source.rest);
    }
}
