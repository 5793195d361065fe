#include "serve/gopher_answer.h"

#include <sys/stat.h>

#include "base/file.h"
#include "text/gemtext.h"
#include "text/gopherlink.h"

enum { READ_CHUNK = 65536 };

static bool
is_too_large(const struct response *response)
{
    struct stat file;

    return response->file_fd >= 0 && fstat(response->file_fd, &file) == 0 &&
           file.st_size > GOPHER_TEXT_MAX;
}

/* The file and the page behind it as one; false when the file cannot be read. */
static bool
load(const struct response *response, struct buf *text)
{
    ssize_t got = response->file_fd >= 0;

    while (got > 0 && text->len <= GOPHER_TEXT_MAX) {
        got = file_read_part(response->file_fd, buf_room(text, READ_CHUNK), READ_CHUNK);
        text->len += got > 0 ? (size_t)got : 0;
    }
    buf_put(text, buf_str(&response->page));
    return got == 0;
}

static void
render_gemtext(const struct exchange *exchange, struct buf *head, struct str gemtext)
{
    struct str path = str_of(exchange->request.path);
    const struct gopher_hole *hole = &exchange->service->hole;

    if (exchange->as_text)
        gophermap_text(head, hole, path, gemtext);
    else
        gophermap_menu(head, hole, path, gemtext);
}

static void
render_text(struct exchange *exchange, struct buf *head, struct str text)
{
    struct str type = buf_str(&exchange->response.meta);
    bool is_gemtext = str_starts(type, STR("text/gemini"));
    bool is_latin =
        str_ends(type, STR("charset=iso-8859-1")) || str_ends(type, STR("charset=windows-1252"));
    struct buf utf8 = {0};

    if (is_gemtext || is_latin) {
        charset_read(&utf8, text);
        text = buf_str(&utf8);
    }
    if (is_gemtext)
        render_gemtext(exchange, head, text);
    else
        gophermap_lines(head, &exchange->service->hole, text);
    buf_free(&utf8);
}

/* A feed of ours is an item of text. But XML says itself that it is UTF-8, and no dot may follow
 * its end. */
static void
render_feed(struct exchange *exchange, struct buf *head)
{
    struct gopher_hole hole = exchange->service->hole;
    struct buf text = exchange->response.page;

    hole.charset = CHARSET_UTF8;
    hole.strict = false;
    exchange->response.page = (struct buf){0};
    gophermap_lines(head, &hole, buf_str(&text));
    buf_free(&text);
}

static void
render_error(struct exchange *exchange, struct buf *head)
{
    bool is_absent = exchange->response.outcome == OUTCOME_NOT_FOUND;
    struct str message = buf_str(&exchange->response.meta);

    if (message.len == 0)
        message =
            word_text(exchange->service->tongue, is_absent ? WORD_NOT_FOUND : WORD_UNANSWERABLE);
    gophermap_error(head, &exchange->service->hole, message);
}

/* m4: what is not text, and HTML, goes as it is. */
static void
render_ok(struct exchange *exchange, struct buf *head)
{
    struct response *response = &exchange->response;
    struct str type = buf_str(&response->meta);
    struct buf text = {0};

    if (response->file_fd < 0 && str_eq(type, STR("application/atom+xml"))) {
        render_feed(exchange, head);
        return;
    }
    if (!str_starts(type, STR("text/")) || str_starts(type, STR("text/html")) ||
        is_too_large(response))
        return;
    if (load(response, &text)) {
        render_text(exchange, head, buf_str(&text));
        response_set(response, OUTCOME_OK, STR("")); /* all of it is in the head now */
    } else {
        response_set(response, OUTCOME_TROUBLE, STR(""));
        render_error(exchange, head);
    }
    buf_free(&text);
}

/* A search item, so that the client asks its reader. */
static void
render_input(struct exchange *exchange, struct buf *head)
{
    gophermap_item(head, &exchange->service->hole,
                   &(struct gopher_item){.type = '7',
                                         .display = buf_str(&exchange->response.meta),
                                         .selector = str_of(exchange->request.path)});
    gophermap_end(head);
}

/* One item that leads there. What the site answers is a path, whatever it looks like. */
static void
render_way(struct exchange *exchange, enum word frame, struct buf *head)
{
    struct str target = buf_str(&exchange->response.meta);
    struct buf path = {0}, label = {0}, page = {0};

    while (str_starts(target, STR("//")))
        target = str_after(target, 1);
    uri_decode(&path, target);
    word_put(&label, exchange->service->tongue, frame, (struct blanks){.text = buf_str(&path)});
    gemtext_link(&page, target, buf_str(&label));
    render_gemtext(exchange, head, buf_str(&page));
    buf_free(&page);
    buf_free(&label);
    buf_free(&path);
}

static void
render_moved(struct exchange *exchange, struct buf *head)
{
    render_way(exchange, WORD_MOVED_TO, head);
}

static void
render_elsewhere(struct exchange *exchange, struct buf *head)
{
    render_way(exchange, WORD_PLAIN, head);
}

/* 5.3: what needs a certificate does not exist here. */
static void
render_gemini_only(struct exchange *exchange, struct buf *head)
{
    gophermap_error(head, &exchange->service->hole,
                    word_text(exchange->service->tongue, WORD_GEMINI_ONLY));
}

void
gopher_put_address(const void *exchange, struct str path, struct buf *out)
{
    const struct exchange *asker = exchange;
    struct gopher_link link = {0};

    gopherlink_find(&link, &asker->service->hole, STR("/"), path);
    buf_put(out, buf_str(&link.address));
    gopherlink_free(&link);
}

void
gopher_render(struct exchange *exchange, struct buf *head)
{
    static void (*const renderers[])(struct exchange *, struct buf *) = {
        [OUTCOME_OK] = render_ok,
        [OUTCOME_INPUT] = render_input,
        [OUTCOME_MOVED] = render_moved,
        [OUTCOME_ELSEWHERE] = render_elsewhere,
        [OUTCOME_TROUBLE] = render_error,
        [OUTCOME_OVERLOADED] = render_error,
        [OUTCOME_TOO_FAST] = render_error,
        [OUTCOME_NOT_FOUND] = render_error,
        [OUTCOME_GONE] = render_error,
        [OUTCOME_NOT_HERE] = render_error,
        [OUTCOME_BAD_REQUEST] = render_error,
        [OUTCOME_CERTIFICATE_NEEDED] = render_gemini_only,
        [OUTCOME_CERTIFICATE_REFUSED] = render_gemini_only,
        [OUTCOME_CERTIFICATE_INVALID] = render_gemini_only,
    };
    struct response *response = &exchange->response;

    renderers[response->outcome](exchange, head);
    if (response->outcome != OUTCOME_OK) /* nothing follows */
        response_set(response, response->outcome, STR(""));
}
