#include "serve/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

enum {
    GLANCE_MS = 1000, /* between two looks whether we are to stop */
    READ_CHUNK = 65536,
};

static const char done_mark = '+', failed_mark = '-'; /* the first byte of what a child tells */

pid_t
child_fork(void)
{
    sigset_t none;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
    }
    return pid;
}

bool
child_must_stop(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

static void
look_around(void (*meanwhile)(void *ctx), void *ctx)
{
    if (meanwhile)
        meanwhile(ctx);
}

bool
child_await_ready(int ready_fd, void (*meanwhile)(void *ctx), void *ctx)
{
    struct pollfd wait = {.fd = ready_fd, .events = POLLIN};
    ssize_t got = -1;
    char byte;

    for (int seconds = 0; seconds < CHILD_READY_S && !child_must_stop(); seconds++) {
        if (poll(&wait, 1, GLANCE_MS) == 1 &&
            ((got = read(ready_fd, &byte, 1)) >= 0 || errno != EINTR))
            break;
        look_around(meanwhile, ctx);
    }
    return got == 1;
}

void
child_begin_turn(void)
{
    const struct itimerval most = {.it_value.tv_sec = CHILD_TURN_MAX_S};

    setitimer(ITIMER_PROF, &most, NULL);
}

static _Noreturn void
be_child(const struct errand *errand, int fd)
{
    struct buf told = {0};
    struct failure why;

    buf_byte(&told, done_mark);
    if (!errand->work(errand->ctx, &told, &why)) {
        buf_truncate(&told, 0);
        buf_format(&told, "%c%s", failed_mark, why.text);
    }
    file_put_unsafe(fd, buf_str(&told));
    buf_free(&told);
    exit(EXIT_SUCCESS);
}

/* All that comes until the end. Work takes its time; who tells us to end meanwhile means the child,
 * too. */
static void
read_all(int fd, pid_t pid, const struct errand *errand, struct buf *told)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t got = 1;

    while (got > 0 && told->len < CHILD_FINDINGS_MAX) {
        if (child_must_stop())
            kill(pid, SIGTERM);
        look_around(errand->meanwhile, errand->ctx);
        if (poll(&wait, 1, GLANCE_MS) != 1)
            continue;
        got = read(fd, buf_room(told, READ_CHUNK), READ_CHUNK);
        if (got > 0)
            told->len += (size_t)got;
    }
}

/* What the child told becomes findings or failure. */
static bool
judge(struct str told, struct buf *findings, struct failure *why)
{
    struct str rest = str_after(told, 1);

    if (child_must_stop())
        return fail(why, "told to end meanwhile");
    if (told.len == 0)
        return fail(why, "a process ended before its work was done");
    if (told.ptr[0] != done_mark)
        return fail(why, "%.*s", (int)str_head(rest, FAILURE_MAX).len, rest.ptr);
    buf_put(findings, rest);
    return true;
}

bool
child_run(const struct errand *errand, struct buf *findings, bool *died, struct failure *why)
{
    struct buf told = {0};
    int ends[PIPE_ENDS];
    pid_t pid;
    bool done;

    *died = true;
    if (pipe(ends) != 0)
        return fail_errno(why, "cannot make a pipe");
    pid = child_fork();
    if (pid == 0) {
        close(ends[READ_END]);
        be_child(errand, ends[WRITE_END]);
    }
    close(ends[WRITE_END]);
    if (pid > 0)
        read_all(ends[READ_END], pid, errand, &told);
    close(ends[READ_END]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *died = told.len == 0;
    done =
        pid > 0 ? judge(buf_str(&told), findings, why) : fail_errno(why, "cannot start a process");
    buf_free(&told);
    return done;
}
