#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/table.h"
#include "site/books.h"
#include "site/calendar.h"
#include "site/listing.h"
#include "site/relink.h"
#include "text/charset.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum {
    INTRO_MAX = 1 << 16, /* bytes of the root's index.gmi; a larger one is no introduction */
    SHELF_MAX = 5,       /* lines of each section: the pages behind them list the rest */
};

/* Copies gemtext so that whatever it holds, well-formed gemtext can follow. */
static void
copy_gemtext(struct buf *out, struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;

    while (gemtext_next(&scanner, &line)) {
        switch (line.kind) {
        case GEMTEXT_TEXT:
            gemtext_text(out, line.text);
            break;
        case GEMTEXT_LINK:
            gemtext_link(out, line.target, line.text);
            break;
        case GEMTEXT_HEADING:
            gemtext_heading(out, line.level, line.text);
            break;
        case GEMTEXT_ITEM:
            gemtext_item(out, line.text);
            break;
        case GEMTEXT_QUOTE:
            gemtext_quote(out, line.text);
            break;
        case GEMTEXT_TOGGLE:
            if (scanner.preformatted)
                gemtext_open_block(out, line.text);
            else
                gemtext_close_block(out);
            break;
        case GEMTEXT_PREFORMATTED:
            gemtext_block_line(out, line.text);
            break;
        }
    }
    if (scanner.preformatted)
        gemtext_close_block(out);
}

static bool
has_title(struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;

    while (gemtext_next(&scanner, &line))
        if (line.kind == GEMTEXT_HEADING && line.level == 1 && line.text.len > 0)
            return true;
    return false;
}

/* What the operator wrote in place of title and subtitle; empty when there is nothing. The file is
 * the caller's to free. */
static struct str
read_intro(const struct site *site, struct buf *file)
{
    struct failure why;
    struct buf bytes = {0};
    struct str intro;

    if (file_read_beneath(site->root, "index.gmi", INTRO_MAX, &bytes, &why))
        charset_read(file, buf_str(&bytes));
    buf_free(&bytes);
    intro = buf_str(file);
    str_skip(&intro, STR("\xef\xbb\xbf"));
    return intro;
}

static void
home_head(const struct listing *listing)
{
    const struct config *config = listing->site->config;
    struct buf file = {0}, copy = {0};
    struct str intro = listing->page == 1 ? read_intro(listing->site, &file) : STR("");

    if (!has_title(intro))
        listing_heading(listing, str_of(config->blog.title));
    copy_gemtext(&copy, intro);
    if (listing->site->is_light) /* its links are looked at later */
        buf_put(listing->out, buf_str(&copy));
    else
        relink_put(listing->out, listing->site, listing->folder, buf_str(&copy));
    if (intro.len == 0 && listing->page == 1)
        gemtext_heading(listing->out, 2, str_of(config->blog.subtitle));
    while (str_ends(buf_str(listing->out), STR("\n\n")))
        buf_truncate(listing->out, listing->out->len - 1);
    buf_free(&copy);
    buf_free(&file);
}

static size_t
home_count(const struct listing *listing)
{
    return catalog_count(listing->site->catalog, &(struct selection){0});
}

static void
home_list(const struct listing *listing)
{
    listing_posts(listing, &(struct selection){0});
}

static void
begin_section(const struct listing *listing, enum word title)
{
    gemtext_blank(listing->out);
    gemtext_heading(listing->out, 2, word_text(listing->site->tongue, title));
}

/* "All labels (12)" */
static void
link_all(const struct listing *listing, struct str folder, enum word all, size_t count)
{
    listing_link(listing->out, folder, "%s (%zu)", word_text(listing->site->tongue, all).ptr,
                 count);
}

static void
put_archive(const struct listing *listing)
{
    struct calendar calendar;
    size_t years = 0;

    calendar_load(&calendar, listing->site->catalog);
    if (calendar.count > 0)
        begin_section(listing, WORD_ARCHIVE);
    for (size_t i = 0; i < calendar.count && years < SHELF_MAX; years++) {
        calendar_link_year(listing->out, listing->site, &calendar, i, WORD_PLAIN);
        i = calendar_next_year(&calendar, i);
    }
    if (calendar.count > 0) {
        listing_word(listing->out, listing->site, STR("/archive/"), WORD_ALL_MONTHS,
                     (struct blanks){0});
        listing_word(listing->out, listing->site, STR("/random"), WORD_RANDOM_POST,
                     (struct blanks){0});
    }
    calendar_free(&calendar);
}

/* The first tallies of a list, which has those with the most posts first. */
struct shelf {
    struct buf *out;
    struct str folder;
    size_t seen;
};

static bool
on_label(void *ctx, const struct tally *tally)
{
    struct shelf *shelf = ctx;

    listing_tally(shelf->out, shelf->folder, tally);
    return ++shelf->seen < SHELF_MAX;
}

static void
put_labels(const struct listing *listing)
{
    struct buf lines = {0};
    struct shelf shelf = {.out = &lines, .folder = STR("/label/")};

    catalog_labels(listing->site->catalog, on_label, &shelf);
    if (shelf.seen > 0) {
        begin_section(listing, WORD_LABELS);
        buf_put(listing->out, buf_str(&lines));
        link_all(listing, shelf.folder, WORD_ALL_LABELS,
                 catalog_figures(listing->site->catalog).labels);
    }
    buf_free(&lines);
}

static bool
on_any_page(void *ctx, const struct entry *entry)
{
    bool *found = ctx;

    (void)entry;
    *found = true;
    return false;
}

/* Posts and pages can be searched. */
static bool
has_texts(const struct listing *listing)
{
    bool found = listing->total > 0;

    if (!found)
        catalog_pages(listing->site->catalog, on_any_page, &found);
    return found;
}

static void
put_search(const struct listing *listing)
{
    if (!has_texts(listing))
        return;
    gemtext_blank(listing->out);
    listing_word(listing->out, listing->site, STR("/search"), WORD_SEARCH, (struct blanks){0});
}

/* Only where readers have a choice. */
static void
put_languages(const struct listing *listing)
{
    struct buf lines = {0};
    struct shelf shelf = {.out = &lines, .folder = STR("/lang/")};
    size_t count = catalog_figures(listing->site->catalog).languages;

    listing_languages(listing->site, on_label, &shelf);
    if (shelf.seen > 1) {
        begin_section(listing, WORD_LANGUAGES);
        buf_put(listing->out, buf_str(&lines));
    }
    if (count > SHELF_MAX)
        link_all(listing, shelf.folder, WORD_ALL_LANGUAGES, count);
    buf_free(&lines);
}

/* Pages that the introduction does not link to. */
struct pages {
    const struct listing *listing;
    struct str *linked; /* where it leads, as paths that lie in texts */
    size_t count;
    struct table by_path;
    struct arena texts;
    bool seen;
};

static struct str
linked_path(const void *pages, uint32_t number)
{
    return ((const struct pages *)pages)->linked[number];
}

static void
note_links(struct pages *pages, struct str intro)
{
    const struct table_names names = {linked_path, pages};
    struct gemtext_scanner scanner = {.rest = intro};
    struct gemtext_line line;
    struct buf path = {0};

    pages->linked = mem_new((str_count_lines(intro) + 1) * sizeof *pages->linked);
    while (gemtext_next(&scanner, &line)) {
        if (line.kind != GEMTEXT_LINK)
            continue;
        buf_truncate(&path, 0);
        if (!str_starts(line.target, STR("/")))
            buf_byte(&path, '/');
        uri_decode(&path, line.target);
        pages->linked[pages->count] = arena_put(&pages->texts, buf_str(&path));
        table_add(&pages->by_path, &names, (uint32_t)pages->count++);
    }
    buf_free(&path);
}

static bool
on_page(void *ctx, const struct entry *entry)
{
    struct pages *pages = ctx;
    const struct table_names names = {linked_path, pages};

    if (table_find(&pages->by_path, &names, entry->path) != TABLE_NONE)
        return true;
    if (!pages->seen)
        begin_section(pages->listing, WORD_PAGES);
    pages->seen = true;
    listing_entry(pages->listing->out, pages->listing->site, entry, WORD_PLAIN);
    return true;
}

static void
put_pages(const struct listing *listing)
{
    struct buf file = {0};
    struct pages pages = {.listing = listing};

    note_links(&pages, read_intro(listing->site, &file));
    catalog_pages(listing->site->catalog, on_page, &pages);
    table_free(&pages.by_path);
    arena_free(&pages.texts);
    free(pages.linked);
    buf_free(&file);
}

/* A line for each list. */
static void
put_light_ways(const struct listing *listing)
{
    const struct site *site = listing->site;
    struct figures figures = catalog_figures(site->catalog);

    gemtext_blank(listing->out);
    if (figures.labels > 0)
        link_all(listing, STR("/label/"), WORD_ALL_LABELS, figures.labels);
    if (listing->total > 0)
        listing_word(listing->out, site, STR("/archive/"), WORD_ALL_MONTHS, (struct blanks){0});
    if (has_texts(listing))
        listing_word(listing->out, site, STR("/search"), WORD_SEARCH, (struct blanks){0});
    if (figures.languages > 1)
        link_all(listing, STR("/lang/"), WORD_ALL_LANGUAGES, figures.languages);
}

static void
put_feeds(const struct listing *listing)
{
    if (listing->total == 0)
        return;
    begin_section(listing, WORD_FEEDS);
    listing_word(listing->out, listing->site, STR("/atom.xml"), WORD_FEED, (struct blanks){0});
    listing_word(listing->out, listing->site, STR("/about/feeds.gmi"), WORD_SUBSCRIBE,
                 (struct blanks){0});
}

static void
home_tail(const struct listing *listing)
{
    if (listing->page > 1)
        return;
    if (listing->site->is_light) {
        put_light_ways(listing);
    } else {
        put_labels(listing);
        put_archive(listing);
        put_search(listing);
        put_languages(listing);
    }
    put_pages(listing);
    if (listing->site->is_light)
        return;
    put_feeds(listing);
    gemtext_blank(listing->out);
    listing_word(listing->out, listing->site, STR("/light/"), WORD_LIGHT, (struct blanks){0});
    books_link(listing->out, listing->site, STR("/blog.gpub"), WORD_BOOK_OF,
               str_of(listing->site->config->blog.title));
}

static bool
home_is_there(const struct listing *listing)
{
    (void)listing;
    return true;
}

const struct listing_kind home_kind = {"/",       home_count, home_head,
                                       home_list, home_tail,  home_is_there};
