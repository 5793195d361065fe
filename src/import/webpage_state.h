#ifndef IMPORT_WEBPAGE_STATE_H
#define IMPORT_WEBPAGE_STATE_H

/*
 * How far the reading of a saved page has come: the elements with a role that are open, and what
 * was found. Only for webpage_scan.c and webpage_facts.c.
 */

#include "import/webpage_roles.h"
#include "import/webpage_scan.h"

/* An element with a role that is open. */
struct open {
    enum role role;
    struct str name;
    size_t same; /* elements of the same name that are open inside */
    const char *begin;
    size_t comment; /* of ROLE_COMMENT */
};

struct scan {
    struct webpage *page;
    struct failure *why;
    bool failed;
    struct str html;
    struct open open[WEBPAGE_NESTING_MAX];
    size_t depth;
    size_t inside[ROLES]; /* open elements of a role */
    struct str day;
    size_t bodied;     /* 1 + the last post with a body */
    bool has_comment;  /* the last comment belongs to the last post */
    struct str marker; /* the last empty <div style='clear: both;'> */
    bool may_go_on;    /* the last body ended without such a marker */
    const char *counted;
    size_t line; /* of what counted points to */
    bool has_begin, has_end;
};

/* Sets what is empty: what comes first counts. */
void scan_set(struct str *place, struct str value);

/* Ends the reading; the reason stands behind the line. */
void scan_refuse(struct scan *scan, const char *at, const char *reason);

void scan_push(struct scan *scan, enum role role, const struct tag *tag);

struct webpage_post *scan_last_post(const struct scan *scan);          /* NULL: none */
struct webpage_comment *scan_current_comment(const struct scan *scan); /* NULL: none */

/* False, and NULL, when there are too many, or nothing to comment on. */
struct webpage_post *scan_new_post(struct scan *scan, const struct tag *tag);
bool scan_new_comment(struct scan *scan, const struct tag *tag);
void scan_new_label(struct scan *scan, struct str label);

#endif
