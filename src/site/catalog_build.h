#ifndef SITE_CATALOG_BUILD_H
#define SITE_CATALOG_BUILD_H

/*
 * Writes the index that site/catalog.h reads: a new file in one transaction, in any order of posts;
 * the caller makes it safe on disk and gives it its name. The first failure is kept until the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/catalog.h"
#include "site/post.h"

struct catalog_build;

struct catalog_post {
    struct str path; /* /2017/12/slug.gmi */
    const struct post *post;
    uint64_t size;
    long position;        /* from the ledger: higher is newer within one moment */
    const char *language; /* the post's or the blog's */
    struct str summary;   /* one line, as text */
    size_t words;
    struct str prose_words; /* of the body, as of catalog_words_put_body */
};

struct catalog_comments {
    struct str post; /* its path */
    size_t count;
    uint64_t size;          /* bytes of the file that holds them */
    struct str prose_words; /* of all of them, as of catalog_words_put_comments */
};

/* The file is empty or missing. NULL on failure. */
struct catalog_build *catalog_create(const char *path, struct failure *why);

void catalog_add_post(struct catalog_build *build, const struct catalog_post *post);
void catalog_add_page(struct catalog_build *build, const struct entry *page,
                      struct str prose_words);
void catalog_add_file(struct catalog_build *build, struct str path, struct str media_type);

void catalog_add_comments(struct catalog_build *build, const struct catalog_comments *comments);

/* Of addresses that are added twice the first one stays; an empty target is gone. */
void catalog_add_address(struct catalog_build *build, struct str address, struct str target);

/* Writes everything out and closes; the build is gone also on failure. */
bool catalog_finish(struct catalog_build *build, struct str fingerprint, struct failure *why);

/* Gives up; what is in the file is of no use. */
void catalog_build_close(struct catalog_build *build);

#endif
