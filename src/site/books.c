#include "site/books.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "site/book.h"
#include "site/calendar.h"
#include "site/listing.h"
#include "site/media.h"
#include "site/respond.h"
#include "text/gemtext.h"

enum { NAME_LEN = 32, FOLDER_MODE = 0755, FILE_MODE = 0644, WALK_FDS = 8 };

static const char draft_name[] = "draft";

/* The books of one index on their way. */
struct making {
    const struct site *site;
    struct buf folder;        /* where they wait */
    size_t posts, text_bytes; /* in all books so far */
    struct failure *why;
    bool failed;
    size_t labels; /* that had their turn */
};

/* What stands for an index and for all settings that shape its books. */
static void
put_name(struct buf *name, const struct config *config, struct str fingerprint)
{
    struct buf shape = {0};

    buf_format(&shape, "%d %.*s %s\n%s\n%s\n%s\n%s %u\n%u %u\n", BOOKS_VERSION,
               (int)fingerprint.len, fingerprint.ptr, config->blog.title, config->blog.subtitle,
               config->blog.author, config->blog.language,
               config->gemini.hosts.count > 0 ? config->gemini.hosts.items[0] : "",
               config->gemini.port, config->book.posts, (unsigned)config->book.pictures);
    if (config->gemini.listen.count > 0)
        buf_format(&shape, "%u\n", config->gemini.listen.items[0].port);
    for (size_t i = 0; i < config->zone_count; i++)
        buf_format(&shape, "%s\n", config->zones[i].path);
    buf_put(name, str_head(str_of(digest_of(buf_str(&shape)).hex), NAME_LEN));
    buf_free(&shape);
}

static void
put_parent(struct buf *path, const struct config *config)
{
    buf_format(path, "%s.books", config->blog.index);
}

int
books_open(const struct config *config, struct str fingerprint)
{
    struct buf path = {0};
    int fd;

    put_parent(&path, config);
    buf_byte(&path, '/');
    put_name(&path, config, fingerprint);
    fd = config->book.enabled && fingerprint.len > 0
             ? open(buf_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
             : -1;
    buf_free(&path);
    return fd;
}

/* --- making --- */

static int
on_removed(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    remove(path);
    return 0;
}

static void
remove_folder(const char *path)
{
    nftw(path, on_removed, WALK_FDS, FTW_DEPTH | FTW_PHYS);
}

/* The folder and those that stand in it. */
static bool
make_folder(const char *path, struct failure *why)
{
    static const char *const inner[] = {"", "/book", "/label"};

    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        struct buf folder = {0};
        bool done;

        buf_format(&folder, "%s%s", path, inner[i]);
        done = mkdir(buf_text(&folder), FOLDER_MODE) == 0 ||
               fail_errno(why, "cannot make %s", buf_text(&folder));
        buf_free(&folder);
        if (!done)
            return false;
    }
    return true;
}

static bool
write_page(struct book *book, const char *path, struct failure *why)
{
    struct buf page = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    bool done;

    if (fd < 0)
        return fail_errno(why, "cannot write %s", path);
    done = book_put_page(book, &page, why) &&
           (file_put_unsafe(fd, buf_str(&page)) || fail_errno(why, "cannot write %s", path));
    close(fd);
    buf_free(&page);
    return done;
}

/* Makes the book at a reader's path without its ending, and as one page where that is wanted.
 * False: it is of no use to go on. */
static bool
make_book(struct making *making, const struct selection *which, struct str title, const char *path,
          bool as_page)
{
    struct book book = {0};
    struct buf name = {0};
    bool done = true;

    if (book_open(&book, making->site, which, title) &&
        making->posts + book.count <= BOOKS_POSTS_MAX &&
        making->text_bytes + book.text_bytes <= BOOKS_TEXT_MAX) {
        making->posts += book.count;
        making->text_bytes += book.text_bytes;
        buf_format(&name, "%s%s.gpub", buf_text(&making->folder), path);
        done = book_write(&book, buf_text(&name), making->why);
        buf_truncate(&name, name.len - (sizeof "gpub" - 1));
        buf_put(&name, STR("gmi"));
        done = done && (!as_page || write_page(&book, buf_text(&name), making->why));
    }
    making->failed = !done;
    buf_free(&name);
    book_free(&book);
    return done;
}

static bool
make_years(struct making *making)
{
    const char *blog = making->site->config->blog.title;
    struct calendar calendar;
    bool done = true;

    calendar_load(&calendar, making->site->catalog);
    for (size_t i = 0; done && i < calendar.count; i = calendar_next_year(&calendar, i)) {
        int year = calendar.months[i].year;
        struct buf title = {0}, path = {0};

        buf_format(&title, "%s, %d", blog, year);
        buf_format(&path, "/book/%d", year);
        done = make_book(making, &(struct selection){.year = year}, buf_str(&title),
                         buf_text(&path), true);
        buf_free(&title);
        buf_free(&path);
    }
    calendar_free(&calendar);
    return done;
}

/* Those with the most posts come first. The catalog allows no other question about labels
 * meanwhile; this is one about posts. */
static bool
on_label(void *ctx, const struct tally *tally)
{
    struct making *making = ctx;
    struct buf title = {0}, path = {0};
    bool done;

    if (making->labels++ == BOOKS_LABELS_MAX)
        return false;
    buf_format(&title, "%s: ", making->site->config->blog.title);
    buf_put(&title, tally->name);
    buf_format(&path, "/label/%.*s", (int)tally->slug.len, tally->slug.ptr);
    done = make_book(making, &(struct selection){.label = tally->slug}, buf_str(&title),
                     buf_text(&path), false);
    buf_free(&title);
    buf_free(&path);
    return done;
}

static bool
make_all(struct making *making)
{
    struct str title = str_of(making->site->config->blog.title);

    if (make_years(making) && make_book(making, &(struct selection){0}, title, "/blog", false))
        catalog_labels(making->site->catalog, on_label, making);
    return !making->failed;
}

/* Removes all but the folder of this name. */
static void
remove_others(int parent, const char *parent_path, struct str keep)
{
    struct buf names = {0}, path = {0};
    struct failure ignored;
    struct str rest;

    if (file_list(parent, &names, &ignored))
        for (rest = buf_str(&names); rest.len > 0;) {
            struct str name = str_line(&rest);

            if (str_eq(name, keep) || str_starts(name, STR(".")))
                continue;
            buf_truncate(&path, 0);
            buf_format(&path, "%s/%.*s", parent_path, (int)name.len, name.ptr);
            remove_folder(buf_text(&path));
        }
    buf_free(&names);
    buf_free(&path);
}

/* In a folder with another name, so that one with the right name is whole. */
static bool
make_folder_of(const struct site *site, const char *parent, const char *final, struct failure *why)
{
    struct making making = {.site = site, .why = why};
    int fd = -1;
    bool done;

    buf_format(&making.folder, "%s/%s", parent, draft_name);
    remove_folder(buf_text(&making.folder));
    done = make_folder(buf_text(&making.folder), why) && make_all(&making);
    if (done)
        fd = file_open_folder(buf_text(&making.folder), why);
    if (done && (fd < 0 || syncfs(fd) != 0 || rename(buf_text(&making.folder), final) != 0))
        done = fail_errno(why, "cannot make %s", final);
    if (fd >= 0)
        close(fd);
    buf_free(&making.folder);
    return done;
}

/* Who else is at it is waited for, and has then made them. */
static bool
make_current(const struct site *site, struct str name, struct failure *why)
{
    struct buf parent = {0}, final = {0};
    int fd = -1;
    bool done;

    put_parent(&parent, site->config);
    buf_format(&final, "%s/%.*s", buf_text(&parent), (int)name.len, name.ptr);
    if (mkdir(buf_text(&parent), FOLDER_MODE) == 0 || errno == EEXIST)
        fd = file_open_folder(buf_text(&parent), why);
    else
        fail_errno(why, "cannot make %s", buf_text(&parent));
    done = fd >= 0;
    if (done) {
        flock(fd, LOCK_EX);
        done = access(buf_text(&final), F_OK) == 0 ||
               make_folder_of(site, buf_text(&parent), buf_text(&final), why);
        if (done)
            remove_others(fd, buf_text(&parent), name);
        close(fd);
    }
    buf_free(&parent);
    buf_free(&final);
    return done;
}

bool
books_make(const struct config *config, struct failure *why)
{
    struct buf name = {0};
    struct site *site;
    struct str fingerprint;
    bool done = true;

    if (!config->book.enabled)
        return true;
    site = site_open(config, why);
    if (!site)
        return false;
    fingerprint = catalog_fingerprint(site->catalog);
    put_name(&name, config, fingerprint);
    if (fingerprint.len > 0) /* else the index is to be made again, too */
        done = make_current(site, buf_str(&name), why);
    site_close(site);
    buf_free(&name);
    return done;
}

/* --- reading --- */

static int
open_book(const struct site *site, struct str path)
{
    struct buf name = {0};
    int fd;

    buf_put(&name, str_after(path, 1));
    fd = site->books < 0 ? -1 : file_open_beneath(site->books, buf_text(&name));
    buf_free(&name);
    return fd;
}

bool
books_answer(const struct site *site, struct str path, struct response *response)
{
    const char *type = media_of_name(path);
    struct buf meta = {0};
    int fd = type ? open_book(site, path) : -1;

    if (fd < 0)
        return false;
    buf_put(&meta, str_of(type));
    if (media_is_gemtext(str_of(type)))
        buf_format(&meta, "; charset=utf-8; lang=%s", site->config->blog.language);
    response_set(response, OUTCOME_OK, buf_str(&meta));
    response->file_fd = fd;
    buf_free(&meta);
    return true;
}

bool
books_put_list(struct buf *out, struct str path)
{
    struct str name = path;
    bool is_page = str_chop(&name, STR(".gmi")), is_book = is_page || str_chop(&name, STR(".gpub"));

    if (is_book && str_skip(&name, STR("/book/")))
        buf_format(out, "/%.*s/", (int)name.len, name.ptr);
    else if (is_book && !is_page && str_starts(name, STR("/label/")))
        buf_format(out, "%.*s/", (int)name.len, name.ptr);
    else if (is_book && !is_page && str_eq(name, STR("/blog")))
        buf_byte(out, '/');
    else
        is_book = false;
    return is_book;
}

void
books_link(struct buf *out, const struct site *site, struct str path, enum word word,
           struct str text)
{
    struct buf label = {0};
    struct stat info;
    int fd = open_book(site, path);

    if (fd >= 0 && fstat(fd, &info) == 0) {
        word_put(&label, site->tongue, word, (struct blanks){.text = text});
        buf_put(&label, STR(" ("));
        gemtext_size(&label, (unsigned long long)info.st_size);
        buf_byte(&label, ')');
        listing_link(out, path, "%s", buf_text(&label));
    }
    if (fd >= 0)
        close(fd);
    buf_free(&label);
}
