#ifndef SITE_GEMPUB_H
#define SITE_GEMPUB_H

/*
 * A book to read offline (gempub 1.0): a zip of gemtext with metadata.txt. The same content gives
 * the same bytes, whenever and wherever it is made.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"

struct gempub;

/* NULL on failure. The file is made when the book is finished. */
struct gempub *gempub_create(const char *path, struct failure *why);

/* Adds a file, in the order in which readers and unzip show them; the bytes are copied. */
bool gempub_add(struct gempub *gempub, const char *name, struct str bytes, struct failure *why);

/* Writes the file; the book is gone also on failure. */
bool gempub_finish(struct gempub *gempub, struct failure *why);

/* Gives up; no file is made. */
void gempub_close(struct gempub *gempub);

#endif
