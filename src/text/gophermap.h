#ifndef TEXT_GOPHERMAP_H
#define TEXT_GOPHERMAP_H

/*
 * Gemtext as Gopher shows it: as a menu (RFC 1436 3.8, live links) or as a text to read and save.
 * Every line that leaves here is whole: no TAB, CR, LF or control byte inside a field, CRLF at its
 * end, and a menu ends with ".".
 */

#include <stdbool.h>

#include "base/str.h"
#include "text/charset.h"

enum {
    GOPHER_SELECTOR_MAX = 255, /* 1436 appendix: bytes; m11 shows a longer target as text */
    GOPHER_WIDTH_MIN = 40,
    GOPHER_WIDTH_MAX = 132,
    GOPHER_WIDTH = 67,       /* m6: columns that every client shows unbroken */
    GOPHER_BLOCK_WIDTH = 79, /* columns of a preformatted line in a menu */
};

/* Where the hole is and how it shows things; from configuration, never from a client. */
struct gopher_hole {
    const char *host;
    unsigned port;
    size_t width; /* columns */
    enum charset charset;
    bool posts_as_menus;
    bool strict;                     /* 1436 3.x: stuff dots and end texts with "." */
    const char *const *gemini_hosts; /* links to these are links of our own; ends with NULL */
};

/* One line of a menu. display and selector may hold anything: what would break the line is left
 * out. The display is in UTF-8; a selector is raw bytes, whatever the charset. */
struct gopher_item {
    char type;
    struct str display, selector;
    struct str host; /* empty: the hole's own, and its port */
    unsigned port;
};

/* Its display is cut to the hole's width. */
void gophermap_item(struct buf *out, const struct gopher_hole *hole,
                    const struct gopher_item *item);

/* The final line of a menu. */
void gophermap_end(struct buf *out);

/* g22: a whole answer that says what went wrong, for clients whatever they expected: one line, so
 * that it may be wider than the others. */
void gophermap_error(struct buf *out, const struct gopher_hole *hole, struct str message);

/* A whole menu. path is the page's own, decoded ("/2017/11/"): relative links start there. */
void gophermap_menu(struct buf *out, const struct gopher_hole *hole, struct str path,
                    struct str gemtext);

/* A whole text: wrapped, links as [n] with their addresses listed at the end. */
void gophermap_text(struct buf *out, const struct gopher_hole *hole, struct str path,
                    struct str gemtext);

/* Any other text: CRLF at each line's end, and RFC 1436's stuffing when the hole is strict. */
void gophermap_lines(struct buf *out, const struct gopher_hole *hole, struct str text);

#endif
