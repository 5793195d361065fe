#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/stash.h"

enum { TEXTS = 200, STEP = 1000 }; /* the last ones are longer than what is copied at once */

/* A text of its own for each number. */
static void
put_text(struct buf *text, size_t number)
{
    buf_truncate(text, 0);
    for (size_t i = 0; i < number * STEP; i += 8)
        buf_format(text, "%03zu %03zu ", number, i / 8 % 1000);
}

static void
expect_page(const struct stash *stash, const struct buf *wanted)
{
    char *got = malloc(wanted->len + 1);

    assert_int_equal(read(stash->page, got, wanted->len + 1), wanted->len);
    assert_memory_equal(got, buf_text(wanted), wanted->len);
    free(got);
}

static void
test_any_order(void **state)
{
    static const size_t order[] = {TEXTS - 1, 0, 1, 0, TEXTS / 2, TEXTS - 1};
    struct stash stash;
    struct buf text = {0};
    struct failure why;

    (void)state;
    assert_true(stash_open(&stash, &why));
    for (size_t i = 0; i < TEXTS; i++) {
        put_text(&text, i);
        assert_true(stash_clear(&stash, &why));
        assert_true(stash_put(&stash, str_head(buf_str(&text), i), &why));
        assert_true(stash_put(&stash, str_after(buf_str(&text), i), &why));
        assert_true(stash_keep(&stash, &why));
        if (i == TEXTS / 2)
            assert_true(stash_show(&stash, i / 2, &why));
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        put_text(&text, order[i]);
        assert_true(stash_show(&stash, order[i], &why));
        expect_page(&stash, &text);
    }
    stash_close(&stash);
    buf_free(&text);
}

static void
test_no_folder(void **state)
{
    const char *folder = getenv("TMPDIR");
    char *before = folder ? strdup(folder) : NULL;
    struct stash stash;
    struct failure why;

    (void)state;
    setenv("TMPDIR", "/nowhere", 1);
    assert_false(stash_open(&stash, &why));
    assert_non_null(strstr(why.text, "no temporary file in /nowhere"));
    stash_close(&stash);
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    free(before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
