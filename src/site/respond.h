#ifndef SITE_RESPOND_H
#define SITE_RESPOND_H

/*
 * One request, one response. respond() knows no sockets, no events and no protocol; it reads the
 * capsule and its index and changes nothing.
 */

#include <stdbool.h>

#include "base/str.h"
#include "site/site.h"
#include "text/uri.h"

enum outcome {
    OUTCOME_OK,        /* meta: media type with parameters; then the file, then the page */
    OUTCOME_INPUT,     /* meta: the question */
    OUTCOME_MOVED,     /* meta: path (and query) on this site, encoded */
    OUTCOME_ELSEWHERE, /* likewise, but only this time */
    OUTCOME_TROUBLE,   /* meta: what a reader may know, like the ones below */
    OUTCOME_OVERLOADED,
    OUTCOME_TOO_FAST,
    OUTCOME_NOT_FOUND,
    OUTCOME_GONE,
    OUTCOME_NOT_HERE, /* another host, port or scheme */
    OUTCOME_BAD_REQUEST,
    OUTCOME_CERTIFICATE_NEEDED,
    OUTCOME_CERTIFICATE_REFUSED,
    OUTCOME_CERTIFICATE_INVALID,
};

enum {
    REQUEST_TEXT_MAX = URI_MAX,
    TARGET_MAX = URI_MAX - 288, /* bytes: room for "gemini://", a name and a port in front */
};

struct request {
    char path[REQUEST_TEXT_MAX + 1];  /* decoded, begins with '/', no dot segments, valid UTF-8 */
    char query[REQUEST_TEXT_MAX + 1]; /* as sent, still encoded */
    bool has_query;                   /* "?" with nothing behind it is an answer, too */

    /* Appends the absolute address of a path of this site, encoded, in the protocol of who asks.
     * NULL: an address on Gemini at the first of our hosts will do. */
    void (*put_address)(const void *asker, struct str path, struct buf *out);
    const void *asker;
};

/* Zeroed is not valid: begin with response_init. */
struct response {
    enum outcome outcome;
    struct buf meta;
    int file_fd;     /* sent first, byte for byte; -1: none */
    struct buf page; /* sent after the file */
};

void response_init(struct response *response);
void response_free(struct response *response);

/* Sets the outcome and what to tell the reader, and drops what was there. */
void response_set(struct response *response, enum outcome outcome, struct str meta);

/* Answers with another path of this site, for good (OUTCOME_MOVED) or for once (OUTCOME_ELSEWHERE);
 * not found when it would be longer than TARGET_MAX. */
void response_move(struct response *response, enum outcome outcome, struct str path);

void respond(const struct site *site, const struct request *request, struct response *response);

#endif
