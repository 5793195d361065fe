#include "serve/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "serve/certificate.h"
#include "serve/limit.h"
#include "serve/listener.h"
#include "serve/sandbox.h"
#include "serve/ticket.h"
#include "serve/worker.h"
#include "site/config.h"
#include "site/indexer.h"
#include "text/gopherlink.h"
#include "text/uri.h"

enum { READ_END, WRITE_END, PIPE_ENDS };

/* A place for one worker. */
struct slot {
    pid_t pid;        /* 0: none at work */
    time_t started;   /* monotonic seconds */
    time_t due;       /* when the next one may start */
    unsigned delay_s; /* grows while they keep dying */
};

/* One configuration and the processes that serve it. */
struct generation {
    struct config config;
    struct listener_set listeners;
    struct log log;
    struct visitor_log visitors;
    struct slot slots[WORKERS_MAX];
    size_t slot_count;
    struct stat index; /* the one that the workers have open */
};

struct supervisor {
    const char *config_path;
    struct generation *current;
    struct ticket_ring tickets;
    struct limit_table *limits;
    int leash[PIPE_ENDS]; /* workers hold the read end, only we hold the other */
    sigset_t signals;     /* blocked, and taken by wait_for_signal */
};

static time_t
seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* A fork that leaves no parent's signals blocked in the child and no half-written text in both. */
static pid_t
fork_child(const struct supervisor *supervisor)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        sigprocmask(SIG_UNBLOCK, &supervisor->signals, NULL);
    return pid;
}

/* Ends what the generation holds, but the listeners that the next one has taken over. */
static void
generation_free(struct generation *generation, const struct listener_set *kept)
{
    if (!generation)
        return;
    listeners_close(&generation->listeners, kept);
    log_close(&generation->log);
    config_free(&generation->config);
    free(generation);
}

/* In a child: gives up what only the supervisor needs. A port that the former generation listened
 * on would else stay open as long as the child lives, with nobody to answer there; and the workers
 * would not notice when the supervisor is gone. */
static void
forget_supervisor(struct supervisor *supervisor, const struct generation *generation)
{
    close(supervisor->leash[WRITE_END]);
    if (supervisor->current != generation)
        generation_free(supervisor->current, &generation->listeners);
}

static _Noreturn void
be_worker(struct supervisor *supervisor, const struct generation *generation, int ready_fd)
{
    const struct worker_setup setup = {
        .config = &generation->config,
        .listeners = &generation->listeners,
        .tickets = &supervisor->tickets,
        .visitors = &generation->visitors,
        .log = &generation->log,
        .limits = supervisor->limits,
        .workers = generation->slot_count,
        .ready_fd = ready_fd,
        .leash_fd = supervisor->leash[READ_END],
    };

    forget_supervisor(supervisor, generation);
    exit(worker_run(&setup));
}

/* Starts a worker; the descriptor from which its ready byte can be read, or -1 with errno. */
static int
start_worker(struct supervisor *supervisor, const struct generation *generation, struct slot *slot)
{
    int ready[PIPE_ENDS];

    if (pipe(ready) != 0)
        return -1;
    ticket_ring_advance(&supervisor->tickets, ticket_clock());
    slot->started = seconds_now();
    slot->pid = fork_child(supervisor);
    if (slot->pid == 0) {
        close(ready[READ_END]);
        be_worker(supervisor, generation, ready[WRITE_END]);
    }
    close(ready[WRITE_END]);
    if (slot->pid > 0)
        return ready[READ_END];
    close(ready[READ_END]);
    slot->pid = 0;
    return -1;
}

/* SIGTERM or SIGINT waits to be taken by wait_for_signal. */
static bool
is_told_to_end(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

/* The worker takes connections, or it never will. */
static bool
await_ready(int ready_fd)
{
    struct pollfd wait = {.fd = ready_fd, .events = POLLIN};
    char byte;

    for (int seconds = 0; seconds < START_S && !is_told_to_end(); seconds++)
        if (poll(&wait, 1, 1000) == 1)
            return read(ready_fd, &byte, 1) == 1;
    return false;
}

static bool
start_workers(struct supervisor *supervisor, struct generation *generation, struct failure *why)
{
    int ready[WORKERS_MAX];
    bool all = true;

    for (size_t i = 0; i < generation->slot_count; i++)
        ready[i] = start_worker(supervisor, generation, &generation->slots[i]);
    for (size_t i = 0; i < generation->slot_count; i++) {
        if (ready[i] < 0)
            all = fail(why, "cannot start a worker");
        else if (!await_ready(ready[i]))
            all = fail(why, "a worker could not begin to serve");
        if (ready[i] >= 0)
            close(ready[i]);
    }
    return all;
}

static void
on_index_warning(void *ctx, const char *sentence)
{
    log_line(ctx, "inspir: %s", sentence);
}

static int
rebuild_index(struct generation *generation)
{
    struct index_report report = {.warn = on_index_warning, .ctx = &generation->log};
    struct failure why;

    if (index_build(&generation->config, &report, &why))
        return EXIT_SUCCESS;
    log_line(&generation->log, "inspir: cannot make the index: %s", why.text);
    return EX_CANTCREAT;
}

static _Noreturn void
be_indexer(struct supervisor *supervisor, struct generation *generation)
{
    forget_supervisor(supervisor, generation);
    listeners_close(&generation->listeners, NULL);
    exit(index_is_current(&generation->config) ? EXIT_SUCCESS : rebuild_index(generation));
}

/* An index takes its time; who tells us to end meanwhile means the child, too. */
static void
await_child(pid_t pid)
{
    const struct timespec second = {.tv_sec = 1};
    sigset_t ended;

    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (is_told_to_end())
            kill(pid, SIGTERM);
        sigtimedwait(&ended, NULL, &second);
    }
}

/* A stale index is made anew in a process of its own: whatever the capsule holds, the supervisor
 * does not read it. When that fails the old one serves on, if there is one. */
static bool
freshen_index(struct supervisor *supervisor, struct generation *generation, struct failure *why)
{
    pid_t pid = fork_child(supervisor);

    if (pid == 0)
        be_indexer(supervisor, generation);
    if (pid < 0)
        return fail_errno(why, "cannot start a process");
    await_child(pid);
    if (is_told_to_end())
        return fail(why, "told to end meanwhile");
    if (stat(generation->config.blog.index, &generation->index) != 0)
        return fail_errno(why, "%s", generation->config.blog.index);
    return true;
}

static size_t
worker_count(const struct config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = config->server.workers;

    if (count == 0)
        count = processors > 0 ? (size_t)processors : 1;
    return count < WORKERS_MAX ? count : WORKERS_MAX;
}

static void
stop_workers(const struct generation *generation, int signal_number)
{
    for (size_t i = 0; i < generation->slot_count; i++)
        if (generation->slots[i].pid > 0)
            kill(generation->slots[i].pid, signal_number);
}

/* What would else end the workers at once, and be told by each of them. */
static bool
check_files(const struct config *config, struct failure *why)
{
    struct buf findings = {0};
    int root = file_open_folder(config->blog.root, why);
    bool done = root >= 0 ? certificate_check(config, &findings, why)
                          : fail_in(why, "%s: [blog] root", config->path);

    if (root >= 0)
        close(root);
    buf_free(&findings);
    return done;
}

static bool
configure(const struct supervisor *supervisor, struct generation *generation, struct failure *why)
{
    return config_load(&generation->config, supervisor->config_path, why) &&
           certificate_make(&generation->config, why) && check_files(&generation->config, why);
}

static bool
raise_up(struct supervisor *supervisor, struct generation *generation, struct failure *why)
{
    const struct generation *former = supervisor->current;

    if (former) /* readers keep their names in the log until the day ends */
        generation->visitors = former->visitors;
    generation->visitors.how = generation->config.server.log_address;
    if (!log_open(&generation->log, generation->config.server.log, why) ||
        !sandbox_check(&generation->config, &generation->log, why) ||
        (!former &&
         !visitor_log_init(&generation->visitors, generation->visitors.how, time(NULL), why)) ||
        !listeners_open(&generation->listeners, &generation->config,
                        former ? &former->listeners : NULL, &generation->log, why) ||
        !freshen_index(supervisor, generation, why))
        return false;
    generation->slot_count = worker_count(&generation->config);
    if (start_workers(supervisor, generation, why))
        return true;
    stop_workers(generation, SIGKILL);
    return false;
}

/* Reads the configuration and brings up all that it asks for. On failure NULL with the exit status
 * of a first start, and nothing of it is left. */
static struct generation *
generation_start(struct supervisor *supervisor, int *status, struct failure *why)
{
    struct generation *generation = mem_new(sizeof *generation);

    generation->log.fd = STDERR_FILENO;
    *status = EX_CONFIG;
    if (configure(supervisor, generation, why)) {
        *status = EX_OSERR;
        if (raise_up(supervisor, generation, why))
            return generation;
    }
    generation_free(generation, supervisor->current ? &supervisor->current->listeners : NULL);
    return NULL;
}

static void
say_ready(const struct generation *generation)
{
    for (size_t i = 0; i < generation->listeners.count; i++) {
        const struct listener *listener = &generation->listeners.items[i];

        if (!listener->inherited)
            printf("ready %s %s\n", listener->protocol->name, listener->name);
    }
    fflush(stdout);
}

/* For whoever started this by hand: what to type into a client. */
static void
say_where(const struct generation *generation)
{
    const struct config *config = &generation->config;
    struct service service;
    struct buf line = {0};
    unsigned port;

    listeners_describe(&generation->listeners, NULL, config, &service);
    port = config->gemini.port ? config->gemini.port : service.gemini_ports[0];
    buf_put(&line, STR("inspir: read gemini://"));
    uri_put_host(&line, str_of(config->gemini.hosts.items[0]));
    if (port != GEMINI_PORT)
        buf_format(&line, ":%u", port);
    buf_put(&line, STR("/"));
    if (config->gopher.enabled) {
        buf_put(&line, STR(" and "));
        gopherlink_put_url(&line, &service.hole, '1', STR("/"));
    }
    log_line(&generation->log, "%s; Ctrl-C or SIGTERM stops", buf_text(&line));
    buf_free(&line);
}

static void
reload(struct supervisor *supervisor)
{
    struct generation *old = supervisor->current, *new;
    struct stat tried = old->index;
    struct failure why;
    int status;

    stat(old->config.blog.index, &tried);
    new = generation_start(supervisor, &status, &why);
    if (!new) {
        old->index = tried; /* else the same index would be tried again each second */
        log_line(&old->log, "inspir: reload failed, the former configuration serves on: %s",
                 why.text);
        return;
    }
    stop_workers(old, SIGTERM);
    supervisor->current = new;
    say_ready(new);
    log_line(&new->log, "inspir: reloaded");
    generation_free(old, &new->listeners);
}

/* NULL: the process is a worker of a former generation, or none. */
static struct slot *
find_slot(struct generation *generation, pid_t pid)
{
    for (size_t i = 0; i < generation->slot_count; i++)
        if (generation->slots[i].pid == pid)
            return &generation->slots[i];
    return NULL;
}

/* A worker that ends unasked is replaced at once; one that keeps ending, ever more slowly. */
static void
bury(struct generation *generation, pid_t pid, int status)
{
    struct slot *slot = find_slot(generation, pid);
    time_t now = seconds_now();

    if (!slot)
        return;
    if (WIFSIGNALED(status))
        log_line(&generation->log, "inspir: a worker was ended by signal %d", WTERMSIG(status));
    else
        log_line(&generation->log, "inspir: a worker ended with status %d", WEXITSTATUS(status));
    slot->pid = 0;
    if (now - slot->started > RESTART_MAX_S)
        slot->delay_s = 0;
    slot->due = now + (time_t)slot->delay_s;
    slot->delay_s = slot->delay_s == 0 ? 1 : slot->delay_s * 2;
    if (slot->delay_s > RESTART_MAX_S)
        slot->delay_s = RESTART_MAX_S;
}

static void
reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        limit_table_forget(supervisor->limits, pid);
        bury(supervisor->current, pid, status);
    }
}

static void
replace_workers(struct supervisor *supervisor)
{
    struct generation *generation = supervisor->current;

    for (size_t i = 0; i < generation->slot_count; i++) {
        struct slot *slot = &generation->slots[i];

        if (slot->pid == 0 && slot->due <= seconds_now()) {
            int ready = start_worker(supervisor, generation, slot);

            if (ready >= 0)
                close(ready); /* nobody waits for it: the worker ignores SIGPIPE */
            else
                slot->due = seconds_now() + 1;
        }
    }
}

static bool
index_was_replaced(const struct generation *generation)
{
    struct stat now;

    return stat(generation->config.blog.index, &now) == 0 &&
           (now.st_ino != generation->index.st_ino || now.st_dev != generation->index.st_dev ||
            now.st_mtim.tv_sec != generation->index.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != generation->index.st_mtim.tv_nsec);
}

/* The next signal, or 0 after a second. */
static int
wait_for_signal(const struct supervisor *supervisor)
{
    const struct timespec second = {.tv_sec = 1};
    int number = sigtimedwait(&supervisor->signals, NULL, &second);

    return number > 0 ? number : 0;
}

static void
supervise_until_told(struct supervisor *supervisor)
{
    for (;;) {
        int number = wait_for_signal(supervisor);

        if (number == SIGTERM || number == SIGINT)
            return;
        reap(supervisor);
        if (number == SIGHUP || index_was_replaced(supervisor->current))
            reload(supervisor);
        replace_workers(supervisor);
    }
}

/* Every child is told to end, also what is left of former generations. New readers learn at once
 * that nobody is here. */
static void
stop_everything(struct supervisor *supervisor)
{
    struct generation *generation = supervisor->current;
    time_t begun = seconds_now();
    pid_t pid = 0;

    listeners_close(&generation->listeners, NULL);
    stop_workers(generation, SIGTERM);
    close(supervisor->leash[WRITE_END]);
    while ((pid >= 0 || errno == EINTR) && seconds_now() - begun <= STOP_S) {
        struct slot *slot;

        pid = waitpid(-1, NULL, WNOHANG);
        slot = pid > 0 ? find_slot(generation, pid) : NULL;
        if (slot)
            slot->pid = 0;
        if (pid == 0)
            wait_for_signal(supervisor);
    }
    stop_workers(generation, SIGKILL);
}

static bool
supervisor_begin(struct supervisor *supervisor, struct failure *why)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

    sigemptyset(&supervisor->signals);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&supervisor->signals, numbers[i]);
    sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
    signal(SIGCHLD, SIG_DFL); /* ignored, as we may have inherited it, no end of a child is told */
    signal(SIGPIPE, SIG_IGN); /* who read our ready lines or our log may be gone */
    supervisor->limits = limit_table_new(why);
    return supervisor->limits && ticket_ring_init(&supervisor->tickets, ticket_clock(), why) &&
           (pipe(supervisor->leash) == 0 || fail_errno(why, "cannot make a pipe"));
}

int
supervise(const char *config_path)
{
    struct supervisor supervisor = {.config_path = config_path};
    struct failure why;
    int status = EX_OSERR;

    if (supervisor_begin(&supervisor, &why))
        supervisor.current = generation_start(&supervisor, &status, &why);
    if (!supervisor.current && is_told_to_end())
        return EXIT_SUCCESS;
    if (!supervisor.current) {
        fprintf(stderr, "inspir: cannot serve: %s\n", why.text);
        return status;
    }
    say_ready(supervisor.current);
    say_where(supervisor.current);
    supervise_until_told(&supervisor);
    stop_everything(&supervisor);
    generation_free(supervisor.current, NULL);
    return EXIT_SUCCESS;
}
