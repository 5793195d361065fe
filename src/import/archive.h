#ifndef IMPORT_ARCHIVE_H
#define IMPORT_ARCHIVE_H

/*
 * The zip in which Takeout comes: of all it holds only the feed of the blog is read, which is found
 * by its path. Archives within archives are not looked into. The only place that meets libzip.
 */

#include <stdint.h>

#include "base/fail.h"

enum {
    ARCHIVE_FILES_MAX = 1000000,
    ARCHIVE_FAILED = -1,
};

#define ARCHIVE_FEED_MAX ((uint64_t)1 << 30) /* bytes, unpacked */

/* The feed unpacked into a temporary file that has no name, open at its beginning; ARCHIVE_FAILED
 * where there is none, or more than one. */
int archive_open_feed(const char *path, struct failure *why);

#endif
