#ifndef SERVE_LIMIT_H
#define SERVE_LIMIT_H

/*
 * How much of the server one network (/24, /48) may have: connections at a time, requests and
 * connections a second. All workers count in one table of a fixed size in shared memory. A network
 * has the slot that a keyed hash gives it, so two may share one, and nobody can choose with whom. A
 * slot is only used up as long as somebody really takes all that one network may have; so networks
 * that flood us can harm as many of the LIMIT_SLOTS as they are, no more.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/fail.h"
#include "serve/network.h"
#include "site/config.h"

enum { SECOND_NS = 1000000000 };

enum {
    LIMIT_SLOTS = 1 << 14,
    LIMIT_WORKERS = 256,   /* that count at a time, those of former generations included */
    LIMIT_EXCESS = 2,      /* times connections_per_address: from there on nobody is let in */
    LIMIT_ARRIVALS = 4,    /* times requests_per_s and burst: so many may connect */
    LIMIT_NO_SLOT = 65535, /* the slot of who is exempt */
};

struct limit_table; /* shared */

/* For the supervisor, before it forks. NULL on failure. Lasts as long as the process. */
struct limit_table *limit_table_new(struct failure *why);

/* Frees what a process had counted that has ended, however it ended. */
void limit_table_forget(struct limit_table *table, pid_t pid);

/* A budget that refills steadily and holds `burst` at most. */
struct pace {
    uint64_t interval_ns;
    uint64_t burst;
};

/* One worker at the table. */
struct limiter {
    struct limit_table *table;
    size_t column; /* where this process counts its connections */
    unsigned connections;
    struct pace requests, arrivals;
    struct network exempt[CONFIG_LIST_MAX];
    size_t exempt_count;
};

bool limiter_begin(struct limiter *limiter, struct limit_table *table, const struct config *config,
                   struct failure *why);

/* Nanoseconds of a clock that all processes share and nobody sets. */
uint64_t limit_clock(void);

enum admission {
    ADMISSION_FREE,    /* to be served */
    ADMISSION_REFUSED, /* to be told that the network has too many connections */
    ADMISSION_SHUT,    /* to be closed at once: anything else could be had without end */
};

/* Counts a connection and sets its slot, unless it is ADMISSION_SHUT; end with limit_leave. Two
 * workers that let somebody in at the same moment may exceed the limit by as many. */
enum admission limit_enter(struct limiter *limiter, const struct sockaddr *from, uint64_t now_ns,
                           uint16_t *slot);
void limit_leave(struct limiter *limiter, uint16_t slot);

/* A request of the network that has the slot: false when it came too soon. */
bool limit_request(struct limiter *limiter, uint16_t slot, uint64_t now_ns);

#endif
