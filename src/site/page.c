#include "site/page.h"

#include "site/listing.h"
#include "site/lone_page.h"
#include "text/gemtext.h"
#include "text/uri.h"

static const struct lone_page *const lone_pages[] = {
    &random_page,  &feed_page,      &label_feed_page, &language_feed_page, &robots_page,
    &favicon_page, &subscribe_page, &statistics_page, &search_page,        &search_turn_page};

enum { YEAR_DIGITS = 4, MONTH_DIGITS = 2, MONTHS = 12 };

static const struct listing_kind *const kinds[] = {
    &home_kind,  &year_kind,      &month_kind,    &archive_kind, &labels_kind,
    &label_kind, &languages_kind, &language_kind, &since_kind,
};

static bool
read_digits(struct str text, size_t digits, unsigned long max, int *number)
{
    unsigned long value;

    if (text.len != digits || !str_number(text, max, &value))
        return false;
    *number = (int)value;
    return true;
}

/* Takes what the segment stands for into the listing; false when the pattern means another. */
static bool
match_segment(struct str pattern, struct str segment, struct listing *listing)
{
    if (str_eq(pattern, STR("YYYY")))
        return read_digits(segment, YEAR_DIGITS, YEAR_MAX, &listing->year) &&
               listing->year >= YEAR_MIN;
    if (str_eq(pattern, STR("MM")))
        return read_digits(segment, MONTH_DIGITS, MONTHS, &listing->month) && listing->month >= 1;
    if (str_eq(pattern, STR("*"))) {
        listing->name = segment;
        return segment.len > 0;
    }
    return str_eq(pattern, segment);
}

static bool
match(struct str pattern, struct str folder, struct listing *listing)
{
    while (pattern.len > 0 && folder.len > 0)
        if (!match_segment(str_cut(&pattern, '/'), str_cut(&folder, '/'), listing))
            return false;
    return pattern.len == 0 && folder.len == 0;
}

/* The kind of page that a folder is, with the lines of its list counted; NULL when it is none. */
static const struct listing_kind *
find_kind(const struct site *site, struct str folder, struct listing *listing)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        *listing = (struct listing){.site = site, .folder = folder, .page = 1};
        if (!match(str_of(kinds[i]->pattern), folder, listing))
            continue;
        listing->total = kinds[i]->count(listing);
        if (listing->total > 0 || (kinds[i]->is_there && kinds[i]->is_there(listing)))
            return kinds[i];
    }
    return NULL;
}

static void
put_turns(const struct listing *listing)
{
    size_t count = listing_page_count(listing);
    struct buf path = {0};

    buf_put(&path, listing->folder);
    if (listing->page > 2)
        buf_format(&path, "%zu", listing->page - 1);
    if (listing->page > 1)
        listing_word(listing->out, listing->site, buf_str(&path), WORD_PREVIOUS_PAGE,
                     (struct blanks){0});
    buf_truncate(&path, listing->folder.len);
    buf_format(&path, "%zu", listing->page + 1);
    if (listing->page < count)
        listing_word(listing->out, listing->site, buf_str(&path), WORD_NEXT_PAGE,
                     (struct blanks){.n = listing->page + 1, .of = count});
    buf_free(&path);
}

void
page_begin(const struct site *site, struct response *response)
{
    struct buf type = {0};

    buf_format(&type, "text/gemini; charset=utf-8; lang=%s", site->config->blog.language);
    response_set(response, OUTCOME_OK, buf_str(&type));
    buf_free(&type);
}

static void
put_page(const struct listing_kind *kind, const struct listing *listing, struct response *response)
{
    bool is_home = kind == &home_kind && listing->page == 1;

    page_begin(listing->site, response);
    kind->head(listing);
    kind->list(listing);
    if (!is_home || listing_page_count(listing) > 1)
        gemtext_blank(listing->out);
    put_turns(listing);
    if (kind->tail && (!listing->site->is_light || is_home))
        kind->tail(listing);
    if (!is_home)
        listing_home(listing->out, listing->site);
}

static bool
answer_lone_page(const struct site *site, const struct request *request, struct response *response)
{
    struct str path = str_of(request->path);

    for (size_t i = 0; i < sizeof lone_pages / sizeof lone_pages[0]; i++) {
        struct listing listing = {.site = site};

        if (!str_ends(path, STR("/")) && match(str_of(lone_pages[i]->pattern), path, &listing) &&
            lone_pages[i]->answer(&listing, request, response))
            return true;
    }
    return false;
}

/* Links to pages must work, so that /2017/11 is the eleventh page of a year that has so many, and
 * else the month without its slash. */
static bool
answer_list(const struct site *site, struct str path, struct response *response)
{
    struct str folder = path, last;
    struct listing listing;
    const struct listing_kind *kind;
    struct buf slashed = {0};
    size_t page = 1;

    while (folder.len > 0 && folder.ptr[folder.len - 1] != '/')
        folder.len--;
    last = str_after(path, folder.len);
    kind = find_kind(site, folder, &listing);
    if (kind && (last.len == 0 || str_eq(last, STR("index.gmi")) ||
                 (listing_read_page(last, &page) && page <= listing_page_count(&listing)))) {
        listing.page = page;
        listing.out = &response->page;
        put_page(kind, &listing, response);
        return true;
    }
    buf_put(&slashed, path);
    buf_byte(&slashed, '/');
    kind = last.len > 0 ? find_kind(site, buf_str(&slashed), &listing) : NULL;
    if (kind)
        response_move(response, OUTCOME_MOVED, buf_str(&slashed));
    buf_free(&slashed);
    return kind != NULL;
}

bool
page_answer(const struct site *site, const struct request *request, struct response *response)
{
    return answer_lone_page(site, request, response) ||
           answer_list(site, str_of(request->path), response);
}
