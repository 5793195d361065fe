#ifndef SERVE_CHILD_H
#define SERVE_CHILD_H

/*
 * Processes that the supervisor starts, and how it hears from them: by a byte when they are ready,
 * or by what they found out.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/fail.h"
#include "base/str.h"

enum {
    CHILD_READY_S = 60,           /* seconds that one may take until it is ready */
    CHILD_TURN_MAX_S = 20,        /* seconds of the processor between two turns of its loop */
    CHILD_FINDINGS_MAX = 8 << 20, /* bytes */
};

/* The ends of a pipe. */
enum { READ_END, WRITE_END, PIPE_ENDS };

/* A fork that leaves no blocked signals in the child and no half-written text in both. */
pid_t child_fork(void);

/* SIGTERM or SIGINT waits to be taken. */
bool child_must_stop(void);

/* The child takes connections, or whatever it is there for; false when it ended before it said so
 * or took too long. Meanwhile (NULL: nothing) is done each second at least. */
bool child_await_ready(int ready_fd, void (*meanwhile)(void *ctx), void *ctx);

struct errand {
    bool (*work)(void *ctx, struct buf *findings, struct failure *why); /* of the child */
    void (*meanwhile)(void *ctx); /* of who waits for it, each second at least; NULL: nothing */
    void *ctx;
};

/* In a child that goes on for ever: it begins, or a turn of its loop does. One that runs in circles
 * ends by SIGPROF, and is replaced like any that dies; waiting takes nothing of its time. */
void child_begin_turn(void);

/* Has the work done in a process of its own, of which nothing is left but what it appended to the
 * findings, or its failure. *died: it ended before it could tell, and has said why itself. */
bool child_run(const struct errand *errand, struct buf *findings, bool *died, struct failure *why);

#endif
