#ifndef SERVE_CONN_H
#define SERVE_CONN_H

/*
 * The life of one connection: reading its request, replying, lingering until the reply has surely
 * arrived. Each of the three ends at a deadline whatever the client does.
 */

#include <sys/queue.h>
#include <sys/socket.h>

#include "serve/protocol.h"

enum {
    WINDOW = 16 << 10,    /* bytes of a reply in memory at a time: one TLS record */
    TURN_MAX = 256 << 10, /* bytes sent before the other connections have their turn */
    RATE_MIN = 256,       /* bytes per second that a client must read on average */
    LINGER_S = 2,         /* seconds and … */
    LINGER_MAX = 1 << 20, /* … bytes of request that are thrown away after the reply */
};

struct worker;
struct conn;
LIST_HEAD(conn_list, conn);

/* Takes over the socket. The connection ends by itself and then tells worker_forget. */
void conn_accept(struct worker *worker, const struct protocol *protocol, int fd,
                 const struct sockaddr_storage *from);

/* When a worker stops: who has not asked yet has LINGER_S left to do so. A client whose handshake
 * has just ended is about to ask, and would not understand why nobody answers. */
void conn_hurry(struct conn_list *conns);

/* Ends them all at once. */
void conn_end_all(struct conn_list *conns);

#endif
