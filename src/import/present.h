#ifndef IMPORT_PRESENT_H
#define IMPORT_PRESENT_H

/* What is in the capsule already, where a document shall be. */

#include "base/digest.h"
#include "base/fail.h"
#include "site/post.h"

struct present {
    bool exists;
    struct buf bytes;
    struct digest digest; /* of the bytes */
    struct post post;     /* empty when the file is none */
    struct str ours; /* the body that an earlier import wrote there, if nobody has changed it */
};

/* Reads a file beneath root, -1 for none; buffers are used again. That it is no post is no
 * failure. */
bool present_read(struct present *present, int root, const char *path, struct failure *why);

/* Zeroed is valid. */
void present_free(struct present *present);

#endif
