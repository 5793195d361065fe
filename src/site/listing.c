#include "site/listing.h"

#include <stdarg.h>

#include "text/gemtext.h"
#include "text/uri.h"

void
listing_heading(const struct listing *listing, struct str title)
{
    struct buf heading = {0};

    word_put(&heading, listing->site->tongue, listing->page > 1 ? WORD_HEADING_OF_PAGE : WORD_PLAIN,
             (struct blanks){.n = listing->page, .text = title});
    gemtext_heading(listing->out, 1, buf_str(&heading));
    buf_free(&heading);
}

void
listing_total(const struct listing *listing)
{
    if (listing->page > 1)
        return;
    word_put(listing->out, listing->site->tongue, WORD_POSTS, (struct blanks){.n = listing->total});
    buf_byte(listing->out, '\n');
}

bool
listing_read_page(struct str text, size_t *page)
{
    unsigned long number;

    if (str_starts(text, STR("0")) || !str_number(text, (unsigned long)-1, &number) || number < 2)
        return false;
    *page = number;
    return true;
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
listing_word(struct buf *out, const struct site *site, struct str path, enum word word,
             struct blanks blanks)
{
    struct buf label = {0};

    word_put(&label, site->tongue, word, blanks);
    listing_link(out, path, "%s", buf_text(&label));
    buf_free(&label);
}

void
listing_put_name(struct buf *out, const struct site *site, const struct entry *entry)
{
    struct buf title = {0};

    gemtext_clean(&title, entry->title);
    buf_put(out, title.len > 0 ? buf_str(&title) : word_text(site->tongue, WORD_UNTITLED));
    buf_put(out, STR(" ("));
    gemtext_size(out, entry->size);
    buf_byte(out, ')');
    buf_free(&title);
}

void
listing_entry(struct buf *out, const struct site *site, const struct entry *entry, enum word frame)
{
    struct buf name = {0};

    listing_put_name(&name, site, entry);
    listing_word(out, site, entry->path, frame, (struct blanks){.text = buf_str(&name)});
    buf_free(&name);
}

/* SUB: the date in front makes the line an entry for those who subscribe. */
bool
listing_on_post(void *ctx, const struct entry *entry)
{
    struct listing *listing = ctx;
    struct buf label = {0};

    date_put(&label, entry->date);
    buf_byte(&label, ' ');
    listing_put_name(&label, listing->site, entry);
    listing_link(listing->out, entry->path, "%s", buf_text(&label));
    buf_free(&label);
    return true;
}

void
listing_posts(const struct listing *listing, const struct selection *which)
{
    struct listing shown = *listing;

    if (listing->total > 0)
        gemtext_blank(listing->out);
    catalog_posts(listing->site->catalog, which,
                  (struct stretch){listing_skip(listing), listing_page_size(listing)},
                  listing_on_post, &shown);
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
