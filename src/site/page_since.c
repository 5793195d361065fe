/* The posts since a day, for subscribers on thin links: a page that says that there is nothing new
 * has a hundred bytes. */

#include "site/catalog_post.h"
#include "site/listing.h"
#include "text/gemtext.h"

static size_t
since_count(const struct listing *listing)
{
    struct date day;

    return date_parse(listing->name, &day) ? catalog_count_since(listing->site->catalog, day) : 0;
}

static bool
since_is_there(const struct listing *listing)
{
    struct date day;

    return date_parse(listing->name, &day);
}

static void
since_head(const struct listing *listing)
{
    struct buf title = {0};

    word_put(&title, listing->site->tongue, WORD_SINCE, (struct blanks){.text = listing->name});
    listing_heading(listing, buf_str(&title));
    buf_free(&title);
    if (listing->total == 0)
        gemtext_text(listing->out, word_text(listing->site->tongue, WORD_NOTHING_NEW));
}

static void
since_list(const struct listing *listing)
{
    struct listing shown = *listing;
    struct date day;

    if (!date_parse(listing->name, &day) || listing->total == 0)
        return;
    gemtext_blank(listing->out);
    catalog_posts_since(listing->site->catalog, day,
                        (struct stretch){listing_skip(listing), listing_page_size(listing)},
                        listing_on_post, &shown);
}

const struct listing_kind since_kind = {"/since/*/", since_count, since_head,
                                        since_list,  NULL,        since_is_there};
