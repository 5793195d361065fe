#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/date.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
reads_real_days_only(void **state)
{
    static const char *const days[] = {
        "2017-12-05", "2016-02-29", "2000-02-29", "1000-01-01", "9999-12-31", "2017-04-30",
    };
    static const char *const others[] = {
        "",           "2017-02-29",  "1900-02-29",  "2017-04-31", "2017-13-01",  "2017-00-10",
        "2017-01-00", "0999-12-31",  "10000-01-01", "2017-1-05",  "2017-01-5",   "2017/01/05",
        "20170105",   "2017-01-05 ", " 2017-01-05", "2017-01-+5", "２017-01-05",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(days); i++) {
        struct date date;
        struct buf out = {0};

        assert_true(date_parse(str_of(days[i]), &date));
        date_put(&out, date);
        assert_string_equal(buf_text(&out), days[i]);
        buf_free(&out);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        struct date date;

        assert_false(date_parse(str_of(others[i]), &date));
    }
    assert_false(date_is_real((struct date){0}));
    assert_false(date_is_real((struct date){.year = 2017, .month = -1, .day = 1}));
}

static void
orders_days(void **state)
{
    static const struct date days[] = {{2016, 12, 31}, {2017, 1, 1}, {2017, 1, 2}, {2017, 2, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(days); i++)
        for (size_t j = 0; j < COUNT(days); j++) {
            int order = date_compare(days[i], days[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void
names_months(void **state)
{
    (void)state;
    assert_string_equal(date_month_name(1), "January");
    assert_string_equal(date_month_name(12), "December");
    for (int month = 1; month <= 12; month++)
        assert_int_equal(date_month_of_name(str_of(date_month_name(month))), month);
    assert_int_equal(date_month_of_name(STR("Jan")), 0);
    assert_int_equal(date_month_of_name(STR("")), 0);
}

static void
reads_moments(void **state)
{
    static const struct {
        const char *text;
        bool has_time;
        int minute_of_day, offset_minutes;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01", false, 0, 0, 0},
        {"1970-01-01 00:00 +0000", true, 0, 0, 0},
        {"1970-01-01 07:00 +0700", true, 420, 420, 0},
        {"1969-12-31 20:30 -0330", true, 1230, -210, 0},
        {"2000-02-29 23:59 +1400", true, 1439, 840, 951818340},
        {"2017-12-05 12:34 +0545", true, 754, 345, 1512456540},
        {"2000-03-01", false, 0, 0, 951868800},
        {"1000-01-01", false, 0, 0, -30610224000},
        {"9999-12-31", false, 0, 0, 253402214400},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct moment moment;
        struct buf out = {0};

        assert_true(moment_parse(str_of(rows[i].text), &moment));
        assert_int_equal(moment.has_time, rows[i].has_time);
        assert_int_equal(moment.minute_of_day, rows[i].minute_of_day);
        assert_int_equal(moment.offset_minutes, rows[i].offset_minutes);
        assert_true(moment_seconds(moment) == rows[i].seconds);
        moment_put(&out, moment);
        assert_string_equal(buf_text(&out), rows[i].text);
        buf_free(&out);
    }
}

static void
refuses_other_moments(void **state)
{
    static const char *const others[] = {
        "2017-12-05 ",
        "2017-12-05 12:34",
        "2017-12-05 12:34 ",
        "2017-12-05 12:34 +",
        "2017-12-05 12:34 +07",
        "2017-12-05 12:34 0700",
        "2017-12-05 12:34 +0700 ",
        "2017-12-05 12:34 +0760",
        "2017-12-05 12:34 +1401",
        "2017-12-05 12:34 -1401",
        "2017-12-05 24:00 +0000",
        "2017-12-05 12:60 +0000",
        "2017-12-05T12:34 +0000",
        "2017-12-05  12:34 +0000",
        "2017-12-05 1:34 +0000",
        "2017-02-30 12:34 +0000",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        struct moment moment;

        assert_false(moment_parse(str_of(others[i]), &moment));
    }
}

static void
writes_moments_for_feeds(void **state)
{
    static const struct {
        const char *moment, *rfc3339;
    } rows[] = {
        {"2017-12-05", "2017-12-05T12:00:00Z"},
        {"2017-12-05 09:30 +0545", "2017-12-05T09:30:00+05:45"},
        {"2017-12-05 00:05 -0230", "2017-12-05T00:05:00-02:30"},
        {"2017-12-05 23:59 +0000", "2017-12-05T23:59:00Z"},
        {"1000-01-01 00:00 -0000", "1000-01-01T00:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct moment moment;
        struct buf out = {0};

        assert_true(moment_parse(str_of(rows[i].moment), &moment));
        moment_put_rfc3339(&out, moment);
        assert_string_equal(buf_text(&out), rows[i].rfc3339);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_real_days_only),  cmocka_unit_test(orders_days),
        cmocka_unit_test(names_months),          cmocka_unit_test(reads_moments),
        cmocka_unit_test(refuses_other_moments), cmocka_unit_test(writes_moments_for_feeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
