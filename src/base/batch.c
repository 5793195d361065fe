#include "base/batch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644, NUMBER_MAX = 24 /* bytes of a number as a name */ };

/* The list waits under the first name, and makes the batch final under the second. */
static const char draft_name[] = "list.tmp", list_name[] = "list";

/* In the list it stands before a path that no file waits for: what is there goes. */
static const char removal = '/';

/* The folder of the last path, since the next is often in the same. */
struct target {
    int root, fd;
    struct buf path; /* of the folder, with its '/' */
};

static void
close_target(struct target *target)
{
    if (target->fd >= 0)
        close(target->fd);
    target->fd = -1;
    buf_free(&target->path);
}

/* The last name of the path, whose folder is now open, and made where it is missing; NULL on
 * failure. */
static const char *
enter(struct target *target, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct str folder = {path, (size_t)(name - path)};

    if (target->fd >= 0 && str_eq(folder, buf_str(&target->path)))
        return name;
    if (target->fd >= 0)
        close(target->fd);
    target->fd = file_open_parent(target->root, path, &name);
    buf_truncate(&target->path, 0);
    buf_put(&target->path, folder);
    return target->fd >= 0 ? name : NULL;
}

/* Whether the file can be put there: what is in the way must show before the batch is final. */
static bool
make_way(struct target *target, int folder, size_t number, const char *path)
{
    const char *name = enter(target, path + (*path == removal));
    struct stat info;

    (void)folder;
    (void)number;
    if (!name || fstatat(target->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return name && errno == ENOENT;
    errno = S_ISDIR(info.st_mode) ? EISDIR : EEXIST;
    return S_ISREG(info.st_mode) || S_ISLNK(info.st_mode);
}

/* A file that is not there is in its place already, or removed. */
static bool
place_file(struct target *target, int folder, size_t number, const char *path)
{
    char waiting[NUMBER_MAX];
    const char *name = enter(target, path + (*path == removal));

    if (*path == removal)
        return name && (unlinkat(target->fd, name, 0) == 0 || errno == ENOENT);
    snprintf(waiting, sizeof waiting, "%zu", number);
    return name && (renameat(folder, waiting, target->fd, name) == 0 || errno == ENOENT);
}

/* Something is done about each file of a batch. */
struct step {
    bool (*act)(struct target *target, int folder, size_t number, const char *path);
    int root, folder;
};

static bool
each_file(const struct step *step, struct str list, struct failure *why)
{
    struct target target = {.root = step->root, .fd = -1};
    struct buf path = {0};
    bool done = true;

    for (size_t number = 0; done && list.len > 0; number++) {
        buf_truncate(&path, 0);
        buf_put(&path, str_line(&list));
        done = step->act(&target, step->folder, number, buf_text(&path)) ||
               fail_errno(why, "cannot write %s", buf_text(&path));
    }
    close_target(&target);
    buf_free(&path);
    return done;
}

/* All that is in the folder is ours, and it holds no folders. */
static bool
empty_folder(int folder, struct failure *why)
{
    struct buf names = {0};
    bool done = file_list(folder, &names, why);

    for (struct str rest = buf_str(&names); done && rest.len > 0;) {
        struct str name = str_line(&rest);

        names.ptr[name.ptr + name.len - names.ptr] = '\0';
        done = unlinkat(folder, name.ptr, 0) == 0 || fail_errno(why, "%s/%s", BATCH_NAME, name.ptr);
    }
    buf_free(&names);
    return done;
}

static bool
remove_folder(int root, int folder, struct failure *why)
{
    return empty_folder(folder, why) && (unlinkat(root, BATCH_NAME, AT_REMOVEDIR) == 0 ||
                                         fail_errno(why, "cannot remove %s", BATCH_NAME));
}

/* The list goes last: as long as it is there the batch is to be completed. */
static bool
finish(int root, int folder, struct str list, struct failure *why)
{
    if (!each_file(&(struct step){place_file, root, folder}, list, why))
        return false;
    if (syncfs(root) != 0 || unlinkat(folder, list_name, 0) != 0)
        return fail_errno(why, "cannot complete %s", BATCH_NAME);
    return remove_folder(root, folder, why);
}

static int
open_batch_folder(int root)
{
    return openat(root, BATCH_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool
batch_recover(int root, struct failure *why)
{
    int folder = open_batch_folder(root);
    struct buf list = {0};
    bool done;

    if (folder < 0)
        return errno == ENOENT || fail_errno(why, "%s", BATCH_NAME);
    if (faccessat(folder, list_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        done = remove_folder(root, folder, why);
    else
        done = file_read_beneath(folder, list_name, BATCH_LIST_MAX, &list, why) &&
               finish(root, folder, buf_str(&list), why);
    buf_free(&list);
    close(folder);
    return done;
}

void
batch_open(struct batch *batch, int root)
{
    *batch = (struct batch){.root = root, .folder = -1};
}

static bool
write_waiting(int folder, const char *name, struct str bytes)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    bool done = fd >= 0 && file_put_unsafe(fd, bytes);
    int error = errno;

    if (fd >= 0 && close(fd) != 0 && done) {
        error = errno;
        done = false;
    }
    errno = error;
    return done;
}

static bool
begin(struct batch *batch, struct failure *why)
{
    if (batch->folder >= 0)
        return true;
    if (mkdirat(batch->root, BATCH_NAME, FOLDER_MODE) != 0)
        return fail_errno(why, "cannot write %s", BATCH_NAME);
    batch->folder = open_batch_folder(batch->root);
    return batch->folder >= 0 || fail_errno(why, "cannot write %s", BATCH_NAME);
}

bool
batch_reserve(struct batch *batch, const char *path, size_t *number, struct failure *why)
{
    assert(!strchr(path, '\n') && batch->count < BATCH_FILES_MAX);
    if (!begin(batch, why))
        return false;
    buf_put(&batch->list, str_of(path));
    buf_byte(&batch->list, '\n');
    *number = batch->count++;
    return true;
}

bool
batch_write(const struct batch *batch, size_t number, struct str bytes, struct failure *why)
{
    char name[NUMBER_MAX];

    snprintf(name, sizeof name, "%zu", number);
    return write_waiting(batch->folder, name, bytes) ||
           fail_errno(why, "cannot write %s/%s", BATCH_NAME, name);
}

bool
batch_add(struct batch *batch, const char *path, struct str bytes, struct failure *why)
{
    size_t number;

    assert(*path != removal);
    return batch_reserve(batch, path, &number, why) && batch_write(batch, number, bytes, why);
}

bool
batch_remove(struct batch *batch, const char *path, struct failure *why)
{
    struct buf line = {0};
    size_t number;
    bool done;

    buf_byte(&line, removal);
    buf_put(&line, str_of(path));
    done = batch_reserve(batch, line.ptr, &number, why);
    buf_free(&line);
    return done;
}

bool
batch_append(struct batch *batch, struct str bytes, struct failure *why)
{
    char name[NUMBER_MAX];
    int fd;
    bool done;

    assert(batch->count > 0);
    snprintf(name, sizeof name, "%zu", batch->count - 1);
    fd = openat(batch->folder, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    done = fd >= 0 && file_put_unsafe(fd, bytes);
    if (!done)
        fail_errno(why, "cannot write %s", BATCH_NAME);
    if (fd >= 0 && close(fd) != 0 && done)
        done = fail_errno(why, "cannot write %s", BATCH_NAME);
    return done;
}

bool
batch_commit(struct batch *batch, struct failure *why)
{
    struct step step = {make_way, batch->root, batch->folder};
    bool done;

    if (batch->folder < 0)
        return true;
    if (!each_file(&step, buf_str(&batch->list), why))
        return false;
    if (!write_waiting(batch->folder, draft_name, buf_str(&batch->list)) ||
        syncfs(batch->root) != 0 ||
        renameat(batch->folder, draft_name, batch->folder, list_name) != 0)
        return fail_errno(why, "cannot write %s", BATCH_NAME);
    done = fsync(batch->folder) == 0 || fail_errno(why, "cannot write %s", BATCH_NAME);
    done = done && finish(batch->root, batch->folder, buf_str(&batch->list), why);
    close(batch->folder);
    batch->folder = -1; /* what a failure has left is for batch_recover: the batch is final */
    return done;
}

void
batch_close(struct batch *batch)
{
    struct failure ignored;

    if (batch->folder >= 0) {
        remove_folder(batch->root, batch->folder, &ignored);
        close(batch->folder);
    }
    buf_free(&batch->list);
    *batch = (struct batch){.root = -1, .folder = -1};
}
