#include "import/stash.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "import/spool.h"

enum { CHUNK = 64 << 10, ENDS_FIRST = 64 };

bool
stash_open(struct stash *stash, struct failure *why)
{
    *stash = (struct stash){.fd = -1, .page = -1};
    stash->fd = spool_make_file(NULL, why);
    if (stash->fd >= 0)
        stash->page = spool_make_file(NULL, why);
    return stash->page >= 0;
}

static bool
put_chunk(int fd, struct str chunk)
{
    while (chunk.len > 0) {
        ssize_t put = write(fd, chunk.ptr, chunk.len);

        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            chunk = str_after(chunk, (size_t)put);
    }
    return true;
}

bool
stash_clear(struct stash *stash, struct failure *why)
{
    return (ftruncate(stash->page, 0) == 0 && lseek(stash->page, 0, SEEK_SET) == 0) ||
           fail_errno(why, "cannot empty a temporary file");
}

bool
stash_put(struct stash *stash, struct str bytes, struct failure *why)
{
    return put_chunk(stash->page, bytes) || fail_errno(why, "cannot write a temporary file");
}

/* From where both files stand now; false with errno when fewer bytes came. */
static bool
copy(int from, int to, uint64_t len)
{
    char *chunk = mem_grow(NULL, CHUNK, 1);
    bool done = true;

    while (done && len > 0) {
        ssize_t got = read(from, chunk, len < CHUNK ? (size_t)len : CHUNK);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        done = got > 0 && put_chunk(to, (struct str){chunk, (size_t)got});
        len -= done ? (uint64_t)got : 0;
    }
    free(chunk);
    return done;
}

static uint64_t
start_of(const struct stash *stash, size_t text)
{
    return text > 0 ? stash->ends[text - 1] : 0;
}

bool
stash_keep(struct stash *stash, struct failure *why)
{
    uint64_t start = start_of(stash, stash->count);
    off_t len = lseek(stash->page, 0, SEEK_END);

    if (len < 0 || lseek(stash->page, 0, SEEK_SET) != 0 ||
        lseek(stash->fd, (off_t)start, SEEK_SET) < 0)
        return fail_errno(why, "cannot keep a temporary file");
    if (stash->count == STASH_TEXTS_MAX || start + (uint64_t)len > STASH_BYTES_MAX)
        return fail(why, "more than %d parts or %d GiB", STASH_TEXTS_MAX,
                    (int)(STASH_BYTES_MAX >> 30));
    if (!copy(stash->page, stash->fd, (uint64_t)len))
        return fail_errno(why, "cannot keep a temporary file");
    if (stash->count == stash->cap) {
        stash->cap = stash->cap == 0 ? ENDS_FIRST : stash->cap * 2;
        stash->ends = mem_grow(stash->ends, stash->cap, sizeof *stash->ends);
    }
    stash->ends[stash->count++] = start + (uint64_t)len;
    return true;
}

bool
stash_show(struct stash *stash, size_t text, struct failure *why)
{
    uint64_t start = start_of(stash, text), len = stash->ends[text] - start;

    if (!stash_clear(stash, why))
        return false;
    if (lseek(stash->fd, (off_t)start, SEEK_SET) < 0 || !copy(stash->fd, stash->page, len) ||
        lseek(stash->page, 0, SEEK_SET) != 0)
        return fail_errno(why, "cannot read a temporary file");
    return true;
}

void
stash_close(struct stash *stash)
{
    if (stash->fd >= 0)
        close(stash->fd);
    if (stash->page >= 0)
        close(stash->page);
    free(stash->ends);
    *stash = (struct stash){.fd = -1, .page = -1};
}
