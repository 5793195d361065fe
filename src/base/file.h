#ifndef BASE_FILE_H
#define BASE_FILE_H

/*
 * Files beneath a folder. Paths are relative, with '/' between names. Nothing here follows a
 * symbolic link or leaves the folder, and a file is written whole or not at all: readers see the
 * old one or the new one.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fail.h"
#include "base/str.h"

enum {
    FILE_PATH_MAX = 1024, /* bytes of a relative path */
    FILE_DEPTH_MAX = 32,  /* folders within folders that file_walk enters */
    FILE_OPEN_FAILED = -1,
};

struct file_info {
    const char *path; /* relative to the folder that is walked */
    uint64_t size;
    int64_t mtime_ns; /* since 1970 */
};

/* The folder itself (here a symbolic link is fine); close() ends it. FILE_OPEN_FAILED on failure.
 */
int file_open_folder(const char *path, struct failure *why);

/* A regular file beneath root, open for reading, or FILE_OPEN_FAILED with errno: EISDIR for a
 * folder, ENOENT when there is none, EXDEV or ELOOP where a link or ".." would lead away. */
int file_open_beneath(int root, const char *path);

/* read(2) that a signal does not end. */
ssize_t file_read_part(int fd, char *bytes, size_t size);

/* What a file begins with, at most max bytes, appended, wherever else the file is read. False with
 * errno, and then what came before the error is there. */
bool file_read_start(int fd, size_t max, struct buf *bytes);

/* All bytes of a file of at most max bytes, appended. */
bool file_read(const char *path, size_t max, struct buf *bytes, struct failure *why);
bool file_read_beneath(int root, const char *path, size_t max, struct buf *bytes,
                       struct failure *why);

/* Replaces or makes the file, and the folders that lead to it. Callers hold file_lock(root): the
 * bytes wait under one temporary name, so what a crash left is overwritten by the next writer. */
bool file_write_beneath(int root, const char *path, struct str bytes, struct failure *why);

/* All of the bytes, and then safe on disk. False with errno. */
bool file_put(int fd, struct str bytes);

/* All of the bytes, for whoever makes many files safe together. False with errno. */
bool file_put_unsafe(int fd, struct str bytes);

/* The folder that holds the last name of the path, opened name by name, and made where it is
 * missing; *name is that last name. FILE_OPEN_FAILED on failure. */
int file_open_parent(int root, const char *path, const char **name);

/* Appends the names in an open folder, one a line, in no order. */
bool file_list(int folder, struct buf *names, struct failure *why);

/* Takes the writer's lock of the folder until the descriptor is closed; false with errno
 * EWOULDBLOCK when another process has it. */
bool file_lock(int root);

/* Each regular file whose path has no name that begins with '.', the names of each folder in order
 * of bytes. Stops early when on_file returns false. What is deeper than FILE_DEPTH_MAX or longer
 * than FILE_PATH_MAX is left out, and so is a folder that we may not read. */
bool file_walk(int root, bool (*on_file)(void *ctx, const struct file_info *info), void *ctx,
               struct failure *why);

#endif
