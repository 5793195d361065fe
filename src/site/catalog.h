#ifndef SITE_CATALOG_H
#define SITE_CATALOG_H

/*
 * The index of a capsule: an SQLite file that may be deleted at any time. Here it is only read, by
 * any number of processes, without a lock; site/catalog_build.h writes it. Paths are decoded and
 * begin with '/'. Newest come first; within one moment the higher ledger position, then path.
 * The slices that callbacks see live until they return; a callback that returns false ends the
 * list, and none may ask for the list that it is part of.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/fail.h"
#include "base/str.h"

enum {
    CATALOG_APPLICATION = 0x696e7370, /* SQLite's application_id: "insp" */
    CATALOG_VERSION = 8,              /* its user_version: raised whenever an old index misleads */
};

struct catalog;
struct entry {
    struct str path, title, language;
    struct date date;
    uint64_t size; /* bytes of the file */
};

/* Which posts: all that meet every criterion that is set. */
struct selection {
    int year, month;     /* 0: any; a month needs its year */
    struct str label;    /* a slug; empty: any */
    struct str language; /* empty: any */
};

struct stretch { /* of a list: so many entries behind those that are skipped */
    size_t skip, most;
};

struct tally {
    struct str slug, name; /* a label, or a language (both alike) */
    int year, month;       /* a month */
    size_t posts;
    size_t words; /* of a month */
};

/* Of the whole blog. */
struct figures {
    size_t posts, words, comments, labels, languages;
};

typedef bool catalog_on_entry(void *ctx, const struct entry *entry);
typedef bool catalog_on_tally(void *ctx, const struct tally *tally);

/* NULL with a failure when the file is missing, foreign, cut short or of another version. */
struct catalog *catalog_open(const char *path, struct failure *why);
void catalog_close(struct catalog *catalog);
struct str catalog_fingerprint(struct catalog *catalog);
struct figures catalog_figures(struct catalog *catalog);
size_t catalog_count(struct catalog *catalog, const struct selection *which);
void catalog_posts(struct catalog *catalog, const struct selection *which, struct stretch part,
                   catalog_on_entry *on_entry, void *ctx);
/* The months that have posts; labels, and languages, with the most posts first. */
void catalog_months(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx);
void catalog_labels(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx);
void catalog_languages(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx);
/* Pages at the root of the capsule but index.gmi, by title; their date is all 0. */
void catalog_pages(struct catalog *catalog, catalog_on_entry *on_entry, void *ctx);
/* Each of these appends one text, or is false when there is none: the slug of a label that posts
 * call this, in any case when none writes it so; the type of a file that the indexer looked into;
 * where an address that is none of a file leads (empty: to what was removed). */
bool catalog_label_name(struct catalog *catalog, struct str slug, struct buf *name);
bool catalog_label_slug(struct catalog *catalog, struct str name, struct buf *slug);
bool catalog_media_type(struct catalog *catalog, struct str path, struct buf *type);
bool catalog_address(struct catalog *catalog, struct str address, struct buf *path);

#endif
