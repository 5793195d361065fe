#include "serve/generation.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "serve/certificate.h"
#include "serve/keyring.h"
#include "serve/sandbox.h"
#include "serve/worker.h"
#include "site/books.h"
#include "site/indexer.h"

time_t
generation_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void
close_line(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
generation_hang_up(struct generation *generation)
{
    close_line(&generation->control);
    close_line(&generation->keyring.ready);
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        close_line(&generation->slots[i].line);
        close_line(&generation->slots[i].ready);
    }
}

void
generation_free(struct generation *generation, const struct listener_set *kept)
{
    if (!generation)
        return;
    generation_hang_up(generation);
    listeners_close(&generation->listeners, kept);
    log_close(&generation->log);
    buf_free(&generation->chains);
    config_free(&generation->config);
    free(generation);
}

/* In a child: gives up what only the supervisor needs. A port that another generation listens on
 * would else stay open as long as the child lives, with nobody to answer there; a keyring would
 * go on without its workers; and the workers would not notice when the supervisor is gone. */
static void
forget_supervisor(struct generation *generation)
{
    close(generation->heritage->leash[WRITE_END]);
    generation_hang_up(generation);
    generation_free(generation->former, &generation->listeners);
    generation_free(generation->latter, &generation->listeners);
}

static _Noreturn void
be_worker(struct generation *generation, int ready_fd, int keyring_fd)
{
    struct heritage *heritage = generation->heritage;
    struct visitor_log visitors = heritage->visitors;
    const struct worker_setup setup = {
        .config = &generation->config,
        .listeners = &generation->listeners,
        .tickets = &heritage->tickets,
        .chains = buf_str(&generation->chains),
        .keyring_fd = keyring_fd,
        .visitors = &visitors,
        .log = &generation->log,
        .limits = heritage->limits,
        .workers = generation->slot_count,
        .ready_fd = ready_fd,
        .leash_fd = heritage->leash[READ_END],
    };

    visitors.how = generation->config.server.log_address;
    forget_supervisor(generation);
    exit(worker_run(&setup));
}

static _Noreturn void
be_keyring(struct generation *generation, int ready_fd, int control)
{
    const struct keyring_setup setup = {
        .config = &generation->config,
        .chains = buf_str(&generation->chains),
        .log = &generation->log,
        .ready_fd = ready_fd,
        .control = control,
    };

    close(generation->heritage->leash[READ_END]);
    forget_supervisor(generation);
    listeners_close(&generation->listeners, NULL);
    exit(keyring_run(&setup));
}

/* A worker whose line the keyring does not hold can greet nobody, so this is tried again. */
static void
hand_line(struct generation *generation, struct slot *slot)
{
    slot->is_unheard = slot->line >= 0 && !keyline_hand(generation->control, slot->line);
}

/* Notes a process that was started, or was not. */
static void
note_start(struct slot *slot, pid_t pid, const int ready[PIPE_ENDS])
{
    slot->started = generation_clock();
    slot->pid = pid > 0 ? pid : 0;
    close(ready[WRITE_END]);
    slot->ready = ready[READ_END];
    if (pid > 0)
        return;
    close_line(&slot->ready);
    slot->due = slot->started + 1;
}

static void
start_worker(struct generation *generation, struct slot *slot)
{
    int ready[PIPE_ENDS], keyring_fd = -1;
    pid_t pid;

    if (pipe(ready) != 0)
        return;
    close_line(&slot->line);
    if (!generation->config.tls.isolate_key || keyline_open(&slot->line, &keyring_fd)) {
        pid = child_fork();
        if (pid == 0) {
            close(ready[READ_END]);
            be_worker(generation, ready[WRITE_END], keyring_fd);
        }
    } else {
        pid = -1;
    }
    if (slot->line >= 0) {
        close(keyring_fd);
        hand_line(generation, slot);
    }
    note_start(slot, pid, ready);
}

/* It gets the lines of all workers that are there. */
static void
start_keyring(struct generation *generation)
{
    int ready[PIPE_ENDS], control;
    pid_t pid;

    if (pipe(ready) != 0)
        return;
    close_line(&generation->control);
    if (keyline_open(&control, &generation->control)) {
        pid = child_fork();
        if (pid == 0) {
            close(ready[READ_END]);
            be_keyring(generation, ready[WRITE_END], control);
        }
        close(control);
    } else {
        pid = -1;
    }
    for (size_t i = 0; i < generation->slot_count; i++)
        hand_line(generation, &generation->slots[i]);
    note_start(&generation->keyring, pid, ready);
}

/* Only processes of the generation are waited for: of others somebody else wants to know. */
static void
find_dead(struct generation *generation, struct slot *slot)
{
    pid_t pid = slot->pid;
    int status;

    if (pid == 0 || waitpid(pid, &status, WNOHANG) != pid)
        return;
    limit_table_forget(generation->heritage->limits, pid);
    generation_bury(generation, pid, status);
}

/* A generation may take long to start. Until it serves, the former one is to do so. */
static void
tend_former(void *ctx)
{
    struct generation *former = ((struct generation *)ctx)->former;

    if (!former)
        return;
    find_dead(former, &former->keyring);
    for (size_t i = 0; i < former->slot_count; i++)
        find_dead(former, &former->slots[i]);
    generation_replace(former);
}

/* Who died without a word, of a fault of ours or of a library's, must leave a trace. */
static bool
tell_how_it_ended(const struct generation *generation, struct slot *slot, const char *what,
                  struct failure *why)
{
    int status = 0;

    kill(slot->pid, SIGKILL); /* it takes too long, or is about to end as it wants */
    while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    limit_table_forget(generation->heritage->limits, slot->pid);
    slot->pid = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return fail(why, "a %s could not begin to serve: it took too long or was killed", what);
    if (WIFSIGNALED(status))
        return fail(why, "a %s could not begin to serve: it was ended by signal %d", what,
                    WTERMSIG(status));
    return fail(why, "a %s could not begin to serve", what);
}

static bool
await(struct generation *generation, struct slot *slot, struct failure *why)
{
    const char *what = slot == &generation->keyring ? "keyring" : "worker";
    bool done;

    if (slot->ready < 0)
        return fail(why, "cannot start a %s", what);
    done = child_await_ready(slot->ready, tend_former, generation);
    close_line(&slot->ready);
    return done || tell_how_it_ended(generation, slot, what, why);
}

static bool
start_processes(struct generation *generation, struct failure *why)
{
    bool all = true;

    if (generation->config.tls.isolate_key) {
        start_keyring(generation);
        if (!await(generation, &generation->keyring, why))
            return false;
    }
    for (size_t i = 0; i < generation->slot_count; i++)
        start_worker(generation, &generation->slots[i]);
    for (size_t i = 0; i < generation->slot_count; i++)
        all = await(generation, &generation->slots[i], why) && all;
    return all;
}

static void
on_index_warning(void *ctx, const char *sentence)
{
    log_line(ctx, "inspir: %s", sentence);
}

static bool
has_index(const struct config *config)
{
    struct stat info;

    return stat(config->blog.index, &info) == 0 && S_ISREG(info.st_mode);
}

/* When it fails the old index serves on, if there is one. */
static bool
renew_index(void *ctx, struct buf *findings, struct failure *why)
{
    struct generation *generation = ctx;
    const struct config *config = &generation->config;
    struct index_report report = {.warn = on_index_warning, .ctx = &generation->log};

    (void)findings;
    close(generation->heritage->leash[READ_END]);
    forget_supervisor(generation);
    listeners_close(&generation->listeners, NULL);
    if (!sandbox_indexer(config, why))
        return false;
    if (!index_is_current(config) && !index_build(config, &report, why)) {
        fail_in(why, "cannot make the index");
        if (!has_index(config))
            return false;
        log_line(&generation->log, "inspir: %s", why->text);
    } else if (!books_make(config, why)) {
        log_line(&generation->log, "inspir: cannot make the books: %s", why->text);
    }
    return true;
}

/* A stale index is made anew in a process of its own: whatever the capsule holds, the supervisor
 * does not read it. */
static bool
freshen_index(struct generation *generation, int *status, struct failure *why)
{
    const struct errand errand = {renew_index, tend_former, generation};
    struct buf nothing = {0};
    bool died, done = child_run(&errand, &nothing, &died, why);

    buf_free(&nothing);
    if (!done && !died)
        *status = EX_CANTCREAT;
    if (done && stat(generation->config.blog.index, &generation->index) != 0)
        return fail_errno(why, "%s", generation->config.blog.index);
    return done;
}

static void
log_findings(const struct config *config, struct str findings)
{
    struct failure why;
    struct log log;

    if (findings.len == 0 || !log_open(&log, config->server.log, &why))
        return;
    while (findings.len > 0) {
        struct str line = str_line(&findings);

        log_line(&log, "inspir: %.*s", (int)line.len, line.ptr);
    }
    log_close(&log);
}

/* Keys are only ever read in a process that ends, or in one that holds nothing else: else their
 * bytes would lie about in the memory of every worker that is forked later. */
static bool
prepare_certificates(void *ctx, struct buf *chains, struct failure *why)
{
    const struct generation *generation = ctx;
    const struct config *config = &generation->config;
    struct buf findings = {0};
    bool done = certificate_make(config, why) && certificate_check(config, &findings, why) &&
                certificate_read(config, chains, why);

    if (done)
        log_findings(config, buf_str(&findings));
    buf_free(&findings);
    return done;
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

void
generation_signal(const struct generation *generation, int signal_number)
{
    for (size_t i = 0; i < generation->slot_count; i++)
        if (generation->slots[i].pid > 0)
            kill(generation->slots[i].pid, signal_number);
}

/* Without a capsule all the workers would end at once, and each of them would say so. */
static bool
configure(struct generation *generation, bool *died, struct failure *why)
{
    const struct errand errand = {prepare_certificates, tend_former, generation};

    return config_load(&generation->config, generation->heritage->config_path, why) &&
           config_finds_root(&generation->config, why) &&
           child_run(&errand, &generation->chains, died, why);
}

static bool
raise_up(struct generation *generation, int *status, struct failure *why)
{
    const struct config *config = &generation->config;
    const struct generation *former = generation->former;

    *status = EX_CONFIG;
    if (!log_open(&generation->log, config->server.log, why))
        return config_blame(config, "server", "log", why);
    if (!sandbox_check(config, &generation->log, why))
        return false;
    *status = EX_OSERR;
    if (!listeners_open(&generation->listeners, config, former ? &former->listeners : NULL,
                        &generation->log, why) ||
        !freshen_index(generation, status, why))
        return false;
    generation->slot_count = worker_count(config);
    if (start_processes(generation, why))
        return true;
    generation_signal(generation, SIGKILL);
    if (generation->keyring.pid > 0)
        kill(generation->keyring.pid, SIGKILL);
    return false;
}

static bool
bring_up(struct generation *generation, int *status, struct failure *why)
{
    bool died = false;

    *status = EX_CONFIG;
    if (configure(generation, &died, why))
        return raise_up(generation, status, why);
    if (died)
        *status = EX_OSERR; /* nobody knows whether the configuration is good */
    return false;
}

struct generation *
generation_start(struct heritage *heritage, struct generation *former, int *status,
                 struct failure *why)
{
    struct generation *generation = mem_new(sizeof *generation);
    bool done;

    generation->heritage = heritage;
    generation->former = former;
    generation->log.fd = STDERR_FILENO;
    generation->control = -1;
    generation->keyring.ready = -1;
    for (size_t i = 0; i < WORKERS_MAX; i++)
        generation->slots[i].line = generation->slots[i].ready = -1;
    if (former)
        former->latter = generation;
    done = bring_up(generation, status, why);
    generation->former = NULL;
    if (former)
        former->latter = NULL;
    if (done)
        return generation;
    generation_free(generation, former ? &former->listeners : NULL);
    return NULL;
}

struct slot *
generation_slot(struct generation *generation, pid_t pid)
{
    if (generation->keyring.pid == pid)
        return &generation->keyring;
    for (size_t i = 0; i < generation->slot_count; i++)
        if (generation->slots[i].pid == pid)
            return &generation->slots[i];
    return NULL;
}

void
generation_bury(struct generation *generation, pid_t pid, int status)
{
    struct slot *slot = generation_slot(generation, pid);
    const char *what = slot == &generation->keyring ? "the keyring" : "a worker";
    time_t now = generation_clock();

    if (!slot)
        return;
    if (WIFSIGNALED(status))
        log_line(&generation->log, "inspir: %s was ended by signal %d", what, WTERMSIG(status));
    else
        log_line(&generation->log, "inspir: %s ended with status %d", what, WEXITSTATUS(status));
    slot->pid = 0;
    if (now - slot->started > RESTART_MAX_S)
        slot->delay_s = 0;
    slot->due = now + (time_t)slot->delay_s;
    slot->delay_s = slot->delay_s == 0 ? 1 : slot->delay_s * 2;
    if (slot->delay_s > RESTART_MAX_S)
        slot->delay_s = RESTART_MAX_S;
}

/* Nobody waits for the new one. */
static void
replace(struct generation *generation, struct slot *slot)
{
    if (slot->pid != 0 || slot->due > generation_clock())
        return;
    slot->due = generation_clock() + 1; /* if it cannot even be started */
    if (slot == &generation->keyring)
        start_keyring(generation);
    else
        start_worker(generation, slot);
    close_line(&slot->ready);
}

void
generation_replace(struct generation *generation)
{
    if (generation->config.tls.isolate_key)
        replace(generation, &generation->keyring);
    for (size_t i = 0; i < generation->slot_count; i++) {
        replace(generation, &generation->slots[i]);
        if (generation->slots[i].is_unheard)
            hand_line(generation, &generation->slots[i]);
    }
}

bool
generation_index_was_replaced(const struct generation *generation)
{
    struct stat now;

    return stat(generation->config.blog.index, &now) == 0 &&
           (now.st_ino != generation->index.st_ino || now.st_dev != generation->index.st_dev ||
            now.st_mtim.tv_sec != generation->index.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != generation->index.st_mtim.tv_nsec);
}
