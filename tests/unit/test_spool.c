#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "import/entries.h"
#include "import/spool.h"

#include <cmocka.h>

enum { PIECES = 3000, STEP = 997 };

/* Pieces of growing length, so that they cross what waits in memory. */
static void
gives_back_each_piece(void **state)
{
    static struct spool_piece pieces[PIECES];
    struct spool spool;
    struct buf text = {0};
    struct failure why;

    (void)state;
    assert_true(spool_open(&spool, ".", &why));
    for (int i = 0; i < PIECES; i++) {
        buf_truncate(&text, 0);
        for (int n = 0; n < i; n++)
            buf_byte(&text, (char)('a' + i % 26));
        assert_true(spool_put(&spool, buf_str(&text), &pieces[i], &why));
    }
    for (int n = 0, i = 0; n < PIECES; n++, i = (i + STEP) % PIECES) {
        buf_truncate(&text, 0);
        assert_true(spool_get(&spool, pieces[i], &text, &why));
        assert_int_equal(text.len, i);
        for (size_t at = 0; at < text.len; at++)
            assert_int_equal(text.ptr[at], 'a' + i % 26);
    }
    buf_free(&text);
    spool_close(&spool);
}

static void
add(struct entries *entries, const char *id, const char *date, bool dropped)
{
    struct entry entry = {.kind = ENTRY_POST, .is_text = true};
    struct failure why;

    buf_put(&entry.id, str_of(id));
    buf_put(&entry.title, str_of(id));
    buf_put(&entry.body, STR("A body.\n"));
    assert_true(moment_parse(str_of(date), &entry.published));
    assert_true(entries_add(entries, &entry, &why));
    entries->items[entries->count - 1].is_dropped = dropped;
    entry_free(&entry);
}

static void
keeps_entries_in_order(void **state)
{
    static const char *const order[] = {"d", "b", "a", "c"};
    struct entries entries;
    struct entry entry = {0};
    struct failure why;

    (void)state;
    assert_true(entries_open(&entries, NULL, &why));
    add(&entries, "a", "2017-05-05", false);
    add(&entries, "b", "2017-05-05 08:00 +0900", false); /* still the fourth in UTC */
    add(&entries, "x", "2016-05-05", true);
    add(&entries, "c", "2017-05-05 10:00 +0000", false);
    add(&entries, "d", "1981-01-01", false);
    entries_settle(&entries);
    assert_int_equal(entries.count, 4);
    for (size_t i = 0; i < entries.count; i++) {
        assert_string_equal(entries.items[i].id, order[i]);
        assert_true(entries_load(&entries, i, &entry, &why));
        assert_string_equal(buf_text(&entry.title), order[i]);
        assert_string_equal(buf_text(&entry.body), "A body.\n");
        assert_string_equal(buf_text(&entry.author), "");
        assert_true(entry.is_text);
    }
    buf_put(&entry.author, STR("A. Weaver"));
    assert_true(entries_replace(&entries, 1, &entry, &why));
    assert_true(entries_load(&entries, 1, &entry, &why));
    assert_string_equal(buf_text(&entry.author), "A. Weaver");
    entry_free(&entry);
    entries_close(&entries);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_each_piece),
        cmocka_unit_test(keeps_entries_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
