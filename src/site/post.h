#ifndef SITE_POST_H
#define SITE_POST_H

/*
 * The grammar of a post's file, its only reader and its only writer (ARCHITECTURE.md, "The one
 * idea"): title, published line, body, trailer. post_parse(post_write(p)) gives p back.
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

/* Slices of the text that was parsed, or of what the caller keeps; only the lists are owned. */
struct post {
    struct str title; /* empty: the post has none, and shows its date instead */
    struct moment published;
    struct str language; /* empty: the blog's */
    struct str author;
    struct date updated; /* all 0: never */
    struct str original; /* web address, empty when unknown */
    struct str body;     /* gemtext without the blank lines around it */
    struct label *labels;
    size_t label_count;
    struct buf slugs; /* holds the decoded slugs of a parsed post */
};

/* The text must be UTF-8. On failure the post is empty. End with post_free. */
bool post_parse(struct str text, struct post *post, struct failure *why);

/* Appends the file. */
void post_write(struct buf *out, const struct post *post);

/* Appends one label to the list; the slices are kept as they are. */
void post_add_label(struct post *post, struct label label);

void post_free(struct post *post);

/* YYYY/MM/name.gmi, relative to the capsule: where posts live. */
bool post_is_path(struct str path);

#endif
