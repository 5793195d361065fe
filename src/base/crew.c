#include "base/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* Jobs that a thread is woken for, unless somebody waits: one alone takes less than the waking. */
enum { WAKE_FROM = 8 };

struct slot {
    void *job;
    size_t weight;
    bool done;
};

/* Jobs are numbered as they are given: oldest <= started <= next, and a job's slot is its number
 * modulo CREW_JOBS_MAX. */
struct crew {
    struct crew_trade trade;
    pthread_t threads[CREW_THREADS_MAX];
    size_t thread_count;
    struct slot slots[CREW_JOBS_MAX];
    size_t oldest, started, next;
    size_t weight;  /* of the jobs from oldest to next */
    size_t awaited; /* the job that somebody waits for */
    size_t idle;    /* threads without a job */
    void *spares[CREW_JOBS_MAX];
    size_t spare_count;
    bool is_closing;
    pthread_mutex_t lock;
    pthread_cond_t on_given, on_done;
};

static struct slot *
slot_of(struct crew *crew, size_t number)
{
    return &crew->slots[number % CREW_JOBS_MAX];
}

/* Does the next job, of which there is one; the lock is held before and afterwards. */
static void
work_on_next(struct crew *crew)
{
    size_t number = crew->started++;
    void *job = slot_of(crew, number)->job;

    pthread_mutex_unlock(&crew->lock);
    crew->trade.work(job);
    pthread_mutex_lock(&crew->lock);
    slot_of(crew, number)->done = true;
    if (number == crew->awaited)
        pthread_cond_signal(&crew->on_done);
}

static void *
run(void *ctx)
{
    struct crew *crew = ctx;

    pthread_mutex_lock(&crew->lock);
    for (;;) {
        crew->idle++;
        while (crew->started == crew->next && !crew->is_closing)
            pthread_cond_wait(&crew->on_given, &crew->lock);
        crew->idle--;
        if (crew->is_closing)
            break;
        work_on_next(crew);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Signals are for the thread that began. */
static void
start_threads(struct crew *crew, size_t wanted)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (crew->thread_count < wanted &&
           pthread_create(&crew->threads[crew->thread_count], NULL, run, crew) == 0)
        crew->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct crew *
crew_open(const struct crew_trade *trade, bool alone)
{
    struct crew *crew = mem_new(sizeof *crew);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    crew->trade = *trade;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->on_given, NULL);
    pthread_cond_init(&crew->on_done, NULL);
    if (processors > 1 && !alone)
        start_threads(crew,
                      processors <= CREW_THREADS_MAX ? (size_t)processors - 1 : CREW_THREADS_MAX);
    return crew;
}

/* Works until a job is done. */
static void
await(struct crew *crew, size_t number)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->idle > 0 && crew->started < crew->next)
        pthread_cond_broadcast(&crew->on_given);
    crew->awaited = number;
    while (!slot_of(crew, number)->done)
        if (crew->started < crew->next)
            work_on_next(crew);
        else
            pthread_cond_wait(&crew->on_done, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

static bool
take(struct crew *crew, void *job, struct failure *why)
{
    bool taken = crew->trade.take(crew->trade.ctx, job, why);

    if (!crew->trade.clear)
        return taken;
    if (crew->spare_count == CREW_JOBS_MAX) {
        crew->trade.drop(job);
    } else {
        crew->trade.clear(job);
        crew->spares[crew->spare_count++] = job;
    }
    return taken;
}

void *
crew_spare(struct crew *crew)
{
    return crew->spare_count > 0 ? crew->spares[--crew->spare_count] : NULL;
}

/* Waits for the oldest job and takes it. */
static bool
take_oldest(struct crew *crew, struct failure *why)
{
    struct slot *slot = slot_of(crew, crew->oldest);
    void *job;

    await(crew, crew->oldest);
    job = slot->job;
    crew->weight -= slot->weight;
    *slot = (struct slot){0};
    crew->oldest++;
    return take(crew, job, why);
}

/* Half of the jobs at once: who waits for each of them sleeps and wakes more than it works. */
static bool
take_half(struct crew *crew, struct failure *why)
{
    size_t half = crew->oldest + (crew->next - crew->oldest) / 2;

    await(crew, half);
    while (crew->oldest <= half)
        if (!take_oldest(crew, why))
            return false;
    return true;
}

bool
crew_give(struct crew *crew, void *job, size_t weight, struct failure *why)
{
    if (crew->thread_count == 0) {
        crew->trade.work(job);
        return take(crew, job, why);
    }
    while (crew->oldest < crew->next &&
           (crew->next - crew->oldest == CREW_JOBS_MAX || crew->weight + weight > CREW_WEIGHT_MAX))
        if (!take_half(crew, why)) {
            crew->trade.drop(job);
            return false;
        }
    pthread_mutex_lock(&crew->lock);
    *slot_of(crew, crew->next) = (struct slot){.job = job, .weight = weight};
    crew->weight += weight;
    crew->next++;
    if (crew->idle > 0 && crew->next - crew->started >= WAKE_FROM)
        pthread_cond_signal(&crew->on_given);
    pthread_mutex_unlock(&crew->lock);
    return true;
}

bool
crew_finish(struct crew *crew, struct failure *why)
{
    if (crew->oldest < crew->next)
        await(crew, crew->next - 1);
    while (crew->oldest < crew->next)
        if (!take_oldest(crew, why))
            return false;
    return true;
}

void
crew_close(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->is_closing = true;
    pthread_cond_broadcast(&crew->on_given);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->thread_count; i++)
        pthread_join(crew->threads[i], NULL);
    for (size_t number = crew->oldest; number < crew->next; number++)
        crew->trade.drop(slot_of(crew, number)->job);
    while (crew->spare_count > 0)
        crew->trade.drop(crew->spares[--crew->spare_count]);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->on_given);
    pthread_cond_destroy(&crew->on_done);
    free(crew);
}
