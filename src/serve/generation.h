#ifndef SERVE_GENERATION_H
#define SERVE_GENERATION_H

/*
 * One configuration and the processes that serve it: workers, and the keyring that signs for them.
 * What all generations share is the heritage. When a generation is told to stop and freed, its
 * processes finish by themselves what they have: the keyring ends with the last of its workers.
 */

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/log.h"
#include "serve/child.h"
#include "serve/limit.h"
#include "serve/listener.h"
#include "serve/ticket.h"
#include "serve/visitor.h"
#include "site/config.h"

enum { RESTART_MAX_S = 30 /* seconds between two starts of a process that keeps dying */ };

struct heritage {
    const char *config_path;
    struct ticket_ring tickets;  /* stepped by the supervisor, as the visitors' secret is */
    struct visitor_log visitors; /* readers keep their names in the log until the day ends */
    struct limit_table *limits;
    int leash[PIPE_ENDS]; /* workers hold the read end, only the supervisor the other */
};

struct slot {         /* for one process */
    pid_t pid;        /* 0: none at work */
    int ready;        /* where its first byte says that it serves, -1: nobody waits for it */
    int line;         /* of a worker to the keyring: the keyring's end, -1: none */
    bool is_unheard;  /* the keyring has not got it yet */
    time_t started;   /* monotonic seconds */
    time_t due;       /* when the next one may start */
    unsigned delay_s; /* grows while they keep dying */
};

struct generation {
    struct heritage *heritage;
    struct generation *former; /* NULL, or the one that still serves while this one starts */
    struct generation *latter; /* NULL, or the one that starts while this one still serves */
    struct config config;
    struct buf chains; /* as certificate_read() gave them */
    struct listener_set listeners;
    struct log log;
    int control;         /* to the keyring; -1: there is none */
    struct slot keyring; /* unused where the workers read the keys */
    struct slot slots[WORKERS_MAX];
    size_t slot_count;
    struct stat index; /* the one that the workers have open */
};

/* Reads the configuration and brings up all that it asks for. On failure NULL with the exit status
 * of a first start, and nothing of it is left. */
struct generation *generation_start(struct heritage *heritage, struct generation *former,
                                    int *status, struct failure *why);

void generation_hang_up(struct generation *generation); /* the keyring ends after the workers */

/* The processes are told nothing more. Listeners that `kept` (NULL: none) has as well stay open. */
void generation_free(struct generation *generation, const struct listener_set *kept);

void generation_signal(const struct generation *generation, int signal_number); /* to workers */

/* NULL: the process is of a former generation, or none. */
struct slot *generation_slot(struct generation *generation, pid_t pid);

/* A child has ended: one of ours is replaced at once, one that keeps ending ever more slowly. */
void generation_bury(struct generation *generation, pid_t pid, int status);
void generation_replace(struct generation *generation);
bool generation_index_was_replaced(const struct generation *generation);

time_t generation_clock(void); /* monotonic seconds */

#endif
