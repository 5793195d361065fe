#include "text/gopherlink.h"

#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "text/uri.h"

enum {
    POST_DATE_LEN = sizeof("/2017/12/") - 1,
    ESCAPE_LEN = sizeof("%XX") - 1,
};

/* m9: what a file of the capsule is, by the end of its name. Pages and folders are menus. */
static const struct {
    const char *ending;
    char type;
} endings[] = {
    {"gmi", '1'},  {"gemini", '1'}, {"txt", '0'},  {"md", '0'},   {"csv", '0'},  {"tsv", '0'},
    {"log", '0'},  {"asc", '0'},    {"json", '0'}, {"xml", '0'},  {"atom", '0'}, {"rss", '0'},
    {"gif", 'g'},  {"png", 'I'},    {"jpg", 'I'},  {"jpeg", 'I'}, {"webp", 'I'}, {"svg", 'I'},
    {"bmp", 'I'},  {"tif", 'I'},    {"tiff", 'I'}, {"avif", 'I'}, {"ico", 'I'},  {"wav", 's'},
    {"mp3", 's'},  {"ogg", 's'},    {"oga", 's'},  {"opus", 's'}, {"flac", 's'}, {"m4a", 's'},
    {"aiff", 's'}, {"au", 's'},     {"mid", 's'},  {"html", 'h'}, {"htm", 'h'},
};

/* Types of another hole that are passed on. A 3 would cost some clients the whole menu, an i is no
 * link, and a + or T means something only beside the item before it. */
static const char foreign_types[] = "012456789gIhsdpPM;:<";

/* What a scheme needs to find its item. */
struct finding {
    struct gopher_link *link;
    const struct gopher_hole *hole;
    struct uri uri; /* of link->address */
};

static bool
is_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

/* /YYYY/MM/name.gmi */
static bool
is_post(struct str path)
{
    struct str year = str_head(str_after(path, 1), 4), month = str_head(str_after(path, 6), 2);
    struct str name = str_after(path, POST_DATE_LEN);

    return path.len > POST_DATE_LEN && path.ptr[5] == '/' && path.ptr[8] == '/' &&
           is_digits(year) && is_digits(month) && str_chop(&name, STR(".gmi")) && name.len > 0 &&
           !str_has(name, '/') && !str_eq(name, STR("index"));
}

/* Pages that answer with a prompt for words (5.3). */
static bool
asks_for_words(struct str path)
{
    str_skip(&path, STR("/light"));
    return str_eq(path, STR("/search"));
}

static char
type_of_file(struct str path)
{
    const char *slash = memrchr(path.ptr, '/', path.len);
    struct str name = str_after(path, (size_t)(slash - path.ptr) + 1);
    const char *dot = name.len > 0 ? memrchr(name.ptr, '.', name.len) : NULL;
    struct str ending;

    if (!dot)
        return '1'; /* a folder, or a page that nobody wrote */
    ending = str_after(name, (size_t)(dot - name.ptr) + 1);
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        if (str_eq_nocase(ending, str_of(endings[i].ending)))
            return endings[i].type;
    return '9';
}

void
gopherlink_put_url(struct buf *out, const struct gopher_hole *hole, char type, struct str selector)
{
    buf_put(out, STR("gopher://"));
    uri_put_host(out, str_of(hole->host));
    if (hole->port != GOPHER_PORT)
        buf_format(out, ":%u", hole->port);
    buf_format(out, "/%c", type);
    uri_put_path(out, selector);
}

static bool
is_own_host(const struct gopher_hole *hole, struct str host)
{
    for (const char *const *own = hole->gemini_hosts; own && *own; own++)
        if (str_eq_nocase(uri_bare_host(host), str_of(*own)))
            return true;
    return false;
}

/* Letters stand for themselves, not for three bytes each, so that more of them fit a selector. */
static void
put_query(struct buf *selector, struct str query)
{
    struct buf raw = {0};

    for (size_t i = 0; i < query.len; i++) {
        struct str escape = str_head(str_after(query, i), ESCAPE_LEN);
        struct buf byte = {0};

        uri_decode(&byte, escape);
        if (byte.len == 1 && (unsigned char)byte.ptr[0] >= 0x80 && escape.ptr[0] == '%')
            i += ESCAPE_LEN - 1;
        else
            buf_truncate(&byte, 0);
        buf_put(&raw, byte.len > 0 ? buf_str(&byte) : str_head(escape, 1));
        buf_free(&byte);
    }
    buf_put(selector, u8_check((const uint8_t *)buf_text(&raw), raw.len) ? query : buf_str(&raw));
    buf_free(&raw);
}

/* A page or file of our own. False where no file can have this name. */
static bool
find_local(struct finding *finding)
{
    struct gopher_link *link = finding->link;
    struct buf *selector = &link->selector;

    if (uri_path_decode(finding->uri.path, selector) != URI_PATH_OK)
        return false;
    if (finding->uri.has_query) { /* the answer to an input is a page */
        link->type = '1';
        buf_byte(selector, '?');
        put_query(selector, finding->uri.query);
    } else if (asks_for_words(buf_str(selector))) {
        link->type = '7';
    } else if (is_post(buf_str(selector)) && !finding->hole->posts_as_menus) {
        link->type = '0';
        buf_truncate(selector, selector->len - STR("gmi").len);
        buf_put(selector, STR("txt"));
    } else {
        link->type = type_of_file(buf_str(selector));
    }
    return selector->len <= GOPHER_SELECTOR_MAX;
}

static bool
find_gemini(struct finding *finding)
{
    return is_own_host(finding->hole, finding->uri.host) && !finding->uri.has_userinfo &&
           find_local(finding);
}

/* 4266: /Tselector, and behind %09 the words of a search, which an item cannot hold. */
static bool
find_gopher(struct finding *finding)
{
    struct gopher_link *link = finding->link;
    struct str rest = str_after(finding->uri.path, 1), selector;
    struct buf decoded = {0};
    bool found;

    link->type = rest.len > 0 ? rest.ptr[0] : '1';
    uri_decode(&decoded, str_after(rest, 1));
    if (finding->uri.has_query) {
        buf_byte(&decoded, '?');
        uri_decode(&decoded, finding->uri.query);
    }
    selector = buf_str(&decoded);
    selector = str_cut(&selector, '\t');
    found = finding->uri.host.len > 0 && strchr(foreign_types, link->type) &&
            uri_read_port(&finding->uri, GOPHER_PORT, &link->port) && !str_has_control(selector) &&
            selector.len <= GOPHER_SELECTOR_MAX;
    if (found) {
        buf_put(&link->selector, selector);
        buf_put(&link->host, uri_bare_host(finding->uri.host));
    }
    buf_free(&decoded);
    return found;
}

/* 1436 3.5: the selector of a session is the name to log in with. */
static bool
find_telnet(struct finding *finding)
{
    struct gopher_link *link = finding->link;

    if (finding->uri.host.len == 0 || !uri_read_port(&finding->uri, TELNET_PORT, &link->port))
        return false;
    link->type = '8';
    uri_decode(&link->selector, finding->uri.userinfo);
    if (str_has_control(buf_str(&link->selector)) || link->selector.len > GOPHER_SELECTOR_MAX)
        return false;
    buf_put(&link->host, uri_bare_host(finding->uri.host));
    return true;
}

/* g19: an address for the client, or for the page that we answer with. */
static void
find_elsewhere(struct gopher_link *link)
{
    buf_truncate(&link->selector, 0);
    buf_put(&link->selector, STR("URL:"));
    buf_put(&link->selector, buf_str(&link->address));
    link->type = link->selector.len <= GOPHER_SELECTOR_MAX ? 'h' : GOPHERLINK_NONE;
}

static bool
find_item(struct finding *finding)
{
    static const struct {
        struct str scheme;
        bool (*find)(struct finding *finding);
    } schemes[] = {
        {{"gemini", 6}, find_gemini}, {{"gopher", 6}, find_gopher}, {{"telnet", 6}, find_telnet}};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
        if (str_eq_nocase(finding->uri.scheme, schemes[i].scheme))
            return schemes[i].find(finding);
    return false;
}

static void
resolve(struct buf *out, const struct gopher_hole *hole, struct str path, struct str target)
{
    const char *own = hole->gemini_hosts ? hole->gemini_hosts[0] : NULL;
    struct buf base = {0}, reference = {0};

    buf_put(&base, STR("gemini://"));
    uri_put_host(&base, str_of(own ? own : hole->host));
    uri_put_path(&base, path);
    uri_put_reference(&reference, target);
    uri_resolve(out, buf_str(&base), buf_str(&reference));
    buf_free(&reference);
    buf_free(&base);
}

void
gopherlink_find(struct gopher_link *link, const struct gopher_hole *hole, struct str path,
                struct str target)
{
    struct finding finding = {.link = link, .hole = hole};

    resolve(&link->address, hole, path, target);
    finding.uri = uri_split(buf_str(&link->address));
    if (!find_item(&finding)) {
        find_elsewhere(link);
    } else if (link->host.len == 0) {
        buf_truncate(&link->address, 0);
        gopherlink_put_url(&link->address, hole, link->type, buf_str(&link->selector));
    }
}

void
gopherlink_free(struct gopher_link *link)
{
    buf_free(&link->selector);
    buf_free(&link->host);
    buf_free(&link->address);
}
