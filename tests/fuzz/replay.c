/*
 * Runs a fuzz target over its corpus without libFuzzer, as TAP: one test a file. The target's own
 * asserts and the sanitizers end the program when an invariant breaks.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

enum { INPUT_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool
replay_file(void *ctx, const struct file_info *info)
{
    const int *root = ctx;
    static int number;
    struct buf bytes = {0};
    struct failure why;

    if (!file_read_beneath(*root, info->path, INPUT_MAX, &bytes, &why)) {
        printf("not ok %d - %s\n", ++number, why.text);
        return true;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&bytes), bytes.len);
    printf("ok %d - %s\n", ++number, info->path);
    fflush(stdout);
    buf_free(&bytes);
    return true;
}

int
main(int argc, char **argv)
{
    struct failure why;
    int root = argc == 2 ? file_open_folder(argv[1], &why) : -1;

    if (root < 0 || !file_walk(root, replay_file, &root, &why)) {
        fprintf(stderr, "usage: replay FOLDER\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
