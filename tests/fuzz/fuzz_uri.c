/*
 * References from outside. What is mended or resolved obeys the grammar and mending it again
 * changes nothing; a decoded path could be a file's name and survives being written as a link.
 * Splitting and decoding agree with slow ways to do the same: the regular expression that 3986
 * gives in appendix B, and a list of whole segments.
 * The first line is a base, all of the input a path and a reference.
 */

#include <assert.h>
#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "text/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool
holds(struct str text, const char *piece)
{
    return text.len > 0 && memmem(text.ptr, text.len, piece, strlen(piece)) != NULL;
}

/* Only characters that 3986 knows, and whole escapes. */
static void
check_grammar(struct str text)
{
    static const char known[] = "-._~:/?#[]@!$&'()*+,;=%";

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];

        assert((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= 'a' && byte <= 'z') || (byte != '\0' && strchr(known, byte)));
    }
    assert(uri_escapes_are_whole(text));
}

/* One segment, decoded by the C library; false where an escape is not whole. */
static bool
decode_slowly(struct str segment, struct buf *decoded)
{
    for (size_t i = 0; i < segment.len; i++) {
        char digits[3] = {0};

        if (segment.ptr[i] != '%') {
            buf_byte(decoded, segment.ptr[i]);
            continue;
        }
        if (segment.len - i < 3 || !isxdigit((unsigned char)segment.ptr[i + 1]) ||
            !isxdigit((unsigned char)segment.ptr[i + 2]))
            return false;
        memcpy(digits, segment.ptr + i + 1, 2);
        buf_byte(decoded, (char)strtoul(digits, NULL, 16));
        i += 2;
    }
    return true;
}

static bool
is_no_name(struct str segment)
{
    for (size_t i = 0; i < segment.len; i++)
        if (iscntrl((unsigned char)segment.ptr[i]) || segment.ptr[i] == '/')
            return true;
    return u8_check((const uint8_t *)segment.ptr, segment.len) != NULL;
}

/* Whether the segments give one that no file could have, or no path at all; else their path. */
static enum uri_path
path_slowly(const struct buf *segments, size_t count, struct buf *path)
{
    size_t kept[URI_MAX + 1] = {0}, depth = 0;
    enum uri_path result = URI_PATH_OK;

    for (size_t i = 0; i < count; i++) {
        struct str segment = buf_str(&segments[i]);

        if (str_has(segment, '\0') || (str_eq(segment, STR("..")) && depth == 0))
            return URI_PATH_MALFORMED;
        if (str_eq(segment, STR("..")))
            depth--;
        else if (segment.len > 0 && !str_eq(segment, STR(".")))
            kept[depth++] = i;
        if (segment.len > 0 && is_no_name(segment))
            result = URI_PATH_NOWHERE;
    }
    for (size_t i = 0; i < depth; i++) {
        buf_byte(path, '/');
        buf_put(path, buf_str(&segments[kept[i]]));
    }
    if (depth == 0 || kept[depth - 1] != count - 1)
        buf_byte(path, '/');
    return result;
}

static void
check_decoding(struct str path, enum uri_path result, struct str decoded)
{
    struct buf segments[URI_MAX + 1] = {{0}}, expected = {0};
    size_t count = 0;
    enum uri_path slow = URI_PATH_OK;

    if (path.len > URI_MAX)
        return;
    for (size_t from = 0, at = 0; at <= path.len; at++) {
        if (at < path.len && path.ptr[at] != '/')
            continue;
        if (!decode_slowly(str_head(str_after(path, from), at - from), &segments[count++]))
            slow = URI_PATH_MALFORMED;
        from = at + 1;
    }
    if (slow == URI_PATH_OK)
        slow = path_slowly(segments, count, &expected);
    assert(slow == result);
    assert(slow != URI_PATH_OK || str_eq(buf_str(&expected), decoded));
    for (size_t i = 0; i < count; i++)
        buf_free(&segments[i]);
    buf_free(&expected);
}

static void
check_path(struct str path)
{
    struct buf decoded = {0}, encoded = {0}, again = {0};
    enum uri_path result = uri_path_decode(path, &decoded);
    struct str name;

    check_decoding(path, result, buf_str(&decoded));
    if (result == URI_PATH_OK) {
        name = buf_str(&decoded);
        assert(str_starts(name, STR("/")));
        assert(!str_has(name, '\0') && !holds(name, "//"));
        assert(!holds(name, "/../") && !holds(name, "/./"));
        assert(!str_ends(name, STR("/..")) && !str_ends(name, STR("/.")));
        assert(u8_check((const uint8_t *)name.ptr, name.len) == NULL);

        uri_put_path(&encoded, name);
        check_grammar(buf_str(&encoded));
        assert(uri_path_decode(buf_str(&encoded), &again) == URI_PATH_OK);
        assert(str_eq(buf_str(&again), name));
    } else {
        assert(decoded.len == 0);
    }
    buf_free(&decoded);
    buf_free(&encoded);
    buf_free(&again);
}

static void
check_split(struct str text)
{
    struct uri uri = uri_split(text);
    size_t marks = (uri.scheme.len > 0) + uri.has_authority * 2 + uri.has_userinfo + uri.has_port +
                   uri.has_query + uri.has_fragment;

    assert(uri.scheme.len + uri.userinfo.len + uri.host.len + uri.port.len + uri.path.len +
               uri.query.len + uri.fragment.len + marks ==
           text.len);
}

/* 3986 appendix B, which leaves the authority whole. */
static void
check_components(struct str text)
{
    enum { SCHEME = 2, AUTHORITY = 4, PATH, HAS_QUERY, QUERY, HAS_FRAGMENT, FRAGMENT, GROUPS };
    struct uri uri = uri_split(text);
    const struct {
        struct str part;
        int group;
    } parts[] = {
        {uri.scheme, SCHEME},
        {uri.path, PATH},
        {uri.query, QUERY},
        {uri.fragment, FRAGMENT},
    };
    regmatch_t found[GROUPS];
    struct buf copy = {0};
    regex_t pattern;

    if (str_has(text, '\0'))
        return; /* regexec() ends there */
    buf_put(&copy, text);
    assert(regcomp(&pattern, "^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?",
                   REG_EXTENDED) == 0);
    assert(regexec(&pattern, buf_text(&copy), GROUPS, found, 0) == 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const regmatch_t *match = &found[parts[i].group];
        size_t len = match->rm_so < 0 ? 0 : (size_t)(match->rm_eo - match->rm_so);

        assert(len == parts[i].part.len);
        assert(len == 0 || parts[i].part.ptr == text.ptr + match->rm_so);
    }
    assert(uri.has_authority == (found[AUTHORITY].rm_so >= 0));
    assert(uri.has_query == (found[HAS_QUERY].rm_so >= 0));
    assert(uri.has_fragment == (found[HAS_FRAGMENT].rm_so >= 0));
    regfree(&pattern);
    buf_free(&copy);
}

static void
check_references(struct str base, struct str text)
{
    struct buf clean_base = {0}, clean = {0}, again = {0}, resolved = {0};

    uri_put_reference(&clean_base, base);
    uri_put_reference(&clean, text);
    check_grammar(buf_str(&clean));
    uri_put_reference(&again, buf_str(&clean));
    assert(str_eq(buf_str(&again), buf_str(&clean)));

    uri_resolve(&resolved, buf_str(&clean_base), buf_str(&clean));
    check_grammar(buf_str(&resolved));
    buf_truncate(&again, 0);
    uri_put_reference(&again, buf_str(&resolved));
    assert(str_eq(buf_str(&again), buf_str(&resolved)));
    buf_free(&clean_base);
    buf_free(&clean);
    buf_free(&again);
    buf_free(&resolved);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str all = {(const char *)bytes, size}, rest = all, base = str_line(&rest);
    struct buf decoded = {0};

    check_path(all);
    check_split(all);
    check_components(all);
    check_references(base, rest);
    check_references(base, all);
    uri_decode(&decoded, all);
    assert(decoded.len <= all.len);
    buf_free(&decoded);
    return 0;
}
