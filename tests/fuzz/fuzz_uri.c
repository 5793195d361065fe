/*
 * References from outside. What is mended or resolved obeys the grammar and mending it again
 * changes nothing; a decoded path could be a file's name and survives being written as a link.
 * The first line is a base, all of the input a path and a reference.
 */

#include <assert.h>
#include <stdint.h>
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

static void
check_path(struct str path)
{
    struct buf decoded = {0}, encoded = {0}, again = {0};
    struct str name;

    if (uri_path_decode(path, &decoded) == URI_PATH_OK) {
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
    check_references(base, rest);
    check_references(base, all);
    uri_decode(&decoded, all);
    assert(decoded.len <= all.len);
    buf_free(&decoded);
    return 0;
}
