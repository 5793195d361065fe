#include "site/light.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/catalog_post.h"
#include "site/listing.h"
#include "site/media.h"
#include "site/post.h"
#include "site/relink.h"
#include "text/gemtext.h"
#include "text/parts.h"

enum {
    AROUND = 200,  /* bytes of the words at both ends of a part, in any language */
    URI_PARTS = 3, /* a byte of a path may become "%E0" */
};

static const struct str light = {"/light", 6};

/* A light page on its way. */
struct light_page {
    struct site site;     /* the light one */
    struct request inner; /* what is asked of the site itself */
    size_t number;        /* of the part, from 1 */
    struct response full; /* its answer */
    struct buf text;      /* the whole page, light */
};

struct str
light_inner(struct str path)
{
    struct str inner = path;

    return str_skip(&inner, light) && str_starts(inner, STR("/")) ? inner : path;
}

static void
ask(struct light_page *page)
{
    response_free(&page->full);
    respond(&page->site, &page->inner, &page->full);
}

/* Where the number of a part stands in a path: before ".gmi", else at the end. */
static size_t
number_place(struct str path)
{
    str_chop(&path, STR(".gmi"));
    return path.len;
}

/* Takes "~2" out of the path; false when it has none. */
static bool
take_number(struct light_page *page)
{
    struct str path = str_of(page->inner.path), digits;
    size_t end = number_place(path), start = end;
    unsigned long number;

    while (start > 0 && path.ptr[start - 1] >= '0' && path.ptr[start - 1] <= '9')
        start--;
    digits = str_after(str_head(path, end), start);
    if (start < 2 || path.ptr[start - 1] != '~' || str_starts(digits, STR("0")) ||
        !str_number(digits, POST_MAX, &number) || number < 2)
        return false;
    page->number = number;
    memmove(page->inner.path + start - 1, path.ptr + end, path.len - end + 1);
    return true;
}

/* The path of a part, with the query that was asked. */
static void
put_target(const struct light_page *page, size_t number, struct buf *target)
{
    struct str path = str_of(page->inner.path);
    size_t place = number_place(path);
    struct buf decoded = {0};

    buf_put(&decoded, light);
    buf_put(&decoded, str_head(path, place));
    buf_format(&decoded, "~%zu", number);
    buf_put(&decoded, str_after(path, place));
    uri_put_path(target, buf_str(&decoded));
    if (page->inner.has_query)
        buf_format(target, "?%s", page->inner.query);
    buf_free(&decoded);
}

/* All of a file; false when it is larger than a post may be, or cannot be read. */
static bool
read_file(int fd, struct buf *text)
{
    struct stat info;

    return fstat(fd, &info) == 0 && info.st_size <= POST_MAX &&
           file_read_start(fd, (size_t)info.st_size, text) && text->len == (size_t)info.st_size;
}

/* Without the trailer of a post: where else it is found is no part of it. */
static struct str
without_trailer(struct str text, struct post *post)
{
    struct failure why;

    if (!post_parse(text, post, &why) || post->body.len == 0)
        return text;
    return str_head(text, (size_t)(post->body.ptr - text.ptr) + post->body.len);
}

/* Reads the answer into the text. False: it is found at its own place only. */
static bool
take_text(struct light_page *page)
{
    struct response *full = &page->full;
    struct str path = str_of(page->inner.path), type = buf_str(&full->meta);
    struct buf file = {0}, language = {0};
    struct post post = {0};
    bool done = media_is_gemtext(type) && memmem(type.ptr, type.len, "charset=utf-8", 13) &&
                (full->file_fd < 0 || read_file(full->file_fd, &file));

    if (done && full->file_fd >= 0) {
        bool is_post = catalog_language_of(page->site.catalog, path, &language);

        relink_put(&page->text, &page->site, path,
                   is_post ? without_trailer(buf_str(&file), &post) : buf_str(&file));
    }
    if (done)
        relink_put(&page->text, &page->site, path, buf_str(&full->page));
    if (done && str_eq(path, STR("/")))
        listing_word(&page->text, &page->site, STR("/"), WORD_FULL_PAGE, (struct blanks){0});
    post_free(&post);
    buf_free(&language);
    buf_free(&file);
    return done;
}

/* The first heading of the page. */
static struct str
title_of(struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;

    while (gemtext_next(&scanner, &line))
        if (line.kind == GEMTEXT_HEADING && line.text.len > 0)
            return line.text;
    return STR("");
}

/* "# Title", "Part 2 of 3" */
static void
put_head(const struct light_page *page, size_t count, struct buf *out)
{
    gemtext_heading(out, 1, title_of(buf_str(&page->text)));
    word_put(out, page->site.tongue, WORD_PART, (struct blanks){.n = page->number, .of = count});
    buf_put(out, STR("\n\n"));
}

static void
put_way_on(const struct light_page *page, size_t count, struct buf *out)
{
    struct buf target = {0}, label = {0};

    put_target(page, page->number + 1, &target);
    word_put(&label, page->site.tongue, WORD_NEXT_PART,
             (struct blanks){.n = page->number + 1, .of = count});
    gemtext_blank(out);
    gemtext_link(out, buf_str(&target), buf_str(&label));
    buf_free(&target);
    buf_free(&label);
}

/* The part that was asked for; false when there is none. */
static bool
put_part(const struct light_page *page, struct buf *out)
{
    unsigned bytes_max = page->site.config->light.part;
    size_t around =
        URI_PARTS * str_of(page->inner.path).len + title_of(buf_str(&page->text)).len + AROUND;
    size_t whole = around < bytes_max / 2 ? bytes_max - around : bytes_max / 2, count;
    size_t room = whole * PARTS_REST_DIVISOR / (PARTS_REST_DIVISOR + 1); /* a rest may join it */
    struct buf part = {0};

    count = parts_put(&part, buf_str(&page->text), room, page->number);
    if (page->number > 1 && page->number <= count)
        put_head(page, count, out);
    buf_put(out, buf_str(&part));
    if (page->number < count)
        put_way_on(page, count, out);
    buf_free(&part);
    return page->number <= count;
}

static void
answer_ok(struct light_page *page, struct response *response)
{
    struct buf part = {0};

    if (!take_text(page)) {
        response_move(response, OUTCOME_MOVED, str_of(page->inner.path));
    } else if (put_part(page, &part) || page->number == 1) {
        response_set(response, OUTCOME_OK, buf_str(&page->full.meta));
        buf_put(&response->page, buf_str(&part));
    } else {
        response_set(response, OUTCOME_NOT_FOUND, word_text(page->site.tongue, WORD_NOT_FOUND));
    }
    buf_free(&part);
}

/* Where the site has moved it, light unless it is no page. */
static void
answer_moved(const struct light_page *page, struct response *response)
{
    const char *type = media_of_name(uri_split(buf_str(&page->full.meta)).path);
    struct buf target = {0};

    if (!type || media_is_gemtext(str_of(type)))
        buf_put(&target, light);
    buf_put(&target, buf_str(&page->full.meta));
    if (target.len <= TARGET_MAX)
        response_set(response, page->full.outcome, buf_str(&target));
    else
        response_set(response, OUTCOME_NOT_FOUND, word_text(page->site.tongue, WORD_NOT_FOUND));
    buf_free(&target);
}

static void
answer(struct light_page *page, struct response *response)
{
    if (page->full.outcome == OUTCOME_OK)
        answer_ok(page, response);
    else if (page->full.outcome == OUTCOME_MOVED || page->full.outcome == OUTCOME_ELSEWHERE)
        answer_moved(page, response);
    else
        response_set(response, page->full.outcome, buf_str(&page->full.meta));
}

bool
light_answer(const struct site *site, const struct request *request, struct response *response)
{
    struct str path = str_of(request->path), inner = light_inner(path);
    struct light_page page = {.site = *site, .inner = *request, .number = 1};

    if (site->is_light || !str_starts(path, light))
        return false;
    if (str_eq(path, light)) {
        response_move(response, OUTCOME_MOVED, STR("/light/"));
        return true;
    }
    if (inner.len == path.len)
        return false;
    page.site.is_light = true;
    memcpy(page.inner.path, inner.ptr, inner.len + 1);
    response_init(&page.full);
    ask(&page);
    if (page.full.outcome == OUTCOME_NOT_FOUND && take_number(&page))
        ask(&page);
    answer(&page, response);
    response_free(&page.full);
    buf_free(&page.text);
    return true;
}
