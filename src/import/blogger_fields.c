#include "import/blogger_fields.h"

#include <string.h>

static const struct {
    struct str name;
    size_t offset;
} settings[] = {
    {{"BLOG_NAME", 9}, offsetof(struct blog, title)},
    {{"BLOG_DESCRIPTION", 16}, offsetof(struct blog, description)},
    {{"BLOG_TIME_ZONE", 14}, offsetof(struct blog, time_zone)},
    {{"BLOG_LOCALE", 11}, offsetof(struct blog, locale)},
};

static const struct {
    struct str name;
    enum entry_kind kind;
} kinds[] = {
    {{"http://schemas.google.com/blogger/2008/kind#post", 48}, ENTRY_POST},
    {{"http://schemas.google.com/blogger/2008/kind#page", 48}, ENTRY_PAGE},
    {{"http://schemas.google.com/blogger/2008/kind#comment", 51}, ENTRY_COMMENT},
    {{"POST", 4}, ENTRY_POST},
    {{"PAGE", 4}, ENTRY_PAGE},
    {{"COMMENT", 7}, ENTRY_COMMENT},
};

void
blogger_fields_clear(struct blogger_fields *fields)
{
    for (int i = 0; i < FIELDS; i++) {
        buf_truncate(&fields->texts[i], 0);
        fields->is_plain[i] = fields->is_best[i] = false;
    }
    buf_truncate(&fields->labels, 0);
    fields->label_count = 0;
}

void
blogger_fields_free(struct blogger_fields *fields)
{
    for (int i = 0; i < FIELDS; i++)
        buf_free(&fields->texts[i]);
    buf_free(&fields->labels);
}

struct str
blogger_field(const struct blogger_fields *fields, enum field which)
{
    return str_trim(buf_str(&fields->texts[which]));
}

/* The digits behind the last '-' of tag:blogger.com,1999:blog-1.post-2; of a bare number itself. */
static struct str
id_digits(struct str id)
{
    size_t start;

    for (start = id.len; start > 0 && id.ptr[start - 1] >= '0' && id.ptr[start - 1] <= '9';)
        start--;
    return str_after(id, start);
}

bool
blogger_fields_kind(const struct blogger_fields *fields, enum entry_kind *kind)
{
    struct str told = blogger_field(fields, FIELD_KIND);

    if (told.len == 0)
        told = blogger_field(fields, FIELD_TYPE);
    if (told.len == 0)
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(told, kinds[i].name)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

/* What is unknown is not for all to see. */
static enum entry_status
find_status(const struct blogger_fields *fields)
{
    static const struct {
        struct str name;
        enum entry_status status;
    } rows[] = {
        {{"", 0}, ENTRY_LIVE},
        {{"LIVE", 4}, ENTRY_LIVE},
        {{"EMPTIED", 7}, ENTRY_LIVE}, /* a comment whose text was removed */
        {{"SCHEDULED", 9}, ENTRY_SCHEDULED},
        {{"TRASHED", 7}, ENTRY_TRASHED},
        {{"SOFT_TRASHED", 12}, ENTRY_TRASHED},
        {{"SPAM", 4}, ENTRY_TRASHED},
    };
    struct str status = blogger_field(fields, FIELD_STATUS);

    if (blogger_field(fields, FIELD_TRASHED).len > 0)
        return ENTRY_TRASHED;
    if (str_eq(blogger_field(fields, FIELD_DRAFT), STR("yes")))
        return ENTRY_DRAFT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq(status, rows[i].name))
            return rows[i].status;
    return ENTRY_DRAFT;
}

/* A comment has no title of its own: what stands there is cut from its text. */
static void
find_comment(const struct blogger_fields *fields, struct blog_entry *entry)
{
    struct str related = blogger_field(fields, FIELD_RELATED);

    related = str_cut(&related, '?');
    entry->title = STR("");
    entry->post_id = id_digits(blogger_field(fields, FIELD_POST_REF));
    if (entry->post_id.len == 0)
        entry->post_id = id_digits(blogger_field(fields, FIELD_PARENT));
    entry->reply_to = id_digits(blogger_field(fields, FIELD_REPLY));
    if (related.len > 0 && memmem(related.ptr, related.len, "/comments/", 10))
        entry->reply_to = id_digits(related);
    entry->is_removed = str_eq(blogger_field(fields, FIELD_REMOVED), STR("true")) ||
                        str_eq(blogger_field(fields, FIELD_STATUS), STR("EMPTIED"));
}

void
blogger_fields_entry(const struct blogger_fields *fields, enum entry_kind kind,
                     struct blog_entry *entry)
{
    enum field body = FIELD_CONTENT;

    if (fields->texts[FIELD_CONTENT].len == 0 && fields->texts[FIELD_SUMMARY].len > 0)
        body = FIELD_SUMMARY;
    *entry = (struct blog_entry){
        .kind = kind,
        .status = find_status(fields),
        .id = id_digits(blogger_field(fields, FIELD_ID)),
        .title = blogger_field(fields, FIELD_TITLE),
        .author = author_name(blogger_field(fields, FIELD_AUTHOR)),
        .author_uri = blogger_field(fields, FIELD_AUTHOR_URI),
        .address = blogger_field(fields, FIELD_LINK),
        .html = buf_str(&fields->texts[body]),
        .is_plain = fields->is_plain[body],
        .is_summary = body == FIELD_SUMMARY,
        .line = fields->line,
    };
    if (entry->address.len == 0)
        entry->address = blogger_field(fields, FIELD_FILENAME);
    instant_parse(blogger_field(fields, FIELD_PUBLISHED), &entry->published);
    instant_parse(blogger_field(fields, FIELD_UPDATED), &entry->updated);
    if (kind == ENTRY_COMMENT)
        find_comment(fields, entry);
    else
        entry->related = blogger_field(fields, FIELD_RELATED); /* the link of a post of old */
}

/* tag:blogger.com,1999:blog-1.settings.BLOG_NAME; the title may be any words. */
void
blogger_fields_setting(const struct blogger_fields *fields, struct blog *blog)
{
    struct str name = blogger_field(fields, FIELD_ID);

    while (str_has(name, '.'))
        str_cut(&name, '.');
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct buf *place = (struct buf *)((char *)blog + settings[i].offset);

        if (!str_eq(name, settings[i].name))
            continue;
        buf_truncate(place, 0);
        buf_put(place, blogger_field(fields, FIELD_CONTENT));
    }
}
