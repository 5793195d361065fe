#include "text/html_nodes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>

#include "base/mem.h"
#include "text/html_source.h"

enum {
    PIECE = 64 << 10,                /* bytes given to libxml2 at a time */
    FRAME = 2,                       /* html and body, always open */
    KEPT_DEPTH = HTML_DEPTH_MAX / 2, /* elements that stay known when there are too many */
    NO_NODE = UINT32_MAX,
    NAMES_CACHED = 64, /* libxml2 has each name once: its address tells it */
};

struct cached {
    const xmlChar *name;
    enum html_tag tag;
};

struct reader {
    struct html_nodes *nodes;
    htmlParserCtxtPtr parser;
    uint32_t open[HTML_DEPTH_MAX + 1]; /* the beginnings in the list, outermost first, or NO_NODE */
    size_t depth;
    size_t dropped_at; /* depth of the element whose content is left out; 0: none */
    struct cached cache[NAMES_CACHED];
    struct html_texts texts; /* what libxml2 does not get to see … */
    size_t texts_taken;      /* … of which these have had their places */
};

static struct html_node *
add_node(struct html_nodes *nodes, enum html_tag tag)
{
    struct html_node *node;

    if (nodes->count == nodes->room) {
        nodes->room = nodes->room ? nodes->room * 2 : 256;
        nodes->list = mem_grow(nodes->list, nodes->room, sizeof *nodes->list);
    }
    node = &nodes->list[nodes->count++];
    *node = (struct html_node){.tag = tag};
    return node;
}

static void
add_attribute(struct html_nodes *nodes, struct html_node *node, enum html_attr name,
              struct str value)
{
    if (nodes->attribute_count == nodes->attribute_room) {
        nodes->attribute_room = nodes->attribute_room ? nodes->attribute_room * 2 : 64;
        nodes->attributes =
            mem_grow(nodes->attributes, nodes->attribute_room, sizeof *nodes->attributes);
    }
    if (node->len++ == 0)
        node->at = (uint32_t)nodes->attribute_count;
    nodes->attributes[nodes->attribute_count++] = (struct html_attribute){
        .name = name, .at = (uint32_t)nodes->text.len, .len = (uint32_t)value.len};
    buf_put(&nodes->text, value);
}

static void
end_node(struct html_nodes *nodes, uint32_t beginning)
{
    struct html_node *node;

    if (beginning == NO_NODE)
        return;
    node = add_node(nodes, nodes->list[beginning].tag);
    node->is_end = true;
    node->other = beginning;
    nodes->list[beginning].other = (uint32_t)(nodes->count - 1);
}

static enum html_tag
tag_of(struct reader *reader, const xmlChar *name)
{
    struct cached *cached = &reader->cache[((uintptr_t)name >> 2) % NAMES_CACHED];

    if (cached->name != name)
        *cached = (struct cached){name, html_tag_of(str_of((const char *)name))};
    return cached->tag;
}

static struct str
attribute_of(const xmlChar **pairs, enum html_attr wanted)
{
    for (; pairs && pairs[0]; pairs += 2)
        if (html_attr_of(str_of((const char *)pairs[0])) == wanted)
            return str_of((const char *)pairs[1]);
    return STR("");
}

/* Whether the property is set to a value that begins so, as in "display: none !important". */
static bool
style_says(struct str style, struct str property, struct str value)
{
    while (style.len > 0) {
        struct str declared = str_cut(&style, ';'), name = str_trim(str_cut(&declared, ':'));

        if (str_eq_nocase(name, property) &&
            str_eq_nocase(str_head(str_trim(declared), value.len), value))
            return true;
    }
    return false;
}

static bool
has_word(struct str words, struct str wanted)
{
    while (words.len > 0)
        if (str_eq(str_trim(str_cut(&words, ' ')), wanted))
            return true;
    return false;
}

static bool
is_hidden(const xmlChar **pairs)
{
    struct str style = attribute_of(pairs, HTML_STYLE);

    for (const xmlChar **pair = pairs; pair && pair[0]; pair += 2)
        if (html_attr_of(str_of((const char *)pair[0])) == HTML_HIDDEN)
            return true;
    return style_says(style, STR("display"), STR("none")) ||
           style_says(style, STR("visibility"), STR("hidden")) ||
           has_word(attribute_of(pairs, HTML_CLASS), STR("adsbygoogle"));
}

/* What an element is, told by its attributes as well. */
static enum html_tag
refine(enum html_tag tag, const xmlChar **pairs)
{
    struct str class = attribute_of(pairs, HTML_CLASS);
    struct str style = attribute_of(pairs, HTML_STYLE);

    if (!pairs)
        return tag;
    if (is_hidden(pairs))
        return HTML_DROP;
    if (tag == HTML_LINK && attribute_of(pairs, HTML_HREF).len == 0 &&
        str_eq(attribute_of(pairs, HTML_NAME), STR("more")))
        return HTML_JUMP;
    if (tag == HTML_TABLE && has_word(class, STR("tr-caption-container")))
        return HTML_FIGURE;
    if (tag == HTML_TABLE && str_eq_nocase(attribute_of(pairs, HTML_ROLE), STR("presentation")))
        return HTML_PART;
    if (tag == HTML_CELL && has_word(class, STR("tr-caption")))
        return HTML_CAPTION;
    if (tag == HTML_INLINE && (style_says(style, STR("font-weight"), STR("bold")) ||
                               style_says(style, STR("font-weight"), STR("700"))))
        return HTML_BOLD;
    return tag;
}

/* Elements of which only the beginning matters. */
static bool
has_no_content(enum html_tag tag)
{
    return tag == HTML_DROP || tag == HTML_FORM || tag == HTML_IFRAME || tag == HTML_VIDEO ||
           tag == HTML_AUDIO;
}

static bool
is_recorded(enum html_tag tag)
{
    return tag != HTML_INLINE && tag != HTML_DROP && tag != HTML_SOURCE;
}

static const struct html_attribute *
find_attribute(const struct html_nodes *nodes, const struct html_node *node, enum html_attr name)
{
    for (uint32_t i = node->at; i < node->at + node->len; i++)
        if (nodes->attributes[i].name == name)
            return &nodes->attributes[i];
    return NULL;
}

/* <source src> inside a <video> that names no file itself: the first one counts. */
static void
take_source(struct reader *reader, const xmlChar **pairs)
{
    uint32_t place = reader->open[reader->dropped_at - 1];
    struct str src = attribute_of(pairs, HTML_SRC);
    struct html_node *node = place == NO_NODE ? NULL : &reader->nodes->list[place];

    if (!node || src.len == 0 || (node->tag != HTML_VIDEO && node->tag != HTML_AUDIO) ||
        find_attribute(reader->nodes, node, HTML_SRC))
        return;
    add_attribute(reader->nodes, node, HTML_SRC, src);
}

/* libxml2 looks through all open elements at every end tag. It forgets the outer ones here, so
 * that this takes no longer the deeper they are; for the list they end. */
static void
flatten(struct reader *reader)
{
    size_t count = reader->depth - KEPT_DEPTH;
    htmlParserCtxtPtr parser = reader->parser;

    for (size_t i = count; i-- > FRAME;)
        end_node(reader->nodes, reader->open[i]);
    memmove(reader->open + FRAME, reader->open + count,
            (reader->depth - count) * sizeof *reader->open);
    if ((size_t)parser->nameNr == reader->depth) {
        memmove(parser->nameTab + FRAME, parser->nameTab + count,
                (reader->depth - count) * sizeof *parser->nameTab);
        parser->nameNr -= (int)(count - FRAME);
    }
    reader->depth -= count - FRAME;
    if (reader->dropped_at > count)
        reader->dropped_at -= count - FRAME;
    else
        reader->dropped_at = 0;
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar **pairs)
{
    struct reader *reader = ctx;
    struct html_nodes *nodes = reader->nodes;
    enum html_tag tag = refine(tag_of(reader, name), pairs);

    reader->open[reader->depth++] = NO_NODE;
    if (reader->dropped_at > 0) {
        if (tag == HTML_SOURCE)
            take_source(reader, pairs);
    } else {
        if (is_recorded(tag)) {
            struct html_node *node = add_node(nodes, tag);

            reader->open[reader->depth - 1] = (uint32_t)(nodes->count - 1);
            for (; pairs && pairs[0]; pairs += 2)
                add_attribute(nodes, node, html_attr_of(str_of((const char *)pairs[0])),
                              str_of((const char *)pairs[1]));
        }
        if (has_no_content(tag))
            reader->dropped_at = reader->depth;
    }
    if (reader->depth > HTML_DEPTH_MAX)
        flatten(reader);
}

static void
on_end(void *ctx, const xmlChar *name)
{
    struct reader *reader = ctx;

    (void)name; /* libxml2 ends the innermost open element */
    if (reader->depth == 0)
        return;
    if (reader->dropped_at == reader->depth)
        reader->dropped_at = 0;
    end_node(reader->nodes, reader->open[--reader->depth]);
}

static void
add_text(struct reader *reader, struct str text)
{
    struct html_nodes *nodes = reader->nodes;

    if (reader->dropped_at > 0 || text.len == 0)
        return;
    if (nodes->count == 0 || nodes->list[nodes->count - 1].tag != HTML_TEXT)
        add_node(nodes, HTML_TEXT)->at = (uint32_t)nodes->text.len;
    nodes->list[nodes->count - 1].len += (uint32_t)text.len;
    buf_put(&nodes->text, text);
}

/* The texts have their turns wherever they stand, also in what is left out. */
static void
on_text(void *ctx, const xmlChar *bytes, int len)
{
    struct reader *reader = ctx;
    struct str rest = {(const char *)bytes, (size_t)len};

    while (str_has(rest, HTML_STAND_IN)) {
        add_text(reader, str_cut(&rest, HTML_STAND_IN));
        assert(reader->texts_taken < reader->texts.count);
        add_text(reader, reader->texts.list[reader->texts_taken++]);
    }
    add_text(reader, rest);
}

void
html_nodes_read(struct html_nodes *nodes, struct str html)
{
    static const char frame[] = "<html><body>";
    htmlSAXHandler handler = {.startElement = on_start,
                              .endElement = on_end,
                              .characters = on_text,
                              .ignorableWhitespace = on_text};
    struct reader reader = {.nodes = nodes};
    struct buf source = {0};
    struct str rest;

    *nodes = (struct html_nodes){0};
    buf_room(&nodes->text, str_head(html, HTML_MAX).len);
    html_source(&source, &reader.texts, str_head(html, HTML_MAX));
    reader.parser = htmlCreatePushParserCtxt(&handler, &reader, frame, sizeof frame - 1, NULL,
                                             XML_CHAR_ENCODING_UTF8);
    if (!reader.parser)
        mem_grow(NULL, SIZE_MAX, SIZE_MAX); /* no memory: ends the process as any other lack */
    htmlCtxtUseOptions(reader.parser, HTML_PARSE_IGNORE_ENC | HTML_PARSE_NOERROR |
                                          HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    /* libxml2 looks for the ends of tags and texts as long as more may come */
    for (rest = buf_str(&source); rest.len > PIECE; rest = str_after(rest, PIECE))
        htmlParseChunk(reader.parser, rest.ptr, PIECE, 0);
    htmlParseChunk(reader.parser, rest.ptr, (int)rest.len, 1);
    while (reader.depth > 0)
        on_end(&reader, NULL);
    htmlFreeParserCtxt(reader.parser);
    html_texts_free(&reader.texts);
    buf_free(&source);
}

void
html_nodes_free(struct html_nodes *nodes)
{
    free(nodes->list);
    free(nodes->attributes);
    buf_free(&nodes->text);
    *nodes = (struct html_nodes){0};
}

struct str
html_node_text(const struct html_nodes *nodes, const struct html_node *node)
{
    return str_head(str_after(buf_str(&nodes->text), node->at), node->len);
}

struct str
html_node_value(const struct html_nodes *nodes, const struct html_node *node, enum html_attr name)
{
    const struct html_attribute *found = find_attribute(nodes, node, name);

    return found ? str_head(str_after(buf_str(&nodes->text), found->at), found->len) : STR("");
}
