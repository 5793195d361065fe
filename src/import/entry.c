#include "import/entry.h"

#include <stdlib.h>

#include <unicase.h>
#include <uninorm.h>

#include "base/mem.h"
#include "text/gemtext.h"
#include "text/language.h"

enum {
    ENTRIES_FIRST = 32,
    FIRST_LINE_MAX = 200, /* bytes of a body's first line in an id */
};

struct entry *
entries_add(struct entries *entries)
{
    if (entries->count == entries->cap) {
        entries->cap = entries->cap ? entries->cap * 2 : ENTRIES_FIRST;
        entries->items = mem_grow(entries->items, entries->cap, sizeof *entries->items);
    }
    entries->items[entries->count] = (struct entry){0};
    return &entries->items[entries->count++];
}

void
entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->items[i];

        buf_free(&entry->id);
        buf_free(&entry->title);
        buf_free(&entry->language);
        buf_free(&entry->author);
        buf_free(&entry->body);
        buf_free(&entry->labels);
        buf_free(&entry->old);
        buf_free(&entry->source);
    }
    free(entries->items);
    *entries = (struct entries){0};
}

static void
tell_language(struct entry *entry, const char *fallback)
{
    struct buf text = {0};

    buf_put(&text, buf_str(&entry->title));
    buf_byte(&text, '\n');
    buf_put(&text, buf_str(&entry->body));
    buf_put(&entry->language, str_of(language_of(buf_str(&text), fallback)));
    buf_free(&text);
}

void
entries_tell_languages(struct entries *entries, const char *fallback)
{
    for (size_t i = 0; i < entries->count; i++)
        if (entries->items[i].language.len == 0)
            tell_language(&entries->items[i], fallback);
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

/* At most max bytes of valid UTF-8, without half a character at the end. */
static struct str
beginning(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xc0) == 0x80)
        max--;
    return str_head(text, max);
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
        gemtext_clean(&clean, beginning(str_line(&body), FIRST_LINE_MAX));
    }
    entry_put_folded(out, buf_str(&clean));
    buf_free(&clean);
}
