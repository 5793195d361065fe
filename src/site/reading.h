#ifndef SITE_READING_H
#define SITE_READING_H

/*
 * A file of the capsule on its way into the index: what has to be read and parsed for that, which
 * several threads can do for different files at the same time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/file.h"
#include "site/catalog_words.h"
#include "site/post.h"

/* The seconds of what only lies where posts do: it comes behind them. */
#define READING_UNDATED INT64_MAX

enum reading_kind { READING_PAGE, READING_POST, READING_COMMENTS, READING_OTHER };

struct reading {
    int root;             /* borrowed, … */
    const char *fallback; /* … and so is the language of what does not say its own */
    enum reading_kind kind;
    struct buf path;            /* with the '/' in front */
    size_t size;                /* when it was found */
    size_t lines;               /* of a post's body before its jump break; 0: it has none */
    int64_t seconds;            /* of a post: when it was published, as far as it was looked at */
    struct buf text;            /* of the file, unless it is of another kind; of a page in UTF-8 */
    struct catalog_words words; /* of a post, a page or comments */
    struct buf language;        /* of a post or a page */
    bool is_read;
    bool is_blind;      /* it could not be read now, for a reason that may pass */
    bool is_utf8;       /* the file, which was read; not asked of posts */
    bool is_post;       /* of the kind: the rest is its */
    struct failure why; /* why it was not read, or is no post */
    struct post post;   /* points into text; of a page, too, where it has the form of one */
    struct buf summary;
    size_t word_count;
};

/* Begins with what is known of a file without a look into it. The reading is zeroed or was cleared;
 * end with reading_free. */
void reading_begin(struct reading *reading, int root, const struct file_info *file);

/* Reads it; or of what may be a post only as much as tells its seconds, so that it is in its place
 * among the others when it is read. The reading is a void * here as a crew wants it. */
void reading_do(void *ctx);
void reading_look(void *ctx);
void reading_clear(void *ctx);
void reading_free(void *ctx);

/* The path beneath the root. */
const char *reading_name(const struct reading *reading);

#endif
