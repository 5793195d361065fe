#include "import/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ENTRIES_FIRST = 64 };

bool
entries_open(struct entries *entries, const char *folder, struct failure *why)
{
    *entries = (struct entries){0};
    return spool_open(&entries->spool, folder, why);
}

void
entries_close(struct entries *entries)
{
    spool_close(&entries->spool);
    arena_free(&entries->names);
    free(entries->items);
    buf_free(&entries->record);
    *entries = (struct entries){.spool = {.fd = -1}};
}

/* FNV-1a: only says that two may be the same, who wants to know loads them. */
static uint64_t
text_key_of(const struct entry *entry)
{
    struct buf id = {0};
    uint64_t key = 14695981039346656037U;

    entry_put_text_id(&id, entry->published.date, buf_str(&entry->title), buf_str(&entry->body));
    for (size_t i = 0; i < id.len; i++)
        key = (key ^ (unsigned char)id.ptr[i]) * 1099511628211U;
    buf_free(&id);
    return key;
}

static bool
keep(struct entries *entries, struct entry_ref *ref, const struct entry *entry, struct failure *why)
{
    const struct buf *address = entry->kind == ENTRY_COMMENT ? &entry->post_id : &entry->old;
    const char *id = ref->id, *known = ref->address;

    *ref = (struct entry_ref){
        .published = moment_seconds(entry->published),
        .position = (int)entry->position,
        .kind = (unsigned char)entry->kind,
        .status = (unsigned char)entry->status,
        .is_text = entry->is_text,
        .knows_labels = entry_knows_labels(entry),
        .id = id && strcmp(id, buf_text(&entry->id)) == 0
                  ? id
                  : arena_put(&entries->names, buf_str(&entry->id)).ptr,
        .address = known && strcmp(known, buf_text(address)) == 0
                       ? known
                       : arena_put(&entries->names, buf_str(address)).ptr,
    };
    if (entry->kind != ENTRY_COMMENT)
        ref->text_key = text_key_of(entry);
    buf_truncate(&entries->record, 0);
    entry_pack(&entries->record, entry);
    return spool_put(&entries->spool, buf_str(&entries->record), &ref->piece, why);
}

bool
entries_add(struct entries *entries, const struct entry *entry, struct failure *why)
{
    if (entries->count == ENTRIES_MAX)
        return fail(why, "more than %d posts, pages and comments", ENTRIES_MAX);
    if (entries->count == entries->cap) {
        entries->cap = entries->cap ? entries->cap + entries->cap / 2 : ENTRIES_FIRST;
        entries->items = mem_grow(entries->items, entries->cap, sizeof *entries->items);
    }
    entries->items[entries->count] = (struct entry_ref){0};
    return keep(entries, &entries->items[entries->count++], entry, why);
}

bool
entries_replace(struct entries *entries, size_t at, const struct entry *entry, struct failure *why)
{
    return keep(entries, &entries->items[at], entry, why);
}

bool
entries_load(const struct entries *entries, size_t at, struct entry *entry, struct failure *why)
{
    struct buf record = {0};
    bool done = spool_get(&entries->spool, entries->items[at].piece, &record, why);

    if (done)
        entry_unpack(entry, buf_str(&record));
    buf_free(&record);
    return done;
}

static int
by_moment(const void *left, const void *right)
{
    const struct entry_ref *a = left, *b = right;

    if (a->published != b->published)
        return a->published < b->published ? -1 : 1;
    return strcmp(a->id, b->id);
}

void
entries_settle(struct entries *entries)
{
    size_t left = 0;

    for (size_t i = 0; i < entries->count; i++)
        if (!entries->items[i].is_dropped)
            entries->items[left++] = entries->items[i];
    entries->count = left;
    if (left > 1)
        qsort(entries->items, left, sizeof *entries->items, by_moment);
}
