#include "import/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPOOL_MODE = 0600 };

static int
open_unlinked(const char *folder)
{
    return folder && *folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, SPOOL_MODE) : -1;
}

/* For file systems that cannot make a file without a name. */
static int
open_and_unlink(const char *folder)
{
    struct buf path = {0};
    int fd;

    buf_format(&path, "%s/inspir-XXXXXX", folder);
    fd = mkostemp(path.ptr, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.ptr);
    buf_free(&path);
    return fd;
}

int
spool_make_file(const char *folder, struct failure *why)
{
    const char *temporary = getenv("TMPDIR");
    int fd = open_unlinked(folder);

    if (!temporary || !*temporary)
        temporary = "/tmp";
    if (fd < 0)
        fd = open_unlinked(temporary);
    if (fd < 0)
        fd = open_and_unlink(temporary);
    if (fd < 0)
        fail_errno(why, "no temporary file in %s", temporary);
    return fd;
}

bool
spool_open(struct spool *spool, const char *folder, struct failure *why)
{
    *spool = (struct spool){.fd = spool_make_file(folder, why)};
    return spool->fd >= 0;
}

void
spool_close(struct spool *spool)
{
    buf_free(&spool->pending);
    if (spool->fd >= 0)
        close(spool->fd);
    *spool = (struct spool){.fd = -1};
}

static uint64_t
written(const struct spool *spool)
{
    return spool->len - spool->pending.len;
}

static bool
flush(struct spool *spool, struct failure *why)
{
    while (spool->pending.len > 0) {
        ssize_t put =
            pwrite(spool->fd, spool->pending.ptr, spool->pending.len, (off_t)written(spool));

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            spool->has_failed = true;
            return fail_errno(why, "cannot write a temporary file");
        }
        memmove(spool->pending.ptr, spool->pending.ptr + put, spool->pending.len - (size_t)put);
        buf_truncate(&spool->pending, spool->pending.len - (size_t)put);
    }
    return true;
}

bool
spool_put(struct spool *spool, struct str bytes, struct spool_piece *piece, struct failure *why)
{
    assert(bytes.len <= UINT32_MAX);
    *piece = (struct spool_piece){.at = spool->len, .len = (uint32_t)bytes.len};
    buf_put(&spool->pending, bytes);
    spool->len += bytes.len;
    return spool->pending.len < SPOOL_PENDING_MAX || flush(spool, why);
}

bool
spool_get(const struct spool *spool, struct spool_piece piece, struct buf *bytes,
          struct failure *why)
{
    char *room = buf_room(bytes, piece.len);
    size_t got = 0;

    while (got < piece.len && piece.at + got < written(spool)) {
        uint64_t there = written(spool) - piece.at - got;
        size_t want = piece.len - got < there ? piece.len - got : (size_t)there;
        ssize_t count = pread(spool->fd, room + got, want, (off_t)(piece.at + got));

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return fail_errno(why, "cannot read a temporary file");
        got += (size_t)count;
    }
    if (got < piece.len) /* the rest has not left memory yet */
        memcpy(room + got, spool->pending.ptr + (piece.at + got - written(spool)), piece.len - got);
    bytes->len += piece.len;
    bytes->ptr[bytes->len] = '\0';
    return true;
}
