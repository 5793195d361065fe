#ifndef IMPORT_INTAKE_H
#define IMPORT_INTAKE_H

/*
 * Takes what the sources hold into the entries of an import, in their order; what cannot be
 * published is only counted. The conversion is done by several threads.
 */

#include "base/crew.h"
#include "import/album.h"
#include "import/convert.h"
#include "import/entries.h"
#include "import/labels.h"
#include "site/config.h"

enum { ENTRY_KINDS = ENTRY_COMMENT + 1, ENTRY_STATES = ENTRY_TRASHED + 1 };

struct intake {
    struct entries *entries;
    const struct config *config;
    struct crew *crew;       /* made when the first document comes */
    const struct blog *blog; /* of the source that is being read; its head is known */
    const char *source;      /* its name, for messages */
    bool is_prepared;        /* for that source */
    bool drafts;             /* keep drafts, too */
    int64_t now;             /* seconds since 1970: what is published later is scheduled */
    struct hosts hosts;
    struct converter converter; /* stays as it is while a source is read */
    struct album album;
    struct label_list labels;                 /* of all documents that are kept */
    struct label_list authors;                /* of what is live */
    size_t counts[ENTRY_KINDS][ENTRY_STATES]; /* of all entries read */
    struct buf remarks;                       /* what the operator should know, one a line */
};

/* A source begins, and ends. */
void intake_begin(struct intake *intake, const char *source, const struct blog *blog);
bool intake_end(struct intake *intake, struct failure *why);

/* One entry of a source; ctx is an intake. */
bool intake_take(void *ctx, const struct blog_entry *from, struct failure *why);

/* No more sources come: gives up what only they needed. */
void intake_settle(struct intake *intake);

void intake_free(struct intake *intake);

#endif
