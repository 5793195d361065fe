/*
 * A worker that has been taken over. Only `make EVIL=1` compiles this, and its linker puts
 * __wrap_respond in the place of respond: a request for /evil/NAME?SUPERVISOR,WORKER,WORKER makes
 * one system call that leads out of the sandbox and answers with what came of it, unless that ended
 * the worker. test_sandbox.py knows what to expect of each name. The worker of
 * /evil/circles goes round in them.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "site/respond.h"

enum { PAGE = 4096, PATH_ROOM = 64 };

/* What is to be attacked. */
struct prey {
    int root;   /* the capsule */
    int page;   /* a file of it, open for reading */
    int passwd; /* /etc/passwd by O_PATH, which asks for no right */
    char *data; /* a page of memory */
    pid_t supervisor, sibling;
};

/* Files are opened by openat2: openat is not even asked what it wants. */
struct opening {
    const char *name;
    int folder;
    const char *path;
    unsigned flags, mode;
};

struct attempt {
    const char *name;
    long number, arguments[6];
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker names them */
void __real_respond(const struct site *site, const struct request *request,
                    struct response *response);
void __wrap_respond(const struct site *site, const struct request *request,
                    struct response *response);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static const char passwd[] = "/etc/passwd", page[] = "about.gmi", evil[] = "evil.gmi";

static long
open_it(const struct opening *opening)
{
    const struct open_how how = {.flags = opening->flags, .mode = opening->mode};

    return syscall(SYS_openat2, opening->folder, opening->path, &how, sizeof how);
}

/* The query is the supervisor and both workers, of which one is this. */
static struct prey
find_prey(const struct site *site, const char *query)
{
    struct prey prey = {.root = site->root};
    char *rest;
    pid_t worker;

    prey.page = (int)open_it(&(struct opening){"", site->root, page, O_RDONLY, 0});
    prey.passwd = (int)open_it(&(struct opening){"", AT_FDCWD, passwd, O_PATH, 0});
    prey.data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    prey.supervisor = (pid_t)strtol(query, &rest, 10);
    worker = (pid_t)strtol(rest + 1, &rest, 10);
    prey.sibling = worker == getpid() ? (pid_t)strtol(rest + 1, NULL, 10) : worker;
    return prey;
}

static const char *
word_of(long result)
{
    return result < 0 ? strerrorname_np(errno) : "succeeded";
}

/* What came of the attempt of that name, as a word; NULL: there is none. */
static const char *
try_opening(const char *name, const struct prey *prey)
{
    char descriptor[PATH_ROOM], environment[PATH_ROOM];
    const struct opening openings[] = {
        {"open2-passwd", AT_FDCWD, passwd, O_RDONLY, 0},
        {"open2-outside", prey->root, "../outside.txt", O_RDONLY, 0},
        {"open2-folder-outside", prey->root, "..", O_RDONLY | O_DIRECTORY, 0},
        {"open2-link-out", prey->root, "link-out", O_RDONLY, 0},
        {"open2-proc-root", AT_FDCWD, "/proc/self/root/etc/passwd", O_RDONLY, 0},
        {"open2-proc-mem", AT_FDCWD, "/proc/self/mem", O_RDWR, 0},
        {"open2-proc-environ", AT_FDCWD, environment, O_RDONLY, 0},
        {"open2-descriptor", AT_FDCWD, descriptor, O_RDONLY, 0},
        {"open2-write", prey->root, page, O_WRONLY, 0},
        {"open2-append", prey->root, page, O_RDWR | O_APPEND, 0},
        {"open2-create", prey->root, evil, O_RDONLY | O_CREAT, 0600},
        {"open2-create-nameless", prey->root, ".", O_RDWR | O_TMPFILE, 0600},
        {"open2-truncate", prey->root, page, O_RDONLY | O_TRUNC, 0},
    };

    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", prey->passwd);
    snprintf(environment, sizeof environment, "/proc/%d/environ", (int)prey->supervisor);
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (strcmp(openings[i].name, name) == 0)
            return word_of(open_it(&openings[i]));
    return NULL;
}

static const char *
try_call(const char *name, const struct prey *prey)
{
#define P(...) (long)(__VA_ARGS__)
    static char *const no_words[] = {NULL};
    static char room[PAGE];
    const int root = prey->root;
    const pid_t supervisor = prey->supervisor, sibling = prey->sibling;
    const struct iovec bytes = {room, 1};
    const struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons(1)};
    const struct sockaddr_un notify = {AF_UNIX, "/run/systemd/notify"};
    const unsigned long clone_args[11] = {[4] = SIGCHLD};
    const struct rlimit none = {0, 0};
    const struct msghdr message = {0};
    const struct attempt attempts[] = {
        {"open-passwd", SYS_openat, {AT_FDCWD, P(passwd), O_RDONLY}},
        {"open-outside", SYS_openat, {root, P("../outside.txt"), O_RDONLY}},
        {"truncate", SYS_truncate, {P("capsule/about.gmi"), 0}},
        {"ftruncate", SYS_ftruncate, {prey->page, 0}},
        {"unlink", SYS_unlinkat, {root, P(page), 0}},
        {"rename", SYS_renameat2, {root, P(page), root, P(evil), 0}},
        {"link", SYS_linkat, {root, P(page), root, P(evil), 0}},
        {"symlink", SYS_symlinkat, {P(passwd), root, P(evil)}},
        {"mkdir", SYS_mkdirat, {root, P("evil"), 0700}},
        {"mkfifo", SYS_mknodat, {root, P("evil"), S_IFIFO | 0600, 0}},
        {"chmod", SYS_fchmodat, {root, P(page), 0777}},
        {"fchmod", SYS_fchmod, {prey->page, 0777}},
        {"chown", SYS_fchownat, {root, P(page), 1, 1, 0}},
        {"utimes", SYS_utimensat, {root, P(page), 0, 0}},
        {"setxattr", SYS_fsetxattr, {prey->page, P("user.evil"), P(""), 0, 0}},
        {"flock", SYS_flock, {root, 2}},
        {"list", SYS_getdents64, {root, P(room), sizeof room}},
        {"chdir", SYS_chdir, {P("/")}},
        {"execve", SYS_execve, {P("/bin/true"), P(no_words), P(no_words)}},
        {"execveat", SYS_execveat, {prey->page, P(""), P(no_words), P(no_words), AT_EMPTY_PATH}},
        {"memfd-create", SYS_memfd_create, {P("evil"), 0}},
        {"fork", SYS_clone, {SIGCHLD}},
        {"clone3", SYS_clone3, {P(clone_args), sizeof clone_args}},
        {"ptrace-supervisor", SYS_ptrace, {PTRACE_SEIZE, supervisor, 0, 0}},
        {"ptrace-sibling", SYS_ptrace, {PTRACE_ATTACH, sibling, 0, 0}},
        {"process-vm-readv", SYS_process_vm_readv, {supervisor, P(&bytes), 1, P(&bytes), 1, 0}},
        {"pidfd-open", SYS_pidfd_open, {supervisor, 0}},
        {"kill-supervisor", SYS_kill, {supervisor, SIGKILL}},
        {"kill-sibling", SYS_kill, {sibling, SIGKILL}},
        {"tgkill-sibling", SYS_tgkill, {sibling, sibling, SIGKILL}},
        {"signal-by-fcntl", SYS_fcntl, {prey->page, F_SETOWN, supervisor}},
        {"unset-append", SYS_fcntl, {STDERR_FILENO, F_SETFL, 0}},
        {"prlimit", SYS_prlimit64, {supervisor, RLIMIT_NOFILE, P(&none), 0}},
        {"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
        {"socket-inet6", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}},
        {"socket-unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
        {"socket-netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
        {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, P(room)}},
        {"connect", SYS_connect, {root, P(&out), sizeof out}},
        {"bind", SYS_bind, {root, P(&out), sizeof out}},
        {"listen", SYS_listen, {root, 1}},
        {"sendto-address", SYS_sendto, {root, P(room), 1, 0, P(&notify), sizeof notify}},
        {"setsockopt", SYS_setsockopt, {root, SOL_SOCKET, SO_REUSEPORT, P(room), sizeof(int)}},
        {"sendmsg", SYS_sendmsg, {root, P(&message), 0}},
        {"mmap-exec", SYS_mmap, {0, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
        {"mmap-file-exec", SYS_mmap, {0, PAGE, PROT_EXEC, MAP_PRIVATE, prey->page, 0}},
        {"mprotect-exec", SYS_mprotect, {P(prey->data), PAGE, PROT_READ | PROT_EXEC}},
        {"pkey-mprotect-exec", SYS_pkey_mprotect, {P(prey->data), PAGE, PROT_EXEC, -1}},
        {"setuid-root", SYS_setuid, {0}},
        {"setgroups", SYS_setgroups, {0, 0}},
        {"capset", SYS_capset, {0, 0}},
        {"chroot", SYS_chroot, {P("/")}},
        {"mount", SYS_mount, {P("none"), P("capsule"), P("tmpfs"), 0, 0}},
        {"unshare", SYS_unshare, {CLONE_NEWUSER}},
        {"setns", SYS_setns, {root, 0}},
        {"io-uring", SYS_io_uring_setup, {1, P(room)}},
        {"bpf", SYS_bpf, {0, P(room), sizeof room}},
        {"perf-event", SYS_perf_event_open, {P(room), 0, -1, -1, 0}},
        {"userfaultfd", SYS_userfaultfd, {O_CLOEXEC}},
        {"keyctl", SYS_keyctl, {0, -3, 0}},
        {"personality", SYS_personality, {0xffffffff}},
        {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
        {"tiocsti", SYS_ioctl, {STDERR_FILENO, TIOCSTI, P("x")}},
        {"landlock", SYS_landlock_create_ruleset, {0, 0, 1}},
    };

    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        const long *a = attempts[i].arguments;
        long result;

        if (strcmp(attempts[i].name, name) != 0)
            continue;
        result = syscall(attempts[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (result == 0 && (attempts[i].number == SYS_clone || attempts[i].number == SYS_clone3))
            _exit(EXIT_SUCCESS); /* the child */
        return word_of(result);
    }
    return NULL;
}

static _Noreturn void
run_in_circles(void)
{
    volatile unsigned rounds = 0;

    for (;;)
        rounds++;
}

void
__wrap_respond(const struct site *site, const struct request *request, struct response *response)
{
    struct str path = str_of(request->path);
    struct prey prey;
    const char *outcome;

    if (!str_skip(&path, STR("/evil/"))) {
        __real_respond(site, request, response);
        return;
    }
    if (str_eq(path, STR("circles")))
        run_in_circles();
    prey = find_prey(site, request->query);
    outcome = try_opening(path.ptr, &prey);
    if (!outcome)
        outcome = try_call(path.ptr, &prey);
    response_set(response, OUTCOME_OK, STR("text/plain"));
    buf_put(&response->page, str_of(outcome ? outcome : "unknown"));
}
