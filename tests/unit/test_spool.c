#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

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

/* An entry with something in each field, in memory that was used before. */
static void
fill(struct entry *entry, int former)
{
    const struct moment noon = {{2017, 5, 5}, .has_time = true, 720, -90};

    memset(entry, former, sizeof *entry);
    entry->kind = ENTRY_COMMENT;
    entry->status = ENTRY_DRAFT;
    entry->published.date = noon.date;
    entry->published.has_time = noon.has_time;
    entry->published.minute_of_day = noon.minute_of_day;
    entry->published.offset_minutes = noon.offset_minutes;
    entry->updated.moment.date = noon.date;
    entry->updated.moment.has_time = noon.has_time;
    entry->updated.moment.minute_of_day = 721;
    entry->updated.moment.offset_minutes = noon.offset_minutes;
    entry->updated.milliseconds = 59999;
    entry->updated.known = true;
    entry->position = 7;
    entry->summary = 3;
    entry->is_text = entry->truncated = entry->is_partial = true;
    entry->is_saved = entry->is_removed = true;
    entry->id = entry->title = entry->language = entry->author = (struct buf){0};
    entry->body = entry->labels = entry->old = entry->original = (struct buf){0};
    entry->source = entry->links = entry->losses = entry->post_id = (struct buf){0};
    entry->reply_to = (struct buf){0};
    buf_put(&entry->id, STR("blogger:9"));
    buf_put(&entry->reply_to, STR("8"));
}

static void
packs_what_was_set(void **state)
{
    struct buf packed = {0}, again = {0};
    struct entry entry, other, back = {0};

    (void)state;
    fill(&entry, 0);
    fill(&other, 0xff);
    entry_pack(&packed, &entry);
    entry_pack(&again, &other);
    assert_true(str_eq(buf_str(&packed), buf_str(&again)));
    entry_unpack(&back, buf_str(&packed));
    assert_int_equal(back.kind, ENTRY_COMMENT);
    assert_int_equal(back.status, ENTRY_DRAFT);
    assert_memory_equal(&back.published.date, &entry.published.date, sizeof(struct date));
    assert_true(back.published.has_time);
    assert_int_equal(back.published.minute_of_day, 720);
    assert_int_equal(back.published.offset_minutes, -90);
    assert_memory_equal(&back.updated.moment.date, &entry.published.date, sizeof(struct date));
    assert_true(back.updated.moment.has_time);
    assert_int_equal(back.updated.moment.minute_of_day, 721);
    assert_int_equal(back.updated.moment.offset_minutes, -90);
    assert_int_equal(back.updated.milliseconds, 59999);
    assert_true(back.updated.known);
    assert_int_equal(back.position, 7);
    assert_int_equal(back.summary, 3);
    assert_true(back.is_text && back.truncated && back.is_partial);
    assert_true(back.is_saved && back.is_removed);
    assert_string_equal(buf_text(&back.id), "blogger:9");
    assert_string_equal(buf_text(&back.title), "");
    assert_string_equal(buf_text(&back.reply_to), "8");
    buf_free(&packed);
    buf_free(&again);
    entry_free(&entry);
    entry_free(&other);
    entry_free(&back);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_each_piece),
        cmocka_unit_test(keeps_entries_in_order),
        cmocka_unit_test(packs_what_was_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
