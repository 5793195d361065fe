#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "import/record.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
reads_instants(void **state)
{
    static const struct {
        const char *text, *moment; /* NULL: not an instant */
        int milliseconds;
    } rows[] = {
        {"2012-10-27T23:01:00.000+11:00", "2012-10-27 23:01 +1100", 0},
        {"2012-10-27T23:01:59.5Z", "2012-10-27 23:01 +0000", 59500},
        {"2012-10-27t23:01:07.123456z", "2012-10-27 23:01 +0000", 7123},
        {"2012-10-27 23:01:07.05-0330", "2012-10-27 23:01 -0330", 7050},
        {"  1981-01-01T00:00:00+05:45\n", "1981-01-01 00:00 +0545", 0},
        {"2016-12-31T23:59:60Z", "2016-12-31 23:59 +0000", 59999}, /* a leap second */
        {"2012-10-27T23:01:00.+11:00", NULL, 0},
        {"2012-10-27T23:01:00", NULL, 0},
        {"2012-10-27T23:01Z", NULL, 0},
        {"2012-10-27", NULL, 0},
        {"2012-02-30T23:01:00Z", NULL, 0},
        {"2012-10-27T24:01:00Z", NULL, 0},
        {"2012-10-27T23:60:00Z", NULL, 0},
        {"2012-10-27T23:01:61Z", NULL, 0},
        {"2012-10-27T23:01:00+15:00", NULL, 0},
        {"2012-10-27T23:01:00Z.", NULL, 0},
        {"2012-10-27X23:01:00Z", NULL, 0},
        {"", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct instant instant;
        struct buf shown = {0};
        bool known = instant_parse(str_of(rows[i].text), &instant);

        assert_int_equal(known, rows[i].moment != NULL);
        assert_int_equal(instant.known, known);
        if (!known)
            continue;
        moment_put(&shown, instant.moment);
        assert_string_equal(buf_text(&shown), rows[i].moment);
        assert_int_equal(instant.milliseconds, rows[i].milliseconds);
        buf_free(&shown);
    }
}

static void
hides_addresses_of_authors(void **state)
{
    static const struct {
        const char *name, *shown;
    } rows[] = {
        {"Ines", "Ines"},           {"ines@example.org", "ines"},       {"@ines", "@ines"},
        {"ines@home", "ines@home"}, {"Me @ St. Ives", "Me @ St. Ives"}, {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(str_eq(author_name(str_of(rows[i].name)), str_of(rows[i].shown)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_instants),
        cmocka_unit_test(hides_addresses_of_authors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
