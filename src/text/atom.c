#include "text/atom.h"

#include <stdbool.h>
#include <stdint.h>

#include <unistr.h>

/* XML 1.0 2.2: the characters that a document may hold. White space other than the space would not
 * survive in an attribute, and no text of ours needs it. */
static bool
is_allowed(ucs4_t c)
{
    return c >= 0x20 && c != 0x7F && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
}

static void
put_character(struct buf *out, struct str character)
{
    static const struct {
        char byte;
        struct str entity;
    } entities[] = {
        {'&', {"&amp;", 5}}, {'<', {"&lt;", 4}}, {'>', {"&gt;", 4}}, {'"', {"&quot;", 6}}};

    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (character.ptr[0] == entities[i].byte)
            character = entities[i].entity;
    buf_put(out, character);
}

static void
put_text(struct buf *out, struct str text)
{
    while (text.len > 0) {
        ucs4_t c;
        int len = u8_mbtoucr(&c, (const uint8_t *)text.ptr, text.len);

        if (len < 0) {
            buf_put(out, STR("\xef\xbf\xbd"));
            len = 1;
        } else if (c == '\t') {
            buf_byte(out, ' ');
        } else if (is_allowed(c)) {
            put_character(out, str_head(text, (size_t)len));
        }
        text = str_after(text, (size_t)len);
    }
}

static void
put_element(struct buf *out, const char *name, struct str text)
{
    buf_format(out, "<%s>", name);
    put_text(out, text);
    buf_format(out, "</%s>\n", name);
}

static void
put_optional(struct buf *out, const char *name, struct str text)
{
    if (text.len > 0)
        put_element(out, name, text);
}

static void
put_author(struct buf *out, struct str name)
{
    if (name.len == 0)
        return;
    buf_put(out, STR("<author><name>"));
    put_text(out, name);
    buf_put(out, STR("</name></author>\n"));
}

static void
put_attribute(struct buf *out, const char *name, struct str value)
{
    buf_format(out, " %s=\"", name);
    put_text(out, value);
    buf_byte(out, '"');
}

/* Without a media type: the same page is another one on Gopher. */
static void
put_link(struct buf *out, const char *relation, struct str address)
{
    buf_format(out, "<link rel=\"%s\"", relation);
    put_attribute(out, "href", address);
    buf_put(out, STR("/>\n"));
}

void
atom_begin(struct buf *out, const struct atom_feed *feed)
{
    buf_put(out, STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                     "<feed xmlns=\"http://www.w3.org/2005/Atom\""));
    put_attribute(out, "xml:lang", feed->language);
    buf_put(out, STR(">\n"));
    put_element(out, "id", feed->id);
    put_element(out, "title", feed->title);
    put_optional(out, "subtitle", feed->subtitle);
    put_element(out, "updated", feed->updated);
    put_author(out, feed->author);
    put_link(out, "self", feed->self);
    put_link(out, "alternate", feed->page);
}

void
atom_begin_entry(struct buf *out, const struct atom_entry *entry)
{
    buf_put(out, STR("<entry"));
    put_attribute(out, "xml:lang", entry->language);
    buf_put(out, STR(">\n"));
    put_element(out, "id", entry->id);
    put_element(out, "title", entry->title);
    put_element(out, "published", entry->published);
    put_element(out, "updated", entry->updated);
    put_author(out, entry->author);
    put_link(out, "alternate", entry->page);
    put_optional(out, "summary", entry->summary);
}

void
atom_category(struct buf *out, struct str term, struct str label)
{
    buf_put(out, STR("<category"));
    put_attribute(out, "term", term);
    put_attribute(out, "label", label);
    buf_put(out, STR("/>\n"));
}

void
atom_end_entry(struct buf *out)
{
    buf_put(out, STR("</entry>\n"));
}

void
atom_end(struct buf *out)
{
    buf_put(out, STR("</feed>\n"));
}
