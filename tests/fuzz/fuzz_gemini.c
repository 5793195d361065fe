/*
 * A request means the same however it arrives; what is accepted is a path a file could have and
 * can be asked for again; every answer is one well-formed header.
 * The first byte says in what pieces the others arrive, and what the answer is made of.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "serve/gemini.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { PIECE_MASK = 0x3f, WITH_SNI = 0x40, WITH_REDIRECT = 0x80 };

static char localhost[] = "localhost", address[] = "::1";

static const struct config config = {
    .gemini = {.hosts = {.items = {localhost, address}, .count = 2}, .port = 1965},
};

static const struct service service = {
    .config = &config,
    .gemini_ports = {7965},
    .gemini_port_count = 1,
};

/* The exchange after all of the bytes, in pieces of that size, and the client's end. */
static struct exchange *
exchange_of(struct str bytes, size_t piece, struct str sni)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct buf received = {0};
    bool done = false;

    assert(exchange);
    exchange->service = &service;
    exchange->sni = sni;
    response_init(&exchange->response);
    while (!done && bytes.len > 0 && received.len < gemini_protocol.line_max) {
        struct str part = str_head(str_head(bytes, piece), gemini_protocol.line_max - received.len);

        buf_put(&received, part);
        bytes = str_after(bytes, part.len);
        done = gemini_protocol.parse(exchange, buf_str(&received), false);
    }
    if (!done)
        done = gemini_protocol.parse(exchange, buf_str(&received), true);
    assert(done);
    buf_free(&received);
    return exchange;
}

static void
exchange_free(struct exchange *exchange)
{
    response_free(&exchange->response);
    free(exchange);
}

static bool
is_accepted(const struct exchange *exchange)
{
    return !exchange->silent && exchange->response.outcome == OUTCOME_OK;
}

static void
assert_same(const struct exchange *a, const struct exchange *b)
{
    assert(a->silent == b->silent);
    assert(a->response.outcome == b->response.outcome);
    assert(str_eq(buf_str(&a->response.meta), buf_str(&b->response.meta)));
    assert(strcmp(a->request.path, b->request.path) == 0);
    assert(strcmp(a->request.query, b->request.query) == 0);
    assert(a->request.has_query == b->request.has_query);
    assert(strcmp(a->authority, b->authority) == 0);
}

static void
assert_visible_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        assert(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
}

static void
check_path(struct str path)
{
    struct str rest = path;

    assert(str_starts(path, STR("/")));
    assert(u8_check((const uint8_t *)path.ptr, path.len) == NULL);
    str_cut(&rest, '/');
    while (rest.len > 0) {
        struct str segment = str_cut(&rest, '/');

        assert(segment.len > 0); /* no "//" */
        assert(!str_eq(segment, STR(".")) && !str_eq(segment, STR("..")));
    }
}

/* The address of what was accepted leads there again. */
static void
check_again(const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    struct buf line = {0};
    struct exchange *again;

    buf_format(&line, "gemini://%s", exchange->authority);
    uri_put_path(&line, str_of(request->path));
    if (request->has_query)
        buf_format(&line, "?%s", request->query);
    if (line.len <= URI_MAX) {
        buf_put(&line, STR("\r\n"));
        again = exchange_of(buf_str(&line), line.len, exchange->sni);
        assert_same(exchange, again);
        exchange_free(again);
    }
    buf_free(&line);
}

static void
check_header(const struct exchange *exchange, struct str head)
{
    struct buf home = {0};
    struct str meta = str_after(head, 3);

    assert(head.len > 5 && head.ptr[0] >= '1' && head.ptr[0] <= '6');
    assert(head.ptr[1] >= '0' && head.ptr[1] <= '9' && head.ptr[2] == ' ' && head.ptr[3] != ' ');
    assert(str_chop(&meta, STR("\r\n")));
    assert(meta.len > 0 && meta.len <= META_MAX);
    assert(u8_check((const uint8_t *)meta.ptr, meta.len) == NULL);
    for (size_t i = 0; i < meta.len; i++)
        assert((unsigned char)meta.ptr[i] >= ' ' && meta.ptr[i] != 0x7f);
    if (exchange->response.outcome == OUTCOME_MOVED) {
        buf_format(&home, "gemini://%s/", exchange->authority);
        assert(str_starts(meta, buf_str(&home)));
        assert(!str_starts(str_after(meta, home.len), STR("/")));
        assert_visible_ascii(meta);
        assert(!str_has(meta, '#'));
    }
    buf_free(&home);
}

static void
check_answer(struct exchange *exchange, struct str anything, unsigned flags)
{
    struct buf head = {0};

    if (is_accepted(exchange))
        response_set(&exchange->response, flags & WITH_REDIRECT ? OUTCOME_MOVED : OUTCOME_INPUT,
                     anything);
    gemini_protocol.render(exchange, &head);
    check_header(exchange, buf_str(&head));
    buf_free(&head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned flags = size > 0 ? bytes[0] : 0;
    struct str all = str_after((struct str){(const char *)bytes, size}, 1);
    struct str sni = flags & WITH_SNI ? STR("localhost") : STR("");
    struct exchange *whole = exchange_of(all, all.len + 1, sni);
    struct exchange *pieces = exchange_of(all, (flags & PIECE_MASK) + 1, sni);

    assert_same(whole, pieces);
    assert(whole->silent == (all.len == 0));
    if (is_accepted(whole)) {
        check_path(str_of(whole->request.path));
        assert_visible_ascii(str_of(whole->request.query));
        assert(uri_escapes_are_whole(str_of(whole->request.query)));
        check_again(whole);
    }
    if (!whole->silent)
        check_answer(whole, all, flags);
    exchange_free(whole);
    exchange_free(pieces);
    return 0;
}
