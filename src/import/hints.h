#ifndef IMPORT_HINTS_H
#define IMPORT_HINTS_H

/*
 * What an operator knows about a text capture and its text does not say. A hints file names its
 * capture; a line is a keyword, the number of a line and, as a guard, what that line says (of a
 * link the words that were linked; a post needs none):
 *
 *     sha256 = 9a57d1e81269937e          # of the capture, 16 digits at least
 *     title 81 "Farmers of India"        # also body, credit, heading, date, notitle, keep,
 *     truncated 150 "Then we shared…"    # complete
 *     link 83 "here" https://example.org/charter
 *     post 93 lang=nl labels="clean clothes, sports" path=/2017/11/x.html author="A. Name"
 */

#include "base/digest.h"
#include "base/fail.h"
#include "base/str.h"

enum {
    HINTS_MAX = 1 << 20,      /* bytes of a file */
    HINTS_DIGEST_MIN = 16,    /* digits of sha256 */
    HINTS_NAME_MAX = 200,     /* bytes of the name in path= */
    HINTS_LINE_MAX = 1 << 30, /* number of a line */
    HINTS_PER_LINE_MAX = 64,  /* hints for one line of a capture */
    HINTS_LABELS_MAX = 1000,  /* names in labels= */
};

enum hint_kind {
    /* what a line is, at most one for each line */
    HINT_BODY,
    HINT_CREDIT,
    HINT_HEADING,
    HINT_TITLE,
    HINT_DATE,
    HINT_NOTITLE,
    HINT_LINK,
    HINT_POST,
    HINT_KEEP,
    HINT_COMPLETE,
    HINT_TRUNCATED,
    HINT_KINDS,
};

struct hint { /* slices of the hints file's text */
    enum hint_kind kind;
    size_t line;      /* of the capture, from 1 */
    const char *file; /* the hints file and its line, for messages */
    size_t at;
    bool has_guard;
    struct str guard;
    struct str address;                        /* of a link */
    struct str language, labels, path, author; /* of a post; empty: not said. labels have ',' */
};

struct hints {
    char *file;
    struct buf source, text; /* as it is; as it was unescaped */
    size_t sha256_at;        /* its line */
    struct str sha256;       /* its first digits at least */
    struct hint *items;      /* in order of lines, once hints_join has put them there */
    size_t count, cap;
};

/* Reads a hints file's text. The failure begins with "file:line: ". End with hints_free. */
bool hints_parse(struct hints *hints, const char *file, struct str text, struct failure *why);
void hints_free(struct hints *hints);
bool hints_are_for(const struct hints *hints, const struct digest *capture);

/* Adds the hints of a file, which must outlive *all, in order of lines. Fails when two of them
 * contradict each other. */
bool hints_join(struct hints *all, const struct hints *more, struct failure *why);

/* The first hint of a kind for a line, NULL when there is none; hint_next gives the others. */
const struct hint *hint_find(const struct hints *hints, enum hint_kind kind, size_t line);
const struct hint *hint_next(const struct hints *hints, const struct hint *hint);
const char *hint_keyword(enum hint_kind kind);
bool hint_fail(const struct hint *hint, struct failure *why, const char *sentence);

#endif
