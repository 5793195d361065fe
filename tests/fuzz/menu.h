#ifndef FUZZ_MENU_H
#define FUZZ_MENU_H

/* What holds for every answer of the Gopher side, asserted. */

#include <assert.h>
#include <string.h>

#include "text/gophermap.h"
#include "text/wrap.h"

enum { PORT_DIGITS_MAX = 5, TCP_PORT_MAX = 65535 };

/* The next line without its CRLF, which it must have. */
static inline struct str
next_line(struct str *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, '\r', rest->len) : NULL;
    struct str line;

    assert(end && end + 1 < rest->ptr + rest->len && end[1] == '\n');
    line = str_head(*rest, (size_t)(end - rest->ptr));
    *rest = str_after(*rest, line.len + 2);
    return line;
}

/* No control byte but TAB. */
static inline void
check_bytes(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        assert((byte >= 0x20 && byte != 0x7F) || byte == '\t');
    }
}

static inline void
check_menu_line(struct str line, const struct gopher_hole *hole)
{
    char type = line.len > 0 ? line.ptr[0] : '\0';
    struct str rest = str_after(line, 1), display, selector, host;
    unsigned long port;

    assert(type > ' ' && type != '.' && type != '+');
    check_bytes(line);
    display = str_cut(&rest, '\t');
    selector = str_cut(&rest, '\t');
    host = str_cut(&rest, '\t');
    assert(host.len > 0 && selector.len <= GOPHER_SELECTOR_MAX);
    assert(rest.len <= PORT_DIGITS_MAX && str_number(rest, TCP_PORT_MAX, &port) && port > 0);
    assert(type != 'i' || str_eq(host, STR("error.host")));
    for (size_t i = 0; hole->charset == CHARSET_ASCII && i < display.len; i++)
        assert((unsigned char)display.ptr[i] < 0x80);
    if (hole->charset == CHARSET_LATIN1)
        return; /* wrap_width knows only UTF-8 */
    assert(type == '3' || wrap_width(display) <= (type == 'i' ? GOPHER_WIDTH_MAX : hole->width));
}

/* Four fields in each line, and the final one. A 3 is only ever the whole answer. */
static inline void
check_menu(struct str menu, const struct gopher_hole *hole)
{
    struct str line = next_line(&menu);

    for (size_t i = 0; !str_eq(line, STR(".")); i++) {
        check_menu_line(line, hole);
        assert(line.ptr[0] != '3' || (i == 0 && str_eq(menu, STR(".\r\n"))));
        line = next_line(&menu);
    }
    assert(menu.len == 0);
}

#endif
