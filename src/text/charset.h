#ifndef TEXT_CHARSET_H
#define TEXT_CHARSET_H

/*
 * What a Gopher client of another age can show. Pages are folded to what the charset holds while
 * they are still UTF-8 (so that widths stay right) and encoded at the very end.
 */

#include <stdbool.h>

#include "base/str.h"

enum charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_ASCII };

/* "utf-8", "latin-1" or "ascii". */
bool charset_parse(struct str name, enum charset *charset);

/* Appends UTF-8 that holds only characters of the charset: others become their nearest spelling
 * (curly quotes straight, an ellipsis three dots, letters without their marks) or '?'. */
void charset_fold(struct buf *out, enum charset charset, struct str utf8);

/* Appends UTF-8 in which punctuation has its nearest spelling in ASCII, where it has one; letters
 * of all scripts and their own punctuation stay. */
void charset_plain(struct buf *out, struct str utf8);

/* Appends the bytes of folded text in the charset. */
void charset_encode(struct buf *out, enum charset charset, struct str folded);

/* Appends what somebody wrote as UTF-8: it is that already, or it was Latin-1, in which Windows'
 * quotes stand where nothing else does. */
void charset_read(struct buf *out, struct str written);

#endif
