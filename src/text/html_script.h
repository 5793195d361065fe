#ifndef TEXT_HTML_SCRIPT_H
#define TEXT_HTML_SCRIPT_H

/* Characters that need a look: small digits that stand for markup, and those nobody sees. */

#include <stdbool.h>

#include "base/str.h"

/* Whether Unicode has every character of the text small, raised or lowered. */
bool html_script_has(struct str text);

/* Appends them; any other character as it is. */
void html_script_put(struct buf *out, struct str text, bool raised);

/* Whether there is nothing in it to see: spaces of any kind, joiners, marks of direction. */
bool html_script_is_blank(struct str text);

/* Takes out marks of direction that are not closed or not opened in the line (UAX 9): they would
 * turn the rest of the page. */
void html_script_balance(struct buf *line);

#endif
