#ifndef TEXT_SLUG_H
#define TEXT_SLUG_H

/*
 * Names for addresses, made from titles and labels. Both are pure: the same text gives the same
 * slug for ever; who needs uniqueness appends -2, -3.
 */

#include "base/str.h"

enum {
    SLUG_POST_MAX = 39,   /* bytes: what Blogger's own permalinks hold */
    SLUG_LABEL_MAX = 240, /* bytes: leaves room for "-999" in a file name */
};

/* Blogger's model: lower case, marks dropped, white space and '-' separate words, any other
 * character that is not an ASCII letter or digit vanishes, a/an/the go unless first, words are
 * taken while they fit. A title with none gives "post". */
void slug_of_title(struct buf *out, struct str title);

/* Lower case, Latin letters without marks, letters and digits of other scripts as they are (NFC),
 * everything else one '-'. A name with none gives "label". */
void slug_of_label(struct buf *out, struct str name);

#endif
