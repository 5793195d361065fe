#include "serve/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "serve/generation.h"
#include "text/gopherlink.h"
#include "text/uri.h"

struct supervisor {
    struct heritage heritage;
    struct generation *current;
    sigset_t signals; /* blocked, and taken by wait_for_signal */
};

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
    new = generation_start(&supervisor->heritage, old, &status, &why);
    if (!new) {
        old->index = tried; /* else the same index would be tried again each second */
        log_line(&old->log, "inspir: reload failed, the former configuration serves on: %s",
                 why.text);
        return;
    }
    generation_signal(old, SIGTERM);
    supervisor->current = new;
    say_ready(new);
    log_line(&new->log, "inspir: reloaded");
    generation_free(old, &new->listeners);
}

static void
reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        limit_table_forget(supervisor->heritage.limits, pid);
        generation_bury(supervisor->current, pid, status);
    }
}

/* The next signal, or 0 after a second. */
static int
wait_for_signal(const struct supervisor *supervisor)
{
    const struct timespec second = {.tv_sec = 1};
    int number = sigtimedwait(&supervisor->signals, NULL, &second);

    return number > 0 ? number : 0;
}

/* Secrets of the past are forgotten here as well: a process that is forked gets only today's. */
static void
step_secrets(struct heritage *heritage)
{
    ticket_ring_advance(&heritage->tickets, ticket_clock());
    visitor_log_advance(&heritage->visitors, time(NULL));
}

static void
supervise_until_told(struct supervisor *supervisor)
{
    for (;;) {
        int number = wait_for_signal(supervisor);

        if (number == SIGTERM || number == SIGINT)
            return;
        step_secrets(&supervisor->heritage);
        reap(supervisor);
        if (number == SIGHUP || generation_index_was_replaced(supervisor->current))
            reload(supervisor);
        generation_replace(supervisor->current);
    }
}

/* Every child is told to end, also what is left of former generations. New readers learn at once
 * that nobody is here. */
static void
stop_everything(struct supervisor *supervisor)
{
    struct generation *generation = supervisor->current;
    time_t begun = generation_clock();
    pid_t pid = 0;

    listeners_close(&generation->listeners, NULL);
    generation_signal(generation, SIGTERM);
    generation_hang_up(generation);
    close(supervisor->heritage.leash[WRITE_END]);
    while ((pid >= 0 || errno == EINTR) && generation_clock() - begun <= STOP_S) {
        struct slot *slot;

        pid = waitpid(-1, NULL, WNOHANG);
        slot = pid > 0 ? generation_slot(generation, pid) : NULL;
        if (slot)
            slot->pid = 0;
        if (pid == 0)
            wait_for_signal(supervisor);
    }
    generation_signal(generation, SIGKILL);
}

static bool
supervisor_begin(struct supervisor *supervisor, struct failure *why)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    struct heritage *heritage = &supervisor->heritage;

    sigemptyset(&supervisor->signals);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&supervisor->signals, numbers[i]);
    sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
    signal(SIGCHLD, SIG_DFL); /* ignored, as we may have inherited it, no end of a child is told */
    signal(SIGPROF, SIG_DFL); /* ends a child that runs in circles */
    signal(SIGPIPE, SIG_IGN); /* who read our ready lines or our log may be gone */
    heritage->limits = limit_table_new(why);
    return heritage->limits && ticket_ring_init(&heritage->tickets, ticket_clock(), why) &&
           visitor_log_init(&heritage->visitors, LOG_ADDRESS_NONE, time(NULL), why) &&
           (pipe(heritage->leash) == 0 || fail_errno(why, "cannot make a pipe"));
}

int
supervise(const char *config_path)
{
    struct supervisor supervisor = {.heritage.config_path = config_path};
    struct failure why;
    int status = EX_OSERR;

    if (supervisor_begin(&supervisor, &why))
        supervisor.current = generation_start(&supervisor.heritage, NULL, &status, &why);
    if (!supervisor.current && child_must_stop())
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
