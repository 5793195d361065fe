/* What follows a post. */

#include "site/catalog_post.h"
#include "site/comments.h"
#include "site/listing.h"
#include "site/page.h"
#include "text/gemtext.h"

static bool
on_neighbour(void *ctx, const struct entry *entry, bool is_older)
{
    listing_entry(ctx, entry, is_older ? STR("Older: ") : STR("Newer: "));
    return true;
}

static void
put_comments(const struct site *site, struct str post, struct buf *out)
{
    uint64_t bytes;
    size_t count = catalog_comments(site->catalog, post, &bytes);
    struct buf path = {0}, size = {0};

    if (count == 0)
        return;
    comments_put_path(&path, post);
    gemtext_size(&size, bytes);
    listing_link(out, buf_str(&path), "%zu %s (%s)", count, count == 1 ? "comment" : "comments",
                 buf_text(&size));
    buf_free(&path);
    buf_free(&size);
}

void
page_footer(const struct site *site, struct str path, struct buf *out)
{
    if (catalog_ends_in_block(site->catalog, path))
        gemtext_close_block(out);
    gemtext_blank(out);
    put_comments(site, path, out);
    catalog_neighbours(site->catalog, path, on_neighbour, out);
    listing_home(out, site);
}
