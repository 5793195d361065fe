#ifndef SITE_VARIANT_H
#define SITE_VARIANT_H

/*
 * Smaller forms of a picture, JPEG files beside it: those of media/flag.png are
 * media/flag.png.320.jpg and media/flag.png.800.jpg. The import makes them, pages lead to them
 * where they are there.
 */

#include <stdbool.h>

#include "base/str.h"

enum { VARIANTS = 2 };

/* Pixels of the longer side, the smallest first. */
extern const unsigned variant_pixels[VARIANTS];

/* Appends the path of a picture's variant. */
void variant_put_path(struct buf *out, struct str picture, unsigned pixels);

/* Whether a path is that of a variant rather than of a picture. */
bool variant_is_path(struct str path);

#endif
