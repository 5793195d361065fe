#ifndef TEXT_HTML_ATTRIBUTE_H
#define TEXT_HTML_ATTRIBUTE_H

/* Attributes of a start tag, cut off one after the other as browsers do (HTML 13.2.5), in linear
 * time whatever comes. */

#include <stdbool.h>

#include "base/str.h"

struct html_raw_attribute {
    struct str name, value; /* as written: the value still has its references, such as &amp; */
};

/* HTML's white space. */
bool html_is_blank(char byte);
struct str html_skip_blanks(struct str text);

/* The next attribute of a start tag, behind its name; false at the end of the tag. A value whose
 * quote is never closed is empty and ends with the tag: what follows is text. */
bool html_take_attribute(struct str *text, struct html_raw_attribute *attribute);

#endif
