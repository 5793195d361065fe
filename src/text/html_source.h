#ifndef TEXT_HTML_SOURCE_H
#define TEXT_HTML_SOURCE_H

/*
 * HTML from anywhere, made into HTML that libxml2 reads without losing text and in linear time.
 * On its own it stops at </html>, drops "&#0;" and a lone "&#", takes NUL for the end, changes the
 * encoding at a byte that is not UTF-8, swallows the rest at "<!-->" or an open quote, and compares
 * every attribute of an element with every other.
 */

#include "base/str.h"

/* Appends valid UTF-8 without control bytes. Start tags have only the attributes that matter here,
 * once each and quoted; a '<' that begins no markup is &lt;. Scripts, styles, comments and
 * declarations are gone, <!--more--> has become <a name="more">. A numeric reference is its
 * character, windows-1252 for 128 to 159, unless it is ASCII. Elements that libxml2 would end too
 * early have "x-" in front of their names, and <x-end/> follows </p>. */
void html_source(struct buf *out, struct str html);

#endif
