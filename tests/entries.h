#ifndef TESTS_ENTRIES_H
#define TESTS_ENTRIES_H

/* Shows what a reader of sources delivers, one field a line, empty ones left out. */

#include "import/entry.h"

static inline void
entries_put(struct buf *out, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_format(out, "  %s: ", name);
    buf_put(out, value);
    buf_byte(out, '\n');
}

static inline void
entries_put_instant(struct buf *out, const char *name, struct instant instant)
{
    struct buf text = {0};

    if (!instant.known)
        return;
    moment_put(&text, instant.moment);
    if (instant.moment.has_time)
        buf_format(&text, " %d ms", instant.milliseconds);
    entries_put(out, name, buf_str(&text));
    buf_free(&text);
}

static inline void
entries_show(struct buf *out, const struct blog_entry *entry)
{
    static const char *const kinds[] = {"post", "page", "comment"};
    static const char *const statuses[] = {"", " draft", " scheduled", " trashed"};

    buf_format(out, "%s %.*s, line %zu:%s", kinds[entry->kind], (int)entry->id.len, entry->id.ptr,
               entry->line, statuses[entry->status]);
    buf_put(out, entry->is_plain ? STR(" plain") : STR(""));
    buf_put(out, entry->is_summary ? STR(" summary") : STR(""));
    buf_put(out, entry->is_partial ? STR(" partial") : STR(""));
    buf_put(out, entry->is_removed ? STR(" removed\n") : STR("\n"));
    entries_put(out, "title", entry->title);
    entries_put_instant(out, "published", entry->published);
    entries_put_instant(out, "updated", entry->updated);
    entries_put(out, "author", entry->author);
    entries_put(out, "author at", entry->author_uri);
    for (size_t i = 0; i < entry->label_count; i++)
        entries_put(out, "label", entry->labels[i]);
    entries_put(out, "address", entry->address);
    entries_put(out, "related", entry->related);
    entries_put(out, "post", entry->post_id);
    entries_put(out, "reply to", entry->reply_to);
    entries_put(out, "body", entry->html);
}

static inline void
entries_show_blog(struct buf *out, const struct blog *blog)
{
    buf_put(out, blog->is_full ? STR("blog: full\n") : STR("blog:\n"));
    entries_put(out, "id", buf_str(&blog->id));
    entries_put(out, "title", buf_str(&blog->title));
    entries_put(out, "description", buf_str(&blog->description));
    entries_put(out, "address", buf_str(&blog->address));
    entries_put(out, "zone", buf_str(&blog->time_zone));
    entries_put(out, "locale", buf_str(&blog->locale));
    entries_put(out, "next", buf_str(&blog->next));
    if (blog->total > 0)
        buf_format(out, "  total: %lu\n", blog->total);
}

#endif
