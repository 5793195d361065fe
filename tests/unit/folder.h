#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

/* A folder of its own for each test of one file. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

struct folder {
    char path[256];
    int root;
};

/* cmocka's set-up: *state is the folder. */
static inline int
make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    const char *parent = getenv("TMPDIR");
    struct failure why;

    snprintf(folder->path, sizeof folder->path, "%s/inspir-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder->path))
        return -1;
    folder->root = file_open_folder(folder->path, &why);
    *state = folder;
    return folder->root < 0;
}

/* The folder is empty again. */
static inline int
end_folder(struct folder *folder)
{
    close(folder->root);
    rmdir(folder->path);
    free(folder);
    return 0;
}

#endif
