/* What follows a post. */

#include "site/catalog_post.h"
#include "site/comments.h"
#include "site/listing.h"
#include "site/page.h"
#include "text/gemtext.h"

/* What follows a post, on its way to a reader. */
struct footer {
    const struct site *site;
    struct buf *out;
};

static bool
on_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    struct footer *footer = ctx;
    struct entry neighbour = *entry;
    struct buf date = {0};

    date_put(&date, entry->date);
    if (footer->site->is_light)
        neighbour.title = buf_str(&date);
    listing_entry(footer->out, footer->site, &neighbour, is_older ? WORD_OLDER : WORD_NEWER);
    buf_free(&date);
    return true;
}

static void
put_comments(const struct site *site, struct str post, struct buf *out)
{
    uint64_t bytes;
    size_t count = catalog_comments(site->catalog, post, &bytes);
    struct buf path = {0}, label = {0};

    if (count == 0)
        return;
    comments_put_path(&path, post);
    word_put(&label, site->tongue, WORD_COMMENTS, (struct blanks){.n = count});
    buf_put(&label, STR(" ("));
    gemtext_size(&label, bytes);
    buf_byte(&label, ')');
    listing_link(out, buf_str(&path), "%s", buf_text(&label));
    buf_free(&path);
    buf_free(&label);
}

void
page_footer(const struct site *site, struct str path, struct buf *out)
{
    struct footer footer = {site, out};

    if (catalog_ends_in_block(site->catalog, path) && !site->is_light)
        gemtext_close_block(out);
    gemtext_blank(out);
    put_comments(site, path, out);
    catalog_neighbours(site->catalog, path, on_neighbour, &footer);
    listing_home(out, site);
}
