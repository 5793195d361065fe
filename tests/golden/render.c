/*
 * Shows one page as the hole of the golden tests does: render menu|text < page.gmi
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/gophermap.h"

enum { PAGE_MAX = 1 << 20, HOLE_PORT = 7070 };

int
main(int argc, char **argv)
{
    static const char *const gemini_hosts[] = {"example.org", NULL};
    const struct gopher_hole hole = {
        .host = "gopher.example.org",
        .port = HOLE_PORT,
        .width = GOPHER_WIDTH,
        .gemini_hosts = gemini_hosts,
    };
    const struct str path = STR("/2017/12/page.gmi");
    struct buf page = {0}, out = {0};

    page.len = fread(buf_room(&page, PAGE_MAX), 1, PAGE_MAX, stdin);
    if (argc == 2 && strcmp(argv[1], "menu") == 0) {
        gophermap_menu(&out, &hole, path, buf_str(&page));
    } else if (argc == 2 && strcmp(argv[1], "text") == 0) {
        gophermap_text(&out, &hole, path, buf_str(&page));
    } else {
        fprintf(stderr, "usage: render menu|text < page.gmi\n");
        return EXIT_FAILURE;
    }
    fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    buf_free(&page);
    return EXIT_SUCCESS;
}
