#include "serve/worker.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"

/* One listener in the loop. */
struct door {
    struct worker *worker;
    const struct listener *listener;
    struct event *event;
};

/* Above so many connections new ones wait in the kernel's queue until one has ended. */
static bool
is_full(const struct worker *worker)
{
    return worker->conn_count >= worker->service.config->limits.connections;
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
on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    open_doors(ctx, true);
}

/* The system has no room for another connection. There is some when one of ours has ended, or when
 * somebody else's has, of which nobody tells. */
static void
pause_knocks(struct worker *worker)
{
    const struct timeval pause = {.tv_sec = PAUSE_S};

    open_doors(worker, false);
    event_base_once(worker->base, -1, EV_TIMEOUT, on_pause_over, worker, &pause);
}

static void
on_knock(evutil_socket_t listening, short what, void *ctx)
{
    const struct door *door = ctx;
    struct worker *worker = door->worker;

    (void)what;
    for (int taken = 0; taken < ACCEPTS_MAX && !is_full(worker); taken++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(listening, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            worker->conn_count++;
            conn_accept(worker, door->listener->protocol, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_knocks(worker);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
    if (is_full(worker))
        open_doors(worker, false);
}

void
worker_forget(struct worker *worker)
{
    worker->conn_count--;
    if (worker->is_draining && worker->conn_count == 0)
        event_base_loopbreak(worker->base);
    else
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

/* root is only there to bind and to read the key. */
static bool
drop_rights(const char *name, struct failure *why)
{
    const struct passwd *user;

    if (*name == '\0' || geteuid() != 0)
        return true;
    user = getpwnam(name);
    if (!user)
        return fail(why, "[server] user: there is no user %s", name);
    if (setgroups(0, NULL) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return fail_errno(why, "cannot become the user %s", name);
    if (setuid(0) == 0)
        return fail(why, "the user %s can become root again", name);
    return true;
}

static bool
worker_begin(struct worker *worker, const struct worker_setup *setup, struct failure *why)
{
    worker->log = setup->log;
    worker->visitors = *setup->visitors;
    LIST_INIT(&worker->conns);
    listeners_describe(setup->listeners, setup->config, &worker->service);
    worker->tls = tls_context_new(setup->config, setup->tickets, why);
    if (!worker->tls)
        return false;
    worker->site = site_open(setup->config, why);
    if (!worker->site || !drop_rights(setup->config->server.user, why))
        return false;
    worker->base = event_base_new();
    return worker->base || fail(why, "cannot make an event loop");
}

static void
begin_listening(struct worker *worker, const struct listener_set *listeners)
{
    worker->doors = mem_new(listeners->count * sizeof *worker->doors);
    worker->door_count = listeners->count;
    for (size_t i = 0; i < listeners->count; i++) {
        struct door *door = &worker->doors[i];

        *door = (struct door){.worker = worker, .listener = &listeners->items[i]};
        door->event =
            event_new(worker->base, listeners->items[i].fd, EV_READ | EV_PERSIST, on_knock, door);
    }
    open_doors(worker, true);
}

static void
worker_loop(struct worker *worker, const struct worker_setup *setup)
{
    struct event *leash = event_new(worker->base, setup->leash_fd, EV_READ, on_leash, worker);
    struct event *term = evsignal_new(worker->base, SIGTERM, on_signal, worker);

    begin_listening(worker, setup->listeners);
    event_add(leash, NULL);
    event_add(term, NULL);
    /* nobody waits for a worker that takes a dead one's place: EPIPE */
    if (write(setup->ready_fd, "", 1) < 0 && errno != EPIPE)
        log_line(setup->log, "inspir: cannot say that a worker is ready: %s", strerror(errno));
    close(setup->ready_fd);
    event_base_dispatch(worker->base);
    conn_end_all(&worker->conns);
    event_free(leash);
    event_free(term);
    for (size_t i = 0; i < worker->door_count; i++)
        event_free(worker->doors[i].event);
}

int
worker_run(const struct worker_setup *setup)
{
    struct worker worker = {0};
    struct failure why;
    bool begun;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the supervisor, which ends us by SIGTERM */
    signal(SIGHUP, SIG_IGN);
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
