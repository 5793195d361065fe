#ifndef IMPORT_RECORD_H
#define IMPORT_RECORD_H

/*
 * What every kind of source is read into: one thing that a blog holds. The slices live until the
 * reader goes on to its next entry; nothing is missing that a source knows and a capsule can hold.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/date.h"
#include "base/str.h"

enum entry_kind { ENTRY_POST, ENTRY_PAGE, ENTRY_COMMENT };

enum entry_status {
    ENTRY_LIVE,
    ENTRY_DRAFT,
    ENTRY_SCHEDULED, /* published at a time that had not come yet */
    ENTRY_TRASHED,
};

struct instant {
    struct moment moment;
    int milliseconds; /* within the minute: orders what a moment cannot */
    bool known;
};

struct blog_entry {
    enum entry_kind kind;
    enum entry_status status;
    struct str id; /* digits; a comment's looks like a post's */
    struct str title;
    struct instant published, updated;
    struct str author, author_uri; /* never an e-mail address */
    const struct str *labels;
    size_t label_count;
    struct str address; /* of the web page, of a comment that of its post, or only its path; empty
                         * when it never had one */
    struct str related; /* an address that the author gave the post */
    struct str html;
    bool is_plain;       /* the body is text, not HTML */
    bool is_summary;     /* the source had no full body */
    bool is_partial;     /* cut at a jump break: another source may have all of it */
    bool is_saved;       /* from a page: what its theme does not show is not known */
    struct str post_id;  /* a comment's post … */
    struct str reply_to; /* … and the comment that it answers; empty: the post */
    bool is_removed;     /* a comment that its author or the blog took away */
    size_t line;         /* of the source, for messages */
};

/* What a source says of the blog itself; empty where it says nothing. */
struct blog {
    struct buf id, title, description, address, time_zone, locale;
    struct buf next;     /* of a feed in parts: the address of the next one */
    unsigned long total; /* entries that the whole feed has, 0: not said */
    bool is_full;        /* an export: what it lacks is gone */
    bool is_takeout;     /* all its times are in UTC, whatever the blog's zone is */
};

void blog_free(struct blog *blog);

/* The number in the id of a blog, "tag:blogger.com,1999:blog-51.archive"; empty when it has none.
 */
struct str blog_number(struct str id);

/* A name to show: of an e-mail address only what stands before the '@'. */
struct str author_name(struct str name);

/* RFC 3339, 2012-10-27T23:01:00.000+11:00; false for anything else. */
bool instant_parse(struct str text, struct instant *instant);

#endif
