/* What follows a post, and a page that has comments: ways to read on. */

#include "site/calendar.h"
#include "site/catalog_post.h"
#include "site/comments.h"
#include "site/listing.h"
#include "site/page.h"
#include "text/gemtext.h"

enum {
    LABELS_SHOWN_MAX = 3,   /* labels whose neighbours are linked: those with the fewest posts */
    SAME_DAY_SHOWN_MAX = 3, /* posts of later years, and as many of earlier ones */
};

/* A footer on its way to a reader. */
struct footer {
    const struct site *site;
    struct buf *out;
    size_t start; /* of the first link in out */
    struct str post;
    struct buf linked;         /* paths, one a line: none is linked twice */
    const struct tally *label; /* the one whose neighbours are being linked */
    bool has_section;          /* its line, or the one of the day, is written */
};

/* The line above some links; once. */
static void
begin_section(struct footer *footer, enum word title, struct str name)
{
    if (footer->has_section)
        return;
    gemtext_blank(footer->out);
    word_put(footer->out, footer->site->tongue, title, (struct blanks){.text = name});
    buf_byte(footer->out, '\n');
    footer->has_section = true;
}

/* Whether the post is linked for the first time. */
static bool
note(struct footer *footer, struct str path)
{
    if (str_has_line(buf_str(&footer->linked), path))
        return false;
    buf_put(&footer->linked, path);
    buf_byte(&footer->linked, '\n');
    return true;
}

static bool
on_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    struct footer *footer = ctx;
    struct entry neighbour = *entry;
    struct buf date = {0};

    if (!note(footer, entry->path))
        return true;
    if (footer->label)
        begin_section(footer, WORD_SAME_LABEL, footer->label->name);
    date_put(&date, entry->date);
    if (footer->site->is_light)
        neighbour.title = buf_str(&date);
    listing_entry(footer->out, footer->site, &neighbour, is_older ? WORD_OLDER : WORD_NEWER);
    buf_free(&date);
    return true;
}

static bool
on_label(void *ctx, const struct tally *tally)
{
    struct footer *footer = ctx;

    footer->label = tally;
    footer->has_section = false;
    catalog_neighbours_with(footer->site->catalog, footer->post, tally->slug, on_neighbour, footer);
    return true;
}

/* The whole date would make the line an entry for subscribers, which a post is no page for. */
static bool
on_same_day(void *ctx, const struct entry *entry)
{
    struct footer *footer = ctx;
    struct buf name = {0};

    if (!note(footer, entry->path))
        return true;
    begin_section(footer, WORD_SAME_DAY, STR(""));
    buf_format(&name, "%d: ", entry->date.year);
    listing_put_name(&name, footer->site, entry);
    listing_link(footer->out, entry->path, "%s", buf_text(&name));
    buf_free(&name);
    return true;
}

static void
put_comments(const struct footer *footer)
{
    uint64_t bytes;
    size_t count = catalog_comments(footer->site->catalog, footer->post, &bytes);
    struct buf path = {0}, label = {0};

    if (count == 0)
        return;
    comments_put_path(&path, footer->post);
    word_put(&label, footer->site->tongue, WORD_COMMENTS, (struct blanks){.n = count});
    buf_put(&label, STR(" ("));
    gemtext_size(&label, bytes);
    buf_byte(&label, ')');
    listing_link(footer->out, buf_str(&path), "%s", buf_text(&label));
    buf_free(&path);
    buf_free(&label);
}

/* The lists that the post is part of: its month and, where readers have a choice, its language. */
static void
put_lists(const struct footer *footer, const struct entry *entry)
{
    struct catalog *catalog = footer->site->catalog;
    struct selection month = {.year = entry->date.year, .month = entry->date.month};
    struct selection language = {.language = entry->language};
    struct tally tally = {.slug = entry->language, .name = listing_language(entry->language)};

    calendar_link_month(
        footer->out, footer->site,
        &(struct calendar_month){month.year, month.month, catalog_count(catalog, &month)},
        WORD_PLAIN);
    tally.posts = catalog_count(catalog, &language);
    if (tally.posts < catalog_count(catalog, &(struct selection){0}))
        listing_tally(footer->out, STR("/lang/"), &tally);
}

static bool
on_post(void *ctx, const struct entry *entry)
{
    struct footer *footer = ctx;
    struct catalog *catalog = footer->site->catalog;

    note(footer, footer->post);
    catalog_neighbours(catalog, footer->post, on_neighbour, footer);
    if (footer->site->is_light) /* the lists lead to all others */
        return true;
    catalog_labels_of(catalog, footer->post, LABELS_SHOWN_MAX, on_label, footer);
    footer->has_section = false;
    catalog_same_day(catalog, entry->date, SAME_DAY_SHOWN_MAX, on_same_day, footer);
    if (footer->out->len > footer->start)
        gemtext_blank(footer->out);
    put_lists(footer, entry);
    return true;
}

void
page_footer(const struct site *site, struct str path, struct buf *out)
{
    struct footer footer = {.site = site, .out = out, .post = path};

    if (catalog_ends_in_block(site->catalog, path) && !site->is_light)
        gemtext_close_block(out);
    gemtext_blank(out);
    footer.start = out->len;
    put_comments(&footer);
    catalog_post_of(site->catalog, path, on_post, &footer);
    listing_home(out, site);
    buf_free(&footer.linked);
}
