#include "site/reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unistr.h>

#include "site/comments.h"
#include "text/charset.h"
#include "text/gist.h"
#include "text/language.h"

enum { LOOK_MAX = 1024 /* bytes in which the first two lines of most posts are whole */ };

static enum reading_kind
kind_of(struct str path)
{
    struct buf post = {0};
    bool is_page = !str_has(path, '/') && !str_eq(path, STR("index.gmi")) && path.len > 4 &&
                   str_ends(path, STR(".gmi"));
    enum reading_kind kind = is_page              ? READING_PAGE
                             : post_is_path(path) ? READING_POST
                                                  : READING_OTHER;

    if (kind == READING_OTHER && comments_put_post(&post, path))
        kind = READING_COMMENTS;
    buf_free(&post);
    return kind;
}

void
reading_begin(struct reading *reading, int root, const struct file_info *file)
{
    reading->root = root;
    reading->size = file->size;
    buf_byte(&reading->path, '/');
    buf_put(&reading->path, str_of(file->path));
    reading->kind = kind_of(str_of(file->path));
}

const char *
reading_name(const struct reading *reading)
{
    return reading->path.ptr + 1;
}

/* A file that was read, or else errno says why it could not be. */
static void
settle(struct reading *reading, bool is_read)
{
    reading->is_read = is_read;
    reading->is_blind = !is_read && (errno == EIO || errno == EINTR || errno == EMFILE ||
                                     errno == ENFILE || errno == ENOMEM);
}

static void
read_text(struct reading *reading, size_t max)
{
    errno = 0;
    settle(reading, file_read_beneath(reading->root, reading_name(reading), max, &reading->text,
                                      &reading->why));
}

/* The first bytes of it. */
static void
read_start(struct reading *reading, size_t max)
{
    int fd = file_open_beneath(reading->root, reading_name(reading));

    settle(reading, fd >= 0 && file_read_start(fd, max, &reading->text));
    if (!reading->is_read)
        fail_errno(&reading->why, "%s", reading_name(reading));
    if (fd >= 0)
        close(fd);
}

static void
put_language(struct reading *reading)
{
    struct str own = reading->post.language;

    language_put(&reading->language, own.len > 0 ? own : str_of(reading->fallback));
}

static void
parse(struct reading *reading)
{
    reading->is_post = post_parse(buf_str(&reading->text), &reading->post, &reading->why) ||
                       fail_in(&reading->why, "%s", reading_name(reading));
    if (!reading->is_post)
        return;
    gist_put_summary(&reading->summary, reading->post.body, reading->lines);
    reading->word_count = gist_words(reading->post.body);
    put_language(reading);
    catalog_words_make(&reading->words, &reading->post, buf_str(&reading->language));
}

/* A page need not have the form of a post, nor be UTF-8. */
static void
parse_page(struct reading *reading)
{
    struct buf utf8 = {0};
    struct failure why;
    bool has_form;

    charset_read(&utf8, buf_str(&reading->text));
    buf_free(&reading->text);
    reading->text = utf8;
    has_form = post_parse(buf_str(&reading->text), &reading->post, &why);
    put_language(reading);
    catalog_words_make_page(&reading->words,
                            has_form ? reading->post.body : buf_str(&reading->text));
}

void
reading_do(void *ctx)
{
    struct reading *reading = ctx;

    if (reading->kind != READING_OTHER)
        read_text(reading, reading->kind == READING_COMMENTS ? COMMENTS_MAX : POST_MAX);
    if (!reading->is_read && reading->kind == READING_PAGE)
        put_language(reading);
    if (!reading->is_read)
        return;
    if (reading->kind != READING_POST) /* whose reader sees to it */
        reading->is_utf8 = reading->text.len == 0 ||
                           !u8_check((const uint8_t *)reading->text.ptr, reading->text.len);
    if (reading->kind == READING_POST)
        parse(reading);
    else if (reading->kind == READING_COMMENTS)
        catalog_words_make_comments(&reading->words, buf_str(&reading->text));
    else
        parse_page(reading);
}

static bool
has_lines(struct str text, size_t count)
{
    for (; count > 0 && str_has(text, '\n'); count--)
        str_line(&text);
    return count == 0;
}

void
reading_look(void *ctx)
{
    struct reading *reading = ctx;
    struct moment published = {0};

    if (reading->kind != READING_POST) {
        reading_do(reading);
        return;
    }
    read_start(reading, LOOK_MAX);
    if (reading->text.len == LOOK_MAX && !has_lines(buf_str(&reading->text), 2)) {
        buf_truncate(&reading->text, 0);
        read_text(reading, POST_MAX);
    }
    reading->seconds = post_peek(buf_str(&reading->text), &published) ? moment_seconds(published)
                                                                      : READING_UNDATED;
}

/* Its buffers are used again. */
void
reading_clear(void *ctx)
{
    struct reading *reading = ctx, empty = {
                                       .path = reading->path,
                                       .text = reading->text,
                                       .words = reading->words,
                                       .language = reading->language,
                                       .summary = reading->summary,
                                   };
    struct buf *const texts[] = {&empty.path,       &empty.text,         &empty.words.title,
                                 &empty.words.text, &empty.words.labels, &empty.words.facts,
                                 &empty.language,   &empty.summary,      NULL};

    for (size_t i = 0; texts[i]; i++)
        buf_reuse(texts[i]);
    post_free(&reading->post);
    *reading = empty;
}

void
reading_free(void *ctx)
{
    struct reading *reading = ctx;

    post_free(&reading->post);
    buf_free(&reading->path);
    buf_free(&reading->text);
    buf_free(&reading->summary);
    buf_free(&reading->language);
    catalog_words_free(&reading->words);
    free(reading);
}
