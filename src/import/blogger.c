#include "import/blogger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/mem.h"

enum { CHUNK = 64 << 10, ATTRIBUTE_PARTS = 5 };

/* Where a text belongs. */
enum field {
    FIELD_NONE,
    FIELD_ID,
    FIELD_TITLE,
    FIELD_PUBLISHED,
    FIELD_UPDATED,
    FIELD_CONTENT,
    FIELD_SUMMARY,
    FIELD_AUTHOR,
    FIELD_AUTHOR_URI,
    FIELD_DRAFT,
    FIELD_TYPE,     /* Takeout: POST, PAGE, COMMENT */
    FIELD_STATUS,   /* Takeout: LIVE, DRAFT, … */
    FIELD_FILENAME, /* Takeout: the old path */
    FIELD_TRASHED,  /* Takeout: not empty when thrown away */
    FIELD_PARENT,   /* Takeout: a comment's post */
    FIELD_REPLY,    /* Takeout: the comment that it answers */
    FIELD_TOTAL,    /* feed: openSearch:totalResults */
    FIELD_LINK,     /* kept from an attribute, like the ones below */
    FIELD_RELATED,
    FIELD_KIND,
    FIELD_POST_REF,
    FIELD_COMMENT_REF,
    FIELD_REMOVED,
    FIELDS,
};

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

/* Settings that may be read; all others of an export are private (IMPORT 1.1). */
static const struct setting {
    const char *name;
    size_t offset;
} settings[] = {
    {"BLOG_NAME", offsetof(struct blog, title)},
    {"BLOG_DESCRIPTION", offsetof(struct blog, description)},
    {"BLOG_TIME_ZONE", offsetof(struct blog, time_zone)},
    {"BLOG_LOCALE", offsetof(struct blog, locale)},
};

struct parse {
    xmlParserCtxtPtr xml;
    const struct blogger_reader *reader;
    struct blog *blog;
    struct failure *why;
    bool failed;
    const xmlChar
        *names[BLOGGER_DEPTH_MAX + 1]; /* of the open elements, from libxml2's dictionary */
    int depth;
    bool in_entry;
    size_t line; /* where the entry begins */
    size_t entries;
    enum field field; /* that text goes to now */
    int field_depth;
    bool is_markup; /* content of type xhtml: its elements are written out again */
    bool is_plain;
    bool is_comment_feed, is_page_feed, is_blogger;
    struct buf texts[FIELDS];
    struct buf labels; /* one after the other, each with a NUL behind it */
    size_t label_count;
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
    buf_truncate(&parse->texts[field], 0);
    put_unescaped(&parse->texts[field], value);
}

static void
on_category(struct parse *parse, const xmlChar **list, int count)
{
    struct str scheme = attribute(list, count, "scheme"), term = attribute(list, count, "term");

    if (str_eq(scheme, str_of(kind_scheme))) {
        set_field(parse, FIELD_KIND, term);
    } else if ((str_eq(scheme, str_of(label_scheme)) || str_starts(scheme, str_of(blog_scheme))) &&
               term.len > 0 && parse->label_count < BLOGGER_LABELS_MAX) {
        put_unescaped(&parse->labels, term);
        buf_byte(&parse->labels, '\0');
        parse->label_count++;
    }
}

static void
on_entry_link(struct parse *parse, const xmlChar **list, int count)
{
    struct str rel = attribute(list, count, "rel"), href = attribute(list, count, "href");

    if (str_eq(rel, STR("alternate")))
        set_field(parse, FIELD_LINK, href);
    else if (str_eq(rel, STR("related")))
        set_field(parse, FIELD_RELATED, href);
}

static bool
str_holds(struct str text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void
on_feed_link(struct parse *parse, const xmlChar **list, int count)
{
    struct str rel = attribute(list, count, "rel"), href = attribute(list, count, "href");

    if (str_eq(rel, STR("alternate")) && parse->blog->address.len == 0)
        put_unescaped(&parse->blog->address, href);
    if (str_eq(rel, STR("next")))
        put_unescaped(&parse->blog->next, href);
    if (str_eq(rel, STR("self")) || str_ends(rel, STR("#feed"))) {
        parse->is_comment_feed |= str_holds(href, "/comments/");
        parse->is_page_feed |= str_holds(href, "/feeds/pages/");
    }
}

static void
begin_entry(struct parse *parse)
{
    parse->in_entry = true;
    parse->line = (size_t)xmlSAX2GetLineNumber(parse->xml);
    parse->is_plain = false;
    for (int i = 0; i < FIELDS; i++)
        buf_truncate(&parse->texts[i], 0);
    buf_truncate(&parse->labels, 0);
    parse->label_count = 0;
}

static void
begin_text(struct parse *parse, const xmlChar *name, const xmlChar *space, const xmlChar **list,
           int count)
{
    const xmlChar *around = parse->names[parse->depth - 1];

    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        const struct element *element = &elements[i];

        if (!has_name(name, element->name) || !has_name(around, element->around) ||
            (element->space && !has_name(space, element->space)))
            continue;
        parse->field = element->field;
        parse->field_depth = parse->depth;
        buf_truncate(&parse->texts[element->field], 0);
        if (element->field == FIELD_CONTENT || element->field == FIELD_SUMMARY) {
            struct str type = attribute(list, count, "type");

            parse->is_markup = str_eq(type, STR("xhtml"));
            parse->is_plain = type.len == 0 || str_eq(type, STR("text"));
            /* Takeout and feeds write html; what has no type is text by RFC 4287 */
        }
        return;
    }
}

static void
write_start_tag(struct buf *out, const xmlChar *name, const xmlChar **list, int count)
{
    buf_format(out, "<%s", (const char *)name);
    for (int i = 0; i < count; i++, list += ATTRIBUTE_PARTS) {
        buf_format(out, " %s=\"", (const char *)list[0]);
        buf_put(out, (struct str){(const char *)list[3], (size_t)(list[4] - list[3])});
        buf_byte(out, '"');
    }
    buf_byte(out, '>');
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
    if (parse->depth == 0 && (!has_name(name, "feed") || !has_name(space, atom))) {
        refuse(parse, "not an Atom feed");
        return;
    }
    parse->names[++parse->depth] = name;
    if (parse->field != FIELD_NONE) {
        if (parse->is_markup)
            write_start_tag(&parse->texts[parse->field], name, list, count);
        return;
    }
    if (parse->depth == 2 && has_name(name, "entry"))
        begin_entry(parse);
    else if (parse->depth == 3 && has_name(name, "category"))
        on_category(parse, list, count);
    else if (parse->depth == 3 && has_name(name, "link") && parse->in_entry)
        on_entry_link(parse, list, count);
    else if (parse->depth == 2 && has_name(name, "link"))
        on_feed_link(parse, list, count);
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
    struct buf *out = &parse->texts[parse->field];

    if (parse->failed || parse->field == FIELD_NONE)
        return;
    if (out->len + (size_t)len > BLOGGER_ENTRY_MAX) {
        refuse(parse, "an entry larger than 9 MiB");
        return;
    }
    buf_put(out, (struct str){(const char *)text, (size_t)len});
}

/* The digits behind the last '-' of tag:blogger.com,1999:blog-1.post-2; of a bare number itself. */
static struct str
id_digits(struct str id)
{
    size_t start;

    id = str_trim(id);
    for (start = id.len; start > 0 && id.ptr[start - 1] >= '0' && id.ptr[start - 1] <= '9';)
        start--;
    return str_after(id, start);
}

static struct str
field(const struct parse *parse, enum field which)
{
    return str_trim(buf_str(&parse->texts[which]));
}

static bool
take_setting(struct parse *parse)
{
    struct str name = field(parse, FIELD_TITLE), id = field(parse, FIELD_ID);

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct buf *place = (struct buf *)((char *)parse->blog + settings[i].offset);

        if (!str_eq(name, str_of(settings[i].name)) && !str_ends(id, str_of(settings[i].name)))
            continue;
        buf_truncate(place, 0);
        buf_put(place, field(parse, FIELD_CONTENT));
    }
    return true;
}

/* False for what is no document of the blog: templates and settings. */
static bool
find_kind(struct parse *parse, enum entry_kind *kind)
{
    static const struct {
        const char *name;
        enum entry_kind kind;
    } kinds[] = {{"#post", ENTRY_POST}, {"POST", ENTRY_POST},        {"#page", ENTRY_PAGE},
                 {"PAGE", ENTRY_PAGE},  {"#comment", ENTRY_COMMENT}, {"COMMENT", ENTRY_COMMENT}};
    struct str told = field(parse, FIELD_KIND);

    if (told.len == 0)
        told = field(parse, FIELD_TYPE);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (told.len > 0 && str_ends(told, str_of(kinds[i].name))) {
            *kind = kinds[i].kind;
            return true;
        }
    if (told.len > 0)
        return false;
    *kind = ENTRY_POST;
    if (parse->is_comment_feed || parse->texts[FIELD_POST_REF].len > 0)
        *kind = ENTRY_COMMENT;
    else if (parse->is_page_feed || str_holds(field(parse, FIELD_ID), ".page-"))
        *kind = ENTRY_PAGE;
    return true;
}

static enum entry_status
find_status(const struct parse *parse)
{
    struct str status = field(parse, FIELD_STATUS);

    if (parse->texts[FIELD_TRASHED].len > 0 || str_holds(status, "TRASHED"))
        return ENTRY_TRASHED;
    if (str_eq(status, STR("DRAFT")) || str_eq(field(parse, FIELD_DRAFT), STR("yes")))
        return ENTRY_DRAFT;
    return str_eq(status, STR("SCHEDULED")) ? ENTRY_SCHEDULED : ENTRY_LIVE;
}

/* rel=related is the parent of a comment, or the link that somebody gave a post. */
static void
find_relations(const struct parse *parse, struct blog_entry *entry)
{
    struct str related = field(parse, FIELD_RELATED);

    if (entry->kind != ENTRY_COMMENT) {
        entry->related = related;
        return;
    }
    entry->post_id = id_digits(field(parse, FIELD_POST_REF));
    if (entry->post_id.len == 0)
        entry->post_id = id_digits(field(parse, FIELD_PARENT));
    entry->reply_to = id_digits(field(parse, FIELD_REPLY));
    if (str_holds(related, "/comments/"))
        entry->reply_to = id_digits(related);
    entry->is_removed = str_eq(field(parse, FIELD_REMOVED), STR("true"));
}

static bool
deliver(struct parse *parse, enum entry_kind kind, struct str *labels)
{
    struct blog_entry entry = {
        .kind = kind,
        .status = find_status(parse),
        .id = id_digits(field(parse, FIELD_ID)),
        .title = field(parse, FIELD_TITLE),
        .author = field(parse, FIELD_AUTHOR),
        .author_uri = field(parse, FIELD_AUTHOR_URI),
        .labels = labels,
        .label_count = parse->label_count,
        .address = field(parse, FIELD_LINK),
        .html = buf_str(&parse->texts[FIELD_CONTENT]),
        .is_plain = parse->is_plain,
        .line = parse->line,
    };
    struct str rest = buf_str(&parse->labels);

    for (size_t i = 0; i < parse->label_count; i++)
        labels[i] = str_cut(&rest, '\0');
    if (entry.address.len == 0)
        entry.address = field(parse, FIELD_FILENAME);
    if (entry.html.len == 0 && parse->texts[FIELD_SUMMARY].len > 0) {
        entry.html = buf_str(&parse->texts[FIELD_SUMMARY]);
        entry.is_summary = true;
    }
    instant_parse(field(parse, FIELD_PUBLISHED), &entry.published);
    instant_parse(field(parse, FIELD_UPDATED), &entry.updated);
    find_relations(parse, &entry);
    return parse->reader->on_entry(parse->reader->ctx, &entry, parse->why);
}

static void
end_entry(struct parse *parse)
{
    enum entry_kind kind;
    struct str *labels;

    parse->in_entry = false;
    if (!str_holds(field(parse, FIELD_ID), "blogger.com,1999:blog-") && !parse->is_blogger) {
        refuse(parse, "not from Blogger");
        return;
    }
    parse->is_blogger = true;
    parse->blog->is_takeout |= parse->texts[FIELD_TYPE].len > 0;
    parse->blog->is_full |= parse->blog->is_takeout;
    if (!find_kind(parse, &kind)) {
        if (str_holds(field(parse, FIELD_KIND), "#settings"))
            take_setting(parse);
        parse->blog->is_full = true; /* only exports hold such things */
        return;
    }
    if (field(parse, FIELD_ID).len == 0 || id_digits(field(parse, FIELD_ID)).len == 0) {
        fail(parse->why, "line %zu: entry without an id", parse->line);
        stop(parse);
        return;
    }
    if (++parse->entries > BLOGGER_ENTRIES_MAX) {
        refuse(parse, "more than a million entries");
        return;
    }
    labels = mem_new((parse->label_count + 1) * sizeof *labels);
    if (!deliver(parse, kind, labels))
        stop(parse);
    free(labels);
}

/* A field of the feed itself is complete. */
static void
end_feed_field(struct parse *parse)
{
    struct str text = str_trim(buf_str(&parse->texts[parse->field]));

    if (parse->field == FIELD_ID) {
        buf_put(&parse->blog->id, text);
        parse->is_blogger = str_holds(text, "blogger.com,1999:blog-");
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
        if (!parse->in_entry)
            end_feed_field(parse);
        parse->field = FIELD_NONE;
        parse->is_markup = false;
    } else if (parse->field != FIELD_NONE && parse->is_markup) {
        buf_format(&parse->texts[parse->field], "</%s>", (const char *)name);
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

    while (got > 0 && !parse->failed) {
        got = read(fd, chunk, CHUNK);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        if (got < 0)
            parse->failed = !fail_errno(parse->why, "cannot read");
        if (!parse->failed)
            xmlParseChunk(parse->xml, chunk, (int)got, got == 0);
        if (!parse->failed && !encoding_is_known(parse))
            refuse(parse, "an encoding other than UTF-8, UTF-16 or ISO-8859-1");
    }
    free(chunk);
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

    parse.xml = xmlCreatePushParserCtxt(&sax, &parse, NULL, 0, NULL);
    if (!parse.xml)
        return fail(why, "cannot make an XML parser");
    xmlCtxtUseOptions(parse.xml, XML_PARSE_NONET);
    done = feed_all(&parse, fd);
    if (done && !parse.is_blogger)
        done = fail(why, "not from Blogger");
    xmlFreeParserCtxt(parse.xml);
    for (int i = 0; i < FIELDS; i++)
        buf_free(&parse.texts[i]);
    buf_free(&parse.labels);
    return done;
}
