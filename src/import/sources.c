#include "import/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/archive.h"
#include "import/blogger.h"
#include "import/live.h"
#include "import/webpage.h"

enum { SOURCES_FIRST = 16, HINTS_FIRST = 8, HEAD_MAX = 4096 /* bytes that tell what a file is */ };

static bool add_folder(struct sources *sources, const char *folder, int depth, struct failure *why);

static bool
is_archive(struct str head)
{
    return str_starts(head, STR("PK\003\004"));
}

/* A file that a folder holds: text captures have names of their own, since any text could be one.
 */
static bool
is_part_of_blog(struct str name, struct str head)
{
    return str_ends(name, STR(".txt")) || webpage_is_html(head) || blogger_is_xml(head) ||
           is_archive(head);
}

static enum source_kind
kind_of(struct str head)
{
    if (webpage_is_html(head)) /* first: XHTML is XML, too */
        return SOURCE_PAGE;
    return blogger_is_xml(head) ? SOURCE_FEED : is_archive(head) ? SOURCE_ARCHIVE : SOURCE_CAPTURE;
}

static bool
read_head(const char *path, struct buf *head, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : read(fd, buf_room(head, HEAD_MAX), HEAD_MAX);

    if (got < 0)
        fail_errno(why, "%s", path);
    else
        head->len = (size_t)got;
    if (fd >= 0)
        close(fd);
    return got >= 0;
}

static bool
add_source(struct sources *sources, const struct source *source, struct failure *why)
{
    if (sources->count == SOURCES_MAX)
        return fail(why, "more than %d files", SOURCES_MAX);
    if (sources->count == sources->cap) {
        sources->cap = sources->cap ? sources->cap * 2 : SOURCES_FIRST;
        sources->items = mem_grow(sources->items, sources->cap, sizeof *sources->items);
    }
    sources->items[sources->count] = *source;
    sources->items[sources->count++].name = mem_copy(source->name, strlen(source->name));
    return true;
}

static bool
add_file(struct sources *sources, char *path, bool in_folder, struct failure *why)
{
    struct source source = {.name = path, .in_folder = in_folder};
    struct buf head = {0};
    bool done = read_head(path, &head, why);

    if (done && in_folder && !is_part_of_blog(str_of(path), buf_str(&head))) {
        sources->left_out++;
    } else if (done && head.len == 0) {
        done = fail(why, "%s: the file is empty", path);
    } else if (done) {
        source.kind = kind_of(buf_str(&head));
        source.archive = strlen(path);
        done = add_source(sources, &source, why);
    }
    buf_free(&head);
    return done;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && !str_ends(str_of(entry->d_name), STR(".hints"));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Symbolic links are followed at the top, where somebody named them, and not within a folder. */
static bool
add_inner(struct sources *sources, char *path, int depth, struct failure *why)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return fail_errno(why, "%s", path);
    if (S_ISDIR(info.st_mode))
        return depth < SOURCES_DEPTH_MAX ? add_folder(sources, path, depth + 1, why)
                                         : fail(why, "%s: too many folders within folders", path);
    return !S_ISREG(info.st_mode) || add_file(sources, path, true, why);
}

/* Recursion is bounded by SOURCES_DEPTH_MAX. */
static bool
add_folder(struct sources *sources, const char *folder, int depth, struct failure *why)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, by_name);
    bool done = count >= 0 || fail_errno(why, "%s", folder);

    for (int i = 0; i < count; i++) {
        struct buf path = {0};

        buf_format(&path, "%s%s%s", folder, str_ends(str_of(folder), STR("/")) ? "" : "/",
                   entries[i]->d_name);
        done = done && add_inner(sources, path.ptr, depth, why);
        buf_free(&path);
        free(entries[i]);
    }
    free(entries);
    return done;
}

/* A name that goes on behind that of a zip, as if it were a folder. */
static bool
find_archive(struct source *source)
{
    const char *name = source->name;

    for (size_t len = strlen(name); len > 0; len--) {
        struct buf head = {0};
        struct failure ignored;
        char *path;

        if (name[len] != '/')
            continue;
        path = mem_copy(name, len);
        if (read_head(path, &head, &ignored) && is_archive(buf_str(&head)))
            source->archive = len;
        free(path);
        buf_free(&head);
        if (source->archive > 0)
            break;
    }
    source->kind = SOURCE_ARCHIVE;
    return source->archive > 0;
}

/* There is no file of this name. */
static bool
add_within_archive(struct sources *sources, struct source *source, int error, struct failure *why)
{
    if (error == ENOTDIR && find_archive(source))
        return add_source(sources, source, why);
    errno = error;
    return fail_errno(why, "%s", source->name);
}

/* Of an unpacked Takeout only the feed of its blog is read, as of a packed one. */
static void
keep_blog(struct sources *sources, size_t first, const char *blog)
{
    size_t left = first;

    for (size_t i = first; i < sources->count; i++) {
        char *name = sources->items[i].name;

        if (name != blog && archive_has(str_of(blog), str_of(name)))
            free(name);
        else
            sources->items[left++] = sources->items[i];
    }
    sources->left_out += sources->count - left;
    sources->count = left;
}

/* The files of a folder are there, from the first on. */
static bool
settle_folder(struct sources *sources, size_t first, const char *folder, struct failure *why)
{
    struct buf names = {0};
    const char *blog = NULL;
    size_t blogs = 0;

    for (size_t i = first; i < sources->count; i++) {
        const char *name = sources->items[i].name;

        if (!archive_is_blog(str_of(name)))
            continue;
        blog = name;
        if (blogs++ < ARCHIVE_NAMED_MAX)
            buf_format(&names, "%s\"%s\"", blogs > 1 ? ", " : "", name);
    }
    if (blogs > 1)
        fail(why, "%s: %zu blogs, a capsule is one: name the feed of one: %s", folder, blogs,
             buf_text(&names));
    buf_free(&names);
    if (blogs == 1)
        keep_blog(sources, first, blog);
    return blogs <= 1 &&
           (sources->count > first || fail(why, "%s: nothing of a blog in this folder", folder));
}

static bool
add_named(struct sources *sources, const char *name, struct failure *why)
{
    struct source source = {.name = mem_copy(name, strlen(name)), .kind = SOURCE_ADDRESS};
    size_t before = sources->count;
    struct stat info;
    bool done;

    if (live_is_address(str_of(name)))
        done = add_source(sources, &source, why);
    else if (stat(name, &info) != 0)
        done = add_within_archive(sources, &source, errno, why);
    else if (!S_ISDIR(info.st_mode))
        done = add_file(sources, source.name, false, why);
    else
        done = add_folder(sources, name, 0, why) && settle_folder(sources, before, name, why);
    free(source.name);
    return done;
}

static bool
is_known(const struct sources *sources, const struct capture *capture)
{
    for (size_t i = 0; i < sources->capture_count; i++)
        if (strcmp(sources->captures[i].digest.hex, capture->digest.hex) == 0)
            return true;
    return false;
}

static size_t
count_captures(const struct sources *sources)
{
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++)
        count += sources->items[i].kind == SOURCE_CAPTURE;
    return count;
}

static bool
read_capture(struct sources *sources, size_t number, size_t *total, struct failure *why)
{
    struct capture *capture = &sources->captures[sources->capture_count];
    struct buf bytes = {0};

    *capture = (struct capture){.name = sources->items[number].name, .source = number};
    if (!file_read(capture->name, CAPTURE_MAX, &bytes, why)) {
        buf_free(&bytes);
        return false;
    }
    *total += bytes.len;
    if (!capture_read(capture, &bytes, why)) {
        capture_free(capture);
        return fail_in(why, "%s", sources->items[number].name);
    }
    if (is_known(sources, capture))
        capture_free(capture);
    else
        sources->capture_count++;
    return *total <= SOURCES_BYTES_MAX || fail(why, "more than %d bytes in all", SOURCES_BYTES_MAX);
}

static bool
read_captures(struct sources *sources, struct failure *why)
{
    size_t total = 0;

    sources->captures = mem_new((count_captures(sources) + 1) * sizeof *sources->captures);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].kind == SOURCE_CAPTURE && !read_capture(sources, i, &total, why))
            return false;
    return true;
}

/* The file was read already, under this name or another. */
static bool
has_hints(const struct sources *sources, struct str text)
{
    for (size_t i = 0; i < sources->hint_count; i++)
        if (str_eq(buf_str(&sources->hints[i].source), text))
            return true;
    return false;
}

static bool
read_hints(struct sources *sources, const char *path, struct failure *why)
{
    struct buf text = {0};
    bool done = file_read(path, HINTS_MAX, &text, why);

    if (done && !has_hints(sources, buf_str(&text))) {
        if (sources->hint_count == sources->hint_cap) {
            sources->hint_cap = sources->hint_cap ? sources->hint_cap * 2 : HINTS_FIRST;
            sources->hints = mem_grow(sources->hints, sources->hint_cap, sizeof *sources->hints);
        }
        done = hints_parse(&sources->hints[sources->hint_count++], path, buf_str(&text), why);
    }
    buf_free(&text);
    return done;
}

static bool
read_all_hints(struct sources *sources, const struct import_options *options, struct failure *why)
{
    struct buf path = {0};
    bool done = true;

    for (size_t i = 0; done && i < sources->count; i++) {
        if (sources->items[i].kind != SOURCE_CAPTURE)
            continue;
        buf_truncate(&path, 0);
        buf_format(&path, "%s.hints", sources->items[i].name);
        if (access(buf_text(&path), F_OK) == 0 || errno != ENOENT)
            done = read_hints(sources, buf_text(&path), why);
    }
    buf_free(&path);
    for (size_t i = 0; done && i < options->hint_count; i++)
        done = read_hints(sources, options->hints[i], why);
    return done;
}

/* Each hints file belongs to one capture. */
static bool
assign_hints(struct sources *sources, const struct hints *hints, struct failure *why)
{
    for (size_t i = 0; i < sources->capture_count; i++) {
        struct capture *capture = &sources->captures[i];

        if (hints_are_for(hints, &capture->digest))
            return hints_join(&capture->hints, hints, why);
    }
    return fail(why, "%s:%zu: none of the captures has this sha256", hints->file, hints->sha256_at);
}

bool
sources_open(struct sources *sources, const struct import_options *options, struct failure *why)
{
    *sources = (struct sources){0};
    for (size_t i = 0; i < options->source_count; i++)
        if (!add_named(sources, options->sources[i], why))
            return false;
    if (!read_captures(sources, why) || !read_all_hints(sources, options, why))
        return false;
    for (size_t i = 0; i < sources->hint_count; i++)
        if (!assign_hints(sources, &sources->hints[i], why))
            return false;
    return true;
}

void
sources_close(struct sources *sources)
{
    for (size_t i = 0; i < sources->capture_count; i++)
        capture_free(&sources->captures[i]);
    for (size_t i = 0; i < sources->hint_count; i++)
        hints_free(&sources->hints[i]);
    for (size_t i = 0; i < sources->count; i++)
        free(sources->items[i].name);
    free(sources->captures);
    free(sources->hints);
    free(sources->items);
    *sources = (struct sources){0};
}
