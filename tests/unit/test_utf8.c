#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unictype.h>
#include <unistr.h>

#include "text/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { CODE_POINTS = 0x110000 };

/* What it calls usual is a whole character, and nothing that anybody has to treat in its own way.
 */
static void
knows_characters(void **state)
{
    size_t usual = 0;

    (void)state;
    for (ucs4_t c = 0; c < CODE_POINTS; c++) {
        uint8_t bytes[6];
        int size = u8_uctomb(bytes, c, sizeof bytes);

        if (size < 0 || utf8_usual_len((struct str){(const char *)bytes, (size_t)size}) == 0)
            continue;
        assert_int_equal(utf8_usual_len((struct str){(const char *)bytes, (size_t)size}), size);
        assert_false(c < 0xc0 || uc_is_property_white_space(c) ||
                     uc_is_general_category(c, UC_CATEGORY_Cc) || c == 0xfeff || c >= 0xfffe);
        usual++;
    }
    assert_true(usual > 0x8000);
}

/* Of all bytes in a row only what libunistring takes for a character, too. */
static void
refuses_what_is_none(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1 << 24; i++) {
        const uint8_t bytes[] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        size_t len = utf8_usual_len((struct str){(const char *)bytes, sizeof bytes});

        if (len > 0 && u8_check(bytes, len))
            assert_int_equal(i, -1);
    }
}

static void
ends_in_time(void **state)
{
    static const struct {
        struct str text;
        size_t len;
    } rows[] = {
        {{"", 0}, 0},
        {{"\u00e9", 1}, 0},
        {{"\u00e9", 2}, 2},
        {{"\u0928\u093e", 6}, 6},
        {{"\u0928\u093e", 5}, 3},
        {{"\u0928\u093e", 4}, 3},
        {{"\u00e9 \u00e9", 5}, 2},
        {{"a\u00e9", 3}, 0},
        {{"\u1680", 3}, 0},
        {{"\u2003", 3}, 0},
        {{"\u00a0", 2}, 0},
        {{"\u4e2d\u00df", 5}, 5},
        {{"\U0001f33e", 4}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(utf8_usual_len(rows[i].text), rows[i].len);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_characters),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(ends_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
