#include "import/intake.h"

#include "import/oldpath.h"
#include "import/timezone.h"
#include "text/gemtext.h"
#include "text/html.h"
#include "text/uri.h"

enum { LOSS_MAX = 200 /* bytes of what is told of a loss */ };

static void
on_link(void *ctx, struct str address, struct buf *target)
{
    struct intake *intake = ctx;

    links_put(target, &intake->hosts, address, &intake->entry.links);
}

/* At most max bytes, without half a character at the end. */
static struct str
beginning(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xc0) == 0x80)
        max--;
    return str_head(text, max);
}

static void
note_loss(struct entry *entry, const char *kind, struct str what)
{
    struct buf clean = {0};

    gemtext_clean(&clean, beginning(what, LOSS_MAX));
    buf_format(&entry->losses, "%s\t", kind);
    buf_put(&entry->losses, buf_str(&clean));
    buf_byte(&entry->losses, '\n');
    buf_free(&clean);
}

static void
on_loss(void *ctx, const char *kind, struct str what)
{
    struct intake *intake = ctx;

    note_loss(&intake->entry, kind, what);
}

/* "https://name.blogspot.com/" of the source, else of the blog as it was configured. */
static void
put_root(struct buf *out, const struct intake *intake)
{
    const struct name_list *hosts = &intake->config->blog.old_hosts;

    if (intake->blog->address.len > 0)
        buf_put(out, buf_str(&intake->blog->address));
    else if (hosts->count > 0)
        buf_format(out, "https://%s/", hosts->items[0]);
}

static void
put_html(struct intake *intake, struct str html)
{
    struct buf root = {0};
    struct html_context context = {
        .bold_headings = true, .ctx = intake, .on_link = on_link, .on_loss = on_loss};

    put_root(&root, intake);
    context.base = root.len > 0 ? root.ptr : NULL;
    html_to_gemtext(&intake->entry.body, html, &context, NULL);
    buf_free(&root);
}

static void
put_plain(struct buf *out, struct str text)
{
    while (text.len > 0) {
        struct str line = str_line(&text);

        if (str_trim(line).len == 0)
            gemtext_blank(out);
        else
            gemtext_text(out, line);
    }
}

/* Takeout writes all times in UTC; the blog's own zone says which day it was. */
static void
localise(const struct blog *blog, struct instant *instant)
{
    if (blog->is_takeout && instant->known && instant->moment.has_time)
        instant->moment = timezone_moment(moment_seconds(instant->moment));
}

/* A page may lack the date; its address says at least the month. */
static bool
find_published(struct intake *intake, const struct blog_entry *from)
{
    struct entry *entry = &intake->entry;
    struct instant published = from->published;
    struct str year = str_after(buf_str(&entry->old), 1), month;
    unsigned long y = 0, m = 0;

    localise(intake->blog, &published);
    if (published.known) {
        entry->published = published.moment;
        entry->position = published.milliseconds;
        return true;
    }
    month = str_head(str_after(year, 5), 2);
    if (!str_number(str_head(year, 4), YEAR_MAX, &y) || !str_number(month, 12, &m))
        return false;
    entry->published.date = (struct date){(int)y, (int)m, 1};
    return true;
}

static void
put_id(struct entry *entry, const struct blog_entry *from)
{
    if (from->id.len > 0) {
        buf_put(&entry->id, STR("blogger:"));
        buf_put(&entry->id, from->id);
    } else if (entry->old.len > 0) {
        buf_put(&entry->id, STR("path:"));
        buf_put(&entry->id, buf_str(&entry->old));
    } else {
        entry_put_text_id(&entry->id, entry->published.date, buf_str(&entry->title),
                          buf_str(&entry->body));
    }
}

/* The whole address of a post, for its trailer: a path alone needs a host. */
static void
put_original(struct intake *intake, struct str address)
{
    struct entry *entry = &intake->entry;
    struct buf root = {0};

    if (uri_split(address).has_authority) {
        uri_put_reference(&entry->original, address);
    } else if (entry->old.len > 0) {
        put_root(&root, intake);
        if (root.len > 0)
            uri_resolve(&entry->original, buf_str(&root), buf_str(&entry->old));
        buf_free(&root);
    }
}

static void
put_body(struct intake *intake, const struct blog_entry *from)
{
    struct entry *entry = &intake->entry;

    if (from->is_plain)
        put_plain(&entry->body, from->html);
    else
        put_html(intake, from->html);
    if (from->related.len > 0) {
        struct buf target = {0};

        uri_put_reference(&target, from->related);
        gemtext_blank(&entry->body);
        gemtext_link(&entry->body, buf_str(&target), STR("Link"));
        buf_free(&target);
    }
}

static enum entry_status
status_of(const struct intake *intake, const struct blog_entry *from)
{
    if (from->status == ENTRY_LIVE && from->published.known &&
        moment_seconds(from->published.moment) > intake->now)
        return ENTRY_SCHEDULED;
    return from->status;
}

static bool
is_wanted(const struct intake *intake, enum entry_status status)
{
    return status == ENTRY_LIVE || (status == ENTRY_DRAFT && intake->drafts);
}

static bool
describe(struct intake *intake, const struct blog_entry *from)
{
    struct entry *entry = &intake->entry;

    gemtext_clean(&entry->title, from->kind == ENTRY_COMMENT ? STR("") : from->title);
    gemtext_clean(&entry->author, from->author);
    for (size_t i = 0; i < from->label_count; i++)
        entry_add_name(&entry->labels, from->labels[i]);
    if (from->kind != ENTRY_COMMENT)
        oldpath_put(&entry->old, from->address);
    put_original(intake, from->address);
    buf_put(&entry->post_id, from->post_id);
    buf_put(&entry->reply_to, from->reply_to);
    entry->is_partial = from->is_partial || from->is_summary;
    entry->is_removed = from->is_removed;
    entry->updated = from->updated;
    localise(intake->blog, &entry->updated);
    return find_published(intake, from);
}

bool
intake_take(void *ctx, const struct blog_entry *from, struct failure *why)
{
    struct intake *intake = ctx;
    struct entry *entry = &intake->entry;

    entry_clear(entry);
    entry->kind = from->kind;
    entry->status = status_of(intake, from);
    intake->counts[entry->kind][entry->status]++;
    if (!is_wanted(intake, entry->status))
        return true;
    if (!describe(intake, from)) {
        buf_format(&intake->remarks, "%s:%zu: no date: \"%.*s\": left out\n", intake->source,
                   from->line, (int)entry->title.len, buf_text(&entry->title));
        return true;
    }
    put_body(intake, from);
    put_id(entry, from);
    if (entry->kind != ENTRY_COMMENT)
        entry_tell_language(entry, intake->config->blog.language);
    if (entry->status == ENTRY_LIVE)
        label_list_add(&intake->labels, buf_str(&entry->labels));
    return entries_add(intake->entries, entry, why);
}

void
intake_free(struct intake *intake)
{
    hosts_free(&intake->hosts);
    label_list_free(&intake->labels);
    buf_free(&intake->remarks);
    entry_free(&intake->entry);
}
