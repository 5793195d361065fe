#ifndef IMPORT_BLOGGER_FIELDS_H
#define IMPORT_BLOGGER_FIELDS_H

/*
 * What an entry of Blogger's XML says, as text, and what that means. Filled by blogger.c while it
 * reads the entry.
 */

#include "import/record.h"

/* Where a text belongs. */
enum field {
    FIELD_NONE,
    FIELD_ID,
    FIELD_TITLE,
    FIELD_PUBLISHED,
    FIELD_UPDATED,
    FIELD_CONTENT,
    FIELD_SUMMARY,
    FIELD_AUTHOR,
    FIELD_AUTHOR_URI,
    FIELD_DRAFT,
    FIELD_TYPE,     /* Takeout: POST, PAGE, COMMENT */
    FIELD_STATUS,   /* Takeout: LIVE, DRAFT, … */
    FIELD_FILENAME, /* Takeout: the old path */
    FIELD_TRASHED,  /* Takeout: not empty when thrown away */
    FIELD_PARENT,   /* Takeout: a comment's post */
    FIELD_REPLY,    /* Takeout: the comment that it answers */
    FIELD_TOTAL,    /* feed: openSearch:totalResults */
    FIELD_LINK,     /* kept from an attribute, like the ones below */
    FIELD_RELATED,
    FIELD_KIND,
    FIELD_POST_REF,
    FIELD_REMOVED,
    FIELDS,
};

struct blogger_fields {
    struct buf texts[FIELDS];
    bool is_plain[FIELDS]; /* of content and summary: text, not HTML */
    bool is_best[FIELDS];  /* of links: no other of the entry is taken in its place */
    struct buf labels;     /* one after the other, each with a NUL behind it */
    size_t label_count;
    size_t line; /* where the entry begins */
};

void blogger_fields_clear(struct blogger_fields *fields);
void blogger_fields_free(struct blogger_fields *fields);

/* Without white space around it. */
struct str blogger_field(const struct blogger_fields *fields, enum field which);

/* The kind that the entry tells of itself; *kind stays when it tells none. False for what is no
 * document of the blog: templates and settings. */
bool blogger_fields_kind(const struct blogger_fields *fields, enum entry_kind *kind);

/* The entry, but for its labels; its slices point into the fields. */
void blogger_fields_entry(const struct blogger_fields *fields, enum entry_kind kind,
                          struct blog_entry *entry);

/* Settings that a capsule can use; all others of an export are private (IMPORT 1.1). */
void blogger_fields_setting(const struct blogger_fields *fields, struct blog *blog);

#endif
