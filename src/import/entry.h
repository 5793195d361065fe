#ifndef IMPORT_ENTRY_H
#define IMPORT_ENTRY_H

/*
 * One post of a blog, whatever source it came from, on its way to a file of the capsule.
 */

#include "base/date.h"
#include "base/str.h"

enum {
    ENTRIES_MAX = 200000,   /* posts of one import */
    ENTRY_SOURCES_MAX = 16, /* places where a post was found that are noted */
};

struct entry {
    struct buf id; /* in the ledger: no TAB, no line break */
    struct moment published;
    struct buf title;    /* empty: none */
    struct buf language; /* empty: not told yet */
    struct buf author;
    struct buf body;   /* gemtext; may be empty */
    struct buf labels; /* names, one a line */
    struct buf old;    /* its address in the blog, "/2017/12/x.html"; empty: not known */
    struct buf source; /* "9a57d1e81269937e:72", more than one with ',' between */
    long position;     /* among posts of one moment: higher is newer */
    bool truncated;    /* the source ends before the body does */
};

struct entries {
    struct entry *items;
    size_t count, cap;
};

/* An empty one more, valid until the next. */
struct entry *entries_add(struct entries *entries);
void entries_free(struct entries *entries);

/* Entries whose language nobody told are told by their texts. */
void entries_tell_languages(struct entries *entries, const char *fallback);

/* Adds a name to a list with one a line, unless it is there or is blank. */
void entry_add_name(struct buf *names, struct str name);

/* The id of a post of which only date and text are known: its date and title without regard to
 * case; of one without a title, the first line of its body. */
void entry_put_text_id(struct buf *out, struct date date, struct str title, struct str body);

/* Appends text without regard to case. */
void entry_put_folded(struct buf *out, struct str text);

#endif
