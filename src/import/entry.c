#include "import/entry.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <uninorm.h>

#include "base/mem.h"
#include "text/gemtext.h"

enum { FIRST_LINE_MAX = 200 /* bytes of a body's first line in an id */ };

#define TEXT(field) offsetof(struct entry, field)

static const size_t texts[] = {
    TEXT(id),     TEXT(title),   TEXT(language), TEXT(author), TEXT(body),
    TEXT(labels), TEXT(old),     TEXT(original), TEXT(source), TEXT(links),
    TEXT(losses), TEXT(post_id), TEXT(reply_to),
};

/* All else; field by field, because between them lies what nobody set. */
#define VALUE(field)                                                       \
    {                                                                      \
        offsetof(struct entry, field), sizeof((struct entry *)NULL)->field \
    }

static const struct value {
    size_t at, size;
} values[] = {
    VALUE(kind),
    VALUE(status),
    VALUE(published.date),
    VALUE(published.has_time),
    VALUE(published.minute_of_day),
    VALUE(published.offset_minutes),
    VALUE(updated.moment.date),
    VALUE(updated.moment.has_time),
    VALUE(updated.moment.minute_of_day),
    VALUE(updated.moment.offset_minutes),
    VALUE(updated.known),
    VALUE(updated.milliseconds),
    VALUE(position),
    VALUE(summary),
    VALUE(is_text),
    VALUE(truncated),
    VALUE(is_partial),
    VALUE(is_saved),
    VALUE(is_removed),
};

enum { TEXTS = sizeof texts / sizeof *texts, VALUES = sizeof values / sizeof *values };

static struct buf *
text_of(struct entry *entry, size_t which)
{
    return (struct buf *)((char *)entry + texts[which]);
}

void
entry_clear(struct entry *entry)
{
    struct entry empty = {0};

    for (size_t i = 0; i < TEXTS; i++) {
        *text_of(&empty, i) = *text_of(entry, i);
        buf_reuse(text_of(&empty, i));
    }
    *entry = empty;
}

void
entry_free(struct entry *entry)
{
    for (size_t i = 0; i < TEXTS; i++)
        buf_free(text_of(entry, i));
    *entry = (struct entry){0};
}

/* The values, the lengths of the texts, the texts. */
void
entry_pack(struct buf *out, const struct entry *entry)
{
    struct entry copy = *entry;

    for (size_t i = 0; i < VALUES; i++)
        buf_put(out, (struct str){(const char *)entry + values[i].at, values[i].size});
    for (size_t i = 0; i < TEXTS; i++) {
        uint64_t len = text_of(&copy, i)->len;

        buf_put(out, (struct str){(const char *)&len, sizeof len});
    }
    for (size_t i = 0; i < TEXTS; i++)
        buf_put(out, buf_str(text_of(&copy, i)));
}

/* The next bytes of what was packed. */
static void
take(struct str *bytes, void *place, size_t size)
{
    assert(bytes->len >= size);
    memcpy(place, bytes->ptr, size);
    *bytes = str_after(*bytes, size);
}

void
entry_unpack(struct entry *entry, struct str bytes)
{
    uint64_t lens[TEXTS];

    for (size_t i = 0; i < VALUES; i++)
        take(&bytes, (char *)entry + values[i].at, values[i].size);
    take(&bytes, lens, sizeof lens);
    for (size_t i = 0; i < TEXTS; i++) {
        struct buf *text = text_of(entry, i);

        buf_truncate(text, 0);
        buf_put(text, str_head(bytes, lens[i]));
        bytes = str_after(bytes, lens[i]);
    }
}

bool
entry_has_source(struct str sources, struct str beginning)
{
    while (sources.len > 0)
        if (str_starts(str_cut(&sources, ','), beginning))
            return true;
    return false;
}

bool
entry_knows_labels(const struct entry *entry)
{
    return (!entry->is_text && !entry->is_saved) ||
           entry_has_source(buf_str(&entry->source), STR("blog:"));
}

static bool
has_source(struct str sources, struct str source)
{
    while (sources.len > 0)
        if (str_eq(str_cut(&sources, ','), source))
            return true;
    return false;
}

void
entry_add_sources(struct buf *sources, struct str more)
{
    while (more.len > 0) {
        struct str source = str_cut(&more, ',');

        if (has_source(buf_str(sources), source))
            continue;
        if (sources->len > 0)
            buf_byte(sources, ',');
        buf_put(sources, source);
    }
}

void
entry_tell_language(struct entry *entry, const struct lexicon *lexicon)
{
    struct buf text = {0};

    if (entry->language.len > 0)
        return;
    buf_put(&text, buf_str(&entry->title));
    buf_byte(&text, '\n');
    buf_put(&text, str_head(buf_str(&entry->body), LANGUAGE_SAMPLE_MAX));
    buf_put(&entry->language, str_of(language_of(lexicon, buf_str(&text))));
    buf_free(&text);
}

void
entry_add_name(struct buf *names, struct str name)
{
    struct buf clean = {0};
    struct str rest = buf_str(names);
    bool known = false;

    gemtext_clean(&clean, name);
    while (rest.len > 0 && !known)
        known = str_eq(str_line(&rest), buf_str(&clean));
    if (clean.len > 0 && !known) {
        buf_put(names, buf_str(&clean));
        buf_byte(names, '\n');
    }
    buf_free(&clean);
}

void
entry_put_folded(struct buf *out, struct str text)
{
    size_t len = 0;
    uint8_t *folded = text.len == 0 ? NULL
                                    : u8_casefold((const uint8_t *)text.ptr, text.len, NULL,
                                                  UNINORM_NFC, NULL, &len);

    if (text.len > 0 && !folded)
        mem_grow(NULL, SIZE_MAX, 2); /* ends the process as every other lack of memory does */
    buf_put(out, (struct str){(const char *)folded, len});
    free(folded);
}

void
entry_put_text_id(struct buf *out, struct date date, struct str title, struct str body)
{
    struct buf clean = {0};

    buf_put(out, STR("text:"));
    date_put(out, date);
    buf_byte(out, ':');
    gemtext_clean(&clean, title);
    if (clean.len == 0) {
        buf_byte(out, ':');
        gemtext_clean(&clean, str_head_utf8(str_line(&body), FIRST_LINE_MAX));
    }
    entry_put_folded(out, buf_str(&clean));
    buf_free(&clean);
}
