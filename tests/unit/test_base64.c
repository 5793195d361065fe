#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/base64.h"

static const struct {
    const char *text, *bytes; /* NULL: no base64 */
} rows[] = {
    {"", ""},
    {" \n", ""},
    {"Zg==", "f"},
    {"Zg", "f"},
    {"Zm8=", "fo"},
    {"Zm8", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {" Zm\r\n9v\tYmFy\f", "foobar"},
    {"Zm9v YmE = ", "fooba"},
    {"w7/Dvj8+", "\xc3\xbf\xc3\xbe?>"},
    {"Z", NULL},
    {"Zm9vY", NULL},
    {"Zg=", NULL},
    {"Zg===", NULL},
    {"=", NULL},
    {"Z=g=", NULL},
    {"Zg==Zg==", NULL},
    {"Zm9!", NULL},
    {"Zm9\xc3", NULL},
    {"Zm-_", NULL},
    {"<svg>", NULL},
};

static void
test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};

        buf_put(&out, STR("before "));
        assert_int_equal(base64_decode(&out, str_of(rows[i].text)), rows[i].bytes != NULL);
        assert_memory_equal(buf_text(&out), "before ", 7);
        assert_string_equal(buf_text(&out) + 7, rows[i].bytes ? rows[i].bytes : "");
        buf_free(&out);
    }
}

static void
test_nul(void **state)
{
    struct buf out = {0};

    (void)state;
    assert_true(base64_decode(&out, STR("AAAA")));
    assert_int_equal(out.len, 3);
    buf_truncate(&out, 0);
    assert_false(base64_decode(&out, (struct str){"Zm\0v", 4}));
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_nul)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
