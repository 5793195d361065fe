#include "import/fetch.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "text/uri.h"

struct fetcher {
    CURL *curl;
    const struct name_list *private_hosts;
    bool may_be_private; /* the host that is asked now was named in the configuration */
    bool was_private;    /* a socket was refused for that reason */
    struct fetch_answer *answer;
    size_t bytes_max;
    bool too_large;
    struct buf location;
    long retry_after_s;
};

/* Networks that a stranger's address must not lead to (IANA's special-purpose registries). */
static bool
is_private_v4(uint32_t address)
{
    static const struct {
        uint32_t network;
        int bits;
    } networks[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
    };

    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if ((address ^ networks[i].network) >> (32 - networks[i].bits) == 0)
            return true;
    return false;
}

/* Public IPv6 is 2000::/3 but documentation, Teredo and 6to4, which carry an IPv4 address. */
static bool
is_private_v6(const struct in6_addr *address)
{
    const unsigned char *bytes = address->s6_addr;
    bool is_documentation = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d;
    bool is_teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
    bool is_6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        uint32_t v4;

        memcpy(&v4, bytes + 12, sizeof v4);
        return is_private_v4(ntohl(v4));
    }
    return (bytes[0] & 0xe0) != 0x20 || is_documentation || is_teredo || is_6to4;
}

static bool
is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_private_v4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return is_private_v6(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return true;
}

/* Judged when the socket is made: whatever a name resolves to at that moment. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetcher *fetcher = ctx;

    (void)purpose;
    if (!fetcher->may_be_private && is_private(&address->addr)) {
        fetcher->was_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fetcher *fetcher = ctx;
    size_t len = size * count;

    if (fetcher->answer->body.len + len > fetcher->bytes_max) {
        fetcher->too_large = true;
        return 0;
    }
    buf_put(&fetcher->answer->body, (struct str){bytes, len});
    return len;
}

static void
set_text(struct buf *place, struct str text)
{
    buf_truncate(place, 0);
    buf_put(place, text);
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fetcher *fetcher = ctx;
    struct str value = str_trim((struct str){bytes, size * count}), name = str_cut(&value, ':');
    unsigned long seconds;

    value = str_trim(value);
    if (str_eq_nocase(name, STR("etag")))
        set_text(&fetcher->answer->etag, value);
    else if (str_eq_nocase(name, STR("last-modified")))
        set_text(&fetcher->answer->modified, value);
    else if (str_eq_nocase(name, STR("location")))
        set_text(&fetcher->location, value);
    else if (str_eq_nocase(name, STR("retry-after")) &&
             str_number(value, FETCH_WAIT_MAX_S, &seconds))
        fetcher->retry_after_s = (long)seconds;
    else if (str_eq_nocase(name, STR("content-type")))
        set_text(&fetcher->answer->type, str_trim(str_cut(&value, ';')));
    return size * count;
}

struct fetcher *
fetcher_open(const struct name_list *private_hosts, struct failure *why)
{
    struct fetcher *fetcher = mem_new(sizeof *fetcher);

    fetcher->private_hosts = private_hosts;
    fetcher->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == 0 ? curl_easy_init() : NULL;
    if (fetcher->curl)
        return fetcher;
    fail(why, "libcurl cannot start");
    free(fetcher);
    return NULL;
}

void
fetcher_close(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    curl_easy_cleanup(fetcher->curl);
    curl_global_cleanup();
    buf_free(&fetcher->location);
    free(fetcher);
}

static bool
is_named_private(const struct fetcher *fetcher, struct str host)
{
    for (size_t i = 0; i < fetcher->private_hosts->count; i++)
        if (str_eq_nocase(host, str_of(fetcher->private_hosts->items[i])))
            return true;
    return false;
}

/* Only what the web is made of; also asked of every redirect. */
static bool
allow(struct fetcher *fetcher, const char *address, struct failure *why)
{
    struct uri uri = uri_split(str_of(address));

    if (!str_eq_nocase(uri.scheme, STR("http")) && !str_eq_nocase(uri.scheme, STR("https")))
        return fail(why, "only http and https are fetched");
    if (uri.has_userinfo || uri.host.len == 0)
        return fail(why, "not a plain web address");
    str_skip(&uri.host, STR("["));
    str_chop(&uri.host, STR("]"));
    fetcher->may_be_private = is_named_private(fetcher, uri.host);
    return true;
}

static struct curl_slist *
conditions(const struct fetch_request *request)
{
    struct curl_slist *headers = NULL;
    struct buf line = {0};

    if (request->etag && *request->etag) {
        buf_format(&line, "If-None-Match: %s", request->etag);
        headers = curl_slist_append(headers, buf_text(&line));
    }
    if (request->modified && *request->modified) {
        buf_truncate(&line, 0);
        buf_format(&line, "If-Modified-Since: %s", request->modified);
        headers = curl_slist_append(headers, buf_text(&line));
    }
    buf_free(&line);
    return headers;
}

static void
prepare(struct fetcher *fetcher, const char *address, const struct fetch_request *request,
        const struct curl_slist *headers)
{
    CURL *curl = fetcher->curl;

    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, address);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "inspir");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* it would ask for us, private addresses too */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->seconds_max);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetcher);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetcher);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetcher);
}

/* One exchange of HTTP, without redirects. *again: it may go better later. */
static bool
ask_once(struct fetcher *fetcher, const char *address, const struct fetch_request *request,
         bool *again, struct failure *why)
{
    struct curl_slist *headers = conditions(request);
    struct fetch_answer *answer = fetcher->answer;
    CURLcode code;

    buf_truncate(&answer->body, 0);
    buf_truncate(&fetcher->location, 0);
    fetcher->bytes_max = request->bytes_max;
    fetcher->too_large = fetcher->was_private = false;
    fetcher->retry_after_s = 0;
    prepare(fetcher, address, request, headers);
    code = curl_easy_perform(fetcher->curl);
    curl_slist_free_all(headers);
    *again = false;
    if (fetcher->too_large)
        return fail(why, "larger than %zu bytes", request->bytes_max);
    if (fetcher->was_private)
        return fail(why, "an address of a private network; [import] private_hosts can allow it");
    if (code != CURLE_OK) {
        *again = code == CURLE_COULDNT_CONNECT || code == CURLE_GOT_NOTHING ||
                 code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE;
        return fail(why, "%s", curl_easy_strerror(code));
    }
    curl_easy_getinfo(fetcher->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    *again = answer->status == 429 || answer->status >= 500;
    return !*again || fail(why, "the server answers %ld", answer->status);
}

static void
pause_before(const struct fetcher *fetcher, int attempt)
{
    long wait_ms = fetcher->retry_after_s > 0 ? fetcher->retry_after_s * 1000
                                              : (long)FETCH_BACKOFF_MS << (attempt - 1);
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};

    nanosleep(&wait, NULL);
}

static bool
ask(struct fetcher *fetcher, const char *address, const struct fetch_request *request,
    struct failure *why)
{
    bool again = true, done = false;

    for (int attempt = 0; again && !done && attempt < FETCH_TRIES_MAX; attempt++) {
        if (attempt > 0)
            pause_before(fetcher, attempt);
        done = ask_once(fetcher, address, request, &again, why);
    }
    return done;
}

bool
fetch(struct fetcher *fetcher, const struct fetch_request *request, struct fetch_answer *answer,
      struct failure *why)
{
    *answer = (struct fetch_answer){0};
    fetcher->answer = answer;
    buf_put(&answer->address, str_of(request->address));
    for (int hops = 0; hops <= FETCH_REDIRECTS_MAX; hops++) {
        struct buf next = {0};

        if (!allow(fetcher, buf_text(&answer->address), why) ||
            !ask(fetcher, buf_text(&answer->address), request, why))
            return fail_in(why, "%s", buf_text(&answer->address));
        if (answer->status < 300 || answer->status >= 400 || fetcher->location.len == 0)
            return true;
        uri_resolve(&next, buf_str(&answer->address), buf_str(&fetcher->location));
        buf_free(&answer->address);
        answer->address = next;
    }
    return fail(why, "%s: more than %d redirects", request->address, FETCH_REDIRECTS_MAX);
}

void
fetch_answer_free(struct fetch_answer *answer)
{
    struct buf *const fields[] = {&answer->body, &answer->type, &answer->etag, &answer->modified,
                                  &answer->address};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        buf_free(fields[i]);
    answer->status = 0;
}
