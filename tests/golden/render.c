/*
 * Shows one page as the hole of the golden tests does: render menu|text [WIDTH CHARSET] < page.gmi
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/gophermap.h"

enum { PAGE_MAX = 1 << 20, HOLE_PORT = 7070 };

enum { ARGUMENT_FORM = 1, ARGUMENT_WIDTH, ARGUMENT_CHARSET, ARGUMENTS };

static bool
take_arguments(struct gopher_hole *hole, int argc, char **argv)
{
    unsigned long width = GOPHER_WIDTH;

    if (argc != ARGUMENT_WIDTH && argc != ARGUMENTS)
        return false;
    if (argc == ARGUMENTS && (!str_number(str_of(argv[ARGUMENT_WIDTH]), GOPHER_WIDTH_MAX, &width) ||
                              !charset_parse(str_of(argv[ARGUMENT_CHARSET]), &hole->charset)))
        return false;
    hole->width = width;
    return true;
}

int
main(int argc, char **argv)
{
    static const char *const gemini_hosts[] = {"example.org", NULL};
    struct gopher_hole hole = {
        .host = "gopher.example.org",
        .port = HOLE_PORT,
        .gemini_hosts = gemini_hosts,
    };
    const struct str path = STR("/2017/12/page.gmi");
    bool is_good = take_arguments(&hole, argc, argv);
    struct buf page = {0}, out = {0};

    page.len = fread(buf_room(&page, PAGE_MAX), 1, PAGE_MAX, stdin);
    if (is_good && strcmp(argv[ARGUMENT_FORM], "menu") == 0) {
        gophermap_menu(&out, &hole, path, buf_str(&page));
    } else if (is_good && strcmp(argv[ARGUMENT_FORM], "text") == 0) {
        gophermap_text(&out, &hole, path, buf_str(&page));
    } else {
        fprintf(stderr, "usage: render menu|text [WIDTH CHARSET] < page.gmi\n");
        return EXIT_FAILURE;
    }
    fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    buf_free(&page);
    return EXIT_SUCCESS;
}
