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
#include "site/config.h"

enum {
    FETCH_REDIRECTS_MAX = 5,
    FETCH_TRIES_MAX = 4,    /* after 429 and 5xx, and when a connection fails */
    FETCH_BACKOFF_MS = 500, /* before the second try; doubled each time */
    FETCH_WAIT_MAX_S = 60,  /* of what Retry-After asks for */
    FETCH_CONNECT_S = 20,
};

struct fetcher;

struct fetch_request {
    const char *address;
    const char *etag, *modified; /* of the copy that is there; NULL: none */
    size_t bytes_max;
    unsigned seconds_max;
};

/* Owned by the caller: fetch_answer_free. */
struct fetch_answer {
    long status;     /* of HTTP; 304: nothing is new */
    struct buf body; /* of a 200 */
    struct buf type; /* media type without parameters, lower case */
    struct buf etag, modified;
    struct buf address; /* after redirects */
};

/* NULL on failure. The hosts are borrowed. */
struct fetcher *fetcher_open(const struct name_list *private_hosts, struct failure *why);
void fetcher_close(struct fetcher *fetcher);

/* True when an answer came, also a 404; the failure says why none did. */
bool fetch(struct fetcher *fetcher, const struct fetch_request *request,
           struct fetch_answer *answer, struct failure *why);

void fetch_answer_free(struct fetch_answer *answer);

#endif
