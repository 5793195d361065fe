#ifndef TEXT_HTML_SOURCE_H
#define TEXT_HTML_SOURCE_H

/*
 * HTML from anywhere, made into HTML that libxml2 reads without losing text and in linear time.
 * On its own it stops at </html>, drops "&#0;" and a lone "&#", takes NUL for the end, changes the
 * encoding at a byte that is not UTF-8, swallows the rest at "<!-->" or an open quote, and compares
 * every attribute of an element with every other.
 */

#include "base/str.h"

enum {
    HTML_STAND_IN = 0x7f,    /* the byte in place of a text; no other is left of it */
    HTML_STAND_IN_FROM = 32, /* bytes of a text that has one */
};

/* The texts that a stand-in is in the source for, in its order; slices of the HTML. */
struct html_texts {
    struct str *list;
    size_t count, room;
};

/* Appends valid UTF-8 without control bytes. Start tags have only the attributes that matter here,
 * once each and quoted; a '<' that begins no markup is &lt;. Scripts, styles, comments and
 * declarations are gone, <!--more--> has become <a name="more">. A numeric reference is its
 * character, windows-1252 for 128 to 159, unless it is ASCII. Elements that libxml2 would end too
 * early have "x-" in front of their names, and <x-end/> follows </p>. libxml2 takes fifty
 * instructions for a byte of text without finding anything in it: a long one without markup and
 * references goes to the list instead. */
void html_source(struct buf *out, struct html_texts *texts, struct str html);

void html_texts_free(struct html_texts *texts);

#endif
