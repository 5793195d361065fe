#ifndef TEXT_HTML_H
#define TEXT_HTML_H

/*
 * The body of a post or comment, from HTML to gemtext. Anything converts: no input makes it fail,
 * recurse or take more than linear time. Every line that comes out is of a type that the HTML
 * asked for; there are never two blank lines in a row outside preformatted blocks, and none at the
 * start or the end.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* What the caller knows of the blog. All callbacks may be NULL; what they get is theirs only until
 * they return. */
struct html_context {
    const char *base;   /* absolute address against which relative links resolve; may be NULL */
    bool bold_headings; /* a block that is only a bold line is a heading */
    void *ctx;

    /* Appends what a link to the address shall point to; nothing means the address. The address
     * is clean and absolute, or relative where there is no base. */
    void (*on_link)(void *ctx, struct str address, struct buf *target);

    /* Appends what a picture's link shall point to, and a note such as "JPEG, 48 kB". address is
     * the one shown, full the larger one that it links to, or empty. Nothing means full, else
     * address, and for an address that cannot be fetched (data:, file:, cid:) no link. Beside
     * another target, full stays as a link of its own. */
    void (*on_image)(void *ctx, struct str address, struct str full, struct buf *target,
                     struct buf *note);

    /* What could not be kept. kind: "form", "embedded", "table", "picture", "link", "text"; what
     * tells which one. */
    void (*on_loss)(void *ctx, const char *kind, struct str what);
};

struct html_result {
    size_t summary_len; /* bytes of the output before the jump break */
    bool has_summary;   /* there is a jump break with something before it */
};

/* result may be NULL. HTML without a text gives the line "(no text)". */
void html_to_gemtext(struct buf *out, struct str html, const struct html_context *context,
                     struct html_result *result);

#endif
