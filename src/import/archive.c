#include "import/archive.h"

#include <stdlib.h>
#include <unistd.h>

#include <zip.h>

#include "base/mem.h"
#include "import/spool.h"

enum { CHUNK = 64 << 10 };

static const struct str feed_name = {"/feed.atom", 10};

/* Takeout/Blogger/Blogs/TITLE/feed.atom; the folders' names depend on the language of the account.
 */
static bool
is_feed(const char *name)
{
    struct str path = str_of(name);

    return str_eq(path, str_after(feed_name, 1)) || str_ends(path, feed_name);
}

/* The place of the only feed. */
static bool
find_feed(zip_t *zip, zip_uint64_t *place, struct failure *why)
{
    zip_int64_t count = zip_get_num_entries(zip, 0);
    bool found = false;

    if (count > ARCHIVE_FILES_MAX)
        return fail(why, "more than %d files", ARCHIVE_FILES_MAX);
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_GUESS);

        if (!name || !is_feed(name))
            continue;
        if (found)
            return fail(why, "more than one blog: unpack it and name one feed.atom");
        found = true;
        *place = (zip_uint64_t)i;
    }
    return found || fail(why, "no feed.atom in this zip");
}

static bool
write_chunk(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);

        if (put <= 0)
            return false;
        bytes = str_after(bytes, (size_t)put);
    }
    return true;
}

/* What the archive says of the size is not believed. */
static bool
unpack(zip_file_t *file, int fd, struct failure *why)
{
    char *chunk = mem_grow(NULL, CHUNK, 1);
    uint64_t total = 0;
    zip_int64_t got;
    bool done = true;

    while (done && (got = zip_fread(file, chunk, CHUNK)) > 0) {
        total += (uint64_t)got;
        if (total > ARCHIVE_FEED_MAX)
            done = fail(why, "feed.atom is larger than 1 GiB");
        else if (!write_chunk(fd, (struct str){chunk, (size_t)got}))
            done = fail_errno(why, "cannot write a temporary file");
    }
    if (done && got < 0)
        done = fail(why, "feed.atom is damaged");
    if (done && lseek(fd, 0, SEEK_SET) != 0)
        done = fail_errno(why, "cannot read a temporary file");
    free(chunk);
    return done;
}

static int
unpack_feed(zip_t *zip, struct failure *why)
{
    struct spool spool = {.fd = -1};
    zip_uint64_t place = 0;
    zip_file_t *file = NULL;
    int fd;
    bool done = find_feed(zip, &place, why) && spool_open(&spool, NULL, why);

    if (done) {
        file = zip_fopen_index(zip, place, 0);
        done = file ? unpack(file, spool.fd, why) : fail(why, "feed.atom cannot be unpacked");
    }
    if (file)
        zip_fclose(file);
    fd = done ? spool.fd : ARCHIVE_FAILED;
    if (done)
        spool.fd = -1;
    spool_close(&spool);
    return fd;
}

int
archive_open_feed(const char *path, struct failure *why)
{
    int error = 0, fd;
    zip_t *zip = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &error);

    if (!zip) {
        fail(why, "%s: not a whole zip file", path);
        return ARCHIVE_FAILED;
    }
    fd = unpack_feed(zip, why);
    zip_discard(zip);
    if (fd < 0)
        fail_in(why, "%s", path);
    return fd;
}
