#ifndef SITE_CHECK_H
#define SITE_CHECK_H

/*
 * What a reader would stumble over: files that look like posts and are none, and links to our own
 * site that lead to nothing. Answers come from respond() and an index of its own in the folder for
 * temporary files; the capsule and its index stay as they are.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "site/config.h"

struct check_report {
    size_t posts, pages, links; /* links to our own site */
    /* a finding, with file and line: "about.gmi:3: the link to /x.gmi leads to nothing" */
    void (*warn)(void *ctx, const char *sentence);
    void *ctx;
};

/* What serving writes: the log, and the index. False when the log cannot be written; a finding when
 * the index cannot, since one that is current does without. */
bool check_places(const struct config *config, struct check_report *report, struct failure *why);

/* False when the capsule cannot be read; findings are no failure. */
bool check_capsule(const struct config *config, struct check_report *report, struct failure *why);

#endif
