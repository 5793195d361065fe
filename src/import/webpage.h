#ifndef IMPORT_WEBPAGE_H
#define IMPORT_WEBPAGE_H

/*
 * Saved pages of a Blogger blog: of one post with its comments, or of many (index, label, archive).
 * The body of a post is handed on as it stands in the page; text/html.c reads it. Nothing is
 * fetched and no script is run.
 */

#include "base/fail.h"
#include "import/record.h"

enum {
    WEBPAGE_MAX = 16 << 20, /* bytes */
    WEBPAGE_POSTS_MAX = 5000,
    WEBPAGE_COMMENTS_MAX = 50000,
    WEBPAGE_LABELS_MAX = 50000, /* of all posts of a page */
};

/*
 * Each post, and then each comment in the order of the page; false from on_entry ends the reading
 * with its failure. What a page may lack: the id (custom themes), the address (or its host, in
 * mirrors), and the date: it is not known when it is written in a language that the table in
 * dayname.c lacks, or in ambiguous figures. An instant without has_time is a date alone.
 */
struct webpage_reader {
    bool (*on_entry)(void *ctx, const struct blog_entry *entry, struct failure *why);
    void *ctx;
};

/* Whether the file could be one, by its first bytes. Ask before blogger_is_xml: XHTML is both. */
bool webpage_is_html(struct str head);

/* Reads a whole page. The blog keeps what it already says of itself. */
bool webpage_read(struct str html, const struct webpage_reader *reader, struct blog *blog,
                  struct failure *why);

#endif
