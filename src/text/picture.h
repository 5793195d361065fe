#ifndef TEXT_PICTURE_H
#define TEXT_PICTURE_H

/*
 * Addresses of pictures, above all those of Blogger's hosts, where one picture has many addresses:
 * https://N.bp.blogspot.com/…/s320/a.jpg and //M.bp.blogspot.com/…/w640-h480-c/a.jpg, or
 * https://blogger.googleusercontent.com/img/a/TOKEN=s1600. The size is a segment of the path or
 * stands behind a '=' at its end: options joined with '-', the first s, w or h with pixels.
 */

#include <stdbool.h>

#include "base/str.h"

enum { PICTURE_ORIGINAL = 0 }; /* pixels: as it was uploaded */

/* Whether an address leads to a picture rather than a page, as far as it tells. */
bool picture_is_picture(struct str address);

/* Whether Blogger's hosts keep it, so that it can be asked for in any size. */
bool picture_is_blogger(struct str address);

/* Appends what all addresses of one picture have in common: no scheme, shard number or size. */
void picture_key(struct buf *key, struct str address);

/* Appends the address of the picture whose longer side has at most so many pixels. Any other
 * address stays as it is. */
void picture_sized(struct buf *out, struct str address, unsigned pixels);

/* Appends the address of the picture itself where Blogger's page around it is meant (s1600-h). */
void picture_file(struct buf *out, struct str address);

/* Appends what a file name says in words: "red_flag-2.jpg" is "red flag 2". Nothing for a name
 * that says nothing. */
void picture_words(struct buf *out, struct str name);

#endif
