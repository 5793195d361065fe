#ifndef SITE_CATALOG_BUILD_H
#define SITE_CATALOG_BUILD_H

/*
 * Writes the index that site/catalog.h reads: a new file in one transaction; the caller makes it
 * safe on disk and gives it its name. Pages and comments come first, in any order, then the posts
 * in that of their ranks, from the oldest on: the number of a post is its rank, so that every list
 * is a scan of an index whose last column is that number. The first failure is kept until the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/catalog.h"
#include "site/catalog_words.h"
#include "site/post.h"

struct catalog_build;

struct catalog_post {
    struct str path; /* /2017/12/slug.gmi */
    const struct post *post;
    uint64_t size;
    const char *language; /* the post's or the blog's */
    struct str summary;   /* one line, as text */
    size_t word_count;
    const struct catalog_words *words;
};

struct catalog_comments {
    struct str post; /* its path */
    size_t count;
    uint64_t size;                     /* bytes of the file that holds them */
    const struct catalog_words *words; /* of all of them */
};

/* The file is empty or missing. NULL on failure. */
struct catalog_build *catalog_create(const char *path, struct failure *why);

void catalog_add_page(struct catalog_build *build, const struct entry *page,
                      const struct catalog_words *words);
void catalog_add_file(struct catalog_build *build, struct str path, struct str media_type);

void catalog_add_comments(struct catalog_build *build, const struct catalog_comments *comments);

/* No page and no comments come after this, and no post before. */
void catalog_begin_posts(struct catalog_build *build);
void catalog_add_post(struct catalog_build *build, const struct catalog_post *post);

/* Of addresses that are added twice the first one stays; an empty target is gone. */
void catalog_add_address(struct catalog_build *build, struct str address, struct str target);

/* Writes everything out and closes; the build is gone also on failure. */
bool catalog_finish(struct catalog_build *build, struct str fingerprint, struct failure *why);

/* Gives up; what is in the file is of no use. */
void catalog_build_close(struct catalog_build *build);

#endif
