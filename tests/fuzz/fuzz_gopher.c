/*
 * A Gopher connection: the first bytes say where the request is split, what the site answers, and
 * how the listener's pages look; the rest is what arrives. However it arrives, its meaning is the
 * same; every meaning is a path that a file could have; and every answer that is a menu is a whole
 * one, as wide as the listener says and in its charset.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "menu.h"
#include "serve/gopher.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
    OPTION_SPLIT,
    OPTION_ANSWER,
    OPTION_LOOK, /* charset, then a bit each for strict1436 and posts = menu */
    OPTION_WIDTH,
    OPTION_BYTES,
    REREADS_MAX = 6,
};

static const char *const gemini_hosts[] = {"example.org", NULL};
static char title[] = "A blog";
static const struct config config = {.blog = {.title = title}};

static const struct {
    enum outcome outcome;
    const char *meta;
} answers[] = {
    {OUTCOME_OK, "text/gemini"},
    {OUTCOME_INPUT, "Words?"},
    {OUTCOME_MOVED, NULL}, /* to where the request says */
    {OUTCOME_NOT_FOUND, "Not found"},
    {OUTCOME_CERTIFICATE_NEEDED, ""},
    {OUTCOME_OK, "text/gemini; charset=iso-8859-1; lang=en"},
    {OUTCOME_OK, "text/plain; charset=iso-8859-1"},
    {OUTCOME_GONE, ""},
};

static struct service
describe(const uint8_t *options)
{
    const uint8_t look = options[OPTION_LOOK];

    return (struct service){
        .config = &config,
        .tongue = TONGUE_KHMER,
        .hole = {.host = "gopher.example.org",
                 .port = 7070,
                 .width = GOPHER_WIDTH_MIN +
                          options[OPTION_WIDTH] % (GOPHER_WIDTH_MAX - GOPHER_WIDTH_MIN + 1),
                 .charset = (enum charset)(look % 3),
                 .strict = look & 4,
                 .posts_as_menus = look & 8,
                 .gemini_hosts = gemini_hosts},
    };
}

static void
begin(struct exchange *exchange, const struct service *service)
{
    *exchange = (struct exchange){.service = service};
    response_init(&exchange->response);
}

static bool
is_same(const struct exchange *a, const struct exchange *b)
{
    return a->silent == b->silent && a->response.outcome == b->response.outcome &&
           str_eq(buf_str(&a->response.meta), buf_str(&b->response.meta)) &&
           str_eq(buf_str(&a->response.page), buf_str(&b->response.page)) &&
           str_eq(str_of(a->request.path), str_of(b->request.path)) &&
           str_eq(str_of(a->request.query), str_of(b->request.query)) &&
           a->request.has_query == b->request.has_query;
}

/* Arrives in pieces of `step` bytes, like at a connection: never more than line_max. */
static void
parse_in_pieces(struct exchange *exchange, struct str received, size_t step)
{
    received = str_head(received, gopher_protocol.line_max);
    for (size_t have = step; have < received.len; have += step) {
        /* its own block, so that a sanitizer sees what is read behind it */
        char *piece = malloc(have);
        bool is_whole;

        memcpy(piece, received.ptr, have);
        is_whole = gopher_protocol.parse(exchange, (struct str){piece, have}, false);
        free(piece);
        if (is_whole)
            return;
    }
    assert(gopher_protocol.parse(exchange, received, true));
}

static void
check_path(const struct exchange *exchange)
{
    struct str path = str_of(exchange->request.path);

    assert(str_starts(path, STR("/")));
    assert(!strstr(exchange->request.path, "//") && !strstr(exchange->request.path, "/."));
    for (size_t i = 0; i < path.len; i++)
        assert((unsigned char)path.ptr[i] >= 0x20 && path.ptr[i] != 0x7F);
}

/* Answers with what the site could say, and looks at what goes out. */
static void
check_answer(struct exchange *exchange, unsigned choice, struct str received)
{
    struct response *response = &exchange->response;
    const char *meta = answers[choice].meta;
    struct buf head = {0}, page = {0};

    buf_format(&page, "# %s\n=> %s %s\n", exchange->request.path, exchange->request.path,
               exchange->request.query);
    buf_put(&page, received);
    response_set(response, answers[choice].outcome,
                 meta ? str_of(meta) : str_of(exchange->request.path));
    if (answers[choice].outcome == OUTCOME_OK)
        buf_put(&response->page, buf_str(&page));
    gopher_protocol.render(exchange, &head);
    assert(response->page.len == 0);
    if (!exchange->as_text && !(meta && str_starts(str_of(meta), STR("text/plain"))))
        check_menu(buf_str(&head), &exchange->service->hole);
    buf_free(&page);
    buf_free(&head);
}

/* What parse answered by itself. */
static void
check_own_answer(struct exchange *exchange)
{
    struct str page = buf_str(&exchange->response.page);
    bool is_error = exchange->response.outcome != OUTCOME_OK;
    struct buf head = {0};

    assert(is_error || page.len > 0);
    gopher_protocol.render(exchange, &head);
    if (is_error)
        check_menu(buf_str(&head), &exchange->service->hole);
    buf_free(&head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct exchange whole, pieces;
    struct service service;
    struct str received;
    unsigned rereads = 0;

    if (size < OPTION_BYTES)
        return 0;
    received = (struct str){(const char *)bytes + OPTION_BYTES, size - OPTION_BYTES};
    service = describe(bytes);
    begin(&whole, &service);
    begin(&pieces, &service);
    assert(gopher_protocol.parse(&whole, received, true));
    parse_in_pieces(&pieces, received, bytes[OPTION_SPLIT] + 1U);
    assert(is_same(&whole, &pieces));
    if (whole.response.outcome != OUTCOME_OK || whole.response.meta.len > 0) {
        check_own_answer(&whole);
    } else if (!whole.silent) {
        do {
            check_path(&whole);
            check_answer(&whole, bytes[OPTION_ANSWER] % (sizeof(answers) / sizeof(*answers)),
                         received);
        } while (gopher_protocol.reread(&whole) && ++rereads <= REREADS_MAX);
        assert(rereads <= REREADS_MAX);
    }
    response_free(&pieces.response);
    response_free(&whole.response);
    return 0;
}
