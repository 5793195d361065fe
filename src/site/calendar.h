#ifndef SITE_CALENDAR_H
#define SITE_CALENDAR_H

/* How many posts each month has: what the pages of dates are made of. Months without posts are
 * not in it. */

#include <stddef.h>

#include "site/site.h"

struct calendar_month {
    int year, month;
    size_t posts;
};

struct calendar {
    struct calendar_month *months; /* newest first */
    size_t count;
};

/* Every month; end with calendar_free. */
void calendar_load(struct calendar *calendar, struct catalog *catalog);
void calendar_free(struct calendar *calendar);

/* The place of the first month after place that is of another year, or count. */
size_t calendar_next_year(const struct calendar *calendar, size_t place);

/* The place of the newest month of the year, or of this month; count when there is none. */
size_t calendar_find(const struct calendar *calendar, int year, int month);

/* Links to the page of the year that the month at place begins, and of a month, with their counts,
 * framed by a word. */
void calendar_link_year(struct buf *out, const struct site *site, const struct calendar *calendar,
                        size_t place, enum word frame);
void calendar_link_month(struct buf *out, const struct site *site,
                         const struct calendar_month *month, enum word frame);

/* Appends "December 2017". */
void calendar_put_month(struct buf *out, const struct site *site, int year, int month);

#endif
