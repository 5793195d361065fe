#include "serve/gemini.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <unistr.h>

#include "site/address.h"

/* A complete request line, and what it is judged against. */
struct question {
    const struct service *service;
    struct str sni, line;
    struct uri uri;
};

static bool
is_empty(const struct question *q)
{
    return q->line.len == 0;
}

static bool
begins_with_mark(const struct question *q)
{
    return str_starts(q->line, STR("\xEF\xBB\xBF"));
}

/* offpunk sends the words of a search with the spaces between them. */
static bool
has_control(const struct question *q)
{
    bool in_query = false;

    for (size_t i = 0; i < q->line.len; i++) {
        unsigned char byte = (unsigned char)q->line.ptr[i];

        if ((byte <= ' ' && !(byte == ' ' && in_query)) || byte == 0x7f)
            return true;
        in_query = in_query || byte == '?';
    }
    return false;
}

static bool
has_excluded(const struct question *q)
{
    for (const char *excluded = "\"<>\\^`{|}"; *excluded; excluded++)
        if (str_has(q->line, *excluded))
            return true;
    return false;
}

static bool
is_not_utf8(const struct question *q)
{
    return u8_check((const uint8_t *)q->line.ptr, q->line.len) != NULL;
}

static bool
has_broken_escape(const struct question *q)
{
    return !uri_escapes_are_whole(q->line);
}

static bool
has_fragment(const struct question *q)
{
    return str_has(q->line, '#');
}

static bool
has_no_scheme(const struct question *q)
{
    return !uri_is_scheme(q->uri.scheme);
}

static bool
has_other_scheme(const struct question *q)
{
    return q->uri.has_authority && !str_eq_nocase(q->uri.scheme, STR("gemini"));
}

static bool
has_no_host(const struct question *q)
{
    return !q->uri.has_authority || (q->uri.host.len == 0 && !q->uri.has_userinfo);
}

static bool
has_userinfo(const struct question *q)
{
    return q->uri.has_userinfo;
}

static bool
has_no_port_number(const struct question *q)
{
    unsigned port;

    return !uri_read_port(&q->uri, 0, &port);
}

/* An address of version 6, with its brackets or, as a configuration has it, without. */
static bool
read_address(struct str host, struct in6_addr *address)
{
    char text[INET6_ADDRSTRLEN];

    if (str_skip(&host, STR("[")) && !str_chop(&host, STR("]")))
        return false;
    if (host.len >= sizeof(text) || str_has(host, '\0'))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET6, text, address) == 1;
}

static bool
has_no_host_name(const struct question *q)
{
    struct str host = q->uri.host;
    struct in6_addr address;

    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] == '%' || (unsigned char)host.ptr[i] > 0x7f)
            return true;
    return (str_has(host, '[') || str_has(host, ']')) && !read_address(host, &address);
}

static bool
is_same_host(struct str a, struct str b)
{
    struct in6_addr address_a, address_b;

    if (read_address(a, &address_a) && read_address(b, &address_b))
        return memcmp(&address_a, &address_b, sizeof(address_a)) == 0;
    return str_eq_nocase(a, b);
}

static bool
is_other_host(const struct question *q)
{
    const struct name_list *hosts = &q->service->config->gemini.hosts;

    for (size_t i = 0; i < hosts->count; i++)
        if (is_same_host(q->uri.host, str_of(hosts->items[i])))
            return false;
    return true;
}

static bool
is_other_port(const struct question *q)
{
    unsigned port;

    if (!uri_read_port(&q->uri, 0, &port) || port == 0 || port == q->service->config->gemini.port)
        return false;
    for (size_t i = 0; i < q->service->gemini_port_count; i++)
        if (port == q->service->gemini_ports[i])
            return false;
    return true;
}

/* The certificate that was shown, and the one that was asked for, belong to that other name. */
static bool
is_other_than_sni(const struct question *q)
{
    return q->sni.len > 0 && !is_same_host(q->sni, q->uri.host);
}

/* PROTOCOL.md 1.2 in its order, R3 to R25; the first that holds answers. */
static const struct rule {
    bool (*holds)(const struct question *q);
    enum outcome outcome;
    const char *meta;
} rules[] = {
    {is_empty, OUTCOME_BAD_REQUEST, "The request is empty"},
    {begins_with_mark, OUTCOME_BAD_REQUEST, "The request begins with a byte order mark"},
    {has_control, OUTCOME_BAD_REQUEST, "The address contains a space or a control character"},
    {has_excluded, OUTCOME_BAD_REQUEST, "The address contains a character that must be encoded"},
    {is_not_utf8, OUTCOME_BAD_REQUEST, "The address is not valid UTF-8"},
    {has_broken_escape, OUTCOME_BAD_REQUEST, "A percent sign needs two hexadecimal digits"},
    {has_fragment, OUTCOME_BAD_REQUEST, "A request must not have a fragment"},
    {has_no_scheme, OUTCOME_BAD_REQUEST, "The address must begin with gemini://"},
    {has_other_scheme, OUTCOME_NOT_HERE, "This server is no proxy: it answers gemini only"},
    {has_no_host, OUTCOME_BAD_REQUEST, "The address has no host"},
    {has_userinfo, OUTCOME_BAD_REQUEST, "A request must not have a user name"},
    {has_no_port_number, OUTCOME_BAD_REQUEST, "The port is not a number from 1 to 65535"},
    {has_no_host_name, OUTCOME_BAD_REQUEST, "The host is neither a name nor an address"},
    {is_other_host, OUTCOME_NOT_HERE, "This host is not served here"},
    {is_other_port, OUTCOME_NOT_HERE, "This port is not served here"},
    {is_other_than_sni, OUTCOME_NOT_HERE, "The connection was made for another host"},
};

static void
set(struct exchange *exchange, enum outcome outcome, const char *meta)
{
    response_set(&exchange->response, outcome, str_of(meta));
}

/* Copies text that the limit of a line keeps within its array. */
static void
keep(char *place, size_t size, struct str text)
{
    assert(text.len < size);
    memcpy(place, text.ptr, text.len);
    place[text.len] = '\0';
}

/* Where a redirect leads: the host as it was named, which may be known to the reader's client by
 * that name only, and the port that was named or else the one configured. */
static void
keep_authority(struct exchange *exchange, const struct uri *uri)
{
    unsigned port;
    struct buf text = {0};

    for (size_t i = 0; i < uri->host.len; i++) {
        char byte = uri->host.ptr[i];

        buf_byte(&text, byte >= 'A' && byte <= 'Z' ? (char)(byte + 'a' - 'A') : byte);
    }
    if (!uri_read_port(uri, 0, &port) || port == 0)
        port = exchange->service->config->gemini.port;
    if (port != 0 && (uri->port.len > 0 || port != GEMINI_PORT))
        buf_format(&text, ":%u", port);
    keep(exchange->authority, sizeof(exchange->authority), buf_str(&text));
    buf_free(&text);
}

/* What a client sent raw is kept as it should have sent it; false when it would then have been
 * longer than a request may be. */
static bool
keep_query(struct request *request, const struct uri *uri)
{
    struct buf text = {0};
    struct str query;
    bool fits;

    request->has_query = uri->has_query;
    if (!uri->has_query)
        return true;
    uri_put_reference(&text, (struct str){uri->query.ptr - 1, uri->query.len + 1});
    query = str_after(buf_str(&text), 1);
    fits = query.len <= REQUEST_TEXT_MAX;
    if (fits)
        keep(request->query, sizeof(request->query), query);
    buf_free(&text);
    return fits;
}

/* R26 to R34. */
static void
keep_request(struct exchange *exchange, const struct uri *uri)
{
    struct buf raw = {0}, path = {0};

    address_put_path(&raw, uri->path);
    switch (uri_path_decode(buf_str(&raw), &path)) {
    case URI_PATH_MALFORMED:
        set(exchange, OUTCOME_BAD_REQUEST, "The path leads out of the capsule, or names nothing");
        break;
    case URI_PATH_NOWHERE:
        response_set(&exchange->response, OUTCOME_NOT_FOUND,
                     word_text(exchange->service->tongue, WORD_NOT_FOUND));
        break;
    case URI_PATH_OK:
        keep(exchange->request.path, sizeof(exchange->request.path), buf_str(&path));
        keep_authority(exchange, uri);
        if (!keep_query(&exchange->request, uri))
            set(exchange, OUTCOME_BAD_REQUEST, "The query is too long once it is encoded");
        break;
    }
    buf_free(&raw);
    buf_free(&path);
}

static void
judge(struct exchange *exchange, struct str line)
{
    struct question q = {.service = exchange->service, .sni = exchange->sni, .line = line};

    q.uri = uri_split(line);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].holds(&q)) {
            set(exchange, rules[i].outcome, rules[i].meta);
            return;
        }
    }
    keep_request(exchange, &q.uri);
}

/* PROTOCOL.md 1.1. Only a CR can still end a line whose URI is URI_MAX long. */
static bool
gemini_parse(struct exchange *exchange, struct str received, bool ended)
{
    struct str seen = str_head(received, GEMINI_LINE_MAX);
    const char *end = seen.len > 0 ? memmem(seen.ptr, seen.len, "\r\n", 2) : NULL;

    if (end)
        judge(exchange, str_head(seen, (size_t)(end - seen.ptr)));
    else if (seen.len == GEMINI_LINE_MAX || (seen.len > URI_MAX && seen.ptr[URI_MAX] != '\r'))
        set(exchange, OUTCOME_BAD_REQUEST, "The address is longer than 1024 bytes");
    else if (ended && seen.len > 0)
        set(exchange, OUTCOME_BAD_REQUEST, "The request does not end with CR LF");
    else
        exchange->silent = ended;
    return exchange->silent || exchange->response.outcome != OUTCOME_OK ||
           exchange->request.path[0] == '/';
}

/* Every outcome has a text: clients fail on a header that ends after its status. */
static const struct {
    int status;
    const char *meta;
} statuses[] = {
    [OUTCOME_OK] = {20, "text/gemini"},
    [OUTCOME_INPUT] = {10, "Your answer"},
    [OUTCOME_MOVED] = {31, "/"},
    [OUTCOME_ELSEWHERE] = {30, "/"},
    [OUTCOME_TROUBLE] = {40, "Something went wrong here, please try again later"},
    [OUTCOME_OVERLOADED] = {41, "There are too many readers, please try again later"},
    [OUTCOME_TOO_FAST] = {44, "Too many requests, please wait a little"},
    [OUTCOME_NOT_FOUND] = {51, "Not found"},
    [OUTCOME_GONE] = {52, "This page is gone"},
    [OUTCOME_NOT_HERE] = {53, "This is not served here"},
    [OUTCOME_BAD_REQUEST] = {59, "The request cannot be understood"},
    [OUTCOME_CERTIFICATE_NEEDED] = {60, "A client certificate is needed here"},
    [OUTCOME_CERTIFICATE_REFUSED] = {61, "This certificate is not admitted here"},
    [OUTCOME_CERTIFICATE_INVALID] = {62, "This certificate is expired, not yet valid or damaged"},
};

int
gemini_status(enum outcome outcome)
{
    assert(outcome < sizeof(statuses) / sizeof(statuses[0]));
    return statuses[outcome].status;
}

static const char *
default_meta(int status)
{
    size_t i = 0, count = sizeof(statuses) / sizeof(statuses[0]);

    while (i < count && statuses[i].status != status)
        i++;
    assert(i < count); /* H4: only defined codes */
    return statuses[i].meta;
}

/* H3: no C0, DEL or C1, and no mark that clients drop or take for the text's own. */
static bool
is_control(ucs4_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0xfeff;
}

/* META as the grammar wants it, and no longer than META_MAX with the last character whole. */
static void
put_meta(struct buf *out, struct str meta)
{
    size_t start = out->len;
    ucs4_t rune;

    while (meta.len > 0) {
        const uint8_t *bytes = (const uint8_t *)meta.ptr;
        int len = u8_mbtoucr(&rune, bytes, meta.len);
        bool is_blank = len < 0 || is_control(rune) || rune == ' ';

        len = len < 0 ? 1 : len;
        if (out->len - start + (size_t)len > META_MAX)
            break;
        if (!is_blank)
            buf_put(out, str_head(meta, (size_t)len));
        else if (out->len > start) /* H1: the first byte is no space */
            buf_byte(out, ' ');
        meta = str_after(meta, (size_t)len);
    }
    while (out->len > start && out->ptr[out->len - 1] == ' ')
        buf_truncate(out, out->len - 1);
}

void
gemini_header(struct buf *out, int status, struct str meta)
{
    const char *otherwise = default_meta(status);
    size_t start;

    buf_format(out, "%d ", status);
    start = out->len;
    put_meta(out, meta);
    if (out->len == start)
        buf_put(out, str_of(otherwise));
    buf_put(out, STR("\r\n"));
}

/* npm and ereandel fail on relative targets. What the site answered is a path, whatever it looks
 * like: it cannot lead to another host. */
static void
put_target(struct buf *out, const struct exchange *exchange, struct str path)
{
    struct str place = str_cut(&path, '#');

    while (str_starts(place, STR("//")))
        place = str_after(place, 1);
    buf_format(out, "gemini://%s", exchange->authority);
    if (!str_starts(place, STR("/")))
        buf_byte(out, '/');
    uri_put_reference(out, place);
}

static void
gemini_put_address(const void *exchange, struct str path, struct buf *out)
{
    put_target(out, exchange, path);
}

static void
gemini_render(struct exchange *exchange, struct buf *head)
{
    struct response *response = &exchange->response;
    struct buf target = {0};

    if (response->outcome == OUTCOME_MOVED || response->outcome == OUTCOME_ELSEWHERE) {
        put_target(&target, exchange, buf_str(&response->meta));
        if (target.len <= URI_MAX)
            response_set(response, response->outcome, buf_str(&target));
        else
            set(exchange, OUTCOME_NOT_FOUND, "The new address of this page is too long");
    }
    gemini_header(head, gemini_status(response->outcome), buf_str(&response->meta));
    if (response->outcome != OUTCOME_OK) /* H6: nothing follows */
        response_set(response, response->outcome, STR(""));
    buf_free(&target);
}

const struct protocol gemini_protocol = {
    .name = "gemini",
    .line_max = GEMINI_LINE_MAX,
    .encrypted = true,
    .parse = gemini_parse,
    .put_address = gemini_put_address,
    .render = gemini_render,
};
