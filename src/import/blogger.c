#include "import/blogger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/mem.h"
#include "import/blogger_fields.h"
#include "import/tag.h"

enum { CHUNK = 64 << 10, ATTRIBUTE_PARTS = 5 };

static const char atom[] = "http://www.w3.org/2005/Atom";
static const char takeout[] = "http://schemas.google.com/blogger/2018";
static const char google[] = "http://schemas.google.com/g/2005";
static const char thread[] = "http://purl.org/syndication/thread/1.0";
static const char search[] = "http://a9.com/-/spec/opensearchrss/1.0/";
static const char kind_scheme[] = "http://schemas.google.com/g/2005#kind";
static const char label_scheme[] = "http://www.blogger.com/atom/ns#";
static const char blog_scheme[] = "tag:blogger.com,1999:blog-";

/* Elements whose text is wanted: namespace, name, the element around it. NULL: any namespace. */
struct element {
    const char *space, *name, *around;
    enum field field;
};

static const struct element elements[] = {
    {atom, "id", "entry", FIELD_ID},
    {atom, "id", "feed", FIELD_ID},
    {atom, "title", "entry", FIELD_TITLE},
    {atom, "title", "feed", FIELD_TITLE},
    {search, "totalResults", "feed", FIELD_TOTAL},
    {atom, "published", "entry", FIELD_PUBLISHED},
    {atom, "updated", "entry", FIELD_UPDATED},
    {atom, "content", "entry", FIELD_CONTENT},
    {atom, "summary", "entry", FIELD_SUMMARY},
    {atom, "name", "author", FIELD_AUTHOR},
    {atom, "uri", "author", FIELD_AUTHOR_URI},
    {NULL, "draft", "control", FIELD_DRAFT},
    {takeout, "type", "entry", FIELD_TYPE},
    {takeout, "status", "entry", FIELD_STATUS},
    {takeout, "filename", "entry", FIELD_FILENAME},
    {takeout, "trashed", "entry", FIELD_TRASHED},
    {takeout, "parent", "entry", FIELD_PARENT},
    {takeout, "inReplyTo", "entry", FIELD_REPLY},
};

struct parse {
    xmlParserCtxtPtr xml;
    const struct blogger_reader *reader;
    struct blog *blog;
    struct failure *why;
    bool failed;
    const xmlChar *names[BLOGGER_DEPTH_MAX + 1]; /* of the open elements; libxml2 keeps them */
    int depth;
    bool in_entry;
    size_t entries;
    enum field field; /* that text goes to now */
    int field_depth;
    bool is_markup; /* content of type xhtml: its elements are written out again */
    bool is_html;   /* the text says that it is */
    bool is_comment_feed, is_page_feed, is_blogger;
    struct blogger_fields fields; /* of the entry, or of the feed before it */
};

/* One attribute of libxml2's flat list: name, prefix, URI, begin and end of the value. */
static struct str
attribute(const xmlChar **list, int count, const char *name)
{
    for (int i = 0; i < count; i++, list += ATTRIBUTE_PARTS)
        if (strcmp((const char *)list[0], name) == 0)
            return (struct str){(const char *)list[3], (size_t)(list[4] - list[3])};
    return (struct str){0};
}

static void
stop(struct parse *parse)
{
    parse->failed = true;
    xmlStopParser(parse->xml);
}

static void
refuse(struct parse *parse, const char *reason)
{
    if (parse->failed)
        return;
    fail(parse->why, "line %d: %s", xmlSAX2GetLineNumber(parse->xml), reason);
    stop(parse);
}

static bool
has_name(const xmlChar *name, const char *wanted)
{
    return name && strcmp((const char *)name, wanted) == 0;
}

/* libxml2 leaves one thing of an attribute value undone: '&' is still "&#38;". */
static void
put_unescaped(struct buf *out, struct str value)
{
    while (value.len > 0) {
        bool is_ampersand = str_skip(&value, STR("&#38;"));

        buf_byte(out, is_ampersand ? '&' : *value.ptr);
        if (!is_ampersand)
            value = str_after(value, 1);
    }
}

static void
set_field(struct parse *parse, enum field field, struct str value)
{
    buf_truncate(&parse->fields.texts[field], 0);
    put_unescaped(&parse->fields.texts[field], value);
}

static void
take_label(struct parse *parse, struct str term)
{
    struct blogger_fields *fields = &parse->fields;

    if (fields->label_count == BLOGGER_LABELS_MAX ||
        fields->labels.len + term.len > BLOGGER_ENTRY_MAX) {
        refuse(parse, "a post with too many labels");
        return;
    }
    put_unescaped(&fields->labels, term);
    buf_byte(&fields->labels, '\0');
    fields->label_count++;
}

/* The scheme tells kinds from labels: a label may be called "post" (IMPORT 1.1). Takeout writes an
 * empty category for a post without labels. */
static void
take_category(struct parse *parse, const xmlChar **list, int count)
{
    struct str scheme = attribute(list, count, "scheme"), term = attribute(list, count, "term");

    if (str_eq(scheme, str_of(kind_scheme)))
        set_field(parse, FIELD_KIND, term);
    else if (term.len > 0 &&
             (str_eq(scheme, str_of(label_scheme)) || str_starts(scheme, str_of(blog_scheme))))
        take_label(parse, term);
}

static bool
str_holds(struct str text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* An entry may have several links of a kind: its web page comes before other forms of it, and the
 * comment that it answers before what else is related. A link that does not say is an alternate
 * (RFC 4287, 4.2.7.2). */
static void
take_entry_link(struct parse *parse, const xmlChar **list, int count)
{
    struct str rel = attribute(list, count, "rel"), href = attribute(list, count, "href");
    struct str type = attribute(list, count, "type");
    bool is_related = str_eq(rel, STR("related"));
    bool is_better = is_related ? str_holds(href, "/comments/") : str_eq(type, STR("text/html"));
    enum field field = is_related ? FIELD_RELATED : FIELD_LINK;

    if (href.len == 0 || (!is_related && rel.ptr && !str_eq(rel, STR("alternate"))))
        return;
    if (parse->fields.texts[field].len > 0 && (!is_better || parse->fields.is_best[field]))
        return;
    set_field(parse, field, href);
    parse->fields.is_best[field] = is_better;
}

static void
take_feed_link(struct parse *parse, const xmlChar **list, int count)
{
    struct str rel = attribute(list, count, "rel"), href = attribute(list, count, "href");

    if (str_eq(rel, STR("alternate")) && parse->blog->address.len == 0)
        put_unescaped(&parse->blog->address, href);
    if (str_eq(rel, STR("next")) && parse->blog->next.len == 0)
        put_unescaped(&parse->blog->next, href);
    if (str_eq(rel, STR("self")) || str_ends(rel, STR("#feed"))) {
        parse->is_comment_feed |= str_holds(href, "/comments/");
        parse->is_page_feed |= str_holds(href, "/feeds/pages/");
    }
}

static void
begin_text(struct parse *parse, const xmlChar *name, const xmlChar *space, const xmlChar **list,
           int count)
{
    const xmlChar *around = parse->names[parse->depth - 1];

    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        const struct element *element = &elements[i];
        bool is_of_feed = strcmp(element->around, "feed") == 0;

        if (!has_name(name, element->name) || !has_name(around, element->around) ||
            (element->space && !has_name(space, element->space)) || is_of_feed == parse->in_entry)
            continue;
        parse->field = element->field;
        parse->field_depth = parse->depth;
        buf_truncate(&parse->fields.texts[element->field], 0);
        parse->is_html = str_eq(attribute(list, count, "type"), STR("html"));
        if (element->field == FIELD_CONTENT || element->field == FIELD_SUMMARY) {
            struct str type = attribute(list, count, "type");

            parse->is_markup = str_eq(type, STR("xhtml"));
            /* what has no type is text (RFC 4287, 3.1.1) */
            parse->fields.is_plain[element->field] = type.len == 0 || str_eq(type, STR("text"));
        }
        return;
    }
}

/* What XML has decoded, as HTML again. */
static void
put_escaped(struct buf *out, struct str text)
{
    static const struct {
        char byte;
        const char *reference;
    } rows[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

    for (; text.len > 0; text = str_after(text, 1)) {
        const char *reference = NULL;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (text.ptr[0] == rows[i].byte)
                reference = rows[i].reference;
        buf_put(out, reference ? str_of(reference) : str_head(text, 1));
    }
}

static void
put_start_tag(struct buf *out, const xmlChar *name, const xmlChar **list, int count)
{
    buf_format(out, "<%s", (const char *)name);
    for (int i = 0; i < count; i++, list += ATTRIBUTE_PARTS) {
        struct buf value = {0};

        put_unescaped(&value, (struct str){(const char *)list[3], (size_t)(list[4] - list[3])});
        buf_format(out, " %s=\"", (const char *)list[0]);
        put_escaped(out, buf_str(&value));
        buf_byte(out, '"');
        buf_free(&value);
    }
    buf_byte(out, '>');
}

/* "</br>" would be another line break. */
static void
put_end_tag(struct buf *out, const xmlChar *name)
{
    const htmlElemDesc *element = htmlTagLookup(name);

    if (!element || !element->empty)
        buf_format(out, "</%s>", (const char *)name);
}

static bool
has_room(struct parse *parse, size_t len)
{
    if (parse->fields.texts[parse->field].len + len <= BLOGGER_ENTRY_MAX)
        return true;
    refuse(parse, "a text larger than 9 MiB");
    return false;
}

static void
begin_entry(struct parse *parse)
{
    parse->in_entry = true;
    blogger_fields_clear(&parse->fields);
    parse->fields.line = (size_t)xmlSAX2GetLineNumber(parse->xml);
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *space,
         int space_count, const xmlChar **spaces, int count, int defaulted, const xmlChar **list)
{
    struct parse *parse = ctx;

    (void)prefix;
    (void)space_count;
    (void)spaces;
    (void)defaulted;
    if (parse->failed)
        return;
    if (parse->depth >= BLOGGER_DEPTH_MAX) {
        refuse(parse, "elements nested too deeply");
        return;
    }
    if (count > BLOGGER_ATTRIBUTES_MAX) {
        refuse(parse, "an element with too many attributes");
        return;
    }
    if (parse->depth == 0 && (!has_name(name, "feed") || !has_name(space, atom))) {
        refuse(parse, "not an Atom feed");
        return;
    }
    parse->names[++parse->depth] = name;
    if (parse->field != FIELD_NONE) {
        if (parse->is_markup && has_room(parse, 0))
            put_start_tag(&parse->fields.texts[parse->field], name, list, count);
        return;
    }
    if (parse->depth == 2 && has_name(name, "entry") && has_name(space, atom))
        begin_entry(parse);
    else if (parse->depth == 3 && has_name(name, "category"))
        take_category(parse, list, count);
    else if (parse->depth == 3 && has_name(name, "link") && parse->in_entry)
        take_entry_link(parse, list, count);
    else if (parse->depth == 2 && has_name(name, "link"))
        take_feed_link(parse, list, count);
    else if (has_name(name, "in-reply-to") && has_name(space, thread))
        set_field(parse, FIELD_POST_REF, attribute(list, count, "ref"));
    else if (has_name(name, "extendedProperty") && has_name(space, google) &&
             str_eq(attribute(list, count, "name"), STR("blogger.contentRemoved")))
        set_field(parse, FIELD_REMOVED, attribute(list, count, "value"));
    else
        begin_text(parse, name, space, list, count);
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
    struct parse *parse = ctx;
    struct str piece = {(const char *)text, (size_t)len};

    if (parse->failed || parse->field == FIELD_NONE || !has_room(parse, piece.len))
        return;
    if (parse->is_markup)
        put_escaped(&parse->fields.texts[parse->field], piece);
    else
        buf_put(&parse->fields.texts[parse->field], piece);
}

static void
deliver(struct parse *parse, enum entry_kind kind)
{
    const struct blogger_fields *fields = &parse->fields;
    struct str *labels = mem_new((fields->label_count + 1) * sizeof *labels);
    struct str rest = buf_str(&fields->labels);
    struct blog_entry entry;

    for (size_t i = 0; i < fields->label_count; i++)
        labels[i] = str_cut(&rest, '\0');
    blogger_fields_entry(fields, kind, &entry);
    entry.labels = labels;
    entry.label_count = fields->label_count;
    if (entry.id.len == 0) {
        fail(parse->why, "line %zu: entry without an id", entry.line);
        stop(parse);
    } else if (++parse->entries > BLOGGER_ENTRIES_MAX) {
        refuse(parse, "more than a million entries");
    } else if (!parse->reader->on_entry(parse->reader->ctx, &entry, parse->why)) {
        stop(parse);
    }
    free(labels);
}

/* The kind of an entry that does not tell: feeds hold one kind. */
static enum entry_kind
usual_kind(const struct parse *parse)
{
    if (parse->is_comment_feed || parse->fields.texts[FIELD_POST_REF].len > 0)
        return ENTRY_COMMENT;
    if (parse->is_page_feed || str_holds(blogger_field(&parse->fields, FIELD_ID), ".page-"))
        return ENTRY_PAGE;
    return ENTRY_POST;
}

static void
end_entry(struct parse *parse)
{
    const struct blogger_fields *fields = &parse->fields;
    enum entry_kind kind = usual_kind(parse);

    parse->in_entry = false;
    parse->is_blogger |= str_holds(blogger_field(fields, FIELD_ID), blog_scheme);
    if (!parse->is_blogger) {
        refuse(parse, "not from Blogger");
        return;
    }
    parse->blog->is_takeout |= fields->texts[FIELD_TYPE].len > 0;
    if (blogger_fields_kind(fields, &kind)) {
        /* a Takeout has what its owner wrote on any blog, too, in a feed without posts */
        parse->blog->is_full |= parse->blog->is_takeout && kind != ENTRY_COMMENT;
        deliver(parse, kind);
        return;
    }
    parse->blog->is_full = true; /* only exports hold such things */
    if (str_holds(blogger_field(fields, FIELD_KIND), "#settings"))
        blogger_fields_setting(fields, parse->blog);
}

/* Titles are text; some say that theirs is HTML. */
static void
end_title(struct parse *parse)
{
    struct buf *title = &parse->fields.texts[FIELD_TITLE], text = {0};

    tag_put_text(&text, buf_str(title));
    buf_free(title);
    *title = text;
}

/* A field of the feed itself is complete. */
static void
end_feed_field(struct parse *parse)
{
    struct str text = str_trim(buf_str(&parse->fields.texts[parse->field]));

    if (parse->field == FIELD_ID) {
        buf_truncate(&parse->blog->id, 0);
        buf_put(&parse->blog->id, text);
        parse->is_blogger = str_holds(text, blog_scheme);
        parse->blog->is_full |= str_ends(text, STR(".archive"));
    } else if (parse->field == FIELD_TITLE && parse->blog->title.len == 0) {
        buf_put(&parse->blog->title, text);
    } else if (parse->field == FIELD_TOTAL) {
        str_number(text, BLOGGER_ENTRIES_MAX, &parse->blog->total);
    }
}

static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
    struct parse *parse = ctx;

    (void)prefix;
    (void)space;
    if (parse->failed)
        return;
    if (parse->field != FIELD_NONE && parse->depth == parse->field_depth) {
        if (parse->field == FIELD_TITLE && parse->is_html)
            end_title(parse);
        if (!parse->in_entry)
            end_feed_field(parse);
        parse->field = FIELD_NONE;
        parse->is_markup = false;
    } else if (parse->field != FIELD_NONE && parse->is_markup) {
        put_end_tag(&parse->fields.texts[parse->field], name);
    } else if (parse->depth == 2 && parse->in_entry) {
        end_entry(parse);
    }
    parse->depth--;
}

/* Entity bombs and stolen files begin with a DOCTYPE, and no export of Blogger has one. */
static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name;
    (void)public_id;
    (void)system_id;
    refuse(ctx, "a DOCTYPE is not accepted");
}

static void
on_error(void *ctx, xmlErrorPtr error)
{
    struct parse *parse = ctx;
    struct str message = str_trim(str_of(error->message));

    if (parse->failed || error->level < XML_ERR_ERROR)
        return;
    /* an undeclared prefix or a relative namespace harms nobody */
    if (error->domain == XML_FROM_NAMESPACE)
        return;
    fail(parse->why, "line %d: not well-formed XML: %.*s", error->line, (int)message.len,
         message.ptr);
    stop(parse);
}

static bool
encoding_is_known(const struct parse *parse)
{
    static const char *const known[] = {"UTF-8",      "UTF-16",   "UTF-16LE", "UTF-16BE",
                                        "ISO-8859-1", "US-ASCII", "ASCII"};
    const xmlChar *encoding = parse->xml->encoding;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!encoding || str_eq_nocase(str_of((const char *)encoding), str_of(known[i])))
            return true;
    return false;
}

bool
blogger_is_xml(struct str head)
{
    str_skip(&head, STR("\xef\xbb\xbf"));
    head = str_trim(head);
    return str_starts(head, STR("<?xml")) || str_starts(head, STR("<feed")) ||
           str_starts(head, STR("\xff\xfe<")) || str_starts(head, STR("\xfe\xff"));
}

static bool
feed_all(struct parse *parse, int fd)
{
    char *chunk = mem_grow(NULL, CHUNK, 1);
    ssize_t got = 1;

    for (size_t total = 0; got > 0 && !parse->failed; total += (size_t)got) {
        do
            got = read(fd, chunk, CHUNK);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            parse->failed = !fail_errno(parse->why, "cannot read");
        else if (got == 0 && total == 0)
            parse->failed = !fail(parse->why, "the file is empty");
        if (!parse->failed)
            xmlParseChunk(parse->xml, chunk, (int)got, got == 0);
        if (!parse->failed && !encoding_is_known(parse))
            refuse(parse, "an encoding other than UTF-8, UTF-16 or ISO-8859-1");
    }
    free(chunk);
    if (!parse->failed && !parse->xml->wellFormed)
        refuse(parse, "not well-formed XML");
    return !parse->failed;
}

bool
blogger_read(int fd, const struct blogger_reader *reader, struct blog *blog, struct failure *why)
{
    struct parse parse = {.reader = reader, .blog = blog, .why = why};
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .serror = on_error,
    };
    bool done;

    buf_truncate(&blog->next, 0);
    blog->total = 0;
    parse.xml = xmlCreatePushParserCtxt(&sax, &parse, NULL, 0, NULL);
    if (!parse.xml)
        return fail(why, "cannot make an XML parser");
    xmlCtxtUseOptions(parse.xml, XML_PARSE_NONET);
    done = feed_all(&parse, fd);
    if (done && !parse.is_blogger)
        done = fail(why, "not from Blogger");
    xmlFreeParserCtxt(parse.xml);
    blogger_fields_free(&parse.fields);
    return done;
}
