/*
 * Gemtext as a menu and as a text. The first byte chooses charset, strictness and posts_as_menus,
 * the second the width. Whatever the page: every line of a menu has its four fields and ends with
 * CRLF, no control byte gets out, and no line is wider than it may be.
 */

#include <assert.h>
#include <stdint.h>

#include "menu.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { OPTION_BYTES = 2 };

static void
check_text(struct str text, const struct gopher_hole *hole)
{
    bool is_last = false;

    while (text.len > 0) {
        struct str line = next_line(&text);

        check_bytes(line);
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
