#ifndef IMPORT_LINES_H
#define IMPORT_LINES_H

/*
 * A text as lines, and what a single line of it looks like. A blank line has nothing but white
 * space; an isolated one has blank lines or an edge of the text on both sides. Lines are counted
 * from 0 here, and from 1 wherever a person reads them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/date.h"
#include "base/fail.h"
#include "base/str.h"

enum { LINES_MAX = 1 << 20 };

struct line {
    struct str raw;  /* as it stands, without its end */
    struct str text; /* as gemtext may hold it: one space for each white space, ends trimmed */
};

struct lines {
    struct buf bytes, texts; /* what the slices point into */
    struct line *items;
    size_t count;
};

/* R0: only UTF-8 without NUL. Takes over the bytes, also on failure. End with lines_free. */
bool lines_read(struct lines *lines, struct buf *bytes, struct failure *why);
void lines_free(struct lines *lines);

bool lines_isolated(const struct lines *lines, size_t line);

/* The first line from here on, and before end, that is not blank; end when all are. */
size_t lines_skip_blank(const struct lines *lines, size_t line, size_t end);

bool line_is_blank(const struct line *line);
bool line_is_date(const struct line *line, struct date *date); /* 05 May 2017 */
bool line_is_bullet(const struct line *line);                  /* "  • x" */
bool line_is_typed_bullet(const struct line *line);            /* "o X" */
bool line_is_numbered(const struct line *line);                /* "  1. x", "1. x" */
bool line_is_damaged_credit(const struct line *line);          /* "c Name" */

/* 8 to 100 characters that begin as a title does and do not end as a sentence does. */
bool line_could_be_title(const struct line *line);

/* Does not end as a sentence does. */
bool line_is_cut(const struct line *line);

/* Characters of a text. */
size_t line_length(struct str text);

/* Where a word stands alone in a text, at *at or later; and how often it does. */
bool line_find_word(struct str text, struct str word, size_t *at);
size_t line_count_word(struct str text, struct str word);

#endif
