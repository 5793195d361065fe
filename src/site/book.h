#ifndef SITE_BOOK_H
#define SITE_BOOK_H

/*
 * Posts to read together, the oldest first: as a book for offline readers, whose links lead from
 * post to post inside it, and as one page. Posts in zones are left out of both.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/table.h"
#include "site/site.h"

enum {
    BOOK_TEXT_MAX = 32 << 20,     /* bytes of its posts; a larger one is not made */
    BOOK_PICTURES_MAX = 32 << 20, /* bytes of its pictures; more of them stay links */
    BOOK_PICTURE_MAX = 16 << 20,  /* of one of them */
};

/* End with book_free. */
struct book {
    const struct site *site;
    struct str title;
    struct arena texts;
    struct entry *posts; /* newest first */
    size_t count, cap;
    struct table by_path;
    size_t text_bytes;
    bool is_too_large;
    struct str *pictures; /* their paths */
    size_t picture_count;
    struct table by_picture;
    size_t picture_bytes;
};

/* Takes the posts of a selection together. Without posts, or with too many, there is no book:
 * false. */
bool book_open(struct book *book, const struct site *site, const struct selection *which,
               struct str title);
void book_free(struct book *book);

/* Makes the file. */
bool book_write(struct book *book, const char *path, struct failure *why);

/* Appends the page. */
bool book_put_page(struct book *book, struct buf *out, struct failure *why);

#endif
