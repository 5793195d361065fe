#ifndef SITE_CATALOG_H
#define SITE_CATALOG_H

/*
 * The index of a capsule: an SQLite file that may be deleted at any time. It is written whole
 * beside the old one and renamed (site/indexer.c does that), and read-only for everybody else.
 * Paths are decoded and begin with '/'. Lists come newest first; posts of one moment by the
 * ledger's position, then by path, the last first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/fail.h"
#include "base/str.h"
#include "site/post.h"

struct catalog;

struct entry {
    struct str path, title, language;
    struct date date;
    uint64_t size; /* bytes of the file */
};

/* Which posts: all that meet every criterion that is set. */
struct selection {
    int year, month;     /* 0: any */
    struct str label;    /* a slug; empty: any */
    struct str language; /* empty: any */
};

struct tally {
    struct str slug, name; /* a label, or a language (both alike) */
    int year, month;       /* a month */
    size_t posts;
};

struct catalog_post {
    struct str path; /* /2017/12/slug.gmi */
    const struct post *post;
    uint64_t size;
    long position;        /* from the ledger: higher is newer within one moment */
    const char *language; /* the post's or the blog's */
};

/* Reading. NULL with a failure when the file is missing, foreign or of another version. The slices
 * that callbacks see live until they return; a callback that returns false ends the list. */
struct catalog *catalog_open(const char *path, struct failure *why);
void catalog_close(struct catalog *catalog);
struct str catalog_fingerprint(struct catalog *catalog);
size_t catalog_count(struct catalog *catalog, const struct selection *which);
void catalog_posts(struct catalog *catalog, const struct selection *which, size_t skip, size_t most,
                   bool (*on_entry)(void *ctx, const struct entry *entry), void *ctx);
void catalog_months(struct catalog *catalog, int year,
                    bool (*on_tally)(void *ctx, const struct tally *tally), void *ctx);
void catalog_labels(struct catalog *catalog, bool (*on_tally)(void *ctx, const struct tally *tally),
                    void *ctx);
void catalog_languages(struct catalog *catalog,
                       bool (*on_tally)(void *ctx, const struct tally *tally), void *ctx);
/* Pages at the root of the capsule but index.gmi, by title; size and path as in a post's entry. */
void catalog_pages(struct catalog *catalog, bool (*on_entry)(void *ctx, const struct entry *entry),
                   void *ctx);
/* Appends the name of a label; false when no post has it. */
bool catalog_label_name(struct catalog *catalog, struct str slug, struct buf *name);
/* Calls with the next older, then the next newer post, as far as there are such. */
void catalog_neighbours(struct catalog *catalog, struct str path,
                        bool (*on_entry)(void *ctx, const struct entry *entry, bool is_older),
                        void *ctx);
/* Appends what is known of a post; false when the path is none. */
bool catalog_language_of(struct catalog *catalog, struct str path, struct buf *language);
/* Appends the media type of a file that the indexer had to look into. */
bool catalog_media_type(struct catalog *catalog, struct str path, struct buf *type);

/* Writing: a new file at path, published by the caller with rename(). */
struct catalog *catalog_create(const char *path, struct failure *why);
void catalog_add_post(struct catalog *catalog, const struct catalog_post *post);
void catalog_add_page(struct catalog *catalog, const struct entry *page);
void catalog_add_file(struct catalog *catalog, struct str path, struct str media_type);
/* Writes everything out and closes; the catalog is gone also on failure. */
bool catalog_finish(struct catalog *catalog, struct str fingerprint, struct failure *why);

#endif
