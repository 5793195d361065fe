#include "import/convert.h"

#include <string.h>

#include "base/timezone.h"
#include "import/links.h"
#include "import/live.h"
#include "import/oldpath.h"
#include "text/gemtext.h"
#include "text/html.h"
#include "text/html_url.h"
#include "text/uri.h"

enum { LOSS_MAX = 200 /* bytes of what is told of a loss */ };

/* One document on its way. */
struct passage {
    const struct converter *converter;
    const struct blog_entry *from;
    struct entry *entry;
};

static void
on_link(void *ctx, struct str address, struct buf *target)
{
    struct passage *passage = ctx;

    links_put(target, passage->converter->hosts, address, &passage->entry->links);
}

static void
note_loss(struct entry *entry, const char *kind, struct str what)
{
    struct buf clean = {0};

    gemtext_clean(&clean, str_head_utf8(what, LOSS_MAX));
    buf_format(&entry->losses, "%s\t", kind);
    buf_put(&entry->losses, buf_str(&clean));
    buf_byte(&entry->losses, '\n');
    buf_free(&clean);
}

static void
on_loss(void *ctx, const char *kind, struct str what)
{
    struct passage *passage = ctx;

    note_loss(passage->entry, kind, what);
}

/* The failure may name only where the address led to. */
static void
note_picture(struct entry *entry, struct str address, const struct failure *why)
{
    struct buf what = {0};

    if (!memmem(why->text, strlen(why->text), address.ptr, address.len))
        buf_format(&what, "%.*s: ", (int)address.len, address.ptr);
    buf_put(&what, str_of(why->text));
    note_loss(entry, "picture", buf_str(&what));
    buf_free(&what);
}

/* What a draft shows is no more published than the draft. The larger picture is asked for first,
 * which Blogger's hosts then give in the size that is wanted. */
static void
on_image(void *ctx, struct str address, struct str full, struct buf *target, struct buf *note)
{
    struct passage *passage = ctx;
    struct album *album = passage->converter->album;
    struct failure why = {0};

    if (passage->entry->status != ENTRY_LIVE ||
        (full.len > 0 && album_take(album, full, target, note, &why)) ||
        album_take(album, address, target, note, &why))
        return;
    if (why.text[0] && live_is_address(address))
        note_picture(passage->entry, address, &why);
}

/* Where the document is on the web: its own links may be relative to that. */
static void
put_base(struct buf *base, const struct passage *passage)
{
    struct str root = buf_str(&passage->converter->root), old = buf_str(&passage->entry->old);

    if (live_is_address(passage->from->address))
        uri_put_reference(base, passage->from->address);
    else if (root.len > 0 && old.len > 0)
        uri_resolve(base, root, old);
    else
        buf_put(base, root);
}

static void
put_html(struct passage *passage, struct str html)
{
    struct buf base = {0};
    struct html_context context = {
        .bold_headings = true,
        .ctx = passage,
        .on_link = on_link,
        .on_image = on_image,
        .on_loss = on_loss,
    };
    struct buf *body = &passage->entry->body;
    struct html_result result;

    put_base(&base, passage);
    context.base = base.len > 0 ? buf_text(&base) : NULL;
    html_to_gemtext(body, html, &context, &result);
    buf_free(&base);
    if (result.has_summary)
        passage->entry->summary =
            str_count_lines(gemtext_trim(str_head(buf_str(body), result.summary_len)));
}

static void
put_plain(struct entry *entry, struct str text)
{
    struct buf *out = &entry->body;

    if (str_trim(text).len == 0) {
        note_loss(entry, "text", STR("(no text)"));
        text = STR("(no text)");
    }
    while (text.len > 0) {
        struct str line = str_line(&text);

        if (str_trim(line).len == 0)
            gemtext_blank(out);
        else
            gemtext_text(out, line);
    }
}

/* Takeout writes all times in UTC, and so do pages those of comments; the blog's own zone says
 * which day it was. */
static void
localise(const struct passage *passage, struct instant *instant)
{
    const struct blog_entry *from = passage->from;
    bool is_utc = passage->converter->is_utc || (from->is_saved && from->kind == ENTRY_COMMENT);

    if (is_utc && instant->known && instant->moment.has_time)
        instant->moment = timezone_moment(moment_seconds(instant->moment));
}

/* A page may lack the date; its address says at least the month. A feed may say only when a post
 * was changed, which is not before that. */
static bool
find_published(struct passage *passage)
{
    struct entry *entry = passage->entry;
    struct instant published = passage->from->published;
    struct str year = str_after(buf_str(&entry->old), 1), month;
    unsigned long y = 0, m = 0;

    localise(passage, &published);
    if (published.known) {
        entry->published = published.moment;
        entry->position = published.milliseconds;
        return true;
    }
    month = str_head(str_after(year, 5), 2);
    if (str_number(str_head(year, 4), YEAR_MAX, &y) && str_number(month, 12, &m)) {
        entry->published.date = (struct date){(int)y, (int)m, 1};
    } else {
        entry->published = entry->updated.moment;
        entry->position = entry->updated.milliseconds;
    }
    return entry->published.date.year != 0;
}

/* A draft is a document of its own: its post, once there is one, begins anew. */
static void
put_id(struct entry *entry, const struct blog_entry *from)
{
    if (entry->status == ENTRY_DRAFT)
        buf_put(&entry->id, STR("draft:"));
    if (from->id.len > 0 && entry->status == ENTRY_DRAFT) {
        buf_put(&entry->id, from->id);
    } else if (from->id.len > 0) {
        buf_put(&entry->id, STR("blogger:"));
        buf_put(&entry->id, from->id);
    } else if (entry->old.len > 0 && entry->kind != ENTRY_COMMENT) {
        buf_put(&entry->id, STR("path:"));
        buf_put(&entry->id, buf_str(&entry->old));
    } else {
        entry_put_text_id(&entry->id, entry->published.date, buf_str(&entry->title),
                          buf_str(&entry->body));
    }
}

/* The whole address of a post, for its trailer: a path alone needs a host. */
static void
put_original(struct passage *passage, struct str address)
{
    const struct converter *converter = passage->converter;
    struct entry *entry = passage->entry;

    if (live_is_address(address)) {
        uri_put_reference(&entry->original, address);
    } else if (entry->old.len > 0 && converter->root.len > 0) {
        uri_resolve(&entry->original, buf_str(&converter->root), buf_str(&entry->old));
    }
}

/* The address that the author gave a post, below it. */
static void
put_related(struct passage *passage)
{
    struct buf *body = &passage->entry->body, target = {0};
    struct str base = buf_str(&passage->converter->root);

    if (html_url_clean(&target, base, passage->from->related) == HTML_URL_LINK) {
        gemtext_blank(body);
        gemtext_link(body, buf_str(&target), STR("Link"));
    }
    buf_free(&target);
}

static void
put_body(struct passage *passage)
{
    const struct blog_entry *from = passage->from;
    struct entry *entry = passage->entry;

    if (from->is_removed)
        return; /* the page of comments says so in its place */
    if (from->is_plain)
        put_plain(entry, from->html);
    else
        put_html(passage, from->html);
    put_related(passage);
}

/* Some write their posts under it; it is not for the public. */
static bool
is_mail_address(struct str author)
{
    struct str domain = author, name = str_cut(&domain, '@');

    return name.len > 0 && name.len < author.len && str_has(domain, '.') && !str_has(author, ' ');
}

/* A page knows its number, but not under all themes. */
static void
put_source(struct passage *passage)
{
    struct str source = buf_str(&passage->converter->source);

    if (passage->from->is_saved) {
        str_skip(&source, STR("blog:"));
        buf_put(&passage->entry->source, STR("page:"));
    }
    buf_put(&passage->entry->source, source);
}

/* The post of a comment, which pages may know only by its address. */
static void
put_post_id(struct passage *passage)
{
    struct entry *entry = passage->entry;

    buf_put(&entry->post_id, passage->from->post_id);
    if (entry->post_id.len > 0 || entry->old.len == 0)
        return;
    buf_put(&entry->post_id, STR("path:"));
    buf_put(&entry->post_id, buf_str(&entry->old));
}

static bool
describe(struct passage *passage)
{
    const struct blog_entry *from = passage->from;
    struct entry *entry = passage->entry;

    gemtext_clean(&entry->title, from->kind == ENTRY_COMMENT ? STR("") : from->title);
    if (!is_mail_address(from->author))
        gemtext_clean(&entry->author, from->author);
    for (size_t i = 0; i < from->label_count; i++)
        entry_add_name(&entry->labels, from->labels[i]);
    if (entry->status == ENTRY_LIVE)
        oldpath_put(&entry->old, from->address);
    if (from->kind == ENTRY_COMMENT)
        put_post_id(passage);
    else if (entry->status == ENTRY_LIVE)
        put_original(passage, from->address);
    put_source(passage);
    buf_put(&entry->reply_to, from->reply_to);
    entry->is_partial = from->is_partial || from->is_summary;
    entry->is_saved = from->is_saved;
    entry->is_removed = from->is_removed;
    entry->updated = from->updated;
    localise(passage, &entry->updated);
    return find_published(passage);
}

bool
convert_entry(const struct converter *converter, const struct blog_entry *from, struct entry *entry)
{
    struct passage passage = {converter, from, entry};

    entry->kind = from->kind;
    if (!describe(&passage))
        return false;
    put_body(&passage);
    put_id(entry, from);
    if (entry->kind != ENTRY_COMMENT)
        entry_tell_language(entry, converter->lexicon);
    return true;
}
