#ifndef IMPORT_ARCHIVE_H
#define IMPORT_ARCHIVE_H

/*
 * The zip in which Takeout comes: of all it holds only the feed of a blog is read, which is found
 * by its path. Archives within archives are not looked into. The only place that meets libzip.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"

enum {
    ARCHIVE_FILES_MAX = 1000000,
    ARCHIVE_NAMED_MAX = 8, /* feeds that a failure names */
    ARCHIVE_FAILED = -1,
};

#define ARCHIVE_FEED_MAX ((uint64_t)1 << 30) /* bytes, unpacked */

/* How Takeout calls a feed, in the archive or unpacked: Takeout/Blogger/Blogs/TITLE/feed.atom. A
 * folder Comments has what the owner wrote on blogs of others. The names of the folders depend on
 * the language of the account. */
bool archive_is_feed(struct str path);
bool archive_is_blog(struct str path);

/* Whether a path is in the same Takeout as the feed of a blog. */
bool archive_has(struct str blog, struct str path);

/* Which file: the first `archive` bytes of the name are the zip, and what follows behind a '/' is
 * the feed in it; nothing means the only blog. */
struct archive_place {
    const char *name;
    size_t archive;
};

/* The feed unpacked into a temporary file that has no name, open at its beginning; ARCHIVE_FAILED
 * where there is none. Of several blogs one must be named, and the failure says how. */
int archive_open_feed(struct archive_place place, struct failure *why);

#endif
