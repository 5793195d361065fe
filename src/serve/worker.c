#include "serve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "serve/child.h"
#include "serve/sandbox.h"

/* One listener in the loop. */
struct door {
    struct worker *worker;
    const struct listener *listener;
    struct service service;
    struct event *event;
};

static size_t
refusals_of(size_t places)
{
    return (places + PLACES_FOR_REFUSAL - 1) / PLACES_FOR_REFUSAL;
}

/* Above so many connections new ones wait in the kernel's queue until one has ended. To answer them
 * all would cost what the limit is to save: a reader can only be told anything after a handshake,
 * which is the dearest part of most answers. So a few are told, and end soon, and the others wait:
 * not for long, since every connection ends at a deadline. */
static bool
is_full(const struct worker *worker)
{
    return worker->conn_count >= worker->places + refusals_of(worker->places);
}

static void
open_doors(struct worker *worker, bool open)
{
    if (worker->is_open == open || (open && worker->is_draining))
        return;
    worker->is_open = open;
    for (size_t i = 0; i < worker->door_count; i++) {
        if (open)
            event_add(worker->doors[i].event, NULL);
        else
            event_del(worker->doors[i].event);
    }
}

static void
keep_spare(struct worker *worker)
{
    if (worker->spare_fd < 0)
        worker->spare_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    keep_spare(ctx);
    open_doors(ctx, true);
}

/* The system has no room for another connection. There is some when one of ours has ended, or when
 * somebody else's has, of which nobody tells: so we look again after a while. Meanwhile somebody
 * who waits gets an end instead of nothing. */
static void
pause_knocks(struct worker *worker, int listening)
{
    const struct timeval pause = {.tv_sec = PAUSE_S};

    if (worker->spare_fd >= 0) {
        int fd;

        close(worker->spare_fd);
        worker->spare_fd = -1;
        fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            close(fd);
        keep_spare(worker);
    }
    open_doors(worker, false);
    event_add(worker->pause, &pause);
}

/* Closing without a word is for who could have any number of answers otherwise. */
static void
let_in(struct worker *worker, struct arrival *arrival)
{
    enum admission admission =
        limit_enter(&worker->limiter, &arrival->from.any, limit_clock(), &arrival->slot);

    if (admission == ADMISSION_SHUT) {
        close(arrival->fd);
        return;
    }
    if (worker->conn_count >= worker->places)
        arrival->refusal = REFUSAL_FULL;
    else if (admission == ADMISSION_REFUSED)
        arrival->refusal = REFUSAL_CROWD;
    worker->conn_count++;
    if (worker->conn_count > worker->crowd)
        worker->crowd = worker->conn_count;
    conn_accept(worker, arrival);
}

static void
on_knock(evutil_socket_t listening, short what, void *ctx)
{
    const struct door *door = ctx;
    struct worker *worker = door->worker;

    (void)what;
    for (int taken = 0; taken < ACCEPTS_MAX && !is_full(worker); taken++) {
        struct arrival arrival = {.protocol = door->listener->protocol, .service = &door->service};
        socklen_t len = sizeof arrival.from;

        arrival.fd = accept4(listening, &arrival.from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (arrival.fd >= 0) {
            let_in(worker, &arrival);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_knocks(worker, listening);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
    if (is_full(worker))
        open_doors(worker, false);
}

/* A crowd has gone. What it took would else stay ours, since something small above it is still in
 * use. */
static void
clear_up(struct worker *worker)
{
    if (worker->crowd < CROWD || worker->conn_count > worker->crowd / 4)
        return;
    worker->crowd = worker->conn_count;
    mem_trim();
}

void
worker_forget(struct worker *worker)
{
    worker->conn_count--;
    clear_up(worker);
    if (worker->is_draining && worker->conn_count == 0)
        event_base_loopbreak(worker->base);
    else if (!event_pending(worker->pause, EV_TIMEOUT, NULL))
        open_doors(worker, true);
}

/* For good: as long as one process has the port, the kernel takes connections for it. */
static void
close_doors(struct worker *worker)
{
    open_doors(worker, false);
    for (size_t i = 0; i < worker->door_count; i++)
        close(worker->doors[i].listener->fd);
}

static void
drain(struct worker *worker)
{
    const struct timeval most = {.tv_sec = DRAIN_S};

    if (worker->is_draining)
        return;
    worker->is_draining = true;
    close_doors(worker);
    event_base_loopexit(worker->base, &most);
    conn_hurry(&worker->conns);
    if (worker->conn_count == 0)
        event_base_loopbreak(worker->base);
}

static void
on_signal(evutil_socket_t number, short what, void *ctx)
{
    (void)number;
    (void)what;
    drain(ctx);
}

/* Nothing is ever written on the leash: it becomes readable when the supervisor is gone, and stays
 * so, for which reason it is looked at once. */
static void
on_leash(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    drain(ctx);
}

static void
on_turn(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    child_begin_turn();
}

/* Asks for so many descriptors and no more; returns how many there are. Only an administrator gets
 * more than the system lets everybody have. */
static size_t
take_descriptors(size_t wanted)
{
    struct rlimit limit = {wanted, wanted};

    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return wanted;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* Our part of [limits] connections, or as many as the system has descriptors for. */
static void
set_places(struct worker *worker, const struct worker_setup *setup)
{
    const size_t all = setup->config->limits.connections;
    const size_t part = all > setup->workers ? all / setup->workers : 1;
    const size_t wanted = OWN_DESCRIPTORS + CONN_DESCRIPTORS * (part + refusals_of(part));
    const size_t got = take_descriptors(wanted);
    size_t most;

    worker->places = part;
    if (got >= wanted)
        return;
    most = got > OWN_DESCRIPTORS ? (got - OWN_DESCRIPTORS) / CONN_DESCRIPTORS : 0;
    most = most / (PLACES_FOR_REFUSAL + 1) * PLACES_FOR_REFUSAL;
    worker->places = most > 0 ? most : 1;
    log_line(setup->log, "inspir: [limits] connections: the system lets a worker have %zu, not %zu",
             worker->places, part);
}

/* libevent keeps a small record of every descriptor that it has ever seen. Made one by one among
 * what the connections of a crowd take, the records would hold most of that memory back when the
 * crowd has gone; so it sees all descriptors before. */
static void
meet_descriptors(struct worker *worker, int leash_fd)
{
    const size_t most =
        OWN_DESCRIPTORS + CONN_DESCRIPTORS * (worker->places + refusals_of(worker->places));

    for (int fd = 0; (size_t)fd < most; fd++) {
        struct event *event;

        if (fcntl(fd, F_GETFD) >= 0 || dup3(leash_fd, fd, O_CLOEXEC) != fd)
            continue;
        event = event_new(worker->base, fd, EV_READ, on_leash, worker);
        event_add(event, NULL);
        event_free(event);
        close(fd);
    }
}

static bool
begin_tls(struct worker *worker, const struct worker_setup *setup, struct failure *why)
{
    const struct tls_setup with = {
        .config = setup->config,
        .chains = setup->chains,
        .ring = setup->tickets,
        .line = setup->keyring_fd >= 0 ? &worker->keyring : NULL,
    };

    worker->keyring = keyline_of(setup->keyring_fd);
    worker->tls = tls_context_new(&with, why);
    return worker->tls != NULL;
}

static bool
worker_begin(struct worker *worker, const struct worker_setup *setup, struct failure *why)
{
    worker->config = setup->config;
    worker->log = setup->log;
    worker->visitors = *setup->visitors;
    worker->spare_fd = -1;
    LIST_INIT(&worker->conns);
    set_places(worker, setup);
    if (!limiter_begin(&worker->limiter, setup->limits, setup->config, why))
        return false;
    if (!begin_tls(worker, setup, why))
        return false;
    worker->site = site_open(setup->config, why);
    if (!worker->site)
        return false;
    worker->base = event_base_new();
    if (!worker->base)
        return fail(why, "cannot make an event loop");
    meet_descriptors(worker, setup->leash_fd);
    return sandbox_worker(setup->config, worker->site, setup->log, why);
}

static void
begin_listening(struct worker *worker, const struct listener_set *listeners)
{
    worker->doors = mem_new(listeners->count * sizeof *worker->doors);
    worker->door_count = listeners->count;
    for (size_t i = 0; i < listeners->count; i++) {
        struct door *door = &worker->doors[i];

        *door = (struct door){.worker = worker, .listener = &listeners->items[i]};
        listeners_describe(listeners, door->listener, worker->config, &door->service);
        door->event =
            event_new(worker->base, listeners->items[i].fd, EV_READ | EV_PERSIST, on_knock, door);
    }
    worker->pause = evtimer_new(worker->base, on_pause_over, worker);
    keep_spare(worker);
    open_doors(worker, true);
}

static void
worker_loop(struct worker *worker, const struct worker_setup *setup)
{
    struct event *leash = event_new(worker->base, setup->leash_fd, EV_READ, on_leash, worker);
    struct event *term = evsignal_new(worker->base, SIGTERM, on_signal, worker);
    struct event *turn = event_new(worker->base, -1, EV_PERSIST, on_turn, NULL);
    const struct timeval turn_time = {.tv_sec = TURN_S};

    begin_listening(worker, setup->listeners);
    event_add(leash, NULL);
    event_add(term, NULL);
    event_add(turn, &turn_time);
    child_begin_turn();
    /* nobody waits for a worker that takes a dead one's place: EPIPE */
    if (write(setup->ready_fd, "", 1) < 0 && errno != EPIPE)
        log_line(setup->log, "inspir: cannot say that a worker is ready: %s", strerror(errno));
    close(setup->ready_fd);
    event_base_dispatch(worker->base);
    conn_end_all(&worker->conns);
    event_free(leash);
    event_free(term);
    event_free(turn);
    event_free(worker->pause);
    for (size_t i = 0; i < worker->door_count; i++)
        event_free(worker->doors[i].event);
}

static void *
resize(void *block, size_t size)
{
    return mem_grow(block, size, 1);
}

int
worker_run(const struct worker_setup *setup)
{
    struct worker worker = {0};
    struct failure why;
    bool begun;

    pthread_setname_np(pthread_self(), WORKER_NAME);
    child_begin_turn();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the supervisor, which ends us by SIGTERM */
    signal(SIGHUP, SIG_IGN);
    event_set_mem_functions(mem_new, resize, free); /* an event lost would be a deadline lost */
    begun = worker_begin(&worker, setup, &why);
    if (begun)
        worker_loop(&worker, setup);
    else
        log_line(setup->log, "inspir: %s", why.text);
    free(worker.doors);
    site_close(worker.site);
    tls_context_free(worker.tls);
    if (worker.base)
        event_base_free(worker.base);
    return begun ? EXIT_SUCCESS : EX_CONFIG;
}
