#ifndef BASE_CREW_H
#define BASE_CREW_H

/*
 * Work that can be done at the same time by several threads, and whose results are wanted in the
 * order in which it was given. Who gives it is one of them as long as it waits for a result. On a
 * machine with one processor there is no other thread: each job is done when it is given.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

enum {
    CREW_THREADS_MAX = 8, /* beside that which gives */
    /* that wait or are done and not taken yet: enough to go on with while one takes long */
    CREW_JOBS_MAX = 128,
    CREW_WEIGHT_MAX = 4 << 20, /* of these together; a heavier one waits alone */
};

struct crew;

struct crew_trade {
    /* Does a job, in any thread; touches nothing else that changes. */
    void (*work)(void *job);
    /* Takes a job that is done, in the thread that gave it, in the order of giving; and ends it,
     * unless there is clear. */
    bool (*take)(void *ctx, void *job, struct failure *why);
    /* Empties a job that was taken, so that it can be used again. NULL: none is. */
    void (*clear)(void *job);
    /* Ends a job that nobody takes, or that is not used again. */
    void (*drop)(void *job);
    void *ctx;
};

/* Alone: without threads, for work that is not fit for them. End with crew_close. */
struct crew *crew_open(const struct crew_trade *trade, bool alone);

/* Takes over the job; may take others that are done. After a failure nothing more is taken. */
bool crew_give(struct crew *crew, void *job, size_t weight, struct failure *why);

/* A job that was emptied, and need not be made anew; NULL: there is none. What threads take from
 * each other's heaps and give back makes them wait for each other. */
void *crew_spare(struct crew *crew);

/* Takes all that was given. */
bool crew_finish(struct crew *crew, struct failure *why);

void crew_close(struct crew *crew);

#endif
