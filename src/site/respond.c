#include "site/respond.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/address.h"
#include "site/books.h"
#include "site/light.h"
#include "site/catalog_post.h"
#include "site/media.h"
#include "site/page.h"

enum { TAIL_MAX = 4096 }; /* bytes of a post's end in which a line end is looked for */

void
response_init(struct response *response)
{
    *response = (struct response){.file_fd = -1};
}

void
response_free(struct response *response)
{
    if (response->file_fd >= 0)
        close(response->file_fd);
    buf_free(&response->meta);
    buf_free(&response->page);
    response_init(response);
}

void
response_set(struct response *response, enum outcome outcome, struct str meta)
{
    response_free(response);
    response->outcome = outcome;
    buf_put(&response->meta, meta);
}

void
response_move(struct response *response, enum outcome outcome, struct str path)
{
    struct buf target = {0};

    uri_put_path(&target, path);
    if (target.len <= TARGET_MAX)
        response_set(response, outcome, buf_str(&target));
    else
        response_set(response, OUTCOME_NOT_FOUND, STR(""));
    buf_free(&target);
}

/* Whether a name of the path begins with '.': such files are never served. */
static bool
has_hidden_name(struct str path)
{
    while (path.len > 0)
        if (str_starts(str_cut(&path, '/'), STR(".")))
            return true;
    return false;
}

/* Something that passes, so that the reader may come back; any other errno is a path that no file
 * has. */
static bool
is_trouble(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

/* META of a file: as the index says, which looked into it where its name does not tell all. */
static void
put_media_type(const struct site *site, struct str path, struct str language, struct buf *meta)
{
    const char *known = media_of_name(path);
    struct buf type = {0};

    if (!catalog_media_type(site->catalog, path, &type))
        buf_put(&type, known ? str_of(known) : STR("application/octet-stream"));
    buf_put(meta, buf_str(&type));
    if (media_is_text(buf_str(&type)) && !str_has(buf_str(&type), ';'))
        buf_put(meta, STR("; charset=utf-8"));
    if (media_is_gemtext(buf_str(&type)))
        buf_format(meta, "; lang=%.*s", (int)language.len, language.ptr);
    buf_free(&type);
}

/* The end of the post, as long as it must be to show a line end. */
static struct str
read_tail(int fd, char *bytes, size_t size)
{
    struct stat info;
    off_t start;
    ssize_t got;

    if (fstat(fd, &info) != 0)
        return STR("");
    start = info.st_size > (off_t)size ? info.st_size - (off_t)size : 0;
    do
        got = pread(fd, bytes, size, start);
    while (got < 0 && errno == EINTR);
    return (struct str){bytes, got > 0 ? (size_t)got : 0};
}

/* The footer with the line ends of the post, and one in front where the post's last line lacks it:
 * a page must not mix them. */
static void
put_footer(const struct site *site, struct str path, struct response *response)
{
    struct buf footer = {0};
    char bytes[TAIL_MAX];
    struct str rest, tail = read_tail(response->file_fd, bytes, sizeof bytes);
    const char *end = tail.len > 0 ? memrchr(tail.ptr, '\n', tail.len) : NULL;
    bool crlf = end && end > tail.ptr && end[-1] == '\r';

    if (tail.len > 0 && !str_ends(tail, STR("\n")))
        buf_byte(&footer, '\n');
    page_footer(site, path, &footer);
    for (rest = buf_str(&footer); rest.len > 0;) {
        buf_put(&response->page, str_line(&rest));
        buf_put(&response->page, crlf ? STR("\r\n") : STR("\n"));
    }
    buf_free(&footer);
}

/* A post, or a page that readers have commented on; what else is there is served as it is. */
static bool
has_footer(const struct site *site, struct str path, bool is_post)
{
    uint64_t bytes;

    return is_post || catalog_comments(site->catalog, path, &bytes) > 0;
}

/* Takes over the descriptor. */
static void
answer_file(const struct site *site, struct str path, int fd, struct response *response)
{
    struct buf language = {0}, meta = {0};
    bool is_post = catalog_language_of(site->catalog, path, &language);

    if (!is_post && !catalog_page_language(site->catalog, path, &language))
        buf_put(&language, str_of(site->config->blog.language));
    put_media_type(site, path, buf_str(&language), &meta);
    response_set(response, OUTCOME_OK, buf_str(&meta));
    response->file_fd = fd;
    if (has_footer(site, path, is_post))
        put_footer(site, path, response);
    buf_free(&language);
    buf_free(&meta);
}

/* Opens the file that a path stands for; *path becomes the file's own when it is the index of a
 * folder. -1 with errno. */
static int
open_file(const struct site *site, struct buf *path)
{
    static const struct str indexes[] = {{"index.gmi", 9}, {"index.gemini", 12}};
    size_t len = path->len;
    int fd = -1;

    if (!str_ends(buf_str(path), STR("/")))
        return file_open_beneath(site->root, buf_text(path) + 1);
    for (size_t i = 0; fd < 0 && i < sizeof indexes / sizeof indexes[0]; i++) {
        buf_truncate(path, len);
        buf_put(path, indexes[i]);
        fd = file_open_beneath(site->root, buf_text(path) + 1);
        if (fd < 0 && is_trouble(errno))
            break; /* to look for the other name would hide it */
    }
    return fd;
}

static bool
is_home(struct str path)
{
    return str_eq(path, STR("/")) || str_eq(path, STR("/index.gmi"));
}

/* Whether the path, which ends with '/', is a folder that has a page of its own. */
static bool
has_index(const struct site *site, struct str folder)
{
    struct buf path = {0};
    int fd;

    buf_put(&path, folder);
    fd = open_file(site, &path);
    if (fd >= 0)
        close(fd);
    buf_free(&path);
    return fd >= 0;
}

static void
answer_without_file(const struct site *site, const struct request *request, bool is_folder,
                    struct response *response)
{
    struct str path = str_of(request->path);
    struct buf folder = {0};

    if (light_answer(site, request, response) || books_answer(site, path, response) ||
        (!has_hidden_name(path) && page_answer(site, request, response)) ||
        address_answer(site, request, response))
        return;
    buf_format(&folder, "%s/", request->path);
    if (is_folder && has_index(site, buf_str(&folder)))
        response_move(response, OUTCOME_MOVED, buf_str(&folder));
    else
        response_set(response, OUTCOME_NOT_FOUND, word_text(site->tongue, WORD_NOT_FOUND));
    buf_free(&folder);
}

void
respond(const struct site *site, const struct request *request, struct response *response)
{
    struct str path = str_of(request->path);
    struct buf name = {0};
    int fd = -1, error = ENOENT;

    assert(str_starts(path, STR("/")));
    buf_put(&name, path);
    if (!is_home(path) && !has_hidden_name(path)) {
        fd = open_file(site, &name);
        error = errno;
    }
    if (fd >= 0)
        answer_file(site, buf_str(&name), fd, response);
    else if (is_trouble(error))
        response_set(response, OUTCOME_TROUBLE, word_text(site->tongue, WORD_TROUBLE));
    else
        answer_without_file(site, request, error == EISDIR, response);
    buf_free(&name);
}
