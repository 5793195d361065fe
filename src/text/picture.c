#include "text/picture.h"

#include <string.h>

#include "text/uri.h"

enum {
    OPTION_LETTERS_MAX = 4, /* of an option: "rw", "cc", "nu" */
    PIXELS_DIGITS_MAX = 5,
    TOKEN_MIN = 40, /* bytes: a name this long without a space is made by a machine */
};

/* An address of a Blogger host, cut at its size. */
struct parts {
    struct uri uri;
    struct str host;                /* without the shard number */
    struct str before, size, after; /* of the path, query and fragment */
};

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Letters, then digits; both are counted. */
static bool
is_option(struct str option, size_t *letters, size_t *digits)
{
    *letters = *digits = 0;
    while (*letters < option.len && is_letter(option.ptr[*letters]))
        ++*letters;
    while (*letters + *digits < option.len && is_digit(option.ptr[*letters + *digits]))
        ++*digits;
    return *letters > 0 && *letters <= OPTION_LETTERS_MAX && *digits <= PIXELS_DIGITS_MAX &&
           *letters + *digits == option.len;
}

static bool
is_size(struct str segment)
{
    size_t letters, digits;
    struct str first = str_cut(&segment, '-');

    if (!is_option(first, &letters, &digits) || letters != 1 || digits == 0 ||
        !strchr("swh", first.ptr[0]))
        return false;
    while (segment.len > 0)
        if (!is_option(str_cut(&segment, '-'), &letters, &digits))
            return false;
    return true;
}

/* "3.bp.blogspot.com", "lh4.ggpht.com" and, of old, "bp2.blogger.com" without their number. */
static struct str
host_without_shard(struct str host)
{
    struct str rest = host;

    if (!str_skip(&rest, STR("lh")) && host.len > 2 && is_digit(host.ptr[2]))
        str_skip(&rest, STR("bp"));
    while (rest.len > 0 && is_digit(rest.ptr[0]))
        rest = str_after(rest, 1);
    return rest.len < host.len && str_skip(&rest, STR(".")) ? rest : host;
}

static bool
is_picture_host(struct str host)
{
    static const struct str hosts[] = {{"bp.blogspot.com", 15},
                                       {"googleusercontent.com", 21},
                                       {"ggpht.com", 9},
                                       {"blogger.com", 11},
                                       {"blogger.googleusercontent.com", 29}};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (str_eq_nocase(host, hosts[i]))
            return true;
    return false;
}

/* A segment of the path that is not the last, or what follows the last '='. */
static bool
find_size(struct str path, struct str *size)
{
    struct str rest = path, segment;
    const char *sign;

    *size = STR("");
    while (str_has(rest, '/')) {
        segment = str_cut(&rest, '/');
        if (is_size(segment))
            *size = segment;
    }
    if (size->len > 0 || rest.len == 0)
        return size->len > 0;
    sign = memrchr(rest.ptr, '=', rest.len);
    segment = sign ? str_after(rest, (size_t)(sign - rest.ptr) + 1) : STR("");
    if (is_size(segment))
        *size = segment;
    return size->len > 0;
}

/* False when the address is not of a Blogger host; the size may be empty. */
static bool
cut_address(struct str address, struct parts *parts)
{
    const char *end = address.ptr + address.len;

    parts->uri = uri_split(address);
    parts->host = host_without_shard(parts->uri.host);
    if (!parts->uri.has_authority || parts->uri.path.len == 0 || !is_picture_host(parts->host))
        return false;
    parts->before = (struct str){parts->uri.path.ptr, (size_t)(end - parts->uri.path.ptr)};
    parts->after = STR("");
    if (find_size(parts->uri.path, &parts->size)) {
        const char *size_end = parts->size.ptr + parts->size.len;

        parts->before.len = (size_t)(parts->size.ptr - parts->before.ptr);
        parts->after = (struct str){size_end, (size_t)(end - size_end)};
    }
    return true;
}

/* The name's ending that says what it is, with its dot. */
static struct str
extension_of(struct str name)
{
    static const struct str endings[] = {{".jpg", 4},  {".jpeg", 5}, {".png", 4}, {".gif", 4},
                                         {".webp", 5}, {".bmp", 4},  {".svg", 4}, {".tif", 4},
                                         {".tiff", 5}, {".avif", 5}, {".heic", 5}};

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (name.len > endings[i].len &&
            str_eq_nocase(str_after(name, name.len - endings[i].len), endings[i]))
            return str_after(name, name.len - endings[i].len);
    return STR("");
}

bool
picture_is_blogger(struct str address)
{
    struct parts parts;

    return cut_address(address, &parts);
}

bool
picture_is_picture(struct str address)
{
    return picture_is_blogger(address) || extension_of(uri_split(address).path).len > 0;
}

void
picture_key(struct buf *key, struct str address)
{
    struct parts parts;
    struct uri uri;

    if (cut_address(address, &parts)) {
        buf_put(key, parts.host);
        buf_put(key, parts.before);
        buf_put(key, parts.after);
        return;
    }
    uri = uri_split(address);
    if (uri.has_authority && uri.scheme.len > 0)
        str_skip(&address, uri.scheme);
    if (uri.has_authority)
        str_skip(&address, STR(":"));
    if (uri.has_authority)
        str_skip(&address, STR("//"));
    buf_put(key, address);
}

static void
put_sized(struct buf *out, const struct parts *parts, struct str address, struct str size)
{
    buf_put(out, str_head(address, (size_t)(parts->before.ptr - address.ptr)));
    buf_put(out, parts->before);
    buf_put(out, size);
    buf_put(out, parts->after);
}

void
picture_sized(struct buf *out, struct str address, unsigned pixels)
{
    struct parts parts;
    struct buf size = {0};

    if (!cut_address(address, &parts) || parts.size.len == 0) {
        buf_put(out, address);
        return;
    }
    buf_format(&size, "s%u", pixels);
    put_sized(out, &parts, address, buf_str(&size));
    buf_free(&size);
}

void
picture_file(struct buf *out, struct str address)
{
    struct parts parts;
    struct str size;

    if (cut_address(address, &parts) && str_ends(parts.size, STR("-h"))) {
        size = parts.size;
        put_sized(out, &parts, address, str_cut(&size, '-'));
    } else {
        buf_put(out, address);
    }
}

void
picture_words(struct buf *out, struct str name)
{
    struct buf words = {0};
    bool says = false;

    name.len -= extension_of(name).len;
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];

        says = says || is_letter(byte) || (byte & 0x80);
        buf_byte(&words, byte == '_' || byte == '-' || byte == '+' ? ' ' : byte);
    }
    if (says && (name.len < TOKEN_MIN || str_has(buf_str(&words), ' ')))
        buf_put(out, str_trim(buf_str(&words)));
    buf_free(&words);
}
