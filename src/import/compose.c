#include "import/compose.h"

#include <stdlib.h>

#include "import/labels.h"
#include "text/gemtext.h"

static const struct str end_note = {"[The captured text ends here.]\n", 31};

/* The body as a file has it. What a capture lost of it, our file may have from another. */
static void
put_body(struct buf *out, const struct entry *entry, struct str ours)
{
    struct str body = str_trim(buf_str(&entry->body));

    if (entry->truncated && ours.len > 0 && str_starts(ours, body)) {
        buf_put(out, ours);
        return;
    }
    buf_put(out, buf_str(&entry->body));
    if (entry->truncated) {
        if (body.len > 0)
            gemtext_blank(out);
        buf_put(out, end_note);
    }
}

static bool
has_label(const struct post *post, struct str slug)
{
    for (size_t i = 0; i < post->label_count; i++)
        if (str_eq(post->labels[i].slug, slug))
            return true;
    return false;
}

/* Adds those of the present post, then those of the entry that it lacks; slugs own what the labels
 * point to. */
static void
add_labels(struct post *post, struct buf *slugs, struct ledger *ledger, const struct entry *entry)
{
    struct str names = buf_str(&entry->labels);

    /* a label's slices must stay where they are: all slugs first */
    for (struct str rest = names; rest.len > 0; buf_byte(slugs, '\n'))
        label_put_slug(slugs, ledger, str_line(&rest));
    for (struct str rest = buf_str(slugs); rest.len > 0;) {
        struct label label = {.slug = str_line(&rest), .name = str_line(&names)};

        if (post->label_count < POST_LABELS_MAX && !has_label(post, label.slug))
            post_add_label(post, label);
    }
}

static void
keep_labels_of(struct post *post, const struct post *present)
{
    for (size_t i = 0; i < present->label_count; i++)
        post_add_label(post, present->labels[i]);
}

/* The day of the last change, where it is another one than that of the post. */
static struct date
updated_of(const struct entry *entry)
{
    struct date updated = entry->updated.moment.date, none = {0};

    return entry->updated.known && date_compare(updated, entry->published.date) > 0 ? updated
                                                                                    : none;
}

/* Not every theme shows it. */
static struct str
author_of(const struct entry *entry, const struct post *present)
{
    return entry->is_saved && entry->author.len == 0 ? present->author : buf_str(&entry->author);
}

void
compose_post(struct buf *out, struct ledger *ledger, const struct entry *entry,
             const struct present *present, bool keep_labels)
{
    struct post post = {
        .title = buf_str(&entry->title),
        .published = entry->published,
        .language = buf_str(&entry->language),
        .author = author_of(entry, &present->post),
        .updated = updated_of(entry),
        .original = buf_str(&entry->original),
    };
    struct buf body = {0}, slugs = {0};

    put_body(&body, entry, present->ours);
    post.body = buf_str(&body);
    if (keep_labels)
        keep_labels_of(&post, &present->post);
    add_labels(&post, &slugs, ledger, entry);
    post_write(out, &post);
    post_free(&post);
    buf_free(&body);
    buf_free(&slugs);
}

void
compose_labels(struct buf *out, struct ledger *ledger, const struct entry *entry,
               const struct present *present)
{
    struct post post = present->post;
    struct buf slugs = {0};

    post.labels = NULL;
    post.label_count = 0;
    keep_labels_of(&post, &present->post);
    add_labels(&post, &slugs, ledger, entry);
    post_write(out, &post);
    free(post.labels);
    buf_free(&slugs);
}
