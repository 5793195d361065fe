#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

/* A capsule in a folder of its own, indexed and opened, for tests that ask respond(). */

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "site/indexer.h"
#include "site/respond.h"

struct fixture {
    char folder[sizeof "/tmp/inspir-test-XXXXXX"];
    int root;
    struct config config;
    struct site *site;
};

/* For what can only fail when the machine does. */
static inline void
fixture_need(bool done, const struct failure *why)
{
    if (!done)
        fprintf(stderr, "fixture: %s\n", why->text);
    assert(done);
}

static inline void
fixture_write(const struct fixture *fixture, const char *path, struct str text)
{
    struct failure why;

    fixture_need(file_write_beneath(fixture->root, path, text, &why), &why);
}

/* An empty folder; files go to capsule/… */
static inline void
fixture_make(struct fixture *fixture)
{
    struct failure why;

    *fixture = (struct fixture){.folder = "/tmp/inspir-test-XXXXXX"};
    assert(mkdtemp(fixture->folder));
    fixture->root = file_open_folder(fixture->folder, &why);
    fixture_need(fixture->root >= 0, &why);
}

static inline void
fixture_open(struct fixture *fixture, const char *ini)
{
    struct index_report report = {0};
    struct failure why;
    char path[sizeof fixture->folder + sizeof "/inspir.ini"];

    fixture_write(fixture, "inspir.ini", str_of(ini));
    fixture_write(fixture, "capsule/.there", STR(""));
    snprintf(path, sizeof path, "%s/inspir.ini", fixture->folder);
    fixture_need(config_load(&fixture->config, path, &why), &why);
    fixture_need(index_build(&fixture->config, &report, &why), &why);
    fixture->site = site_open(&fixture->config, &why);
    fixture_need(fixture->site != NULL, &why);
}

static inline int
fixture_remove(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void
fixture_free(struct fixture *fixture)
{
    site_close(fixture->site);
    config_free(&fixture->config);
    close(fixture->root);
    nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Asks for a decoded path, with a query that is still encoded or (NULL) without; the response is
 * the caller's to free. */
static inline void
fixture_ask_with(const struct fixture *fixture, const char *path, const char *query,
                 struct response *response)
{
    struct request request = {.has_query = query != NULL};

    assert(strlen(path) < sizeof request.path);
    memcpy(request.path, path, strlen(path) + 1);
    assert(!query || strlen(query) < sizeof request.query);
    if (query)
        memcpy(request.query, query, strlen(query) + 1);
    response_init(response);
    respond(fixture->site, &request, response);
}

static inline void
fixture_ask(const struct fixture *fixture, const char *path, struct response *response)
{
    fixture_ask_with(fixture, path, NULL, response);
}

/* All that a reader gets: the file, then the page. */
static inline void
fixture_body(const struct response *response, struct buf *body)
{
    char bytes[4096];
    ssize_t got;
    off_t at = 0;

    while (response->file_fd >= 0 &&
           (got = pread(response->file_fd, bytes, sizeof bytes, at)) > 0) {
        buf_put(body, (struct str){bytes, (size_t)got});
        at += got;
    }
    buf_put(body, buf_str(&response->page));
}

#endif
