#include "site/calendar.h"

#include <stdlib.h>

#include "base/mem.h"
#include "site/listing.h"

static bool
on_month(void *ctx, const struct tally *tally)
{
    struct calendar *calendar = ctx;

    calendar->months = mem_grow(calendar->months, calendar->count + 1, sizeof *calendar->months);
    calendar->months[calendar->count++] =
        (struct calendar_month){tally->year, tally->month, tally->posts};
    return true;
}

void
calendar_load(struct calendar *calendar, struct catalog *catalog)
{
    *calendar = (struct calendar){0};
    catalog_months(catalog, on_month, calendar);
}

void
calendar_free(struct calendar *calendar)
{
    free(calendar->months);
    *calendar = (struct calendar){0};
}

size_t
calendar_next_year(const struct calendar *calendar, size_t place)
{
    size_t next = place;

    while (next < calendar->count && calendar->months[next].year == calendar->months[place].year)
        next++;
    return next;
}

size_t
calendar_find(const struct calendar *calendar, int year, int month)
{
    size_t place = 0;

    while (place < calendar->count && (calendar->months[place].year != year ||
                                       (month != 0 && calendar->months[place].month != month)))
        place++;
    return place;
}

/* Posts of the year that the month at place is in, from there on. */
static size_t
year_posts(const struct calendar *calendar, size_t place)
{
    size_t end = calendar_next_year(calendar, place), posts = 0;

    while (place < end)
        posts += calendar->months[place++].posts;
    return posts;
}

void
calendar_link_year(struct buf *out, const struct site *site, const struct calendar *calendar,
                   size_t place, enum word frame)
{
    struct buf path = {0}, name = {0};
    int year = calendar->months[place].year;

    buf_format(&path, "/%d/", year);
    buf_format(&name, "%d (%zu)", year, year_posts(calendar, place));
    listing_word(out, site, buf_str(&path), frame, (struct blanks){.text = buf_str(&name)});
    buf_free(&path);
    buf_free(&name);
}

void
calendar_link_month(struct buf *out, const struct site *site, const struct calendar_month *month,
                    enum word frame)
{
    struct buf path = {0}, name = {0};

    buf_format(&path, "/%d/%02d/", month->year, month->month);
    calendar_put_month(&name, site, month->year, month->month);
    buf_format(&name, " (%zu)", month->posts);
    listing_word(out, site, buf_str(&path), frame, (struct blanks){.text = buf_str(&name)});
    buf_free(&path);
    buf_free(&name);
}

void
calendar_put_month(struct buf *out, const struct site *site, int year, int month)
{
    word_put(
        out, site->tongue, WORD_MONTH_OF_YEAR,
        (struct blanks){.n = (size_t)year, .text = word_text(site->tongue, word_of_month(month))});
}
