#include "site/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/books.h"
#include "site/indexer.h"
#include "site/media.h"
#include "site/post.h"
#include "site/reference.h"
#include "site/respond.h"
#include "site/site.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum { MOVES_MAX = 2 };

static const char index_name[] = "/index.db";

struct checker {
    const struct site *site;
    struct check_report *report;
    const char *path; /* of the file that is read, relative to the capsule */
    size_t line;
};

static void
warn(const struct checker *checker, struct str target, const char *what)
{
    struct failure finding = {0}; /* for its escaping of what a terminal would obey */

    fail(&finding, "%s:%zu: the link to %.*s %s", checker->path, checker->line,
         (int)str_head(target, FAILURE_MAX / 2).len, target.ptr, what);
    checker->report->warn(checker->report->ctx, finding.text);
}

/* False when no request can ask for it. */
static bool
make_request(const struct uri *uri, struct request *request)
{
    struct buf path = {0};
    bool done = uri_path_decode(uri->path, &path) == URI_PATH_OK && path.len <= REQUEST_TEXT_MAX &&
                uri->query.len <= REQUEST_TEXT_MAX;

    if (done) {
        memcpy(request->path, buf_text(&path), path.len + 1);
        snprintf(request->query, sizeof request->query, "%.*s", (int)uri->query.len,
                 uri->query.ptr);
        request->has_query = uri->has_query;
    }
    buf_free(&path);
    return done;
}

/* The answer that a reader would get; where it has moved to becomes *moved. */
static enum outcome
ask(const struct site *site, struct str reference, struct buf *moved)
{
    struct uri uri = uri_split(reference);
    struct request request = {0};
    struct response response;
    enum outcome outcome = OUTCOME_BAD_REQUEST;

    response_init(&response);
    if (make_request(&uri, &request)) {
        respond(site, &request, &response);
        outcome = response.outcome;
    }
    buf_truncate(moved, 0);
    if (outcome == OUTCOME_MOVED)
        buf_put(moved, buf_str(&response.meta));
    response_free(&response);
    return outcome;
}

static bool
leads_somewhere(const struct site *site, struct str reference)
{
    struct buf moved = {0};
    enum outcome outcome = ask(site, reference, &moved);

    for (int moves = 0; outcome == OUTCOME_MOVED && moves < MOVES_MAX; moves++)
        outcome = ask(site, buf_str(&moved), &moved);
    buf_free(&moved);
    return outcome == OUTCOME_OK || outcome == OUTCOME_INPUT || outcome == OUTCOME_ELSEWHERE;
}

/* A book is made when its posts are served first, or anew: then it is there if its list is. */
static bool
leads_to_book(const struct site *site, struct str reference)
{
    struct buf path = {0}, list = {0};
    bool is_book = site->config->book.enabled &&
                   uri_path_decode(uri_split(reference).path, &path) == URI_PATH_OK &&
                   books_put_list(&list, buf_str(&path)) && leads_somewhere(site, buf_str(&list));

    buf_free(&path);
    buf_free(&list);
    return is_book;
}

static void
check_link(struct checker *checker, struct str target)
{
    struct buf path = {0}, absolute = {0};
    struct uri uri;

    buf_format(&path, "/%s", checker->path);
    reference_resolve(&absolute, checker->site->config, buf_str(&path), target);
    uri = uri_split(buf_str(&absolute));
    if (reference_is_own(checker->site->config, &uri)) {
        checker->report->links++;
        if (absolute.len > URI_MAX)
            warn(checker, target, "is longer than any request may be");
        else if (!leads_somewhere(checker->site, buf_str(&absolute)) &&
                 !leads_to_book(checker->site, buf_str(&absolute)))
            warn(checker, target, "leads to nothing");
    }
    buf_free(&path);
    buf_free(&absolute);
}

static bool
on_file(void *ctx, const struct file_info *file)
{
    struct checker *checker = ctx;
    struct gemtext_scanner scanner;
    struct gemtext_line line;
    struct buf text = {0};
    struct failure why;
    const char *type = media_of_name(str_of(file->path));

    if (!type || !media_is_gemtext(str_of(type)))
        return true;
    if (!file_read_beneath(checker->site->root, file->path, POST_MAX, &text, &why))
        checker->report->warn(checker->report->ctx, why.text);
    checker->path = file->path;
    checker->line = 1;
    for (scanner = (struct gemtext_scanner){.rest = buf_str(&text)}; gemtext_next(&scanner, &line);
         checker->line++)
        if (line.kind == GEMTEXT_LINK)
            check_link(checker, line.target);
    buf_free(&text);
    return true;
}

/* With an index that is as new as the capsule. */
static bool
check_with(const struct config *config, struct check_report *report, struct failure *why)
{
    struct index_report found = {.warn = report->warn, .ctx = report->ctx};
    struct checker checker = {.report = report};
    struct site *site = NULL;
    bool done = index_build(config, &found, why);

    report->posts = found.posts;
    report->pages = found.pages;
    if (done)
        site = site_open(config, why);
    checker.site = site;
    done = site &&
           (file_walk(site->root, on_file, &checker, why) || fail_in(why, "%s", config->blog.root));
    site_close(site);
    return done;
}

/* That a file can be written, or made where there is none; else errno says why not. */
static bool
can_write(const char *path)
{
    const char *name = strrchr(path, '/');
    struct buf folder = {0};
    struct stat info;
    bool result = access(path, W_OK) == 0;

    if (result && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        result = false;
    }
    if (!result && errno == ENOENT) {
        buf_put(&folder, name ? (struct str){path, (size_t)(name - path)} : STR("."));
        buf_byte(&folder, '/');
        result = access(buf_text(&folder), W_OK | X_OK) == 0;
        buf_free(&folder);
    }
    return result;
}

bool
check_places(const struct config *config, struct check_report *report, struct failure *why)
{
    const char *log = config->server.log;
    struct failure finding;

    if (!config_finds_root(config, why))
        return false;
    if (strcmp(log, "stderr") != 0 && strcmp(log, "syslog") != 0 && !can_write(log))
        return fail_errno(why, "cannot write %s", log) ||
               config_blame(config, "server", "log", why);
    if (can_write(config->blog.index))
        return true;
    fail_errno(&finding, "cannot write %s, so changes of the capsule stay unseen",
               config->blog.index);
    config_blame(config, "blog", "index", &finding);
    report->warn(report->ctx, finding.text);
    return true;
}

bool
check_capsule(const struct config *config, struct check_report *report, struct failure *why)
{
    struct config copy = *config;
    const char *parent = getenv("TMPDIR");
    struct buf path = {0};
    size_t folder_len;
    bool done;

    report->posts = report->pages = report->links = 0;
    buf_format(&path, "%s/inspir-check-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(path.ptr)) {
        fail_errno(why, "cannot make %s", buf_text(&path));
        buf_free(&path);
        return false;
    }
    folder_len = path.len;
    buf_put(&path, str_of(index_name));
    copy.blog.index = path.ptr;
    done = check_with(&copy, report, why);
    unlink(path.ptr);
    buf_truncate(&path, folder_len);
    rmdir(path.ptr);
    buf_free(&path);
    return done;
}
