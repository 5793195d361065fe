#ifndef IMPORT_BLOGGER_H
#define IMPORT_BLOGGER_H

/*
 * Blogger's XML, told apart by what it holds: the legacy export, Takeout's feed.atom, and live
 * feeds of posts, pages and comments. Read as a stream, one entry in memory at a time. A DOCTYPE
 * of any kind ends the reading before a byte of it is used.
 */

#include "base/fail.h"
#include "import/record.h"

enum {
    BLOGGER_DEPTH_MAX = 256,       /* of elements */
    BLOGGER_ATTRIBUTES_MAX = 1000, /* of one element */
    BLOGGER_ENTRY_MAX = 9 << 20,   /* bytes of one field; libxml2's own limit is 10 MB */
    BLOGGER_ENTRIES_MAX = 1000000,
    BLOGGER_LABELS_MAX = 20000, /* of one post */
};

/* Each entry in the order of the file; false from on_entry ends the reading with its failure. */
struct blogger_reader {
    bool (*on_entry)(void *ctx, const struct blog_entry *entry, struct failure *why);
    void *ctx;
};

/* Whether the file could be one of these, by its first bytes. */
bool blogger_is_xml(struct str head);

/* Reads an open file to its end. The failure names the line. What the blog knew already stays where
 * the file says nothing, but for next and total: those are of this part of a feed. */
bool blogger_read(int fd, const struct blogger_reader *reader, struct blog *blog,
                  struct failure *why);

#endif
