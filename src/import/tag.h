#ifndef IMPORT_TAG_H
#define IMPORT_TAG_H

/*
 * HTML as a row of tags with text between them, cut as browsers cut it (HTML 13.2.5). Nothing is
 * copied, changed or nested here, so it takes linear time whatever comes. libxml2 does not: it
 * compares every attribute of a tag with every other, and every end tag with all open elements.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "text/html_attribute.h"

enum { TAG_ATTRIBUTES_MAX = 40 }; /* of one tag; what follows is not seen */

enum tag_kind { TAG_TEXT, TAG_START, TAG_END };

struct tag {
    enum tag_kind kind;
    struct str source;  /* as it stands; of a script the element, of a text the text */
    struct str name;    /* as written: HTML has no case */
    struct str content; /* of elements that hold no tags: script, style, textarea, title */
    struct html_raw_attribute attributes[TAG_ATTRIBUTES_MAX];
    size_t attribute_count;
};

struct tag_reader {
    struct str rest; /* set to the HTML at first */
    bool no_comment_end;
};

/* False at the end. Comments and declarations are passed over. */
bool tag_next(struct tag_reader *reader, struct tag *tag);

bool tag_is(const struct tag *tag, const char *name);

/* The value of its first attribute of that name; a NULL pointer when it has none. */
struct str tag_attribute(const struct tag *tag, const char *name);

/* Whether a word is in the value, which is a list with white space between (class, rel). */
bool tag_lists(const struct tag *tag, const char *name, struct str word);

/* The next such word of a list; false at its end. */
bool tag_next_word(struct str *list, struct str *word);

/* Appends the text of some HTML: without tags and control bytes, references decoded, one space for
 * all white space between words. */
void tag_put_text(struct buf *out, struct str html);

#endif
