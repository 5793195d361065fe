#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include "serve/zone.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FRIEND       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define STRANGER     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char private_path[] = "/private/", inner_path[] = "/private/inner/", friend_key[] = FRIEND;

static struct zone zones[] = {
    {.path = private_path, .any = true},
    {.path = inner_path, .keys = {.items = {friend_key}, .count = 1}},
};

static const struct config config = {.zones = zones, .zone_count = COUNT(zones)};

static const struct tls_client_certificate none = {.present = false};
static const struct tls_client_certificate ally = {true, true, true, FRIEND};
static const struct tls_client_certificate stranger = {true, true, true, STRANGER};
static const struct tls_client_certificate late = {true, false, true, FRIEND};
static const struct tls_client_certificate damaged = {true, true, false, FRIEND};
static const struct tls_client_certificate late_stranger = {true, false, true, STRANGER};

static void
test_zones(void **state)
{
    static const struct {
        const char *path;
        const struct tls_client_certificate *certificate;
        enum outcome outcome;
    } rows[] = {
        /* L13: by segments */
        {"/", &none, OUTCOME_OK},
        {"/private", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/private/", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/private/x/y.gmi", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/private-not/", &none, OUTCOME_OK},
        {"/private.gmi", &none, OUTCOME_OK},
        {"/Private/", &none, OUTCOME_OK},
        {"/x/private/", &none, OUTCOME_OK},
        /* L12: none, then the certificate itself, then who it is */
        {"/private/", &ally, OUTCOME_OK},
        {"/private/", &stranger, OUTCOME_OK},
        {"/private/", &late, OUTCOME_CERTIFICATE_INVALID},
        {"/private/", &damaged, OUTCOME_CERTIFICATE_INVALID},
        {"/", &damaged, OUTCOME_OK},
        /* the light form of what is in one */
        {"/light/private/x~2.gmi", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/light/private", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/light/private/", &ally, OUTCOME_OK},
        {"/light/x", &none, OUTCOME_OK},
        {"/lightprivate/", &none, OUTCOME_OK},
        /* the longest zone counts */
        {"/private/inner", &none, OUTCOME_CERTIFICATE_NEEDED},
        {"/private/inner/", &ally, OUTCOME_OK},
        {"/private/inner/x", &stranger, OUTCOME_CERTIFICATE_REFUSED},
        {"/private/inner/x", &late_stranger, OUTCOME_CERTIFICATE_INVALID},
        {"/private/inner2/x", &stranger, OUTCOME_OK},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum outcome outcome = zone_check(&config, str_of(rows[i].path), rows[i].certificate);

        if (outcome != rows[i].outcome)
            fail_msg("row %zu: %s: %d", i, rows[i].path, outcome);
    }
}

static void
test_order_of_zones_is_free(void **state)
{
    struct zone swapped[] = {zones[1], zones[0]};
    const struct config other = {.zones = swapped, .zone_count = COUNT(swapped)};

    (void)state;
    assert_int_equal(zone_check(&other, STR("/private/inner/x"), &stranger),
                     OUTCOME_CERTIFICATE_REFUSED);
    assert_int_equal(zone_check(&other, STR("/private/x"), &stranger), OUTCOME_OK);
}

static void
test_zone_of_everything(void **state)
{
    char root[] = "/";
    struct zone all = {.path = root, .any = true};
    const struct config closed = {.zones = &all, .zone_count = 1};

    (void)state;
    assert_int_equal(zone_check(&closed, STR("/"), &none), OUTCOME_CERTIFICATE_NEEDED);
    assert_int_equal(zone_check(&closed, STR("/x"), &none), OUTCOME_CERTIFICATE_NEEDED);
    assert_int_equal(zone_check(&closed, STR("/x"), &stranger), OUTCOME_OK);
}

/* A zone with neither `any` nor keys lets nobody in. */
static void
test_zone_without_keys(void **state)
{
    struct zone empty = {.path = private_path};
    const struct config closed = {.zones = &empty, .zone_count = 1};

    (void)state;
    assert_int_equal(zone_check(&closed, STR("/private/"), &ally), OUTCOME_CERTIFICATE_REFUSED);
}

static void
test_no_zones(void **state)
{
    const struct config open = {.zone_count = 0};

    (void)state;
    assert_int_equal(zone_check(&open, STR("/private/"), &none), OUTCOME_OK);
}

static void
a_reader_is_told_why(void **state)
{
    (void)state;
    assert_int_equal(zone_reason(OUTCOME_CERTIFICATE_NEEDED), WORD_CERTIFICATE_NEEDED);
    assert_int_equal(zone_reason(OUTCOME_CERTIFICATE_REFUSED), WORD_CERTIFICATE_REFUSED);
    assert_int_equal(zone_reason(OUTCOME_CERTIFICATE_INVALID), WORD_CERTIFICATE_INVALID);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_order_of_zones_is_free),
        cmocka_unit_test(test_zone_of_everything),
        cmocka_unit_test(test_zone_without_keys),
        cmocka_unit_test(test_no_zones),
        cmocka_unit_test(a_reader_is_told_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
