#ifndef SITE_BOOKS_H
#define SITE_BOOKS_H

/*
 * The books of a capsule, /blog.gpub, /book/2017.gpub and /label/X.gpub, and each year as one page,
 * /book/2017.gmi. They are made when the index is, in a folder beside it, INDEX.books/NAME/, whose
 * name stands for the index and the settings that shaped them: what is there is never made again,
 * and what another index has left is removed. Paths in the folder are those of readers.
 */

#include <stdbool.h>

#include "site/config.h"
#include "site/words.h"

struct response;
struct site;

enum {
    BOOKS_VERSION = 2,         /* raised whenever old books are to be made anew */
    BOOKS_POSTS_MAX = 30000,   /* in all books together: years first, then the blog, then labels */
    BOOKS_TEXT_MAX = 64 << 20, /* bytes of these posts, likewise */
    BOOKS_LABELS_MAX = 1000,   /* labels that have one: those with the most posts */
};

/* Makes what the current index lacks. */
bool books_make(const struct config *config, struct failure *why);

/* The folder of the books of an index, open, or -1: there are none. */
int books_open(const struct config *config, struct str fingerprint);

/* Answers the path of a book; false when there is none. */
bool books_answer(const struct site *site, struct str path, struct response *response);

/* Appends the path of the list that a book of this path holds, whether there are such or not; false
 * when no book can have it. */
bool books_put_list(struct buf *out, struct str path);

/* Appends a link to a book, if it is there, with its size; the word frames the text. */
void books_link(struct buf *out, const struct site *site, struct str path, enum word word,
                struct str text);

#endif
