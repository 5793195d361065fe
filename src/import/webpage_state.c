#include "import/webpage_state.h"

#include "base/mem.h"

void
scan_set(struct str *place, struct str value)
{
    if (place->len == 0)
        *place = value;
}

/* Calls come in the order of the text, so that each line end is counted once. */
static size_t
line_of(struct scan *scan, const char *at)
{
    for (; scan->counted < at; scan->counted++)
        scan->line += *scan->counted == '\n';
    return scan->line;
}

void
scan_refuse(struct scan *scan, const char *at, const char *reason)
{
    if (!scan->failed)
        fail(scan->why, "line %zu: %s", line_of(scan, at), reason);
    scan->failed = true;
}

/* The block with room for one more: it grows whenever its count is a power of two. */
static void *
room(void *block, size_t count, size_t size)
{
    return (count & (count - 1)) == 0 ? mem_grow(block, count == 0 ? 1 : count * 2, size) : block;
}

struct webpage_post *
scan_last_post(const struct scan *scan)
{
    return scan->page->post_count > 0 ? &scan->page->posts[scan->page->post_count - 1] : NULL;
}

struct webpage_post *
scan_new_post(struct scan *scan, const struct tag *tag)
{
    struct webpage *page = scan->page;

    if (page->post_count == WEBPAGE_POSTS_MAX) {
        scan_refuse(scan, tag->source.ptr, "too many posts in one page");
        return NULL;
    }
    page->posts = room(page->posts, page->post_count, sizeof *page->posts);
    page->posts[page->post_count++] = (struct webpage_post){
        .day = scan->day,
        .label_start = page->label_count,
        .line = line_of(scan, tag->source.ptr),
    };
    scan->may_go_on = scan->has_comment = false;
    return scan_last_post(scan);
}

struct webpage_comment *
scan_current_comment(const struct scan *scan)
{
    const struct webpage *page = scan->page;

    for (size_t i = scan->depth; i > 0; i--)
        if (scan->open[i - 1].role == ROLE_COMMENT)
            return &page->comments[scan->open[i - 1].comment];
    return scan->has_comment ? &page->comments[page->comment_count - 1] : NULL;
}

bool
scan_new_comment(struct scan *scan, const struct tag *tag)
{
    struct webpage *page = scan->page;
    struct webpage_comment comment = {0};

    if (scan->bodied == 0)
        return false;
    role_number(tag_attribute(tag, "id"), STR("c"), &comment.id);
    if (scan->inside[ROLE_COMMENT] > 0)
        comment.parent = scan_current_comment(scan)->id;
    comment.post = scan->bodied - 1;
    comment.line = line_of(scan, tag->source.ptr);
    if (page->comment_count == WEBPAGE_COMMENTS_MAX) {
        scan_refuse(scan, tag->source.ptr, "too many comments in one page");
        return false;
    }
    page->comments = room(page->comments, page->comment_count, sizeof *page->comments);
    page->comments[page->comment_count++] = comment;
    scan->has_comment = true;
    return true;
}

void
scan_push(struct scan *scan, enum role role, const struct tag *tag)
{
    if (scan->depth == WEBPAGE_NESTING_MAX) {
        scan_refuse(scan, tag->source.ptr, "elements nested too deeply");
        return;
    }
    scan->open[scan->depth++] = (struct open){
        .role = role,
        .name = tag->name,
        .begin = tag->source.ptr + tag->source.len,
        .comment = role == ROLE_COMMENT ? scan->page->comment_count - 1 : 0,
    };
    scan->inside[role]++;
}

void
scan_new_label(struct scan *scan, struct str label)
{
    struct webpage *page = scan->page;

    if (page->label_count == WEBPAGE_LABELS_MAX) {
        scan_refuse(scan, label.ptr + label.len, "too many labels in one page");
        return;
    }
    page->labels = room(page->labels, page->label_count, sizeof *page->labels);
    page->labels[page->label_count++] = label;
    scan_last_post(scan)->label_count++;
}
