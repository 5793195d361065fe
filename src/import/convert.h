#ifndef IMPORT_CONVERT_H
#define IMPORT_CONVERT_H

/*
 * One document as Blogger has it becomes an entry: HTML becomes gemtext, times are those of the
 * blog. Nothing is changed but the entry, so that several threads can convert at the same time.
 */

#include "import/album.h"
#include "import/entry.h"
#include "import/links.h"
#include "import/record.h"

struct converter {
    const struct hosts *hosts; /* of the blog, for its own links */
    struct lexicon *lexicon;   /* its language and others */
    struct buf root;           /* its address, "https://name.blogspot.com/"; empty: not known */
    bool is_utc;               /* times are written in UTC, whatever the blog's zone is */

    struct buf source;   /* of the entries: "blog:51"; empty: not known */
    struct album *album; /* for their pictures */
};

/* The entry is empty before. False for a document without a date, of which only the title is told
 * then. */
bool convert_entry(const struct converter *converter, const struct blog_entry *from,
                   struct entry *entry);

#endif
