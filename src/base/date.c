#include "base/date.h"

#include <stdlib.h>

enum { MONTHS = 12, MINUTES_PER_DAY = 1440, OFFSET_MAX = 14 * 60 };

static const char *const month_names[MONTHS] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int year, int month)
{
    static const int days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool
date_is_real(struct date date)
{
    return date.year >= YEAR_MIN && date.year <= YEAR_MAX && date.month >= 1 &&
           date.month <= MONTHS && date.day >= 1 &&
           date.day <= days_in_month(date.year, date.month);
}

/* A number of exactly `digits` digits at the front of *rest. */
static bool
take_number(struct str *rest, size_t digits, int *number)
{
    unsigned long value;

    if (rest->len < digits || !str_number(str_head(*rest, digits), YEAR_MAX, &value))
        return false;
    *rest = str_after(*rest, digits);
    *number = (int)value;
    return true;
}

static bool
take_date(struct str *rest, struct date *date)
{
    return take_number(rest, 4, &date->year) && str_skip(rest, STR("-")) &&
           take_number(rest, 2, &date->month) && str_skip(rest, STR("-")) &&
           take_number(rest, 2, &date->day) && date_is_real(*date);
}

bool
date_parse(struct str text, struct date *date)
{
    return take_date(&text, date) && text.len == 0;
}

int
date_compare(struct date a, struct date b)
{
    if (a.year != b.year)
        return a.year - b.year;
    if (a.month != b.month)
        return a.month - b.month;
    return a.day - b.day;
}

void
date_put(struct buf *out, struct date date)
{
    buf_format(out, "%04d-%02d-%02d", date.year, date.month, date.day);
}

const char *
date_month_name(int month)
{
    return month_names[month - 1];
}

int
date_month_of_name(struct str name)
{
    for (int month = 1; month <= MONTHS; month++)
        if (str_eq(name, str_of(month_names[month - 1])))
            return month;
    return 0;
}

bool
moment_parse(struct str text, struct moment *moment)
{
    int hour = 0, minute = 0, offset_hour = 0, offset_minute = 0;
    bool west;

    *moment = (struct moment){0};
    if (!take_date(&text, &moment->date))
        return false;
    if (text.len == 0)
        return true;
    if (!str_skip(&text, STR(" ")) || !take_number(&text, 2, &hour) || !str_skip(&text, STR(":")) ||
        !take_number(&text, 2, &minute) || !str_skip(&text, STR(" ")))
        return false;
    west = str_starts(text, STR("-"));
    if (!west && !str_starts(text, STR("+")))
        return false;
    text = str_after(text, 1);
    if (!take_number(&text, 2, &offset_hour) || !take_number(&text, 2, &offset_minute))
        return false;
    moment->has_time = true;
    moment->minute_of_day = hour * 60 + minute;
    moment->offset_minutes = (offset_hour * 60 + offset_minute) * (west ? -1 : 1);
    return text.len == 0 && hour < 24 && minute < 60 && offset_minute < 60 &&
           abs(moment->offset_minutes) <= OFFSET_MAX;
}

void
moment_put(struct buf *out, struct moment moment)
{
    int offset = abs(moment.offset_minutes);

    date_put(out, moment.date);
    if (moment.has_time)
        buf_format(out, " %02d:%02d %c%02d%02d", moment.minute_of_day / 60,
                   moment.minute_of_day % 60, moment.offset_minutes < 0 ? '-' : '+', offset / 60,
                   offset % 60);
}

void
moment_put_rfc3339(struct buf *out, struct moment moment)
{
    int offset = abs(moment.offset_minutes);

    date_put(out, moment.date);
    if (!moment.has_time)
        buf_put(out, STR("T12:00:00Z"));
    else if (offset == 0)
        buf_format(out, "T%02d:%02d:00Z", moment.minute_of_day / 60, moment.minute_of_day % 60);
    else
        buf_format(out, "T%02d:%02d:00%c%02d:%02d", moment.minute_of_day / 60,
                   moment.minute_of_day % 60, moment.offset_minutes < 0 ? '-' : '+', offset / 60,
                   offset % 60);
}

/* Days since 1970-01-01, counted in years that begin in March so that leap days come last. */
static int64_t
days_since_1970(struct date date)
{
    int64_t year = date.month > 2 ? date.year : date.year - 1;
    int64_t month = (date.month + 9) % MONTHS;

    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + date.day - 1 -
           719468;
}

int64_t
moment_seconds(struct moment moment)
{
    int64_t minutes = days_since_1970(moment.date) * MINUTES_PER_DAY;

    if (moment.has_time)
        minutes += moment.minute_of_day - moment.offset_minutes;
    return minutes * 60;
}
