#include "site/comments.h"

#include "site/post.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum { COMMENT_LEVEL = 2 };

static const struct str page_name = {"/comments.gmi", 13};
static const struct str post_ending = {".gmi", 4};

/* A heading of the body must not look like another comment, nor a block swallow the next one. */
static void
put_body(struct buf *out, struct str body)
{
    struct gemtext_scanner scanner = {.rest = gemtext_trim(body)};
    struct gemtext_line line;

    while (gemtext_next(&scanner, &line)) {
        if (line.kind == GEMTEXT_HEADING && line.level <= COMMENT_LEVEL) {
            gemtext_heading(out, COMMENT_LEVEL + 1, line.text);
            continue;
        }
        buf_put(out, line.raw);
        buf_byte(out, '\n');
    }
    if (scanner.preformatted)
        gemtext_close_block(out);
}

static void
put_comment(struct buf *out, enum tongue tongue, const struct comment *comment)
{
    struct buf head = {0}, reply = {0};

    gemtext_clean(&head, comment->author);
    if (head.len == 0)
        buf_put(&head, word_text(tongue, WORD_ANONYMOUS));
    buf_put(&head, STR(", "));
    moment_put(&head, comment->published);
    gemtext_blank(out);
    gemtext_heading(out, COMMENT_LEVEL, buf_str(&head));
    word_put(&reply, tongue, WORD_REPLY_TO, (struct blanks){.text = comment->reply_to});
    if (comment->reply_to.len > 0)
        gemtext_text(out, buf_str(&reply));
    if (comment->removed)
        gemtext_text(out, word_text(tongue, WORD_COMMENT_REMOVED));
    else
        put_body(out, comment->body);
    buf_free(&head);
    buf_free(&reply);
}

void
comments_write(struct buf *out, const struct comments *comments)
{
    enum tongue tongue = comments->tongue;
    struct buf title = {0}, heading = {0}, target = {0};

    gemtext_clean(&title, comments->title);
    word_put(&heading, tongue, title.len > 0 ? WORD_COMMENTS_ON : WORD_COMMENTS_ALONE,
             (struct blanks){.text = buf_str(&title)});
    gemtext_heading(out, 1, buf_str(&heading));
    gemtext_blank(out);
    uri_put_path(&target, comments->path);
    gemtext_link(out, buf_str(&target),
                 title.len > 0 ? buf_str(&title) : word_text(tongue, WORD_THE_POST));
    for (size_t i = 0; i < comments->count; i++)
        put_comment(out, tongue, &comments->items[i]);
    buf_free(&title);
    buf_free(&heading);
    buf_free(&target);
}

static void
put_target(struct buf *out, struct str path)
{
    struct buf post = {0};

    buf_byte(&post, '/');
    comments_put_post(&post, path);
    uri_put_path(out, buf_str(&post));
    buf_free(&post);
}

void
comments_move(struct buf *out, struct str text, struct str from, struct str to)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;
    struct buf former = {0}, target = {0};
    bool is_moved = false;

    put_target(&former, from);
    put_target(&target, to);
    while (gemtext_next(&scanner, &line)) {
        if (!is_moved && line.kind == GEMTEXT_LINK && str_eq(line.target, buf_str(&former))) {
            gemtext_link(out, buf_str(&target), line.text);
            is_moved = true;
            continue;
        }
        buf_put(out, line.raw);
        buf_byte(out, '\n');
    }
    buf_free(&former);
    buf_free(&target);
}

size_t
comments_count(struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;
    size_t count = 0;

    while (gemtext_next(&scanner, &line))
        count += line.kind == GEMTEXT_HEADING && line.level == COMMENT_LEVEL;
    return count;
}

void
comments_put_path(struct buf *out, struct str post)
{
    str_chop(&post, post_ending);
    buf_put(out, post);
    buf_put(out, page_name);
}

/* NAME.gmi at the top, where pages are. */
static bool
is_page(struct str path)
{
    return !str_has(path, '/') && !str_starts(path, STR(".")) && !str_eq(path, STR("index.gmi"));
}

bool
comments_put_post(struct buf *out, struct str path)
{
    size_t start = out->len;
    struct str post;

    if (!str_chop(&path, page_name))
        return false;
    buf_put(out, path);
    buf_put(out, post_ending);
    post = str_after(buf_str(out), start);
    str_skip(&post, STR("/"));
    if (post_is_path(post) || is_page(post))
        return true;
    buf_truncate(out, start);
    return false;
}
