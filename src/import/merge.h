#ifndef IMPORT_MERGE_H
#define IMPORT_MERGE_H

/*
 * R10: posts of several captures become entries. A post is known by its date and title: where it
 * comes twice it becomes one entry with the labels of both. Of two texts of which one begins with
 * the other the longer is taken; other differences (A4) need a hint.
 */

#include "import/capture.h"
#include "import/entries.h"
#include "import/labels.h"

struct merge_input {
    const struct capture *captures;
    size_t count;
    const char *language;      /* of the blog */
    struct label_list *labels; /* gets those of all posts */
};

/* Fails when A4 is open; the findings then say where. */
bool merge_captures(struct entries *entries, const struct merge_input *input,
                    struct findings *findings, struct failure *why);

#endif
