#include "import/unite.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct uniter {
    struct entries *entries;
    struct label_list *labels;
    struct unite_counts *counts;
    uint32_t *order; /* numbers of entries, sorted by what may make them one */
    size_t count;
};

typedef bool same_fn(const struct entry_ref *a, const struct entry_ref *b);
typedef int order_fn(const void *left, const void *right, void *entries);

static const struct entry_ref *
ref_of(const void *number, void *entries)
{
    return &((struct entries *)entries)->items[*(const uint32_t *)number];
}

static int
by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static int
by_id(const void *left, const void *right, void *entries)
{
    const struct entry_ref *a = ref_of(left, entries), *b = ref_of(right, entries);
    int order = strcmp(a->id, b->id);

    if (order == 0)
        order = (a->kind == ENTRY_COMMENT) - (b->kind == ENTRY_COMMENT);
    return order != 0 ? order : by_number(left, right);
}

static int
by_address(const void *left, const void *right, void *entries)
{
    int order = strcmp(ref_of(left, entries)->address, ref_of(right, entries)->address);

    return order != 0 ? order : by_id(left, right, entries);
}

static int
by_text(const void *left, const void *right, void *entries)
{
    uint64_t a = ref_of(left, entries)->text_key, b = ref_of(right, entries)->text_key;

    return a != b ? (a < b ? -1 : 1) : by_id(left, right, entries);
}

static bool
is_blogger(const struct entry_ref *ref)
{
    return strncmp(ref->id, "blogger:", sizeof "blogger:" - 1) == 0;
}

/* Numbers of comments look like those of posts. */
static bool
same_id(const struct entry_ref *a, const struct entry_ref *b)
{
    return strcmp(a->id, b->id) == 0 && (a->kind == ENTRY_COMMENT) == (b->kind == ENTRY_COMMENT);
}

/* Two ids are two posts, even where one has taken the address of the other. */
static bool
same_address(const struct entry_ref *a, const struct entry_ref *b)
{
    return *a->address && a->kind != ENTRY_COMMENT && b->kind != ENTRY_COMMENT &&
           strcmp(a->address, b->address) == 0 && !(is_blogger(a) && is_blogger(b));
}

static bool
same_text(const struct entry_ref *a, const struct entry_ref *b)
{
    return a->kind == ENTRY_POST && b->kind == ENTRY_POST && a->text_key == b->text_key &&
           a->status == b->status && (a->is_text || b->is_text);
}

static int64_t
updated_ms(const struct entry *entry)
{
    return entry->updated.known
               ? moment_seconds(entry->updated.moment) * 1000 + entry->updated.milliseconds
               : INT64_MIN;
}

/* Whether the other's body, title and status are to be taken. */
static bool
is_better(const struct entry *other, const struct entry *entry)
{
    if (entry->is_text != other->is_text)
        return entry->is_text;
    if (entry->is_partial != other->is_partial)
        return entry->is_partial;
    if (updated_ms(entry) != updated_ms(other))
        return updated_ms(other) > updated_ms(entry);
    return other->body.len > entry->body.len;
}

static void
take_missing(struct buf *into, const struct buf *from)
{
    if (into->len == 0)
        buf_put(into, buf_str(from));
}

/* Who knows all labels also knows which were taken away, and of two such the later one. */
static void
unite_labels(struct entry *entry, const struct entry *other)
{
    bool knows = entry_knows_labels(entry), other_knows = entry_knows_labels(other);
    bool is_later = updated_ms(other) > updated_ms(entry);

    if (knows && (!other_knows || !is_later))
        return;
    if (other_knows)
        buf_truncate(&entry->labels, 0);
    for (struct str rest = buf_str(&other->labels); rest.len > 0;)
        entry_add_name(&entry->labels, str_line(&rest));
}

/* The digits of a comment's post say more than its address. */
static void
choose_post(struct entry *entry, const struct entry *other)
{
    if (str_starts(buf_str(&entry->post_id), STR("path:")) && other->post_id.len > 0)
        buf_truncate(&entry->post_id, 0);
    take_missing(&entry->post_id, &other->post_id);
}

/* What the better entry lacks and the other has. */
static void
complete(struct entry *entry, const struct entry *other)
{
    unite_labels(entry, other);
    choose_post(entry, other);
    take_missing(&entry->author, &other->author);
    take_missing(&entry->old, &other->old);
    take_missing(&entry->original, &other->original);
    take_missing(&entry->reply_to, &other->reply_to);
    entry_add_sources(&entry->source, buf_str(&other->source));
    /* of one moment the clock of the blog is better than that of UTC */
    if ((!entry->published.has_time && other->published.has_time) ||
        (entry->published.offset_minutes == 0 &&
         moment_seconds(entry->published) == moment_seconds(other->published))) {
        entry->published = other->published;
        entry->position = other->position;
    }
}

static bool
has_blogger_id(const struct entry *entry)
{
    return str_starts(buf_str(&entry->id), STR("blogger:"));
}

/* The strongest id stays, whichever entry is the better one. */
static void
choose_id(struct entry *better, struct entry *other)
{
    struct buf id = better->id;

    if (has_blogger_id(better) || (!has_blogger_id(other) && !better->is_text))
        return;
    better->id = other->id;
    other->id = id;
}

static bool
unite_two(struct uniter *uniter, uint32_t into, uint32_t from, struct failure *why)
{
    struct entries *entries = uniter->entries;
    struct entry a = {0}, b = {0};
    bool done = entries_load(entries, into, &a, why) && entries_load(entries, from, &b, why);

    if (done) {
        bool other_wins = is_better(&b, &a);
        struct entry *better = other_wins ? &b : &a, *other = other_wins ? &a : &b;

        label_list_drop(uniter->labels, buf_str(&a.labels));
        label_list_drop(uniter->labels, buf_str(&b.labels));
        uniter->counts->same++;
        uniter->counts->differed += !str_eq(buf_str(&a.body), buf_str(&b.body));
        choose_id(better, other);
        complete(better, other);
        label_list_add(uniter->labels, buf_str(&better->labels));
        entries->items[from].is_dropped = true;
        done = entries_replace(entries, into, better, why);
    }
    entry_free(&a);
    entry_free(&b);
    return done;
}

/* Each entry that is the same as the first of its run joins that. */
static bool
unite_runs(struct uniter *uniter, order_fn *order, same_fn *same, struct failure *why)
{
    const struct entry_ref *items = uniter->entries->items;
    bool done = true;

    qsort_r(uniter->order, uniter->count, sizeof *uniter->order, order, uniter->entries);
    for (size_t i = 0, first = 0; done && i < uniter->count; i++) {
        uint32_t a = uniter->order[first], b = uniter->order[i];

        if (i == first || items[b].is_dropped)
            continue;
        if (!items[a].is_dropped && same(&items[a], &items[b]))
            done = unite_two(uniter, a, b, why);
        else
            first = i;
    }
    return done;
}

bool
unite_entries(struct entries *entries, struct label_list *labels, struct unite_counts *counts,
              struct failure *why)
{
    struct uniter uniter = {
        .entries = entries, .labels = labels, .counts = counts, .count = entries->count};
    bool done;

    uniter.order = mem_grow(NULL, entries->count + 1, sizeof *uniter.order);
    for (size_t i = 0; i < entries->count; i++)
        uniter.order[i] = (uint32_t)i;
    done = unite_runs(&uniter, by_id, same_id, why) &&
           unite_runs(&uniter, by_address, same_address, why) &&
           unite_runs(&uniter, by_text, same_text, why);
    free(uniter.order);
    if (done)
        entries_settle(entries);
    return done;
}
