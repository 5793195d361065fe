#ifndef SITE_READING_H
#define SITE_READING_H

/*
 * A file of the capsule on its way into the index: what has to be read and parsed for that, which
 * several threads can do for different files at the same time.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/file.h"
#include "site/post.h"

enum reading_kind { READING_PAGE, READING_POST, READING_COMMENTS, READING_OTHER };

struct reading {
    int root; /* borrowed */
    enum reading_kind kind;
    struct buf path;        /* with the '/' in front */
    size_t size;            /* when it was found */
    size_t lines;           /* of a post's body before its jump break; 0: it has none */
    struct buf text;        /* of the file, unless it is of another kind; of a page in UTF-8 */
    struct buf prose_words; /* of a post, a page or comments, for site/catalog_words.h */
    bool is_read;
    bool is_blind;      /* it could not be read now, for a reason that may pass */
    bool is_utf8;       /* the file, which was read; not asked of posts */
    bool is_post;       /* of the kind: the rest is its */
    struct failure why; /* why it was not read, or is no post */
    struct post post;   /* points into text; of a page, too, where it has the form of one */
    struct buf summary;
    size_t words;
};

/* Begins with what is known of a file without a look into it. End with reading_free. */
struct reading *reading_new(int root, const struct file_info *file);

/* Reads it; the reading is a void * here as a crew wants it. */
void reading_do(void *ctx);
void reading_free(void *ctx);

/* The path beneath the root. */
const char *reading_name(const struct reading *reading);

#endif
