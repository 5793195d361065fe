#include <assert.h>

#include "site/books.h"
#include "site/calendar.h"
#include "site/listing.h"
#include "text/gemtext.h"
#include "text/wrap.h"

enum {
    BAR_MAX = 30, /* columns of the longest bar */
    MONTHS = 12,
    PICTURE_YEARS_MAX = 100, /* lines of the archive's picture: the newest years */
};

/* The most posts that a month of the year has: what the longest bar stands for. */
static size_t
most_of_year(const struct calendar *calendar, int year)
{
    size_t place = calendar_find(calendar, year, 0), most = 0;

    for (size_t end = calendar_next_year(calendar, place); place < end; place++)
        if (calendar->months[place].posts > most)
            most = calendar->months[place].posts;
    return most;
}

/* The short name of a month, as wide as the widest. */
static void
put_month(struct buf *out, enum tongue tongue, int month)
{
    struct str name = word_text(tongue, word_of_month_short(month));
    size_t widest = 0;

    for (int other = 1; other <= MONTHS; other++) {
        size_t width = wrap_width(word_text(tongue, word_of_month_short(other)));

        widest = width > widest ? width : widest;
    }
    buf_put(out, name);
    for (size_t width = wrap_width(name); width < widest; width++)
        buf_byte(out, ' ');
}

/* One column a post as long as the year's longest bar fits, at least one. */
static void
put_bar(const struct listing *listing, const struct calendar_month *month, size_t most)
{
    size_t columns = most <= BAR_MAX ? month->posts : month->posts * BAR_MAX / most;
    struct buf line = {0};

    if (columns == 0)
        columns = 1;
    put_month(&line, listing->site->tongue, month->month);
    buf_byte(&line, ' ');
    for (size_t i = 0; i < columns; i++)
        buf_put(&line, STR("█"));
    buf_format(&line, " %zu", month->posts);
    gemtext_block_line(listing->out, buf_str(&line));
    buf_free(&line);
}

/* The bars of some months, and the same in words for those who do not see them. */
static void
put_bars(const struct listing *listing, const struct calendar *calendar, size_t begin, size_t end)
{
    size_t most = most_of_year(calendar, listing->year);
    enum tongue tongue = listing->site->tongue;
    struct buf counts = {0}, alt = {0};

    if (listing->site->is_light)
        return;
    for (size_t i = begin; i < end; i++) {
        buf_put(&counts, i == begin ? STR("") : STR(", "));
        buf_put(&counts, word_text(tongue, word_of_month(calendar->months[i].month)));
        buf_format(&counts, " %zu", calendar->months[i].posts);
    }
    word_put(&alt, tongue, WORD_POSTS_IN,
             (struct blanks){.n = (size_t)listing->year, .text = buf_str(&counts)});
    gemtext_open_block(listing->out, buf_str(&alt));
    for (size_t i = begin; i < end; i++)
        put_bar(listing, &calendar->months[i], most);
    gemtext_close_block(listing->out);
    buf_free(&counts);
    buf_free(&alt);
}

static struct selection
selection_of(const struct listing *listing)
{
    return (struct selection){.year = listing->year, .month = listing->month};
}

static size_t
date_count(const struct listing *listing)
{
    struct selection which = selection_of(listing);

    return catalog_count(listing->site->catalog, &which);
}

static void
date_list(const struct listing *listing)
{
    struct selection which = selection_of(listing);

    listing_posts(listing, &which);
}

static void
year_head(const struct listing *listing)
{
    struct calendar calendar;
    struct buf title = {0};
    size_t begin, end;

    buf_format(&title, "%d", listing->year);
    listing_heading(listing, buf_str(&title));
    buf_free(&title);
    if (listing->page > 1)
        return;
    calendar_load(&calendar, listing->site->catalog);
    begin = calendar_find(&calendar, listing->year, 0);
    end = calendar_next_year(&calendar, begin);
    listing_total(listing);
    put_bars(listing, &calendar, begin, end);
    for (size_t i = begin; i < end; i++)
        calendar_link_month(listing->out, listing->site, &calendar.months[i], WORD_PLAIN);
    calendar_free(&calendar);
}

/* The year as one page, and as a book. */
static void
put_books(const struct listing *listing)
{
    struct buf year = {0}, path = {0};

    buf_format(&year, "%d", listing->year);
    buf_format(&path, "/book/%d.gmi", listing->year);
    books_link(listing->out, listing->site, buf_str(&path), WORD_ONE_PAGE, buf_str(&year));
    buf_truncate(&path, 0);
    buf_format(&path, "/book/%d.gpub", listing->year);
    books_link(listing->out, listing->site, buf_str(&path), WORD_BOOK_OF, buf_str(&year));
    buf_free(&year);
    buf_free(&path);
}

static void
year_tail(const struct listing *listing)
{
    struct calendar calendar;
    size_t begin, end;

    put_books(listing);
    calendar_load(&calendar, listing->site->catalog);
    begin = calendar_find(&calendar, listing->year, 0);
    end = calendar_next_year(&calendar, begin);
    if (end < calendar.count)
        calendar_link_year(listing->out, listing->site, &calendar, end, WORD_OLDER);
    if (begin > 0)
        calendar_link_year(listing->out, listing->site, &calendar,
                           calendar_find(&calendar, calendar.months[begin - 1].year, 0),
                           WORD_NEWER);
    listing_word(listing->out, listing->site, STR("/archive/"), WORD_ARCHIVE, (struct blanks){0});
    calendar_free(&calendar);
}

static void
month_head(const struct listing *listing)
{
    struct calendar calendar;
    struct buf title = {0};
    size_t place;

    calendar_put_month(&title, listing->site, listing->year, listing->month);
    listing_heading(listing, buf_str(&title));
    buf_free(&title);
    if (listing->page > 1)
        return;
    calendar_load(&calendar, listing->site->catalog);
    place = calendar_find(&calendar, listing->year, listing->month);
    assert(place < calendar.count);
    listing_total(listing);
    put_bars(listing, &calendar, place, place + 1);
    calendar_free(&calendar);
}

static void
month_tail(const struct listing *listing)
{
    struct calendar calendar;
    size_t place;

    calendar_load(&calendar, listing->site->catalog);
    place = calendar_find(&calendar, listing->year, listing->month);
    assert(place < calendar.count);
    if (place + 1 < calendar.count)
        calendar_link_month(listing->out, listing->site, &calendar.months[place + 1], WORD_OLDER);
    if (place > 0)
        calendar_link_month(listing->out, listing->site, &calendar.months[place - 1], WORD_NEWER);
    calendar_link_year(listing->out, listing->site, &calendar,
                       calendar_find(&calendar, listing->year, 0), WORD_PLAIN);
    calendar_free(&calendar);
}

/* A line for each year and one for each of its months. */
static size_t
archive_count(const struct listing *listing)
{
    struct calendar calendar;
    size_t lines;

    calendar_load(&calendar, listing->site->catalog);
    lines = calendar.count;
    for (size_t i = 0; i < calendar.count; i = calendar_next_year(&calendar, i))
        lines++;
    calendar_free(&calendar);
    return lines;
}

/* The same as the picture, for those who do not see it. */
static void
put_picture_in_words(struct buf *out, enum tongue tongue, const struct calendar *calendar,
                     size_t end)
{
    struct buf counts = {0};

    for (size_t i = 0; i < end; i++) {
        bool is_first = i == 0 || calendar->months[i].year != calendar->months[i - 1].year;

        if (is_first)
            buf_format(&counts, "%s%d: ", i == 0 ? "" : "; ", calendar->months[i].year);
        buf_put(&counts, is_first ? STR("") : STR(", "));
        buf_put(&counts, word_text(tongue, word_of_month(calendar->months[i].month)));
        buf_format(&counts, " %zu", calendar->months[i].posts);
    }
    word_put(out, tongue, WORD_POSTS_BY_MONTH, (struct blanks){.text = buf_str(&counts)});
    buf_free(&counts);
}

/* "2017 ▁ █  ▃ 14": a column for each month of the year that the one at place begins. */
static void
put_year_of_picture(struct buf *out, const struct calendar *calendar, size_t place, size_t most)
{
    static const struct str bars[] = {{"▁", 3}, {"▂", 3}, {"▃", 3}, {"▄", 3},
                                      {"▅", 3}, {"▆", 3}, {"▇", 3}, {"█", 3}};
    size_t levels = sizeof bars / sizeof bars[0], end = calendar_next_year(calendar, place);
    size_t total = 0;
    struct buf line = {0};

    assert(most > 0);
    buf_format(&line, "%d ", calendar->months[place].year);
    for (int month = 1; month <= MONTHS; month++) {
        bool is_there = end > place && calendar->months[end - 1].month == month;
        size_t posts = is_there ? calendar->months[--end].posts : 0;

        buf_put(&line, posts == 0 ? STR(" ") : bars[(posts * levels - 1) / most]);
        total += posts;
    }
    buf_format(&line, " %zu", total);
    gemtext_block_line(out, buf_str(&line));
    buf_free(&line);
}

/* A bar for each month, a line for each year. */
static void
put_picture(const struct listing *listing)
{
    struct calendar calendar;
    struct buf alt = {0}, lines = {0};
    size_t most = 0, years = 0, end = 0;

    calendar_load(&calendar, listing->site->catalog);
    for (size_t i = 0; i < calendar.count; i++)
        most = calendar.months[i].posts > most ? calendar.months[i].posts : most;
    for (; end < calendar.count && years < PICTURE_YEARS_MAX; years++) {
        put_year_of_picture(&lines, &calendar, end, most);
        end = calendar_next_year(&calendar, end);
    }
    put_picture_in_words(&alt, listing->site->tongue, &calendar, end);
    gemtext_open_block(listing->out, buf_str(&alt));
    gemtext_block_line(listing->out, STR("     1  4  7  10"));
    buf_put(listing->out, buf_str(&lines));
    gemtext_close_block(listing->out);
    calendar_free(&calendar);
    buf_free(&alt);
    buf_free(&lines);
}

static void
archive_head(const struct listing *listing)
{
    listing_heading(listing, word_text(listing->site->tongue, WORD_ARCHIVE));
    if (listing->page == 1 && !listing->site->is_light)
        put_picture(listing);
}

static void
archive_tail(const struct listing *listing)
{
    listing_word(listing->out, listing->site, STR("/random"), WORD_RANDOM_POST, (struct blanks){0});
    listing_word(listing->out, listing->site, STR("/stats.gmi"), WORD_STATISTICS,
                 (struct blanks){0});
}

static void
archive_list(const struct listing *listing)
{
    struct calendar calendar;
    size_t line = 0, begin = listing_skip(listing), end = begin + listing_page_size(listing);

    calendar_load(&calendar, listing->site->catalog);
    gemtext_blank(listing->out);
    for (size_t i = 0; i < calendar.count && line < end; i++, line++) {
        bool first = i == 0 || calendar.months[i].year != calendar.months[i - 1].year;

        if (first && line++ >= begin)
            calendar_link_year(listing->out, listing->site, &calendar, i, WORD_PLAIN);
        if (line >= begin && line < end)
            calendar_link_month(listing->out, listing->site, &calendar.months[i], WORD_PLAIN);
    }
    calendar_free(&calendar);
}

const struct listing_kind year_kind = {"/YYYY/", date_count, year_head, date_list, year_tail, NULL};
const struct listing_kind month_kind = {"/YYYY/MM/", date_count, month_head,
                                        date_list,   month_tail, NULL};
const struct listing_kind archive_kind = {"/archive/",  archive_count, archive_head,
                                          archive_list, archive_tail,  NULL};
