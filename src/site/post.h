#ifndef SITE_POST_H
#define SITE_POST_H

/*
 * The grammar of a post's file, its only reader and its only writer (ARCHITECTURE.md, "The one
 * idea"): title, published line, body, trailer. post_parse(post_write(p)) gives p back, but for a
 * title that is the post's own date, which is none.
 *
 * The trailer is the last run of link lines, with an empty line (or nothing) before it and nothing
 * behind it. Each link goes to /label/SLUG/, but for at most one to the web: the original. Without
 * a label that one must be named `Original post`. A run with any other link is body.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/date.h"
#include "base/fail.h"
#include "base/str.h"

enum {
    POST_MAX = 8 << 20, /* bytes of a post's file */
    POST_LABELS_MAX = 20000,
};

struct label {
    struct str slug; /* decoded */
    struct str name;
};

/* The body is a slice of the text that was parsed; whoever makes a post keeps what it points to. */
struct post {
    struct str title; /* empty: the post has none, and shows its date instead */
    struct moment published;
    struct str language; /* empty: the blog's */
    struct str author;
    struct date updated;   /* all 0: never */
    struct str original;   /* web address, empty when unknown */
    struct str body;       /* gemtext without the blank lines around it */
    bool ends_in_block;    /* of a parsed post: a preformatted block is open, and whatever should be
                            * the trailer is in it */
    bool has_stray_labels; /* of a parsed post: its last links name labels, but are no trailer */
    struct label *labels;
    size_t label_count;
    struct buf owned; /* a parsed post's title, author, original, slugs and names */
};

/* The text must be UTF-8; a BOM, CRLF and missing empty lines are tolerated. On failure, which
 * names the line, the post is empty. End with post_free. */
bool post_parse(struct str text, struct post *post, struct failure *why);

/* Finds when a text that begins so was published, if it is a post; what is cut may be anything but
 * its first two lines. */
bool post_peek(struct str text, struct moment *published);

/* Appends the file. The body must be gemtext; slugs are what slug_of_label makes. */
void post_write(struct buf *out, const struct post *post);

/* Appends one label to the list; the slices are kept as they are. */
void post_add_label(struct post *post, struct label label);

void post_free(struct post *post);

/* YYYY/MM/name.gmi, relative to the capsule and no index.gmi: where posts live. */
bool post_is_path(struct str path);

#endif
