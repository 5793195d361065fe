#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "import/unite.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { ENTRIES = 3 };

/* What differs between entries; NULL is empty. */
struct kind {
    const char *id, *body, *title, *labels, *old, *author, *post_id;
    enum entry_kind kind;
    enum entry_status status;
    int updated; /* day of January 2020, 0: not known */
    int offset;  /* of the time of publishing, which is one moment; -1: only its date is known */
    bool is_text, is_partial, is_saved;
};

static void
put(struct buf *out, const char *text)
{
    buf_put(out, str_of(text));
}

static void
add(struct entries *entries, struct label_list *labels, const struct kind *kind)
{
    struct entry entry = {
        .kind = kind->kind,
        .status = kind->status,
        .is_text = kind->is_text,
        .is_partial = kind->is_partial,
        .is_saved = kind->is_saved,
        .published = {.date = {2019, 3, 9},
                      .has_time = kind->offset >= 0,
                      .minute_of_day = kind->offset >= 0 ? 600 + kind->offset : 0,
                      .offset_minutes = kind->offset >= 0 ? kind->offset : 0},
        .updated = {.known = kind->updated > 0, .moment = {.date = {2020, 1, kind->updated}}},
    };
    struct failure why;

    put(&entry.id, kind->id);
    put(&entry.body, kind->body);
    put(&entry.title, kind->title);
    put(&entry.labels, kind->labels);
    put(&entry.old, kind->old);
    put(&entry.author, kind->author);
    put(&entry.post_id, kind->post_id);
    put(&entry.source, kind->is_text ? "9a:1" : kind->is_saved ? "page:5" : "blog:5");
    label_list_add(labels, buf_str(&entry.labels));
    assert_true(entries_add(entries, &entry, &why));
    entry_free(&entry);
}

static void
assert_text(const struct buf *text, const char *expected)
{
    assert_string_equal(buf_text(text), expected ? expected : "");
}

static void
assert_is(const struct entry *entry, const struct kind *kind)
{
    assert_text(&entry->id, kind->id);
    assert_text(&entry->body, kind->body);
    assert_text(&entry->title, kind->title);
    assert_text(&entry->labels, kind->labels);
    assert_text(&entry->old, kind->old);
    assert_text(&entry->author, kind->author);
    assert_text(&entry->post_id, kind->post_id);
    assert_int_equal(entry->kind, kind->kind);
    assert_int_equal(entry->published.has_time, kind->offset >= 0);
    assert_int_equal(entry->published.offset_minutes, kind->offset >= 0 ? kind->offset : 0);
}

/* Whatever the order in which they come, the entries become the result. */
static void
assert_united(const struct kind *kinds, const struct kind *result, bool is_turned)
{
    struct entries entries;
    struct label_list labels = {.count = 0};
    struct unite_counts counts = {0};
    struct entry entry = {0};
    struct failure why;
    size_t count = 0;

    assert_true(entries_open(&entries, NULL, &why));
    while (count < ENTRIES && kinds[count].id)
        count++;
    for (size_t i = 0; i < count; i++)
        add(&entries, &labels, &kinds[is_turned ? count - 1 - i : i]);
    assert_true(unite_entries(&entries, &labels, &counts, &why));
    assert_int_equal(entries.count, 1);
    assert_int_equal(counts.same, count - 1);
    assert_true(entries_load(&entries, 0, &entry, &why));
    assert_is(&entry, result);
    for (size_t i = 0; i < labels.count; i++)
        assert_int_equal(labels.items[i].uses,
                         str_has_line(buf_str(&entry.labels), labels.items[i].name));
    label_list_free(&labels);
    entry_free(&entry);
    entries_close(&entries);
}

#define ID   "blogger:1"
#define PATH "/2019/03/a.html"
#define TEXT "text:2019-03-09:the shelves"

static void
the_better_one_wins(void **state)
{
    static const struct {
        const char *what;
        struct kind kinds[ENTRIES], result;
    } rows[] = {
        {"the later one",
         {{.id = ID, .body = "Old.", .title = "A", .updated = 1},
          {.id = ID, .body = "New", .title = "B", .updated = 2}},
         {.id = ID, .body = "New", .title = "B"}},
        {"of one time the longer one",
         {{.id = ID, .body = "Short.", .updated = 1}, {.id = ID, .body = "Longer.", .updated = 1}},
         {.id = ID, .body = "Longer."}},
        {"a whole one, though it is older",
         {{.id = ID, .body = "All of it.", .updated = 1},
          {.id = ID, .body = "All of", .updated = 2, .is_partial = true}},
         {.id = ID, .body = "All of it."}},
        {"Blogger's data before a capture, which knows no better labels",
         {{.id = TEXT,
           .title = "The shelves",
           .body = "A long text.",
           .labels = "Tides\nSea\n",
           .is_text = true,
           .offset = -1},
          {.id = ID, .title = "The shelves", .body = "Text.", .labels = "Tides\n"}},
         {.id = ID, .title = "The shelves", .body = "Text.", .labels = "Tides\n"}},
        {"a label that was taken away goes",
         {{.id = ID, .body = "x", .labels = "Tides\nSea\n", .updated = 1},
          {.id = ID, .body = "x", .labels = "Tides\n", .updated = 2}},
         {.id = ID, .body = "x", .labels = "Tides\n"}},
        {"also from a body that is taken for being whole",
         {{.id = ID, .body = "Whole.", .labels = "Tides\nSea\n", .updated = 1},
          {.id = ID, .body = "Who", .labels = "Tides\n", .updated = 2, .is_partial = true}},
         {.id = ID, .body = "Whole.", .labels = "Tides\n"}},
        {"a saved page knows no better labels",
         {{.id = ID, .body = "x", .labels = "Tides\n", .updated = 1},
          {.id = ID, .body = "Newer", .labels = "Gone\n", .updated = 2, .is_saved = true}},
         {.id = ID, .body = "Newer", .labels = "Tides\n"}},
        {"but those of two pages are united",
         {{.id = ID, .body = "x", .labels = "A\n", .is_saved = true},
          {.id = ID, .body = "xx", .labels = "B\n", .is_saved = true}},
         {.id = ID, .body = "xx", .labels = "B\nA\n"}},
        {"even when a third comes to them",
         {{.id = ID, .body = "x", .labels = "A\n", .updated = 1, .title = "The shelves"},
          {.id = ID,
           .body = "y",
           .labels = "B\n",
           .updated = 2,
           .title = "The shelves",
           .is_saved = true},
          {.id = TEXT, .title = "The shelves", .labels = "C\n", .is_text = true, .offset = -1}},
         {.id = ID, .body = "y", .labels = "A\n", .title = "The shelves"}},
        {"what one lacks comes from the other",
         {{.id = ID, .body = "x", .author = "Ama", .old = PATH, .updated = 1},
          {.id = ID, .body = "y", .updated = 2}},
         {.id = ID, .body = "y", .author = "Ama", .old = PATH}},
        {"of one moment the clock of the blog",
         {{.id = ID, .body = "x", .updated = 2}, {.id = ID, .body = "x", .offset = 60}},
         {.id = ID, .body = "x", .offset = 60}},
        {"one address is one post, and the number its id",
         {{.id = "path:" PATH, .body = "Longer.", .old = PATH, .is_saved = true},
          {.id = ID, .body = "x", .old = PATH, .updated = 1}},
         {.id = ID, .body = "x", .old = PATH}},
        {"three ways to know one post",
         {{.id = ID, .title = "The Shelves", .body = "x", .old = PATH, .updated = 1},
          {.id = "path:" PATH, .title = "The shelves", .body = "y", .old = PATH, .is_saved = true},
          {.id = TEXT, .title = "The shelves", .body = "z", .is_text = true, .offset = -1}},
         {.id = ID, .title = "The Shelves", .body = "x", .old = PATH}},
        {"the number of a comment's post before its address",
         {{.id = ID, .body = "x", .post_id = "path:" PATH, .kind = ENTRY_COMMENT, .is_saved = true},
          {.id = ID, .body = "x", .post_id = "7", .kind = ENTRY_COMMENT, .updated = 1}},
         {.id = ID, .body = "x", .post_id = "7", .kind = ENTRY_COMMENT}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_united(rows[i].kinds, &rows[i].result, false);
        assert_united(rows[i].kinds, &rows[i].result, true);
    }
}

static void
what_is_not_one_stays_two(void **state)
{
    static const struct kind rows[][2] = {
        {{.id = ID, .old = PATH}, {.id = "blogger:2", .old = PATH}},
        {{.id = ID}, {.id = ID, .kind = ENTRY_COMMENT}},
        {{.id = ID, .title = "The shelves"}, {.id = "blogger:2", .title = "The shelves"}},
        {{.id = ID, .title = "The shelves"},
         {.id = "text:2019-03-09:shelves", .title = "Shelves", .is_text = true}},
        {{.id = "draft:1", .title = "The shelves", .status = ENTRY_DRAFT},
         {.id = TEXT, .title = "The shelves", .is_text = true}},
        {{.id = "path:" PATH, .old = PATH}, {.id = ID, .old = PATH, .kind = ENTRY_COMMENT}},
        {{.id = "text:1"}, {.id = "text:2"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t first = 0; first < 2; first++) {
            struct entries entries;
            struct label_list labels = {.count = 0};
            struct unite_counts counts = {0};
            struct failure why;

            assert_true(entries_open(&entries, NULL, &why));
            add(&entries, &labels, &rows[i][first]);
            add(&entries, &labels, &rows[i][1 - first]);
            assert_true(unite_entries(&entries, &labels, &counts, &why));
            assert_int_equal(entries.count, 2);
            assert_int_equal(counts.same, 0);
            label_list_free(&labels);
            entries_close(&entries);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_one_wins),
        cmocka_unit_test(what_is_not_one_stays_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
