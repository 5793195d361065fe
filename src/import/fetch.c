#include "import/fetch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "import/private.h"

enum { TRY_LATER = 429, SERVER_TROUBLE = 500 };

struct fetcher {
    CURL *curl;
    CURLU *url; /* what is asked for; judged and used by the same parser */
    const struct name_list *private_hosts;
    void (*on_wait)(void *ctx, long wait_ms);
    void *ctx;
    const struct fetch_request *request;
    struct fetch_answer *answer;
    struct stash *stash; /* for the body; NULL: the answer holds it */
    struct failure *why; /* of the stash */
    /* of the exchange that goes on */
    bool may_be_private;          /* the configuration names the host */
    bool was_private;             /* a socket was refused for that reason */
    bool was_too_large, was_full; /* the body, and what it was written to */
    size_t received;
};

/* How an exchange ended. */
enum end { END_ANSWER, END_TRY_AGAIN, END_FAILURE };

/* Judged when the socket is made: whatever a name resolves to at that moment. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetcher *fetcher = ctx;

    (void)purpose;
    if (!fetcher->may_be_private && private_address(&address->addr)) {
        fetcher->was_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Returning anything but the length ends the exchange. */
static size_t
on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fetcher *fetcher = ctx;
    struct str part = {bytes, size * count};
    long status = 0;

    fetcher->received += part.len;
    fetcher->was_too_large = fetcher->received > fetcher->request->bytes_max;
    if (fetcher->was_too_large)
        return 0;
    curl_easy_getinfo(fetcher->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != FETCH_OK)
        return part.len;
    if (fetcher->stash)
        fetcher->was_full = !stash_put(fetcher->stash, part, fetcher->why);
    else
        buf_put(&fetcher->answer->body, part);
    return fetcher->was_full ? 0 : part.len;
}

static void
set_text(struct buf *place, struct str text)
{
    buf_truncate(place, 0);
    if (text.len <= FETCH_TAG_MAX)
        buf_put(place, text);
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fetcher *fetcher = ctx;
    struct str value = str_trim((struct str){bytes, size * count}), name = str_cut(&value, ':');

    if (str_eq_nocase(name, STR("etag")))
        set_text(&fetcher->answer->etag, str_trim(value));
    else if (str_eq_nocase(name, STR("last-modified")))
        set_text(&fetcher->answer->modified, str_trim(value));
    return size * count;
}

struct fetcher *
fetcher_open(const struct name_list *private_hosts, struct failure *why)
{
    struct fetcher *fetcher = mem_new(sizeof *fetcher);

    fetcher->private_hosts = private_hosts;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        fetcher->curl = curl_easy_init();
        fetcher->url = curl_url();
    }
    if (fetcher->curl && fetcher->url)
        return fetcher;
    fail(why, "libcurl cannot start");
    fetcher_close(fetcher);
    return NULL;
}

void
fetcher_close(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    curl_url_cleanup(fetcher->url);
    curl_easy_cleanup(fetcher->curl);
    curl_global_cleanup();
    free(fetcher);
}

void
fetcher_on_wait(struct fetcher *fetcher, void (*on_wait)(void *ctx, long wait_ms), void *ctx)
{
    fetcher->on_wait = on_wait;
    fetcher->ctx = ctx;
}

/* Appends a part of what is asked for; nothing when it has no such part. */
static void
put_part(struct buf *out, const struct fetcher *fetcher, CURLUPart part)
{
    char *text = NULL;

    if (curl_url_get(fetcher->url, part, &text, 0) == CURLUE_OK)
        buf_put(out, str_of(text));
    curl_free(text);
}

static bool
is_named_private(const struct fetcher *fetcher)
{
    struct buf text = {0};
    struct str host;
    bool found = false;

    put_part(&text, fetcher, CURLUPART_HOST);
    host = buf_str(&text);
    str_skip(&host, STR("["));
    str_chop(&host, STR("]"));
    for (size_t i = 0; i < fetcher->private_hosts->count; i++)
        found |= str_eq_nocase(host, str_of(fetcher->private_hosts->items[i]));
    buf_free(&text);
    return found;
}

/* Also for each redirect: only what the web is made of. */
static bool
set_address(struct fetcher *fetcher, const char *address, struct failure *why)
{
    struct buf scheme = {0};
    CURLUcode code = curl_url_set(fetcher->url, CURLUPART_URL, address,
                                  CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_DISALLOW_USER);
    bool is_web;

    if (code == CURLUE_USER_NOT_ALLOWED)
        return fail(why, "an address with a user name is not fetched");
    if (code == CURLUE_OK)
        put_part(&scheme, fetcher, CURLUPART_SCHEME);
    is_web = str_eq(buf_str(&scheme), STR("http")) || str_eq(buf_str(&scheme), STR("https"));
    buf_free(&scheme);
    if (code != CURLUE_OK && code != CURLUE_UNSUPPORTED_SCHEME)
        return fail(why, "not a web address");
    if (!is_web)
        return fail(why, "only http and https are fetched");
    fetcher->may_be_private = is_named_private(fetcher);
    buf_truncate(&fetcher->answer->address, 0);
    put_part(&fetcher->answer->address, fetcher, CURLUPART_URL);
    return true;
}

static struct curl_slist *
put_condition(struct curl_slist *headers, const char *name, const char *value)
{
    struct buf line = {0};

    if (!value || !*value)
        return headers;
    buf_format(&line, "%s: %s", name, value);
    headers = curl_slist_append(headers, buf_text(&line));
    buf_free(&line);
    return headers;
}

static void
prepare(struct fetcher *fetcher, const struct curl_slist *headers)
{
    CURL *curl = fetcher->curl;

    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_CURLU, fetcher->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "inspir");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* it would ask for us, private addresses too */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)fetcher->request->seconds_max);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetcher);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetcher);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetcher);
}

/* What the last exchange left behind goes. */
static bool
begin_exchange(struct fetcher *fetcher, struct failure *why)
{
    struct fetch_answer *answer = fetcher->answer;

    answer->status = 0;
    buf_truncate(&answer->body, 0);
    buf_truncate(&answer->type, 0);
    buf_truncate(&answer->etag, 0);
    buf_truncate(&answer->modified, 0);
    fetcher->was_private = fetcher->was_too_large = fetcher->was_full = false;
    fetcher->received = 0;
    fetcher->why = why;
    return !fetcher->stash || stash_clear(fetcher->stash, why);
}

static enum end
explain(const struct fetcher *fetcher, CURLcode code, struct failure *why)
{
    static const CURLcode passing[] = {CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
                                       CURLE_SEND_ERROR, CURLE_PARTIAL_FILE};
    enum end end = END_FAILURE;

    if (fetcher->was_full)
        return END_FAILURE;
    if (fetcher->was_too_large)
        fail(why, "larger than %zu bytes", fetcher->request->bytes_max);
    else if (fetcher->was_private)
        fail(why, "an address of a private network, which [import] private_hosts does not name");
    else
        fail(why, "%s", curl_easy_strerror(code));
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (code == passing[i] && !fetcher->was_private)
            end = END_TRY_AGAIN;
    return end;
}

static void
take_type(struct fetch_answer *answer, const char *header)
{
    struct str rest = str_of(header), type = str_trim(str_cut(&rest, ';'));

    for (size_t i = 0; i < type.len; i++)
        buf_byte(&answer->type, (char)tolower((unsigned char)type.ptr[i]));
}

/* Asks once, without following a redirect. */
static enum end
ask_once(struct fetcher *fetcher, struct failure *why)
{
    const struct fetch_request *request = fetcher->request;
    struct curl_slist *headers = NULL;
    const char *type = NULL;
    CURLcode code;

    if (!begin_exchange(fetcher, why))
        return END_FAILURE;
    headers = put_condition(headers, "If-None-Match", request->etag);
    headers = put_condition(headers, "If-Modified-Since", request->modified);
    prepare(fetcher, headers);
    code = curl_easy_perform(fetcher->curl);
    curl_slist_free_all(headers);
    curl_easy_getinfo(fetcher->curl, CURLINFO_RESPONSE_CODE, &fetcher->answer->status);
    if (code != CURLE_OK)
        return explain(fetcher, code, why);
    curl_easy_getinfo(fetcher->curl, CURLINFO_CONTENT_TYPE, &type);
    take_type(fetcher->answer, type);
    if (fetcher->answer->status != TRY_LATER && fetcher->answer->status < SERVER_TROUBLE)
        return END_ANSWER;
    fail(why, "the server answers %ld", fetcher->answer->status);
    return END_TRY_AGAIN;
}

/* False when the server wants more patience than we have. */
static bool
pause_before(const struct fetcher *fetcher, int attempt, struct failure *why)
{
    long wait_ms = (long)FETCH_BACKOFF_MS << (attempt - 1);
    struct timespec wait;
    curl_off_t asked_s = 0;

    curl_easy_getinfo(fetcher->curl, CURLINFO_RETRY_AFTER, &asked_s);
    if (asked_s > FETCH_WAIT_MAX_S)
        return fail(why, "the server answers %ld and asks to come back in %lld s",
                    fetcher->answer->status, (long long)asked_s);
    if (asked_s > 0)
        wait_ms = (long)asked_s * 1000;
    wait = (struct timespec){.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    if (fetcher->on_wait)
        fetcher->on_wait(fetcher->ctx, wait_ms);
    else
        nanosleep(&wait, NULL);
    return true;
}

static bool
ask(struct fetcher *fetcher, struct failure *why)
{
    enum end end = ask_once(fetcher, why);

    for (int attempt = 1; end == END_TRY_AGAIN && attempt < FETCH_TRIES_MAX; attempt++) {
        if (!pause_before(fetcher, attempt, why))
            return false;
        end = ask_once(fetcher, why);
    }
    return end == END_ANSWER;
}

/* Where the answer leads, as libcurl resolved it; NULL when it is no redirect. */
static const char *
redirect(const struct fetcher *fetcher)
{
    static const long statuses[] = {301, 302, 303, 307, 308};
    const char *address = NULL;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (fetcher->answer->status == statuses[i])
            curl_easy_getinfo(fetcher->curl, CURLINFO_REDIRECT_URL, &address);
    return address;
}

bool
fetch_to(struct fetcher *fetcher, const struct fetch_request *request, struct stash *stash,
         struct fetch_answer *answer, struct failure *why)
{
    const char *address = request->address;

    *answer = (struct fetch_answer){0};
    fetcher->request = request;
    fetcher->answer = answer;
    fetcher->stash = stash;
    for (int hops = 0; address && hops <= FETCH_REDIRECTS_MAX; hops++) {
        if (!set_address(fetcher, address, why))
            return fail_in(why, "%s", address);
        if (!ask(fetcher, why))
            return fail_in(why, "%s", buf_text(&answer->address));
        address = redirect(fetcher);
    }
    return !address ||
           fail(why, "%s: more than %d redirects", request->address, FETCH_REDIRECTS_MAX);
}

bool
fetch(struct fetcher *fetcher, const struct fetch_request *request, struct fetch_answer *answer,
      struct failure *why)
{
    return fetch_to(fetcher, request, NULL, answer, why);
}

void
fetch_answer_free(struct fetch_answer *answer)
{
    struct buf *const fields[] = {&answer->body, &answer->type, &answer->etag, &answer->modified,
                                  &answer->address};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        buf_free(fields[i]);
    answer->status = 0;
}
