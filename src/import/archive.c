#include "import/archive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zip.h>

#include "base/mem.h"
#include "import/spool.h"

enum { CHUNK = 64 << 10, NAMES_BELOW = 4 /* of Takeout: Blogger/Blogs/TITLE/feed.atom */ };

static const struct str feed_name = {"/feed.atom", 10};
static const struct str blogs = {"Blogs", 5};

/* The feeds of an archive, and the one that is to be read. */
struct feeds {
    zip_t *zip;
    const char *path; /* of the archive */
    size_t count, blog_count;
    zip_uint64_t feed, blog; /* the first of each */
};

bool
archive_is_feed(struct str path)
{
    return str_eq(path, str_after(feed_name, 1)) || str_ends(path, feed_name);
}

bool
archive_is_blog(struct str path)
{
    struct str folder = {0};

    if (!str_chop(&path, feed_name))
        return false;
    while (str_has(path, '/'))
        folder = str_cut(&path, '/');
    return str_eq(folder, blogs);
}

bool
archive_has(struct str blog, struct str path)
{
    for (int names = 0; names < NAMES_BELOW; names++) {
        const char *slash = blog.len > 0 ? memrchr(blog.ptr, '/', blog.len) : NULL;

        blog.len = slash ? (size_t)(slash - blog.ptr) : 0;
    }
    return str_skip(&path, blog) && (blog.len == 0 || str_starts(path, STR("/")));
}

static struct str
name_at(zip_t *zip, zip_uint64_t place)
{
    return str_of(zip_get_name(zip, place, ZIP_FL_ENC_GUESS));
}

static void
count_feeds(struct feeds *feeds)
{
    zip_int64_t count = zip_get_num_entries(feeds->zip, 0);

    for (zip_int64_t i = 0; i < count; i++) {
        struct str name = name_at(feeds->zip, (zip_uint64_t)i);

        if (archive_is_feed(name) && feeds->count++ == 0)
            feeds->feed = (zip_uint64_t)i;
        if (archive_is_blog(name) && feeds->blog_count++ == 0)
            feeds->blog = (zip_uint64_t)i;
    }
}

/* Says what to write to have one of them. */
static bool
refuse_several(const struct feeds *feeds, struct failure *why)
{
    zip_int64_t count = zip_get_num_entries(feeds->zip, 0);
    size_t all = feeds->blog_count > 0 ? feeds->blog_count : feeds->count, named = 0;
    struct buf names = {0};

    for (zip_int64_t i = 0; i < count && named < ARCHIVE_NAMED_MAX; i++) {
        struct str name = name_at(feeds->zip, (zip_uint64_t)i);

        if (!archive_is_feed(name) || (feeds->blog_count > 0 && !archive_is_blog(name)))
            continue;
        buf_format(&names, "%s\"%s/%.*s\"", named++ > 0 ? ", " : "", feeds->path, (int)name.len,
                   name.ptr);
    }
    fail(why, "%zu blogs, a capsule is one: name the feed of one: %s", all, buf_text(&names));
    buf_free(&names);
    return false;
}

/* Where the feed is that was named, else the only one of a blog, else the only one. */
static bool
find_feed(struct feeds *feeds, const char *named, zip_uint64_t *place, struct failure *why)
{
    if (zip_get_num_entries(feeds->zip, 0) > ARCHIVE_FILES_MAX)
        return fail(why, "more than %d files", ARCHIVE_FILES_MAX);
    if (*named) {
        zip_int64_t found = zip_name_locate(feeds->zip, named, ZIP_FL_ENC_GUESS);

        *place = (zip_uint64_t)found;
        return found >= 0 || fail(why, "no such file in this zip");
    }
    count_feeds(feeds);
    if (feeds->count == 0)
        return fail(why, "no feed.atom in this zip");
    if (feeds->blog_count != 1 && feeds->count != 1)
        return refuse_several(feeds, why);
    *place = feeds->blog_count == 1 ? feeds->blog : feeds->feed;
    return true;
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
unpack_feed(struct feeds *feeds, const char *named, struct failure *why)
{
    struct spool spool = {.fd = -1};
    zip_uint64_t place = 0;
    zip_file_t *file = NULL;
    int fd;
    bool done = find_feed(feeds, named, &place, why) && spool_open(&spool, NULL, why);

    if (done) {
        file = zip_fopen_index(feeds->zip, place, 0);
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
archive_open_feed(struct archive_place place, struct failure *why)
{
    char *path = mem_copy(place.name, place.archive);
    const char *named = place.name + place.archive;
    struct feeds feeds = {.path = path};
    int error = 0, fd = ARCHIVE_FAILED;

    feeds.zip = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (!feeds.zip)
        fail(why, "not a whole zip file");
    else
        fd = unpack_feed(&feeds, *named == '/' ? named + 1 : named, why);
    if (feeds.zip)
        zip_discard(feeds.zip);
    if (fd < 0)
        fail_in(why, "%s", place.name);
    free(path);
    return fd;
}
