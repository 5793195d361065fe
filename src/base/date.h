#ifndef BASE_DATE_H
#define BASE_DATE_H

/*
 * Calendar dates as a post shows them: the date is the one the author saw, in the zone of the
 * blog, and is never shifted. A moment is a date that may also know its time of day and offset.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { YEAR_MIN = 1000, YEAR_MAX = 9999 };

struct date {
    int year, month, day; /* month and day from 1; all 0: no date */
};

struct moment {
    struct date date;
    bool has_time;
    int minute_of_day;  /* 0 to 1439, local */
    int offset_minutes; /* east of UTC */
};

/* Exactly YYYY-MM-DD and a real day of the Gregorian calendar. */
bool date_parse(struct str text, struct date *date);
bool date_is_real(struct date date);
int date_compare(struct date a, struct date b);
void date_put(struct buf *out, struct date date); /* YYYY-MM-DD */

/* "January" to "December". */
const char *date_month_name(int month);

/* The month of an English name, 0 when it is none. */
int date_month_of_name(struct str name);

/* YYYY-MM-DD, or YYYY-MM-DD HH:MM ±HHMM (offset at most 14 hours). */
bool moment_parse(struct str text, struct moment *moment);
void moment_put(struct buf *out, struct moment moment);

/* As RFC 3339 writes it; without a time it is noon in UTC, which is that day nearly everywhere. */
void moment_put_rfc3339(struct buf *out, struct moment moment);

/* Seconds since 1970 in UTC; a moment without a time counts as 00:00 UTC. */
int64_t moment_seconds(struct moment moment);

#endif
