#ifndef IMPORT_CAPTURE_H
#define IMPORT_CAPTURE_H

/*
 * A page of a blog saved as plain text: dates, titles and bodies, with nothing but blank lines to
 * tell which is which. Fixed rules split it; what they leave open is reported and can be settled
 * by a hint:
 *
 *     R0  no UTF-8, a NUL, no date: refused        R1  a date header is an isolated "05 May 2017"
 *     R2  dates never increase, or A1              R3  what comes before the first is no post
 *     R4  the first line after a date is a title   R5  further titles under one date, or A2
 *     R6  higher in the file is newer              R7  lists and credits, or A3
 *     R8  a last body that stops in mid-sentence: W1
 *     R9  runs of blank lines (W2) and a lone "here" (W3) show what was lost
 *
 * R10, one post in several captures, is the matter of import/merge.c.
 */

#include "base/digest.h"
#include "import/findings.h"
#include "import/hints.h"
#include "import/lines.h"

enum {
    CAPTURE_MAX = 16 << 20,   /* bytes of a file */
    CAPTURE_TITLE_MAX = 1024, /* bytes */
};

enum role { ROLE_PREAMBLE, ROLE_BLANK, ROLE_DATE, ROLE_TITLE, ROLE_BODY };

struct capture_post {
    struct date date;
    bool untitled;
    size_t title;      /* its line; of an untitled post the first of its body */
    size_t first, end; /* the body's lines; a post may have none */
    long position;     /* among posts of its date: higher is newer */
    bool truncated;    /* the capture ends before the body does */
    bool settled;      /* a hint says whether */
};

struct capture {
    const char *name; /* as the operator wrote it */
    size_t source;    /* its place among all sources */
    struct digest digest;
    struct lines lines;
    enum role *roles;           /* of each line */
    struct capture_post *posts; /* in the order of the file */
    size_t post_count, post_cap;
    struct str label;   /* of the label page that this is, else empty */
    struct hints hints; /* joined from files that outlive the capture */
};

/* R0. Takes over the bytes, also on failure. End with capture_free. */
bool capture_read(struct capture *capture, struct buf *bytes, struct failure *why);

/* R1 to R9, when the hints are in place. */
bool capture_split(struct capture *capture, struct findings *findings, struct failure *why);

/* Appends what the preamble says about the blog, as gemtext. */
void capture_put_description(struct buf *out, const struct capture *capture);

/* The last line of a post: of its body, or its title when it has none. */
size_t capture_last_line(const struct capture_post *post);

/* The place of a line (from 0) in a finding. */
struct finding_place capture_place(const struct capture *capture, size_t line);

void capture_free(struct capture *capture);

#endif
