#ifndef IMPORT_BODY_H
#define IMPORT_BODY_H

/*
 * The lines of a captured body as gemtext. Every line is kept and none are joined; a run of blank
 * lines becomes one.
 */

#include "import/capture.h"

/* Appends the body; nothing when the post has none. */
void body_put(struct buf *out, const struct capture *capture, const struct capture_post *post);

/* Appends the lines with neither blank ones nor marks, as R10 compares them. */
void body_put_plain(struct buf *out, const struct capture *capture,
                    const struct capture_post *post);

#endif
