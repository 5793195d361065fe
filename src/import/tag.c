#include "import/tag.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>
#include <unistr.h>

enum {
    REFERENCE_NAME_MAX = 8, /* "thetasym", the longest of HTML 4 */
    CODE_POINT_MAX = 0x10ffff,
    REPLACEMENT = 0xfffd,
};

static bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What lies between two places of one text. */
static struct str
between(struct str from, struct str to)
{
    return str_head(from, (size_t)(to.ptr - from.ptr));
}

static struct str
take_name(struct str *text)
{
    struct str start = *text;

    while (text->len > 0 && !html_is_blank(text->ptr[0]) && text->ptr[0] != '>' &&
           text->ptr[0] != '/')
        *text = str_after(*text, 1);
    return between(start, *text);
}

/* Up to the end tag of that name, which is cut off as well; all of it when there is none. */
static struct str
take_raw(struct str *text, struct str name)
{
    struct str start = *text;

    while (text->len > 0) {
        struct str before = str_cut(text, '<');
        struct str raw = str_head(start, (size_t)(before.ptr + before.len - start.ptr));

        if (text->len > name.len && text->ptr[0] == '/' &&
            strncasecmp(text->ptr + 1, name.ptr, name.len) == 0) {
            str_cut(text, '>');
            return raw;
        }
    }
    return start;
}

static bool
holds_no_tags(const struct tag *tag)
{
    return tag_is(tag, "script") || tag_is(tag, "style") || tag_is(tag, "textarea") ||
           tag_is(tag, "title");
}

/* '<' and a letter are at the front. False when the tag has no end. */
static bool
take_start_tag(struct str *text, struct tag *tag)
{
    struct str rest = str_after(*text, 1);
    struct html_raw_attribute attribute;

    tag->kind = TAG_START;
    tag->name = take_name(&rest);
    while (html_take_attribute(&rest, &attribute))
        if (tag->attribute_count < TAG_ATTRIBUTES_MAX)
            tag->attributes[tag->attribute_count++] = attribute;
    if (!str_skip(&rest, STR(">")))
        return false;
    if (holds_no_tags(tag))
        tag->content = take_raw(&rest, tag->name);
    tag->source = between(*text, rest);
    *text = rest;
    return true;
}

/* "</" and a letter are at the front. */
static bool
take_end_tag(struct str *text, struct tag *tag)
{
    struct str rest = str_after(*text, 2);

    tag->kind = TAG_END;
    tag->name = take_name(&rest);
    if (!str_has(rest, '>'))
        return false;
    str_cut(&rest, '>');
    tag->source = between(*text, rest);
    *text = rest;
    return true;
}

/* A comment without an end, and any other declaration, ends at the first '>'. */
static void
skip_declaration(struct tag_reader *reader)
{
    static const char end[] = "-->";
    struct str inner = reader->rest;
    const char *found = NULL;

    if (str_skip(&inner, STR("<!--")) && !reader->no_comment_end) {
        /* the dashes of "<!-->" are its end as well */
        found = memmem(inner.ptr - 2, inner.len + 2, end, sizeof end - 1);
        reader->no_comment_end = !found;
    }
    if (found)
        reader->rest = str_after(reader->rest, (size_t)(found - reader->rest.ptr) + sizeof end - 1);
    else
        str_cut(&reader->rest, '>');
}

/* Up to a '<' that begins markup. */
static struct str
take_text(struct str *rest)
{
    struct str start = *rest;

    while (rest->len > 0) {
        char next = rest->len > 1 ? rest->ptr[1] : '\0';

        if (rest->ptr[0] == '<' && (is_letter(next) || next == '!' || next == '?' || next == '/'))
            break;
        *rest = str_after(*rest, 1);
    }
    return between(start, *rest);
}

bool
tag_next(struct tag_reader *reader, struct tag *tag)
{
    while (reader->rest.len > 0) {
        struct str *rest = &reader->rest;
        char third = rest->len > 2 ? rest->ptr[2] : '\0';
        bool done;

        tag->kind = TAG_TEXT;
        tag->name = tag->content = (struct str){0};
        tag->attribute_count = 0;
        tag->source = take_text(rest);
        if (tag->source.len > 0)
            return true;
        if (!is_letter(rest->ptr[1]) && (rest->ptr[1] != '/' || !is_letter(third))) {
            skip_declaration(reader);
            continue;
        }
        done = rest->ptr[1] == '/' ? take_end_tag(rest, tag) : take_start_tag(rest, tag);
        if (!done)
            rest->len = 0; /* the text ends within the tag, and browsers drop it too */
        return done;
    }
    return false;
}

bool
tag_is(const struct tag *tag, const char *name)
{
    return str_eq_nocase(tag->name, str_of(name));
}

struct str
tag_attribute(const struct tag *tag, const char *name)
{
    for (size_t i = 0; i < tag->attribute_count; i++)
        if (str_eq_nocase(tag->attributes[i].name, str_of(name)))
            return tag->attributes[i].value;
    return (struct str){0};
}

bool
tag_next_word(struct str *list, struct str *word)
{
    struct str start = html_skip_blanks(*list);

    *list = start;
    while (list->len > 0 && !html_is_blank(list->ptr[0]))
        *list = str_after(*list, 1);
    *word = between(start, *list);
    return word->len > 0;
}

bool
tag_lists(const struct tag *tag, const char *name, struct str word)
{
    struct str list = tag_attribute(tag, name), one;

    while (tag_next_word(&list, &one))
        if (str_eq_nocase(one, word))
            return true;
    return false;
}

/* The number of "#8217" or "#x2019"; what names no character is U+FFFD. */
static ucs4_t
reference_number(struct str digits)
{
    bool is_hex = str_skip(&digits, STR("x")) || str_skip(&digits, STR("X"));
    ucs4_t number = 0;

    for (; digits.len > 0 && number <= CODE_POINT_MAX; digits = str_after(digits, 1)) {
        const char *all = "0123456789abcdef";
        const char *found = memchr(all, digits.ptr[0] | 0x20, is_hex ? 16 : 10);

        if (!found)
            return REPLACEMENT;
        number = number * (is_hex ? 16 : 10) + (ucs4_t)(found - all);
    }
    if (number == 0 || number > CODE_POINT_MAX || (number >= 0xd800 && number <= 0xdfff))
        return REPLACEMENT;
    return number;
}

/* '&' is at the front. False when this is no reference, but a mere '&'. */
static bool
take_reference(struct str *text, ucs4_t *c)
{
    struct str rest = str_after(*text, 1), name;
    char copy[REFERENCE_NAME_MAX + 1] = {0};
    const htmlEntityDesc *entity;

    name = str_head(rest, REFERENCE_NAME_MAX + 1);
    if (!str_has(name, ';'))
        return false;
    name = str_cut(&rest, ';');
    memcpy(copy, name.ptr, name.len);
    if (name.len > 1 && name.ptr[0] == '#') {
        *c = reference_number(str_after(name, 1));
    } else {
        entity = htmlEntityLookup((const xmlChar *)copy);
        if (!entity)
            return false;
        *c = entity->value;
    }
    *text = rest;
    return true;
}

static bool
is_space(ucs4_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0xa0;
}

static bool
is_control(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || c == 0xfffe;
}

/* Appends one piece of text; *wants_space carries white space from piece to piece. */
static void
put_decoded(struct buf *out, struct str text, bool *wants_space)
{
    while (text.len > 0) {
        uint8_t bytes[6];
        ucs4_t c;

        if (text.ptr[0] != '&' || !take_reference(&text, &c)) {
            int len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);

            text = str_after(text, (size_t)len);
        }
        if (is_space(c)) {
            *wants_space = true;
            continue;
        }
        if (is_control(c))
            continue;
        if (*wants_space && out->len > 0)
            buf_byte(out, ' ');
        *wants_space = false;
        buf_put(out, (struct str){(const char *)bytes, (size_t)u8_uctomb(bytes, c, sizeof bytes)});
    }
}

void
tag_put_text(struct buf *out, struct str html)
{
    struct tag_reader reader = {.rest = html};
    struct tag tag;
    bool wants_space = false;

    while (tag_next(&reader, &tag)) {
        if (tag.kind == TAG_TEXT)
            put_decoded(out, tag.source, &wants_space);
        else if (tag_is(&tag, "br"))
            wants_space = true;
    }
}
