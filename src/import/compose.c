#include "import/compose.h"

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

void
compose_post(struct buf *out, struct ledger *ledger, const struct entry *entry,
             const struct post *present, struct str ours)
{
    struct post post = {
        .title = buf_str(&entry->title),
        .published = entry->published,
        .language = buf_str(&entry->language),
        .author = buf_str(&entry->author),
    };
    struct str names = buf_str(&entry->labels);
    struct buf body = {0}, slugs = {0};

    put_body(&body, entry, ours);
    post.body = buf_str(&body);
    for (size_t i = 0; i < present->label_count; i++)
        post_add_label(&post, present->labels[i]);
    /* a label's slices must stay where they are: all slugs first */
    for (struct str rest = names; rest.len > 0; buf_byte(&slugs, '\n'))
        label_put_slug(&slugs, ledger, str_line(&rest));
    for (struct str rest = buf_str(&slugs); rest.len > 0;) {
        struct label label = {.slug = str_line(&rest), .name = str_line(&names)};

        if (!has_label(&post, label.slug))
            post_add_label(&post, label);
    }
    post_write(out, &post);
    post_free(&post);
    buf_free(&body);
    buf_free(&slugs);
}
