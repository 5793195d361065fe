#ifndef IMPORT_INTAKE_H
#define IMPORT_INTAKE_H

/*
 * What Blogger's exports, feeds and pages hold becomes entries: HTML becomes gemtext, times are
 * those of the blog, and what cannot be published is only counted.
 */

#include "import/entries.h"
#include "import/labels.h"
#include "import/links.h"
#include "import/record.h"
#include "site/config.h"

enum { ENTRY_KINDS = ENTRY_COMMENT + 1, ENTRY_STATES = ENTRY_TRASHED + 1 };

struct intake {
    struct entries *entries;
    const struct config *config;
    const struct blog *blog; /* of the source that is being read; its head is known */
    const char *source;      /* its name, for messages */
    bool drafts;             /* keep drafts, too */
    int64_t now;             /* seconds since 1970: what is published later is scheduled */
    struct hosts hosts;
    struct label_list labels;                 /* of what is live */
    size_t counts[ENTRY_KINDS][ENTRY_STATES]; /* of all entries read */
    struct buf remarks;                       /* what the operator should know, one a line */
    struct entry entry;                       /* the last one; its buffers are used again */
};

/* One entry of a source; ctx is an intake. */
bool intake_take(void *ctx, const struct blog_entry *from, struct failure *why);

void intake_free(struct intake *intake);

#endif
