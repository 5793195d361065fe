/* Labels and languages: an index of each, by name, and the posts of one. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "site/books.h"
#include "site/listing.h"
#include "text/gemtext.h"

struct shelf {
    struct tab {
        char *slug, *name;
        size_t posts;
    } * tabs;
    size_t count;
};

static bool
on_label(void *ctx, const struct tally *tally)
{
    struct shelf *shelf = ctx;

    shelf->tabs = mem_grow(shelf->tabs, shelf->count + 1, sizeof *shelf->tabs);
    shelf->tabs[shelf->count++] = (struct tab){
        .slug = mem_copy(tally->slug.ptr, tally->slug.len),
        .name = mem_copy(tally->name.ptr, tally->name.len),
        .posts = tally->posts,
    };
    return true;
}

/* By the slug, which is the name without case and marks. */
static int
by_slug(const void *a, const void *b)
{
    return strcmp(((const struct tab *)a)->slug, ((const struct tab *)b)->slug);
}

/* Writes the lines of this page and ends the shelf. */
static void
put_shelf(const struct listing *listing, struct shelf *shelf)
{
    size_t begin = listing_skip(listing), end = begin + listing_page_size(listing);

    if (shelf->count > 0)
        qsort(shelf->tabs, shelf->count, sizeof *shelf->tabs, by_slug);
    gemtext_blank(listing->out);
    for (size_t i = 0; i < shelf->count; i++) {
        struct tab *tab = &shelf->tabs[i];

        if (i >= begin && i < end)
            listing_tally(listing->out, listing->folder,
                          &(struct tally){.slug = str_of(tab->slug),
                                          .name = str_of(tab->name),
                                          .posts = tab->posts});
        free(tab->slug);
        free(tab->name);
    }
    free(shelf->tabs);
}

static size_t
labels_count(const struct listing *listing)
{
    return catalog_figures(listing->site->catalog).labels;
}

static void
labels_head(const struct listing *listing)
{
    listing_heading(listing, word_text(listing->site->tongue, WORD_LABELS));
}

static void
labels_list(const struct listing *listing)
{
    struct shelf shelf = {0};

    catalog_labels(listing->site->catalog, on_label, &shelf);
    put_shelf(listing, &shelf);
}

static size_t
languages_count(const struct listing *listing)
{
    return catalog_figures(listing->site->catalog).languages;
}

static void
languages_head(const struct listing *listing)
{
    listing_heading(listing, word_text(listing->site->tongue, WORD_LANGUAGES));
}

static void
languages_list(const struct listing *listing)
{
    struct shelf shelf = {0};

    listing_languages(listing->site, on_label, &shelf);
    put_shelf(listing, &shelf);
}

static size_t
label_count(const struct listing *listing)
{
    return catalog_count(listing->site->catalog, &(struct selection){.label = listing->name});
}

static void
label_head(const struct listing *listing)
{
    struct buf name = {0};

    catalog_label_name(listing->site->catalog, listing->name, &name);
    listing_heading(listing, buf_str(&name));
    listing_total(listing);
    buf_free(&name);
}

static void
label_list(const struct listing *listing)
{
    listing_posts(listing, &(struct selection){.label = listing->name});
}

static void
link_feed(const struct listing *listing)
{
    struct buf path = {0};

    buf_put(&path, listing->folder);
    buf_put(&path, STR("atom.xml"));
    listing_word(listing->out, listing->site, buf_str(&path), WORD_FEED, (struct blanks){0});
    buf_free(&path);
}

static void
label_tail(const struct listing *listing)
{
    struct buf name = {0}, path = {0};

    catalog_label_name(listing->site->catalog, listing->name, &name);
    buf_put(&path, listing->folder);
    buf_truncate(&path, path.len - 1);
    buf_put(&path, STR(".gpub"));
    books_link(listing->out, listing->site, buf_str(&path), WORD_BOOK_OF, buf_str(&name));
    buf_free(&name);
    buf_free(&path);
    link_feed(listing);
    listing_word(listing->out, listing->site, STR("/label/"), WORD_ALL_LABELS, (struct blanks){0});
}

static size_t
language_count(const struct listing *listing)
{
    return catalog_count(listing->site->catalog, &(struct selection){.language = listing->name});
}

static void
language_head(const struct listing *listing)
{
    listing_heading(listing, listing_language(listing->name));
    listing_total(listing);
}

static void
language_list(const struct listing *listing)
{
    listing_posts(listing, &(struct selection){.language = listing->name});
}

static void
language_tail(const struct listing *listing)
{
    link_feed(listing);
    listing_word(listing->out, listing->site, STR("/lang/"), WORD_ALL_LANGUAGES,
                 (struct blanks){0});
}

const struct listing_kind labels_kind = {"/label/",   labels_count, labels_head,
                                         labels_list, NULL,         NULL};
const struct listing_kind label_kind = {"/label/*/", label_count, label_head,
                                        label_list,  label_tail,  NULL};
const struct listing_kind languages_kind = {
    "/lang/", languages_count, languages_head, languages_list, NULL, NULL};
const struct listing_kind language_kind = {"/lang/*/",    language_count, language_head,
                                           language_list, language_tail,  NULL};
