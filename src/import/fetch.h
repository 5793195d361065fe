#ifndef IMPORT_FETCH_H
#define IMPORT_FETCH_H

/*
 * Bringing things from the web: a feed's parts and pictures. Only http and https; no address of a
 * private network, at any redirect, unless the configuration names its host; a named limit for
 * bytes, seconds and redirects. The only place that meets libcurl.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"
#include "import/stash.h"
#include "site/names.h"

enum {
    FETCH_REDIRECTS_MAX = 5,
    FETCH_TRIES_MAX = 4,    /* after 429 and 5xx, and when a connection fails */
    FETCH_BACKOFF_MS = 500, /* before the second try; doubled each time */
    FETCH_WAIT_MAX_S = 60,  /* a server that wants us to wait longer is not asked again */
    FETCH_CONNECT_S = 20,
    FETCH_TAG_MAX = 1024, /* bytes of an ETag or Last-Modified; a longer one is not kept */
};

enum fetch_status { FETCH_OK = 200, FETCH_UNCHANGED = 304 };

struct fetcher;

struct fetch_request {
    const char *address;
    const char *etag, *modified; /* of the copy that is there; NULL or empty: none */
    size_t bytes_max;            /* after decompression */
    unsigned seconds_max;        /* for each exchange: tries and redirects begin anew */
};

/* Owned by the caller: fetch_answer_free. */
struct fetch_answer {
    long status;     /* of HTTP; 0: no answer came */
    struct buf body; /* of a 200 */
    struct buf type; /* media type without parameters, lower case */
    struct buf etag, modified;
    struct buf address; /* after redirects */
};

/* NULL on failure. The hosts are borrowed. */
struct fetcher *fetcher_open(const struct name_list *private_hosts, struct failure *why);
void fetcher_close(struct fetcher *fetcher);

/* Called instead of sleeping before another try; NULL sleeps. */
void fetcher_on_wait(struct fetcher *fetcher, void (*on_wait)(void *ctx, long wait_ms), void *ctx);

/* True when an answer came, also a 304 or a 404; the failure says why none did. */
bool fetch(struct fetcher *fetcher, const struct fetch_request *request,
           struct fetch_answer *answer, struct failure *why);

/* The same with the body in stash->page. */
bool fetch_to(struct fetcher *fetcher, const struct fetch_request *request, struct stash *stash,
              struct fetch_answer *answer, struct failure *why);

void fetch_answer_free(struct fetch_answer *answer);

#endif
