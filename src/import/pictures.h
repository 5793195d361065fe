#ifndef IMPORT_PICTURES_H
#define IMPORT_PICTURES_H

/*
 * The pictures of posts, brought into the capsule as media/NAME: each one once, however many
 * addresses lead to it, and never again while its file is there. What is new waits in a temporary
 * file until pictures_write, so that an import can judge everything before it changes anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"
#include "import/fetch.h"

enum {
    PICTURE_BYTES_MAX = 16 << 20,
    PICTURE_SECONDS_MAX = 60,
    PICTURE_STEM_MAX = 40, /* characters of the old name that the new one keeps */
    PICTURE_DIGITS = 16,   /* of SHA-256, which make the name unique */
    PICTURES_MAX = 100000, /* of one import */
    PICTURES_DEAD_MAX = 3, /* a host that so often did not answer is not asked again */
};

struct pictures;

struct pictures_settings {
    int root; /* of the capsule; -1: there is none yet, and nothing is there already */
    struct fetcher *fetcher;
    unsigned max_image; /* pixels to ask Blogger's hosts for */
};

/* The strings live as long as the pictures. */
struct picture {
    const char *path; /* relative to the capsule */
    const char *type; /* for a person: "JPEG" */
    uint64_t size;    /* bytes */
};

/* NULL on failure. The settings are copied. */
struct pictures *pictures_open(const struct pictures_settings *settings, struct failure *why);

/* Finds or brings what an http, https or data address leads to. After a failure, which is told
 * again whenever somebody asks again, the post keeps its link to the web. */
bool pictures_bring(struct pictures *pictures, struct str address, struct picture *picture,
                    struct failure *why);

/* How many are new. */
size_t pictures_count(const struct pictures *pictures);

/* Writes what is new into the capsule. Callers hold file_lock(root). */
bool pictures_write(struct pictures *pictures, int root, struct failure *why);

void pictures_close(struct pictures *pictures);

#endif
