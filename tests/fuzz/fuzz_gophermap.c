/*
 * Gemtext as a menu and as a text. The first byte chooses charset, strictness and posts_as_menus,
 * the second the width. Whatever the page: every line of a menu has its four fields and ends with
 * CRLF, no control byte gets out, and no line is wider than it may be.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "text/gophermap.h"
#include "text/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { OPTION_BYTES = 2, PORT_DIGITS_MAX = 5 };

static struct str
next_line(struct str *rest)
{
    const char *end = memchr(rest->ptr, '\r', rest->len);
    struct str line;

    assert(end && end + 1 < rest->ptr + rest->len && end[1] == '\n');
    line = str_head(*rest, (size_t)(end - rest->ptr));
    *rest = str_after(*rest, line.len + 2);
    return line;
}

static void
check_bytes(struct str text, bool tabs)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        assert((byte >= 0x20 && byte != 0x7F) || (tabs && byte == '\t'));
    }
}

static void
check_menu_line(struct str line, const struct gopher_hole *hole)
{
    char type = line.len > 0 ? line.ptr[0] : '\0';
    struct str rest = str_after(line, 1), display, selector, host;
    unsigned long port;

    assert(type > ' ' && type != '.' && type != '+' && type != '3');
    check_bytes(line, true);
    display = str_cut(&rest, '\t');
    selector = str_cut(&rest, '\t');
    host = str_cut(&rest, '\t');
    assert(host.len > 0 && selector.len <= GOPHER_SELECTOR_MAX);
    assert(rest.len <= PORT_DIGITS_MAX && str_number(rest, 65535, &port) && port > 0);
    assert(type != 'i' || str_eq(host, STR("error.host")));
    if (hole->charset == CHARSET_LATIN1)
        return; /* a byte is a column, but not for wrap_width */
    assert(wrap_width(display) <= (type == 'i' ? GOPHER_BLOCK_WIDTH + hole->width : hole->width));
}

static void
check_menu(struct str menu, const struct gopher_hole *hole)
{
    struct str line = next_line(&menu);

    while (!str_eq(line, STR("."))) {
        check_menu_line(line, hole);
        line = next_line(&menu);
    }
    assert(menu.len == 0);
}

static void
check_text(struct str text, const struct gopher_hole *hole)
{
    bool is_last = false;

    while (text.len > 0) {
        struct str line = next_line(&text);

        check_bytes(line, true);
        is_last = str_eq(line, STR("."));
        assert(!hole->strict || !is_last || text.len == 0);
    }
    assert(!hole->strict || is_last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const gemini_hosts[] = {"example.org", NULL};
    struct gopher_hole hole = {
        .host = "gopher.example.org", .port = 7070, .gemini_hosts = gemini_hosts};
    struct buf menu = {0}, text = {0};
    struct str page;

    if (size < OPTION_BYTES)
        return 0;
    hole.charset = (enum charset)(bytes[0] % 3);
    hole.strict = bytes[0] & 4;
    hole.posts_as_menus = bytes[0] & 8;
    hole.width = GOPHER_WIDTH_MIN + bytes[1] % (GOPHER_WIDTH_MAX - GOPHER_WIDTH_MIN + 1);
    page = (struct str){(const char *)bytes + OPTION_BYTES, size - OPTION_BYTES};
    gophermap_menu(&menu, &hole, STR("/2017/12/page.gmi"), page);
    check_menu(buf_str(&menu), &hole);
    gophermap_text(&text, &hole, STR("/2017/12/page.gmi"), page);
    check_text(buf_str(&text), &hole);
    buf_truncate(&text, 0);
    gophermap_lines(&text, &hole, page);
    buf_free(&text);
    buf_free(&menu);
    return 0;
}
