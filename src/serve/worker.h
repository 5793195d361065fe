#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

/*
 * One process that serves: an event loop over inherited listeners. It keeps no state that another
 * worker would need, and ends when the supervisor tells it to or is gone.
 */

#include <stdbool.h>

#include "base/log.h"
#include "serve/conn.h"
#include "serve/limit.h"
#include "serve/listener.h"
#include "serve/ticket.h"
#include "serve/tls.h"
#include "serve/visitor.h"
#include "site/site.h"

enum {
    DRAIN_S = 30,     /* seconds that replies under way may take when the worker ends */
    TURN_S = 2,       /* seconds between two signs that the loop still turns */
    PAUSE_S = 1,      /* seconds until it looks again whether the system has room for a reader */
    ACCEPTS_MAX = 64, /* connections taken in one turn of the loop: the others want theirs, too */
    /* One connection more for each so many is taken, to be told that there are too many. */
    PLACES_FOR_REFUSAL = 8,
    CROWD = 64,           /* connections that leave memory behind worth giving back */
    OWN_DESCRIPTORS = 64, /* what a worker has open besides connections */
};

/* What tells a person, and tests, which process it is. */
#define WORKER_NAME "inspir-worker"

/* What all connections of a process share. */
struct worker {
    struct event_base *base;
    struct keyline keyring;
    struct tls_context *tls;
    struct site *site;
    const struct config *config;
    struct visitor_log visitors;
    const struct log *log;
    struct limiter limiter;
    struct conn_list conns;
    size_t conn_count;
    size_t crowd;  /* the most there were since memory was given back */
    size_t places; /* connections that are served at a time: our part of [limits] connections */
    size_t reply_bytes; /* memory in which the connections hold their replies */
    struct door *doors; /* the listeners in the loop */
    size_t door_count;
    struct event *pause; /* pending: the system had no room for a connection */
    int spare_fd;        /* given up to tell somebody so; -1: there is none */
    bool is_open;        /* the doors are watched */
    bool is_draining;    /* and will not be again */
};

/* What the supervisor hands over. */
struct worker_setup {
    const struct config *config;
    const struct listener_set *listeners;
    struct ticket_ring *tickets;
    struct str chains; /* as certificate_read() gave them */
    int keyring_fd;    /* the worker's end of its line; -1: it reads the keys itself */
    const struct visitor_log *visitors; /* copied: each worker names a reader alike */
    const struct log *log;
    struct limit_table *limits;
    size_t workers; /* that share [limits] connections */
    int ready_fd;   /* a byte is written here once connections are taken */
    int leash_fd;   /* end of file here: the supervisor is gone */
};

/* Serves until SIGTERM, then until the last reply has ended. The exit status. */
int worker_run(const struct worker_setup *setup);

/* A connection has ended: there may be room for another. */
void worker_forget(struct worker *worker);

#endif
