#ifndef SITE_COMMENTS_H
#define SITE_COMMENTS_H

/*
 * The comments of /2017/11/slug.gmi are a page of their own, /2017/11/slug/comments.gmi, and those
 * of the page /name.gmi are /name/comments.gmi. Only comments_write knows how to write it:
 *
 *     # Comments on TITLE
 *
 *     => /2017/11/slug.gmi TITLE
 *
 *     ## AUTHOR, 2017-12-05 21:15 +0100
 *     Reply to NAME
 *     The body, gemtext with headings of level 3 only.
 *
 * The line "Reply to" is there only where a comment answers another. A comment is one heading of
 * level 2 outside preformatted blocks; nothing else on the page is ever read again. The words are
 * those of the blog's language.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/date.h"
#include "base/str.h"
#include "site/words.h"

enum { COMMENTS_MAX = 8 << 20 }; /* bytes of the file */

struct comment {
    struct str author; /* empty: nobody knows */
    struct moment published;
    struct str reply_to; /* the author that it answers; empty: none */
    bool removed;        /* the page says so in place of the body */
    struct str body;     /* gemtext */
};

struct comments {
    enum tongue tongue;
    struct str path;  /* of the post: /2017/11/slug.gmi */
    struct str title; /* empty: the post has none */
    const struct comment *items;
    size_t count;
};

/* Appends the page. */
void comments_write(struct buf *out, const struct comments *comments);

/* Appends the text of a page that moves from one path to another with its post. */
void comments_move(struct buf *out, struct str text, struct str from, struct str to);

/* How many comments the text of a page holds. */
size_t comments_count(struct str text);

/* Appends the path of the page that belongs to a post or a page, and the other way round: false
 * when the path is of no such page. Paths may lack the '/' in front. */
void comments_put_path(struct buf *out, struct str post);
bool comments_put_post(struct buf *out, struct str path);

#endif
