#include "text/uri.h"

#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "text/idna.h"

/* What 3986 allows as it is, beside ALPHA and DIGIT: 2.3 unreserved, 2.2 sub-delims, 3.3 pchar. */
#define UNRESERVED "-._~"
#define SUB_DELIMS "!$&'()*+,;="
#define PCHAR      UNRESERVED SUB_DELIMS ":@"

static const char in_path[] = PCHAR "/";
static const char in_query[] = PCHAR "/?";
static const char in_userinfo[] = UNRESERVED SUB_DELIMS ":";
static const char in_name[] = UNRESERVED SUB_DELIMS;
static const char in_literal[] = UNRESERVED SUB_DELIMS ":";

static bool
is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int
hex_value(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

static bool
starts_with_escape(struct str text)
{
    return text.len >= 3 && text.ptr[0] == '%' && hex_value(text.ptr[1]) >= 0 &&
           hex_value(text.ptr[2]) >= 0;
}

static bool
is_stop(char byte, const char *stops)
{
    for (; *stops; stops++)
        if (byte == *stops)
            return true;
    return false;
}

/* The piece before the first of the stops; *rest begins with the stop or is empty. */
static struct str
cut_before(struct str *rest, const char *stops)
{
    size_t len = 0;
    struct str piece;

    /* all stops are punctuation, and most bytes are letters behind it */
    while (len < rest->len && (rest->ptr[len] > '?' || !is_stop(rest->ptr[len], stops)))
        len++;
    piece = str_head(*rest, len);
    *rest = str_after(*rest, len);
    return piece;
}

/* userinfo ends at the last '@' and an IP literal at its bracket: whatever else stands there, the
 * host is what a careful peer would take it for. */
static void
split_authority(struct str authority, struct uri *uri)
{
    const char *at = authority.len > 0 ? memrchr(authority.ptr, '@', authority.len) : NULL;
    const char *bracket;
    struct str tail;

    if (at) {
        uri->has_userinfo = true;
        uri->userinfo = str_head(authority, (size_t)(at - authority.ptr));
        authority = str_after(authority, uri->userinfo.len + 1);
    }
    bracket = str_starts(authority, STR("[")) ? memchr(authority.ptr, ']', authority.len) : NULL;
    tail = str_after(authority, bracket ? (size_t)(bracket - authority.ptr) : 0);
    cut_before(&tail, ":");
    uri->host = str_head(authority, authority.len - tail.len);
    uri->has_port = str_skip(&tail, STR(":"));
    uri->port = tail;
}

struct uri
uri_split(struct str text)
{
    struct uri uri = {0};
    struct str rest = text, scheme = cut_before(&rest, ":/?#");

    if (scheme.len > 0 && str_skip(&rest, STR(":")))
        uri.scheme = scheme;
    else
        rest = text;
    uri.has_authority = str_skip(&rest, STR("//"));
    if (uri.has_authority)
        split_authority(cut_before(&rest, "/?#"), &uri);
    uri.path = cut_before(&rest, "?#");
    uri.has_query = str_skip(&rest, STR("?"));
    if (uri.has_query)
        uri.query = cut_before(&rest, "#");
    uri.has_fragment = str_skip(&rest, STR("#"));
    uri.fragment = rest;
    return uri;
}

void
uri_put_host(struct buf *out, struct str host)
{
    bool is_literal = str_has(host, ':');

    buf_put(out, is_literal ? STR("[") : STR(""));
    buf_put(out, host);
    buf_put(out, is_literal ? STR("]") : STR(""));
}

struct str
uri_bare_host(struct str host)
{
    if (str_skip(&host, STR("[")))
        str_chop(&host, STR("]"));
    return host;
}

bool
uri_is_scheme(struct str text)
{
    if (text.len == 0 || !is_alpha(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char byte = text.ptr[i];

        if (!is_alpha(byte) && !is_digit(byte) && byte != '+' && byte != '-' && byte != '.')
            return false;
    }
    return true;
}

bool
uri_read_port(const struct uri *uri, unsigned fallback, unsigned *port)
{
    unsigned long number = fallback;

    if (uri->port.len > 0 && (!str_number(uri->port, PORT_MAX, &number) || number == 0))
        return false;
    *port = (unsigned)number;
    return true;
}

bool
uri_escapes_are_whole(struct str text)
{
    while (str_has(text, '%')) {
        str_cut(&text, '%');
        if (text.len < 2 || hex_value(text.ptr[0]) < 0 || hex_value(text.ptr[1]) < 0)
            return false;
    }
    return true;
}

void
uri_decode(struct buf *out, struct str text)
{
    while (text.len > 0) {
        if (starts_with_escape(text)) {
            buf_byte(out, (char)(hex_value(text.ptr[1]) * 16 + hex_value(text.ptr[2])));
            text = str_after(text, 3);
        } else {
            buf_byte(out, text.ptr[0]);
            text = str_after(text, 1);
        }
    }
}

/* Whether a file could have the decoded segment as its name. */
static bool
is_name(struct str segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        unsigned char byte = (unsigned char)segment.ptr[i];

        if (byte < 0x20 || byte == 0x7f || byte == '/')
            return false;
    }
    return segment.len == 0 || u8_check((const uint8_t *)segment.ptr, segment.len) == NULL;
}

/* Takes the last segment off a path that ends with '/'; false when there is none after root. */
static bool
climb(struct buf *path, size_t root)
{
    size_t len = path->len - 1;

    if (len <= root)
        return false;
    while (path->ptr[len - 1] != '/')
        len--;
    buf_truncate(path, len);
    return true;
}

/* Adds one decoded segment to a path that ends with '/'. */
static enum uri_path
add_segment(struct buf *path, size_t root, struct str segment, bool is_last)
{
    if (str_has(segment, '\0'))
        return URI_PATH_MALFORMED;
    if (str_eq(segment, STR("..")))
        return climb(path, root) ? URI_PATH_OK : URI_PATH_MALFORMED;
    if (segment.len == 0 || str_eq(segment, STR(".")))
        return URI_PATH_OK;
    if (!is_name(segment)) {
        buf_put(path, STR("?/")); /* only the depth still matters */
        return URI_PATH_NOWHERE;
    }
    buf_put(path, segment);
    if (!is_last)
        buf_byte(path, '/');
    return URI_PATH_OK;
}

enum uri_path
uri_path_decode(struct str path, struct buf *decoded)
{
    enum uri_path result = uri_escapes_are_whole(path) ? URI_PATH_OK : URI_PATH_MALFORMED;
    size_t root = decoded->len;
    struct buf segment = {0};

    buf_byte(decoded, '/');
    while (path.len > 0 && result != URI_PATH_MALFORMED) {
        struct str raw = cut_before(&path, "/");
        bool is_last = !str_skip(&path, STR("/"));
        enum uri_path added;

        buf_truncate(&segment, 0);
        uri_decode(&segment, raw);
        added = add_segment(decoded, root, buf_str(&segment), is_last);
        if (added != URI_PATH_OK)
            result = added;
    }
    if (result != URI_PATH_OK)
        buf_truncate(decoded, root);
    buf_free(&segment);
    return result;
}

static void
put_escaped(struct buf *out, char byte)
{
    buf_format(out, "%%%02X", (unsigned char)byte);
}

static bool
is_allowed(char byte, const char *allowed)
{
    return is_alpha(byte) || is_digit(byte) || (byte != '\0' && strchr(allowed, byte));
}

/* Appends a component whose escapes stay. */
static void
put_component(struct buf *out, struct str text, const char *allowed)
{
    while (text.len > 0) {
        size_t len = 0;

        while (len < text.len && is_allowed(text.ptr[len], allowed))
            len++;
        buf_put(out, str_head(text, len));
        text = str_after(text, len);
        if (text.len == 0)
            break;
        if (starts_with_escape(text))
            buf_byte(out, text.ptr[0]);
        else
            put_escaped(out, text.ptr[0]);
        text = str_after(text, 1);
    }
}

void
uri_put_path(struct buf *out, struct str decoded)
{
    for (size_t i = 0; i < decoded.len; i++) {
        if (is_allowed(decoded.ptr[i], in_path))
            buf_byte(out, decoded.ptr[i]);
        else
            put_escaped(out, decoded.ptr[i]);
    }
}

/* 3986 3.2.2, as far as the characters go. */
static bool
is_ip_literal(struct str host)
{
    if (!str_skip(&host, STR("[")) || !str_chop(&host, STR("]")))
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!is_allowed(host.ptr[i], in_literal))
            return false;
    return host.len > 0;
}

static bool
is_number(struct str port)
{
    for (size_t i = 0; i < port.len; i++)
        if (!is_digit(port.ptr[i]))
            return false;
    return true;
}

/* What follows the host and is no port belongs to the host, which is a name then. */
static void
put_authority(struct buf *out, const struct uri *uri)
{
    bool is_port = is_number(uri->port);

    buf_put(out, STR("//"));
    if (uri->has_userinfo) {
        put_component(out, uri->userinfo, in_userinfo);
        buf_byte(out, '@');
    }
    if (is_port && is_ip_literal(uri->host))
        buf_put(out, uri->host);
    else if (!is_port || !idna_put(out, uri->host))
        put_component(out, uri->host, in_name);
    if (uri->has_port) {
        buf_put(out, is_port ? STR(":") : STR("%3A"));
        put_component(out, uri->port, in_name);
    }
}

/* 3986 5.3. Where a path could be taken for a scheme or an authority, dots go in front of it. */
static void
put_uri(struct buf *out, const struct uri *uri)
{
    struct str rest = uri->path, first = cut_before(&rest, "/");

    if (uri->scheme.len > 0) {
        buf_put(out, uri->scheme);
        buf_byte(out, ':');
    }
    if (uri->has_authority)
        put_authority(out, uri);
    else if (str_starts(uri->path, STR("//")))
        buf_put(out, STR("/."));
    else if (uri->scheme.len == 0 && str_has(first, ':'))
        buf_put(out, STR("./"));
    put_component(out, uri->path, in_path);
    if (uri->has_query)
        buf_byte(out, '?');
    put_component(out, uri->query, in_query);
    if (uri->has_fragment)
        buf_byte(out, '#');
    put_component(out, uri->fragment, in_query);
}

/* Like uri_split, but what stands before the first ':' and is no scheme belongs to the path. */
static struct uri
split_reference(struct str text)
{
    struct uri uri = uri_split(text);

    if (uri.scheme.len == 0 || uri_is_scheme(uri.scheme))
        return uri;
    return (struct uri){
        .path = str_head(text, (size_t)(uri.path.ptr - text.ptr) + uri.path.len),
        .query = uri.query,
        .fragment = uri.fragment,
        .has_query = uri.has_query,
        .has_fragment = uri.has_fragment,
    };
}

void
uri_put_reference(struct buf *out, struct str text)
{
    struct uri uri = split_reference(text);

    put_uri(out, &uri);
}

static void
drop_last_segment(struct buf *path)
{
    const char *slash = path->len > 0 ? memrchr(path->ptr, '/', path->len) : NULL;

    buf_truncate(path, slash ? (size_t)(slash - path->ptr) : 0);
}

/* 3986 5.2.4 */
static void
put_without_dots(struct buf *out, struct str path)
{
    while (str_skip(&path, STR("../")) || str_skip(&path, STR("./")))
        ;
    if (str_eq(path, STR("..")) || str_eq(path, STR(".")))
        return;
    buf_put(out, cut_before(&path, "/"));
    while (str_skip(&path, STR("/"))) {
        struct str segment = cut_before(&path, "/");
        bool climbs = str_eq(segment, STR("..")), is_dots = climbs || str_eq(segment, STR("."));

        if (climbs)
            drop_last_segment(out);
        if (!is_dots || path.len == 0)
            buf_byte(out, '/');
        if (!is_dots)
            buf_put(out, segment);
    }
}

/* 3986 5.2.3, and what 5.2.2 says of absolute paths */
static void
put_merged_path(struct buf *out, const struct uri *base, struct str path)
{
    struct buf merged = {0};

    if (str_starts(path, STR("/"))) {
        put_without_dots(out, path);
        return;
    }
    buf_put(&merged, base->path);
    drop_last_segment(&merged);
    if (merged.len > 0 || base->has_authority || str_starts(base->path, STR("/")))
        buf_byte(&merged, '/');
    buf_put(&merged, path);
    put_without_dots(out, buf_str(&merged));
    buf_free(&merged);
}

/* 3986 5.2.2: what the reference leaves open comes from the base. */
static void
fill_from_base(struct uri *target, const struct uri *base)
{
    target->scheme = base->scheme;
    if (target->has_authority)
        return;
    target->has_authority = base->has_authority;
    target->has_userinfo = base->has_userinfo;
    target->has_port = base->has_port;
    target->userinfo = base->userinfo;
    target->host = base->host;
    target->port = base->port;
    if (target->path.len == 0 && !target->has_query) {
        target->has_query = base->has_query;
        target->query = base->query;
    }
}

void
uri_resolve(struct buf *out, struct str base, struct str reference)
{
    struct uri from = split_reference(base), target = split_reference(reference);
    struct buf path = {0};

    if (target.scheme.len > 0 || target.has_authority)
        put_without_dots(&path, target.path);
    else if (target.path.len == 0)
        buf_put(&path, from.path);
    else
        put_merged_path(&path, &from, target.path);
    if (target.scheme.len == 0)
        fill_from_base(&target, &from);
    target.path = buf_str(&path);
    put_uri(out, &target);
    buf_free(&path);
}
