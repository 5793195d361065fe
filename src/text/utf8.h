#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

/* What is quickly known of text in UTF-8, for those who look at every character of many texts. */

#include "base/str.h"

/* Bytes of the characters at the front that are valid, not ASCII, and certainly neither white space
 * nor controls: most of U+00C0 to U+1FFF and of U+4000 to U+CFFF. */
size_t utf8_usual_len(struct str text);

#endif
