#ifndef IMPORT_SHRINK_H
#define IMPORT_SHRINK_H

/*
 * Smaller forms of one picture, made by GraphicsMagick in a process of its own: whatever a picture
 * does to its decoder, the import goes on. The process ends when one of these limits is met. The
 * program `gm` is looked for when the import runs; nothing here needs it to be there.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/variant.h"

enum {
    SHRINK_PIXELS_MAX = 40000000,  /* of the picture */
    SHRINK_SIDE_MAX = 30000,       /* its width, and its height */
    SHRINK_MEMORY_MAX = 768 << 20, /* bytes: 8 a pixel, and room to work */
    SHRINK_SECONDS_MAX = 10,       /* of processor time */
    SHRINK_OUTPUT_MAX = 4 << 20,   /* bytes of a variant */
    SHRINK_PICTURE_MAX = 16 << 20, /* bytes of the picture */
    SHRINK_QUALITY = 75,           /* of the JPEG */
};

/* Appends where the program is; false when it is not installed. */
bool shrink_find(struct buf *program);

/* Whether pictures with such a name can be made smaller. */
bool shrink_knows(struct str path);

/* Appends a JPEG for each of variant_pixels, without metadata and no wider or higher than the
 * picture, that fd is open at and path is the name of. */
bool shrink(const char *program, struct str path, int fd, struct buf variants[VARIANTS],
            struct failure *why);

#endif
