#ifndef TEXT_GEMTEXT_H
#define TEXT_GEMTEXT_H

/*
 * Gemtext, the one document format inside (T: the gemtext specification 0.24.1). The scanner
 * reads any bytes; the writers append lines that are always well-formed: one line each, no control
 * bytes, no BOM, and of the type that was asked for. Titles and labels may hold anything.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum gemtext_kind {
    GEMTEXT_TEXT, /* an empty line is a text line without text */
    GEMTEXT_LINK,
    GEMTEXT_HEADING,
    GEMTEXT_ITEM,
    GEMTEXT_QUOTE,
    GEMTEXT_TOGGLE,       /* opens or closes a preformatted block; text is the alt text */
    GEMTEXT_PREFORMATTED, /* a line inside the block, as it stands */
};

struct gemtext_line {
    enum gemtext_kind kind;
    struct str text;   /* without the marker; a link's label, empty when it has none */
    struct str target; /* a link's URI reference */
    int level;         /* a heading's: 1 to 3 */
    struct str raw;    /* the whole line without its line end */
};

struct gemtext_scanner {
    struct str rest;
    bool preformatted;
};

/* The next line; false at the end. Begin with {.rest = text}. */
bool gemtext_next(struct gemtext_scanner *scanner, struct gemtext_line *line);

/* Text as gemtext may hold it: controls dropped, every white space a single space, ends trimmed.
 * Unicode that a terminal would obey (C1, U+2028, U+2029, a BOM) goes too. */
void gemtext_clean(struct buf *out, struct str text);

/* Without the blank lines around it; the first line keeps the spaces that it begins with. */
struct str gemtext_trim(struct str text);

/* T2: a line that would be of another type gets one space in front. */
void gemtext_text(struct buf *out, struct str text);
void gemtext_heading(struct buf *out, int level, struct str text); /* nothing when text is empty */
void gemtext_item(struct buf *out, struct str text);
void gemtext_quote(struct buf *out, struct str text);
void gemtext_blank(struct buf *out);

/* T6: nothing when the target is empty. */
void gemtext_link(struct buf *out, struct str target, struct str label);

/* T8: alt may be empty. The lines between keep their white space. */
void gemtext_open_block(struct buf *out, struct str alt);
void gemtext_block_line(struct buf *out, struct str line);
void gemtext_close_block(struct buf *out);

/* Appends 640 B, 2.1 kB, 48 kB, 1.2 MB: what a page costs on a thin link. 1 kB = 1000 bytes. */
void gemtext_size(struct buf *out, unsigned long long bytes);

#endif
