#include "text/html_url.h"

#include <string.h>

#include "text/uri.h"

static bool
is_in(struct str text, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(text, list[i]))
            return true;
    return false;
}

static bool
is_for_readers(struct str scheme)
{
    static const struct str schemes[] = {
        {"http", 4},    {"https", 5}, {"gemini", 6}, {"gopher", 6}, {"mailto", 6},
        {"ftp", 3},     {"ftps", 4},  {"tel", 3},    {"sms", 3},    {"xmpp", 4},
        {"irc", 3},     {"ircs", 4},  {"news", 4},   {"nntp", 4},   {"finger", 6},
        {"spartan", 7}, {"geo", 3},   {"magnet", 6}, {"webcal", 6}, {"sip", 3},
    };

    return is_in(scheme, schemes, sizeof schemes / sizeof *schemes);
}

static bool
is_inside(struct str scheme)
{
    static const struct str schemes[] = {{"data", 4}, {"cid", 3},   {"file", 4},
                                         {"blob", 4}, {"about", 5}, {"c", 1}};

    return is_in(scheme, schemes, sizeof schemes / sizeof *schemes);
}

bool
html_url_is_inside(struct str address)
{
    return is_inside(uri_split(address).scheme);
}

static bool
is_line_part(char byte)
{
    return byte == '\t' || byte == '\r' || byte == '\n';
}

/* What browsers take out of an address before they look at it (URL 4.4): line ends and tabs. */
static void
put_joined(struct buf *out, struct str reference)
{
    reference = str_trim(reference);
    while (reference.len > 0) {
        size_t len = 0;

        while (len < reference.len && !is_line_part(reference.ptr[len]))
            len++;
        buf_put(out, str_head(reference, len));
        reference = str_after(reference, len + 1);
    }
}

struct str
html_url_host(struct str address)
{
    struct str host = uri_split(address).host;

    str_skip(&host, STR("www."));
    return host;
}

/* The value of a field of the query, as it stands. */
static struct str
query_value(struct str query, struct str name)
{
    while (query.len > 0) {
        struct str field = str_cut(&query, '&');

        str_skip(&field, STR("amp;")); /* escaped twice */
        if (str_skip(&field, name) && str_skip(&field, STR("=")))
            return field;
    }
    return STR("");
}

/* The page behind https://www.google.com/url?q=…, which search results carry with them. */
static void
unwrap(struct buf *address)
{
    static const char mark[] = "/url?"; /* few addresses need a closer look */
    struct uri uri;
    struct str wrapped;
    struct buf plain = {0};

    if (address->len == 0 || !memmem(address->ptr, address->len, mark, sizeof mark - 1))
        return;
    uri = uri_split(buf_str(address));
    if (!str_eq_nocase(html_url_host(buf_str(address)), STR("google.com")) ||
        !str_eq(uri.path, STR("/url")))
        return;
    wrapped = query_value(uri.query, STR("q"));
    if (wrapped.len == 0)
        wrapped = query_value(uri.query, STR("url"));
    uri_decode(&plain, wrapped);
    if (str_starts(buf_str(&plain), STR("http://")) ||
        str_starts(buf_str(&plain), STR("https://"))) {
        buf_truncate(address, 0);
        uri_put_reference(address, buf_str(&plain));
    }
    buf_free(&plain);
}

static bool
is_web(struct str scheme)
{
    return str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"));
}

/* Whether there is an address behind it. */
static bool
put_link(struct buf *out, struct str base, struct str reference)
{
    struct uri uri = uri_split(reference);
    struct buf address = {0};
    bool leads;

    if (str_starts(reference, STR("//"))) {
        buf_put(&address, STR("https:"));
        uri_put_reference(&address, reference);
    } else if (!uri_is_scheme(uri.scheme) && base.len > 0) {
        uri_resolve(&address, base, reference);
    } else {
        uri_put_reference(&address, reference);
    }
    unwrap(&address);
    uri = uri_split(buf_str(&address));
    leads = address.len > 0 && (!is_web(uri.scheme) || uri.host.len > 0);
    if (leads)
        buf_put(out, buf_str(&address));
    buf_free(&address);
    return leads;
}

enum html_url
html_url_clean(struct buf *out, struct str base, struct str reference)
{
    struct buf joined = {0};
    struct str scheme;
    enum html_url kind;

    put_joined(&joined, reference);
    scheme = uri_split(buf_str(&joined)).scheme;
    if (joined.len == 0 || joined.ptr[0] == '#') {
        kind = HTML_URL_NONE;
    } else if (!uri_is_scheme(scheme) || is_for_readers(scheme)) {
        kind = put_link(out, base, buf_str(&joined)) ? HTML_URL_LINK : HTML_URL_NONE;
    } else if (is_inside(scheme)) {
        kind = HTML_URL_INSIDE;
        buf_put(out, buf_str(&joined));
    } else {
        kind = HTML_URL_REFUSED;
    }
    buf_free(&joined);
    return kind;
}

void
html_url_short(struct buf *out, struct str address)
{
    struct uri uri = uri_split(address);
    struct str path = uri.path;

    if (!uri.has_authority) {
        uri_decode(out, uri.path);
        return;
    }
    str_chop(&path, STR("/"));
    buf_put(out, html_url_host(address));
    uri_decode(out, path);
}

/* Letters, digits, '-' and '_' at the front. */
static struct str
token_of(struct str text)
{
    size_t len = 0;

    while (len < text.len && (text.ptr[len] == '-' || text.ptr[len] == '_' ||
                              (text.ptr[len] >= '0' && text.ptr[len] <= '9') ||
                              ((text.ptr[len] | 0x20) >= 'a' && (text.ptr[len] | 0x20) <= 'z')))
        len++;
    return str_head(text, len);
}

bool
html_url_video(struct buf *out, struct str address, const char **host)
{
    static const struct player {
        struct str host, path; /* the video's id follows the path */
        const char *page, *name;
    } players[] = {
        {{"youtube.com", 11}, {"/embed/", 7}, "https://www.youtube.com/watch?v=", "YouTube"},
        {{"youtube.com", 11}, {"/v/", 3}, "https://www.youtube.com/watch?v=", "YouTube"},
        {{"youtube-nocookie.com", 20},
         {"/embed/", 7},
         "https://www.youtube.com/watch?v=",
         "YouTube"},
        {{"youtube-nocookie.com", 20}, {"/v/", 3}, "https://www.youtube.com/watch?v=", "YouTube"},
        {{"youtu.be", 8}, {"/", 1}, "https://www.youtube.com/watch?v=", "YouTube"},
        {{"player.vimeo.com", 16}, {"/video/", 7}, "https://vimeo.com/", "Vimeo"},
        {{"dailymotion.com", 15},
         {"/embed/video/", 13},
         "https://www.dailymotion.com/video/",
         "Dailymotion"},
        {{"blogger.com", 11}, {"/video.g", 8}, NULL, "Blogger"},
    };
    struct uri uri = uri_split(address);

    for (size_t i = 0; i < sizeof players / sizeof *players; i++) {
        struct str rest = uri.path, id;

        if (!str_eq_nocase(html_url_host(address), players[i].host) ||
            !str_skip(&rest, players[i].path))
            continue;
        *host = players[i].name;
        id = token_of(rest);
        if (!players[i].page || id.len == 0 || str_eq(id, STR("videoseries"))) {
            buf_put(out, address);
        } else {
            buf_put(out, str_of(players[i].page));
            buf_put(out, id);
        }
        return true;
    }
    return false;
}
