/*
 * A Gopher connection: up to the first two bytes say where the request is split and what the site
 * answers, the rest is what arrives. However it arrives, its meaning is the same; every meaning is
 * a path that a file could have; and every answer that is a menu is a whole one.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "menu.h"
#include "serve/gopher.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { OPTION_BYTES = 2, REREADS_MAX = 5 };

static const char *const gemini_hosts[] = {"example.org", NULL};
static char title[] = "A blog";
static const struct config config = {.blog = {.title = title}};
static const struct service service = {
    .config = &config,
    .hole = {.host = "gopher.example.org",
             .port = 7070,
             .width = GOPHER_WIDTH,
             .gemini_hosts = gemini_hosts},
};

static const struct {
    enum outcome outcome;
    const char *meta;
} answers[] = {
    {OUTCOME_OK, "text/gemini"},
    {OUTCOME_INPUT, "Words?"},
    {OUTCOME_MOVED, NULL}, /* to where the request says */
    {OUTCOME_NOT_FOUND, "Not found"},
    {OUTCOME_CERTIFICATE_NEEDED, ""},
};

static void
begin(struct exchange *exchange)
{
    *exchange = (struct exchange){.service = &service};
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
check_answer(struct exchange *exchange, unsigned choice)
{
    struct response *response = &exchange->response;
    const char *meta = answers[choice].meta;
    struct buf head = {0}, page = {0};

    buf_format(&page, "# %s\n=> %s %s\n", exchange->request.path, exchange->request.path,
               exchange->request.query);
    response_set(response, answers[choice].outcome,
                 meta ? str_of(meta) : str_of(exchange->request.path));
    if (answers[choice].outcome == OUTCOME_OK)
        buf_put(&response->page, buf_str(&page));
    gopher_protocol.render(exchange, &head);
    assert(response->page.len == 0);
    if (!exchange->as_text)
        check_menu(buf_str(&head), &service.hole);
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
        check_menu(buf_str(&head), &service.hole);
    buf_free(&head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct exchange whole, pieces;
    struct str received;
    unsigned rereads = 0;

    if (size < OPTION_BYTES)
        return 0;
    received = (struct str){(const char *)bytes + OPTION_BYTES, size - OPTION_BYTES};
    begin(&whole);
    begin(&pieces);
    assert(gopher_protocol.parse(&whole, received, true));
    parse_in_pieces(&pieces, received, bytes[0] + 1U);
    assert(is_same(&whole, &pieces));
    if (whole.response.outcome != OUTCOME_OK || whole.response.meta.len > 0) {
        check_own_answer(&whole);
    } else if (!whole.silent) {
        do {
            check_path(&whole);
            check_answer(&whole, bytes[1] % (sizeof(answers) / sizeof(*answers)));
        } while (gopher_protocol.reread(&whole) && ++rereads <= REREADS_MAX);
        assert(rereads <= REREADS_MAX);
    }
    response_free(&pieces.response);
    response_free(&whole.response);
    return 0;
}
