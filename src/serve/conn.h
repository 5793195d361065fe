#ifndef SERVE_CONN_H
#define SERVE_CONN_H

/*
 * The life of one connection: reading its request, replying, lingering until the reply has surely
 * arrived. Each of the three ends at a deadline whatever the client does: the first after
 * handshake_s and request_s, the others when stall_s have gone by in which the client took less
 * than RATE_MIN a second, or LINGER_S after it had everything. So a reply of n bytes lasts at most
 * n / RATE_MIN seconds and twice stall_s.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "serve/protocol.h"

enum {
    WINDOW = 16 << 10,       /* bytes of a reply in memory at a time: one TLS record */
    TURN_MAX = 256 << 10,    /* bytes sent before the other connections have their turn */
    RATE_MIN = 256,          /* bytes per second that a client must read on average */
    LINGER_S = 2,            /* seconds and … */
    LINGER_MAX = 1 << 20,    /* … bytes of request that are thrown away after the reply */
    REPLIES_MAX = 128 << 20, /* bytes of replies in the memory of a worker, or nearly so */
    CONN_DESCRIPTORS = 2,    /* that a connection has at most: the socket and a file */
};

struct worker;
struct conn;
LIST_HEAD(conn_list, conn);

/* Why a request is not met, whatever it is. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_FULL,  /* the worker has too many connections, or too much to send */
    REFUSAL_CROWD, /* the network has */
    REFUSAL_PACE,  /* the network asks too often */
};

/* A connection that the worker has accepted. */
struct arrival {
    const struct protocol *protocol;
    const struct service *service;
    union { /* smaller than a sockaddr_storage */
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } from;
    int fd;
    uint16_t slot; /* that the limiter counts it in */
    enum refusal refusal;
};

/* Takes over the socket. The connection ends by itself and then tells worker_forget. */
void conn_accept(struct worker *worker, const struct arrival *arrival);

/* When a worker stops: who has not asked yet has LINGER_S left to do so. A client whose handshake
 * has just ended is about to ask, and would not understand why nobody answers. */
void conn_hurry(struct conn_list *conns);

/* Ends them all at once. */
void conn_end_all(struct conn_list *conns);

#endif
