#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

enum { READ_CHUNK = 65536, FOLDER_MODE = 0755, FILE_MODE = 0644 };

static const char temporary_name[] = ".inspir.tmp";

int
file_open_folder(const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        fail_errno(why, "cannot open the folder %s", path);
    return fd;
}

static int
open_part(int folder, const char *name, bool make)
{
    if (strcmp(name, "..") == 0) {
        errno = EXDEV;
        return FILE_OPEN_FAILED;
    }
    if (make && mkdirat(folder, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return FILE_OPEN_FAILED;
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder that holds the last name of path, opened name by name; *name is that last name. */
static int
open_parent(int root, const char *path, bool make, const char **name)
{
    char part[FILE_PATH_MAX + 1];
    int folder;

    if (strlen(path) > FILE_PATH_MAX) {
        errno = ENAMETOOLONG;
        return FILE_OPEN_FAILED;
    }
    folder = fcntl(root, F_DUPFD_CLOEXEC, 0);
    for (const char *slash; folder >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        int next;

        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        next = open_part(folder, part, make);
        close(folder);
        folder = next;
    }
    *name = path;
    return folder;
}

int
file_open_parent(int root, const char *path, const char **name)
{
    return open_parent(root, path, true, name);
}

/* What openat2 does, for kernels and sandboxes that lack it. */
static int
open_by_names(int root, const char *path, int flags)
{
    const char *name;
    int folder = open_parent(root, path, false, &name), fd, error;

    if (folder < 0)
        return FILE_OPEN_FAILED;
    if (strcmp(name, "..") == 0) {
        fd = FILE_OPEN_FAILED;
        errno = EXDEV;
    } else {
        fd = openat(folder, *name ? name : ".", flags | O_NOFOLLOW);
    }
    error = errno;
    close(folder);
    errno = error;
    return fd;
}

static int
open_confined(int root, const char *path, int flags)
{
#ifdef SYS_openat2
    struct open_how how = {
        .flags = (unsigned int)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
    };
    long fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);

    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
#endif
    return open_by_names(root, path, flags);
}

int
file_open_beneath(int root, const char *path)
{
    /* O_NONBLOCK: a FIFO in the capsule must not hold us */
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct stat info;
    int fd, error = 0;

    do
        fd = open_confined(root, path, flags);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return FILE_OPEN_FAILED;
    if (fstat(fd, &info) != 0)
        error = errno;
    else if (!S_ISREG(info.st_mode))
        error = S_ISDIR(info.st_mode) ? EISDIR : ENOENT;
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return FILE_OPEN_FAILED;
}

ssize_t
file_read_part(int fd, char *bytes, size_t size)
{
    ssize_t got;

    do
        got = read(fd, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* pread(2) that a signal does not end. */
static ssize_t
read_at(int fd, char *bytes, size_t size, size_t place)
{
    ssize_t got;

    do
        got = pread(fd, bytes, size, (off_t)place);
    while (got < 0 && errno == EINTR);
    return got;
}

bool
file_read_start(int fd, size_t max, struct buf *bytes)
{
    char *start = buf_room(bytes, max);
    size_t len = 0;
    ssize_t got = 1;

    while (len < max && (got = read_at(fd, start + len, max - len, len)) > 0)
        len += (size_t)got;
    start[len] = '\0';
    bytes->len += len;
    return got >= 0;
}

/* Room for the file, as far as its size is known, and for a byte that would tell of more. */
static size_t
first_chunk(int fd, size_t max)
{
    struct stat info;
    bool is_known = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;

    return is_known && (size_t)info.st_size <= max ? (size_t)info.st_size + 1 : READ_CHUNK;
}

static bool
read_all(int fd, size_t max, struct buf *bytes, struct failure *why)
{
    size_t start = bytes->len, chunk = first_chunk(fd, max);

    for (;;) {
        ssize_t got = file_read_part(fd, buf_room(bytes, chunk), chunk);

        if (got < 0)
            return fail_errno(why, "cannot read");
        if (got == 0)
            return true;
        bytes->len += (size_t)got;
        bytes->ptr[bytes->len] = '\0';
        if (bytes->len - start > max)
            return fail(why, "larger than %zu bytes", max);
        chunk = (size_t)got < chunk ? chunk - (size_t)got : READ_CHUNK;
    }
}

/* Of a descriptor that was just opened, or could not be. */
static bool
read_and_close(int fd, const char *path, size_t max, struct buf *bytes, struct failure *why)
{
    bool done;

    if (fd < 0)
        return fail_errno(why, "%s", path);
    done = read_all(fd, max, bytes, why) || fail_in(why, "%s", path);
    close(fd);
    return done;
}

bool
file_read(const char *path, size_t max, struct buf *bytes, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return read_and_close(fd, path, max, bytes, why);
}

bool
file_read_beneath(int root, const char *path, size_t max, struct buf *bytes, struct failure *why)
{
    return read_and_close(file_open_beneath(root, path), path, max, bytes, why);
}

bool
file_put_unsafe(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);

        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            bytes = str_after(bytes, (size_t)put);
    }
    return true;
}

bool
file_put(int fd, struct str bytes)
{
    return file_put_unsafe(fd, bytes) && fsync(fd) == 0;
}

/* The bytes, safe on disk under the temporary name. */
static bool
write_temporary(int root, struct str bytes)
{
    int fd, error;
    bool done;

    if (unlinkat(root, temporary_name, 0) != 0 && errno != ENOENT)
        return false;
    fd = openat(root, temporary_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                FILE_MODE);
    if (fd < 0)
        return false;
    done = file_put(fd, bytes);
    error = errno;
    if (close(fd) != 0 && done) {
        error = errno;
        done = false;
    }
    if (!done)
        unlinkat(root, temporary_name, 0);
    errno = error;
    return done;
}

bool
file_write_beneath(int root, const char *path, struct str bytes, struct failure *why)
{
    const char *name;
    int folder = open_parent(root, path, true, &name), error;
    bool done = false;

    if (folder < 0)
        return fail_errno(why, "cannot write %s", path);
    if (write_temporary(root, bytes)) {
        done = renameat(root, temporary_name, folder, name) == 0;
        error = errno;
        if (!done)
            unlinkat(root, temporary_name, 0);
        errno = error;
    }
    if (!done)
        fail_errno(why, "cannot write %s", path);
    close(folder);
    return done;
}

bool
file_list(int folder, struct buf *names, struct failure *why)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!stream) {
        if (fd >= 0)
            close(fd);
        return fail_errno(why, "cannot list");
    }
    while ((entry = readdir(stream))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_put(names, str_of(entry->d_name));
        buf_byte(names, '\n');
    }
    closedir(stream);
    return true;
}

bool
file_lock(int root)
{
    return flock(root, LOCK_EX | LOCK_NB) == 0;
}

struct walk {
    bool (*on_file)(void *ctx, const struct file_info *info);
    void *ctx;
    struct buf path; /* of the folder being read, with its '/' */
    int depth;
    bool stopped;
    struct failure *why;
};

static int
is_served_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk_folder(struct walk *walk, int folder);

/* Gone meanwhile, or not ours to read, as lost+found is on a volume of its own. */
static bool
is_out_of_reach(int error)
{
    return error == ENOENT || error == EACCES;
}

static bool
walk_entry(struct walk *walk, int folder, const char *name)
{
    size_t parent_len = walk->path.len;
    struct stat info;
    bool done = true;

    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return is_out_of_reach(errno) || fail_errno(walk->why, "%s%s", buf_text(&walk->path), name);
    buf_put(&walk->path, str_of(name));
    if (S_ISREG(info.st_mode) && walk->path.len <= FILE_PATH_MAX) {
        struct file_info file = {
            .path = buf_text(&walk->path),
            .size = (uint64_t)info.st_size,
            .mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec,
        };

        walk->stopped = !walk->on_file(walk->ctx, &file);
    } else if (S_ISDIR(info.st_mode) && walk->depth <= FILE_DEPTH_MAX) {
        int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (inner < 0)
            done = is_out_of_reach(errno) || fail_errno(walk->why, "%s", buf_text(&walk->path));
        buf_byte(&walk->path, '/');
        if (inner >= 0)
            done = walk_folder(walk, inner);
    }
    buf_truncate(&walk->path, parent_len);
    return done;
}

/* Recursion is bounded by FILE_DEPTH_MAX. Takes over the descriptor. */
static bool
walk_folder(struct walk *walk, int folder)
{
    struct dirent **entries = NULL;
    int count = scandirat(folder, ".", &entries, is_served_name, by_bytes);
    bool done = count >= 0 || fail_errno(walk->why, "cannot list %s", buf_text(&walk->path));

    walk->depth++;
    for (int i = 0; i < count; i++) {
        if (done && !walk->stopped)
            done = walk_entry(walk, folder, entries[i]->d_name);
        free(entries[i]);
    }
    walk->depth--;
    free(entries);
    close(folder);
    return done;
}

bool
file_walk(int root, bool (*on_file)(void *ctx, const struct file_info *info), void *ctx,
          struct failure *why)
{
    struct walk walk = {.on_file = on_file, .ctx = ctx, .why = why};
    int folder = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = folder >= 0 ? walk_folder(&walk, folder) : fail_errno(why, "cannot list");

    buf_free(&walk.path);
    return done;
}
