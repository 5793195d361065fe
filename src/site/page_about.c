/* Pages about the capsule itself: how to subscribe, and figures. */

#include "site/lone_page.h"
#include "site/page.h"
#include "text/gemtext.h"

enum {
    FEEDS_SHOWN_MAX = 5,   /* of labels, and of languages */
    YEARS_SHOWN_MAX = 100, /* the newest */
};

/* Lines about tallies, on their way to a reader. */
struct sheet {
    const struct site *site;
    struct buf *out;
    struct str folder;
    size_t seen;
    struct tally year; /* what has been added up of it */
};

static void
put_word(struct buf *out, const struct site *site, enum word word, struct blanks blanks)
{
    word_put(out, site->tongue, word, blanks);
    buf_byte(out, '\n');
}

static void
put_paragraph(struct buf *out, const struct site *site, enum word word)
{
    gemtext_blank(out);
    put_word(out, site, word, (struct blanks){0});
}

/* "=> /label/unions/atom.xml Unions" */
static bool
on_feed(void *ctx, const struct tally *tally)
{
    struct sheet *sheet = ctx;
    struct buf path = {0};

    buf_put(&path, sheet->folder);
    buf_put(&path, tally->slug);
    buf_put(&path, STR("/atom.xml"));
    listing_link(sheet->out, buf_str(&path), "%.*s", (int)tally->name.len, tally->name.ptr);
    buf_free(&path);
    return ++sheet->seen < FEEDS_SHOWN_MAX;
}

static bool
on_newest(void *ctx, const struct entry *entry)
{
    struct sheet *sheet = ctx;
    struct buf day = {0}, path = {0};

    date_put(&day, entry->date);
    buf_format(&path, "/since/%s/", buf_text(&day));
    put_paragraph(sheet->out, sheet->site, WORD_SUBSCRIBE_SINCE);
    listing_word(sheet->out, sheet->site, buf_str(&path), WORD_SINCE,
                 (struct blanks){.text = buf_str(&day)});
    buf_free(&day);
    buf_free(&path);
    return true;
}

static void
put_feeds(const struct site *site, struct buf *out)
{
    struct sheet labels = {.site = site, .out = out, .folder = STR("/label/")};
    struct sheet languages = {.site = site, .out = out, .folder = STR("/lang/")};

    put_paragraph(out, site, WORD_SUBSCRIBE_TO_FEEDS);
    listing_link(out, STR("/atom.xml"), "%s", site->config->blog.title);
    catalog_labels(site->catalog, on_feed, &labels);
    if (catalog_figures(site->catalog).languages > 1)
        listing_languages(site, on_feed, &languages);
}

static bool
subscribe_answer(const struct listing *listing, const struct request *request,
                 struct response *response)
{
    const struct site *site = listing->site;
    struct sheet sheet = {.site = site, .out = &response->page};
    struct figures figures = catalog_figures(site->catalog);

    (void)request;
    page_begin(site, response);
    gemtext_heading(sheet.out, 1, word_text(site->tongue, WORD_SUBSCRIBE));
    put_paragraph(sheet.out, site, WORD_SUBSCRIBE_TO_LISTS);
    listing_home(sheet.out, site);
    if (figures.labels > 0)
        listing_word(sheet.out, site, STR("/label/"), WORD_ALL_LABELS, (struct blanks){0});
    catalog_posts(site->catalog, &(struct selection){0}, (struct stretch){.most = 1}, on_newest,
                  &sheet);
    if (figures.posts > 0)
        put_feeds(site, sheet.out);
    return true;
}

/* "=> /2018/ 2018: 2 posts, 312 words" */
static void
put_year(struct sheet *sheet)
{
    const struct tally *year = &sheet->year;
    struct buf path = {0}, label = {0};

    if (year->year == 0 || sheet->seen++ >= YEARS_SHOWN_MAX)
        return;
    buf_format(&path, "/%d/", year->year);
    buf_format(&label, "%d: ", year->year);
    word_put(&label, sheet->site->tongue, WORD_POSTS, (struct blanks){.n = year->posts});
    buf_put(&label, STR(", "));
    word_put(&label, sheet->site->tongue, WORD_WORDS, (struct blanks){.n = year->words});
    listing_link(sheet->out, buf_str(&path), "%s", buf_text(&label));
    buf_free(&path);
    buf_free(&label);
}

static bool
on_month(void *ctx, const struct tally *month)
{
    struct sheet *sheet = ctx;

    if (month->year != sheet->year.year) {
        put_year(sheet);
        sheet->year = (struct tally){.year = month->year};
    }
    sheet->year.posts += month->posts;
    sheet->year.words += month->words;
    return true;
}

static bool
on_language(void *ctx, const struct tally *tally)
{
    struct sheet *sheet = ctx;

    listing_tally(sheet->out, sheet->folder, tally);
    return true;
}

static void
put_figures(const struct site *site, struct buf *out)
{
    struct figures figures = catalog_figures(site->catalog);

    put_word(out, site, WORD_POSTS, (struct blanks){.n = figures.posts});
    put_word(out, site, WORD_WORDS, (struct blanks){.n = figures.words});
    put_word(out, site, WORD_LABEL_COUNT, (struct blanks){.n = figures.labels});
    put_word(out, site, WORD_COMMENTS, (struct blanks){.n = figures.comments});
}

/* Of what there is to read; of readers nothing is counted. */
static bool
statistics_answer(const struct listing *listing, const struct request *request,
                  struct response *response)
{
    const struct site *site = listing->site;
    struct buf *out = &response->page, years = {0};
    struct sheet by_year = {.site = site, .out = &years};
    struct sheet by_language = {.site = site, .out = out, .folder = STR("/lang/")};

    (void)request;
    page_begin(site, response);
    gemtext_heading(out, 1, word_text(site->tongue, WORD_STATISTICS));
    put_figures(site, out);
    catalog_months(site->catalog, on_month, &by_year);
    put_year(&by_year);
    put_word(out, site, WORD_YEARS, (struct blanks){.n = by_year.seen});
    gemtext_blank(out);
    buf_put(out, buf_str(&years));
    if (by_year.seen > 0)
        gemtext_blank(out);
    listing_languages(site, on_language, &by_language);
    listing_home(out, site);
    buf_free(&years);
    return true;
}

const struct lone_page subscribe_page = {"/about/feeds.gmi", subscribe_answer};
const struct lone_page statistics_page = {"/stats.gmi", statistics_answer};
