#include "serve/gopher.h"

#include <assert.h>
#include <string.h>

#include "serve/gopher_answer.h"
#include "site/search.h"
#include "text/gemtext.h"
#include "text/gopherlink.h"

enum {
    REDIRECT_S = 5,
    WORDS_MAX = REQUEST_TEXT_MAX / 3, /* bytes, of which each may be encoded as three */
};

_Static_assert((int)WORDS_MAX > (int)SEARCH_TEXT_MAX, "words that count would be left out");

static void
set(struct exchange *exchange, enum outcome outcome, const char *meta)
{
    response_set(&exchange->response, outcome, str_of(meta));
}

static bool
is_upper_case(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < 'A' || word.ptr[i] > 'Z')
            return false;
    return word.len > 0;
}

/* METHOD SP target SP HTTP/version */
static bool
is_http(struct str line)
{
    struct str rest = line, method = str_cut(&rest, ' ');
    const char *space = rest.len > 0 ? memrchr(rest.ptr, ' ', rest.len) : NULL;

    return is_upper_case(method) && space &&
           str_starts(str_after(rest, (size_t)(space + 1 - rest.ptr)), STR("HTTP/"));
}

/* g8: says where we are in a way that a web browser shows. */
static void
answer_http(struct exchange *exchange)
{
    struct buf body = {0};

    buf_put(&body, STR("This is a Gopher server: "));
    gopherlink_put_url(&body, &exchange->service->hole, '1', STR("/"));
    buf_put(&body, STR("\r\n"));
    set(exchange, OUTCOME_OK, "message/http");
    buf_format(&exchange->response.page,
               "HTTP/1.0 400 Bad Request\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: %zu\r\n"
               "Connection: close\r\n\r\n"
               "%s",
               body.len, buf_text(&body));
    buf_free(&body);
}

/* g20, where the capsule has no file of that name. */
static bool
answer_caps(struct exchange *exchange)
{
    static const char *const encodings[] = {
        [CHARSET_UTF8] = "UTF-8",
        [CHARSET_LATIN1] = "ISO-8859-1",
        [CHARSET_ASCII] = "US-ASCII",
    };
    const struct service *service = exchange->service;
    struct buf title = {0};

    if (strcmp(exchange->request.path, "/caps.txt") != 0)
        return false;
    gemtext_clean(&title, str_of(service->config->blog.title));
    set(exchange, OUTCOME_OK, "text/plain; charset=utf-8");
    buf_format(&exchange->response.page,
               "CAPS\n\n"
               "CapsVersion=1\n"
               "ExpireCapsAfter=3600\n\n"
               "PathDelimeter=/\n" /* this spelling is the real key */
               "PathIdentity=.\n"
               "PathParent=..\n"
               "PathParentDouble=FALSE\n"
               "PathKeepPreDelimeter=FALSE\n\n"
               "ServerSoftware=inspir\n"
               "ServerSoftwareVersion=\n"
               "ServerDescription=%s\n"
               "ServerGeolocationString=\n"
               "ServerDefaultEncoding=%s\n"
               "ServerAdmin=\n"
               "ServerTLSPort=%u\n", /* the first byte tells who wants it */
               buf_text(&title), encodings[service->hole.charset], service->hole.port);
    buf_free(&title);
    return true;
}

/* Schemes that a page of ours may send a reader to; others could run something on his machine. */
static bool
scheme_is_open(struct str scheme)
{
    static const char *const open[] = {"http",   "https",   "gemini", "gopher", "gophers",
                                       "ftp",    "mailto",  "irc",    "ircs",   "ssh",
                                       "telnet", "spartan", "nex",    "finger", "titan"};

    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
        if (str_eq_nocase(scheme, str_of(open[i])))
            return true;
    return false;
}

static void
put_html(struct buf *out, struct str text)
{
    static const struct {
        char byte;
        struct str entity;
    } entities[] = {{'&', {"&amp;", 5}},
                    {'<', {"&lt;", 4}},
                    {'>', {"&gt;", 4}},
                    {'"', {"&quot;", 6}},
                    {'\'', {"&#39;", 5}}};

    for (size_t i = 0; i < text.len; i++) {
        struct str shown = str_head(str_after(text, i), 1);

        for (size_t j = 0; j < sizeof(entities) / sizeof(*entities); j++)
            if (text.ptr[i] == entities[j].byte)
                shown = entities[j].entity;
        buf_put(out, shown);
    }
}

/* g19: for clients that do not know an address when they see one. */
static void
answer_url(struct exchange *exchange, struct str url)
{
    struct buf reference = {0}, html = {0}, link = {0}, sentence = {0};
    const char *shown;

    if (!scheme_is_open(uri_split(url).scheme)) {
        set(exchange, OUTCOME_BAD_REQUEST, "This server does not lead to such addresses");
        return;
    }
    uri_put_reference(&reference, url);
    put_html(&html, buf_str(&reference));
    shown = buf_text(&html);
    buf_format(&link, "<a href=\"%s\">%s</a>", shown, shown);
    word_put(&sentence, exchange->service->tongue, WORD_OUT_OF_GOPHER,
             (struct blanks){.text = buf_str(&link)});
    set(exchange, OUTCOME_OK, "text/html; charset=utf-8");
    buf_format(&exchange->response.page,
               "<!DOCTYPE html>\n"
               "<html lang=\"%s\">\n"
               "<head>\n"
               "<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"refresh\" content=\"%d;URL=%s\">\n"
               "<title>%s</title>\n"
               "</head>\n"
               "<body>\n"
               "<p>%s</p>\n"
               "</body>\n"
               "</html>\n",
               tongue_tag(exchange->service->tongue), REDIRECT_S, shown, shown,
               buf_text(&sentence));
    buf_free(&sentence);
    buf_free(&link);
    buf_free(&html);
    buf_free(&reference);
}

/* Answers the selectors that are no path. */
static bool
answer_address(struct exchange *exchange, struct str selector)
{
    static const struct str urls[] = {{"URL:", 4}, {"/URL:", 5}, {"hURL:", 5}, {"/hURL:", 6}};

    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        if (str_skip(&selector, urls[i])) {
            answer_url(exchange, selector);
            return true;
        }
    }
    return false;
}

/* Makes the octets of a selector the path of the request, by the rules of a Gemini path. False,
 * with the request as it was, when nothing can have this path. */
static bool
set_path(struct request *request, struct str octets)
{
    struct buf encoded = {0}, path = {0};
    bool is_set;

    uri_put_path(&encoded, octets);
    is_set = uri_path_decode(buf_str(&encoded), &path) == URI_PATH_OK &&
             path.len <= REQUEST_TEXT_MAX && !strstr(buf_text(&path), "/.");
    if (is_set)
        memcpy(request->path, buf_text(&path), path.len + 1);
    buf_free(&path);
    buf_free(&encoded);
    return is_set;
}

/* Makes the words of a search the query of the request. What does not fit it, whatever its letters,
 * is more than a search looks at. */
static void
set_words(struct request *request, struct str words)
{
    struct buf utf8 = {0}, query = {0};

    charset_read(&utf8, words);
    uri_put_path(&query, str_head_utf8(buf_str(&utf8), WORDS_MAX));
    memcpy(request->query, buf_text(&query), query.len + 1);
    request->has_query = true;
    buf_free(&query);
    buf_free(&utf8);
}

/* g16: what a Gopher+ client asks about an item is no search. */
static bool
is_probe(struct str words)
{
    struct str rest = words;

    if (str_skip(&rest, STR("!")) || str_skip(&rest, STR("$")))
        return rest.len == 0 || rest.ptr[0] == '+';
    return words.len == 0 || str_starts(words, STR("+"));
}

/* Decides about a whole request line. What follows the words (g15) is not for us. */
static void
judge(struct exchange *exchange, struct str line)
{
    struct str rest = line, selector = str_cut(&rest, '\t'), words = str_cut(&rest, '\t');

    if (is_http(line))
        answer_http(exchange);
    else if (selector.len > GOPHER_SELECTOR_MAX)
        set(exchange, OUTCOME_BAD_REQUEST, "The selector is too long");
    else if (str_has_control(selector) || str_has_control(words))
        set(exchange, OUTCOME_BAD_REQUEST, "The selector has control characters");
    else if (answer_address(exchange, selector))
        return;
    else if (!set_path(&exchange->request, selector))
        response_set(&exchange->response, OUTCOME_NOT_FOUND,
                     word_text(exchange->service->tongue, WORD_NOT_FOUND));
    else if (!is_probe(words))
        set_words(&exchange->request, words);
}

static bool
gopher_parse(struct exchange *exchange, struct str received, bool ended)
{
    struct str seen = str_head(received, GOPHER_LINE_MAX);
    bool is_whole = str_has(seen, '\n');

    if (seen.len == 0) { /* g6 */
        exchange->silent = ended;
        return exchange->silent;
    }
    if (!is_whole && seen.len == GOPHER_LINE_MAX) {
        set(exchange, OUTCOME_BAD_REQUEST, "The request is too long");
        return true;
    }
    if (!is_whole && !ended)
        return false;
    judge(exchange, str_line(&seen));
    return true;
}

/* The folder that a blog had its pages in: 'p' is also the type of a picture, but no picture is
 * called so. */
static bool
is_old_page(const char *path)
{
    return strncmp(path, "/p/", 3) == 0 && (strstr(path, ".html") || !strchr(path, '.'));
}

/* g11: an item type that a client left in front of the selector. */
static bool
drop_type(struct exchange *exchange)
{
    const char *path = exchange->request.path;

    return strlen(path) > 2 && strchr("0123456789gIhsdp;", path[1]) && path[2] == '/' &&
           !is_old_page(path) && set_path(&exchange->request, str_of(path + 2));
}

/* g13: words that a client can only put behind a question mark, encoded or not */
static bool
take_words(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct str words = str_of(request->path), path = str_cut(&words, '?');
    struct buf decoded = {0};
    bool is_taken;

    if (path.len == strlen(request->path) || request->has_query)
        return false;
    uri_decode(&decoded, words);
    set_words(request, buf_str(&decoded));
    is_taken = set_path(request, path);
    buf_free(&decoded);
    return is_taken;
}

/* g12 */
static bool
decode_path(struct exchange *exchange)
{
    struct str path = str_of(exchange->request.path);
    struct buf decoded = {0};
    bool is_set;

    uri_decode(&decoded, path);
    is_set = !str_eq(path, buf_str(&decoded)) && set_path(&exchange->request, buf_str(&decoded));
    buf_free(&decoded);
    return is_set;
}

/* Every page has its text under its own name with another end; a folder's is index.txt. */
static bool
ask_for_text(struct exchange *exchange)
{
    struct str stem = str_of(exchange->request.path);
    struct buf page = {0};

    if (!str_chop(&stem, STR(".txt")))
        return false;
    exchange->as_text = true;
    if (str_chop(&stem, STR("/index")))
        buf_format(&page, "%.*s/", (int)stem.len, stem.ptr);
    else
        buf_format(&page, "%.*s.gmi", (int)stem.len, stem.ptr);
    assert(page.len <= REQUEST_TEXT_MAX);
    memcpy(exchange->request.path, buf_text(&page), page.len + 1);
    buf_free(&page);
    return true;
}

/* IMPORT 1.6: what a blog had at this address, whose end a selector may lack. */
static bool
ask_for_old(struct exchange *exchange)
{
    static const struct str end = {".html", 5};
    struct request *request = &exchange->request;
    const char *name = strrchr(request->path, '/') + 1;
    size_t len = strlen(request->path);

    if (*name == '\0' || strpbrk(name, ".?%") || len + end.len > REQUEST_TEXT_MAX)
        return false;
    memcpy(request->path + len, end.ptr, end.len + 1);
    return true;
}

/* Each is tried once and builds on the one before it: "0/a%20b.txt" may need three of them. The
 * text form comes last, because a type in front of a real text must go first. */
static bool
gopher_reread(struct exchange *exchange)
{
    static bool (*const meanings[])(struct exchange *) = {drop_type,   take_words,   decode_path,
                                                          answer_caps, ask_for_text, ask_for_old};

    while (exchange->rereads < sizeof(meanings) / sizeof(*meanings))
        if (meanings[exchange->rereads++](exchange))
            return true;
    return false;
}

const struct protocol gopher_protocol = {
    .name = "gopher",
    .line_max = GOPHER_LINE_MAX,
    .encrypted = false,
    .parse = gopher_parse,
    .reread = gopher_reread,
    .put_address = gopher_put_address,
    .render = gopher_render,
};
