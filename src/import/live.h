#ifndef IMPORT_LIVE_H
#define IMPORT_LIVE_H

/*
 * A blog read from its address: the feeds of its posts, pages and comments, each followed from part
 * to part by its links and never by numbers. Everything is brought first and kept in a temporary
 * file; then it can be read as often as somebody wants, one entry in memory at a time.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"
#include "import/blogger.h"
#include "import/record.h"
#include "import/fetch.h"
#include "import/fetched.h"
#include "import/stash.h"

enum {
    LIVE_PART_MAX = 64 << 20, /* bytes of one part of a feed */
    LIVE_PART_S = 120,        /* seconds for it */
    LIVE_PARTS_MAX = 50000,   /* of one feed; Blogger puts 25 entries in each */
    LIVE_ENTRIES_MAX = 1000000,
    LIVE_SUMMARY_MAX = 450, /* characters: a feed whose bodies are all shorter holds summaries */
};

struct live_request {
    const char *address; /* of a blog, any page of it, or one feed, which is then read alone */
    bool allow_summary;  /* take a feed that holds only summaries */
};

struct live {
    bool is_unchanged;  /* since `fetched`: nothing was brought */
    struct blog blog;   /* is_full: all feeds are there with as many entries as they say */
    struct buf remarks; /* what the operator should know: sentences, one a line */
    size_t entries;
    struct stash stash;
};

/* Whether a source that somebody named is an address rather than a file. */
bool live_is_address(struct str text);

/*
 * Brings everything. `fetched` may be NULL; it is only used when this address is all that is
 * imported, since nothing is brought when nothing is new. It holds the new tags afterwards and is
 * to be saved when the import has succeeded. End with live_free, also after a failure.
 */
bool live_fetch(struct live *live, struct fetcher *fetcher, const struct live_request *request,
                struct fetched *fetched, struct failure *why);

/* Each entry once, posts first, then pages, then comments. May be called again. */
bool live_replay(struct live *live, const struct blogger_reader *reader, struct failure *why);

void live_free(struct live *live);

#endif
