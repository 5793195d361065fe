#ifndef SERVE_PROTOCOL_H
#define SERVE_PROTOCOL_H

/*
 * A protocol is a small table of functions around respond(). A connection feeds it what has
 * arrived, asks the site, and sends what it rendered; it never asks which protocol it is.
 */

#include <stdbool.h>

#include "base/str.h"
#include "site/config.h"
#include "site/respond.h"
#include "site/words.h"
#include "text/gophermap.h"

enum {
    AUTHORITY_MAX = 262, /* bytes: a DNS name, ':' and a port */
    GEMINI_PORT = 1965,
};

/* What a listener answers for; the same for all of its connections. */
struct service {
    const struct config *config;
    enum tongue tongue;                     /* of what it says itself */
    unsigned gemini_ports[CONFIG_LIST_MAX]; /* really bound */
    size_t gemini_port_count;
    struct gopher_hole hole;
};

/* One request on its way to its answer. */
struct exchange {
    const struct service *service;
    struct str sni; /* the name the TLS client asked for; empty: none */
    struct request request;
    char authority[AUTHORITY_MAX + 1]; /* one of ours, host[:port], for redirects */
    bool as_text;                      /* Gopher: the text form of a page was asked for */
    unsigned rereads;                  /* how often another meaning was tried */
    bool silent; /* nothing was asked: close cleanly, send nothing, log nothing */
    struct response response;
};

struct protocol {
    const char *name; /* as in the ready line */
    size_t line_max;  /* bytes of a request that are ever looked at, its end included */
    bool encrypted;   /* always, so that readers can show a certificate; else if they want it */

    /* Looks at all that has arrived. False: no request yet, go on reading. True: either the request
     * is complete, or the outcome of the response says already what is wrong with it. When `ended`
     * the client sends no more; it may have sent nothing at all. */
    bool (*parse)(struct exchange *exchange, struct str received, bool ended);

    /* After OUTCOME_NOT_FOUND: rewrites the request to the next thing it may have meant, or answers
     * it; false when there is nothing more. NULL: requests mean one thing. */
    bool (*reread)(struct exchange *exchange);

    /* As request.put_address, of an exchange. */
    void (*put_address)(const void *exchange, struct str path, struct buf *out);

    /* Turns the response into bytes: they are sent as head, then the file, then the page. */
    void (*render)(struct exchange *exchange, struct buf *head);
};

#endif
