#include "site/listing.h"

#include <stdarg.h>

#include "text/gemtext.h"
#include "text/uri.h"

void
listing_heading(const struct listing *listing, struct str title)
{
    struct buf heading = {0};

    buf_put(&heading, title);
    if (listing->page > 1)
        buf_format(&heading, ", page %zu", listing->page);
    gemtext_heading(listing->out, 1, buf_str(&heading));
    buf_free(&heading);
}

void
listing_total(const struct listing *listing)
{
    if (listing->page == 1)
        buf_format(listing->out, "%zu %s\n", listing->total,
                   listing->total == 1 ? "post" : "posts");
}

size_t
listing_page_size(const struct listing *listing)
{
    return listing->site->config->blog.page_size;
}

size_t
listing_skip(const struct listing *listing)
{
    return (listing->page - 1) * listing_page_size(listing);
}

size_t
listing_page_count(const struct listing *listing)
{
    size_t size = listing_page_size(listing);

    return listing->total == 0 ? 1 : (listing->total + size - 1) / size;
}

void
listing_link(struct buf *out, struct str path, const char *format, ...)
{
    struct buf target = {0}, label = {0};
    va_list values;

    uri_put_path(&target, path);
    va_start(values, format);
    buf_format_list(&label, format, values);
    va_end(values);
    gemtext_link(out, buf_str(&target), buf_str(&label));
    buf_free(&target);
    buf_free(&label);
}

void
listing_entry(struct buf *out, const struct entry *entry, struct str before)
{
    struct buf title = {0}, size = {0};

    gemtext_clean(&title, entry->title);
    gemtext_size(&size, entry->size);
    listing_link(out, entry->path, "%.*s%s (%s)", (int)before.len, before.ptr,
                 title.len > 0 ? buf_text(&title) : "Untitled", buf_text(&size));
    buf_free(&title);
    buf_free(&size);
}

/* SUB: the date in front makes the line an entry for those who subscribe. */
static bool
on_post(void *ctx, const struct entry *entry)
{
    struct buf before = {0};

    date_put(&before, entry->date);
    buf_byte(&before, ' ');
    listing_entry(ctx, entry, buf_str(&before));
    buf_free(&before);
    return true;
}

void
listing_posts(const struct listing *listing, const struct selection *which)
{
    if (listing->total > 0)
        gemtext_blank(listing->out);
    catalog_posts(listing->site->catalog, which,
                  (struct stretch){listing_skip(listing), listing_page_size(listing)}, on_post,
                  listing->out);
}

void
listing_home(struct buf *out, const struct site *site)
{
    listing_link(out, STR("/"), "%s", site->config->blog.title);
}

void
listing_tally(struct buf *out, struct str folder, const struct tally *tally)
{
    struct buf path = {0};

    buf_put(&path, folder);
    buf_put(&path, tally->slug);
    buf_byte(&path, '/');
    listing_link(out, buf_str(&path), "%.*s (%zu)", (int)tally->name.len, tally->name.ptr,
                 tally->posts);
    buf_free(&path);
}

struct str
listing_language(struct str tag)
{
    static const struct {
        const char *tag, *name;
    } languages[] = {
        {"bn", "বাংলা"}, {"en", "English"},          {"fr", "français"}, {"hi", "हिन्दी"},
        {"km", "ខ្មែរ"},  {"id", "Bahasa Indonesia"}, {"ne", "नेपाली"},    {"nl", "Nederlands"},
    };

    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (str_eq(tag, str_of(languages[i].tag)))
            return str_of(languages[i].name);
    return tag;
}

/* Who is told of languages by their names. */
struct audience {
    catalog_on_tally *on_tally;
    void *ctx;
};

static bool
on_language(void *ctx, const struct tally *tally)
{
    const struct audience *audience = ctx;
    struct tally named = *tally;

    named.name = listing_language(tally->slug);
    return audience->on_tally(audience->ctx, &named);
}

void
listing_languages(const struct site *site, catalog_on_tally *on_tally, void *ctx)
{
    catalog_languages(site->catalog, on_language, &(struct audience){on_tally, ctx});
}
