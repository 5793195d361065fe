#include "serve/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

/* make SAN=1: at the end of a process the leak checker starts another one, which stops the first by
 * ptrace and reads /proc. Such a build tests the rest of the sandbox and is never installed. */
#ifdef INSPIR_SANITIZED
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* A system call, and which of its uses; an empty condition: all of them. */
struct call {
    int number;
    struct scmp_arg_cmp when;
};

/* What the steps of a sandbox need to know. */
struct sandbox {
    const struct config *config;
    int root, books; /* what may be read, -1: nothing */
    const struct call *calls;
    size_t call_count;
};

/* Flags of open that do more than read. */
enum { WRITING = O_ACCMODE | O_CREAT | O_TRUNC };

/* What a worker does all day. SQLite, libevent, OpenSSL and the C library do no more once they have
 * begun; clocks are here for machines on which they are no part of the vDSO. */
static const struct call worker_calls[] = {
    {.number = SCMP_SYS(accept4)},
    {.number = SCMP_SYS(brk)},
    {.number = SCMP_SYS(clock_gettime)},
    {.number = SCMP_SYS(close)},
    {.number = SCMP_SYS(epoll_ctl)},
    {.number = SCMP_SYS(epoll_pwait)},
    {.number = SCMP_SYS(epoll_wait)},
    {.number = SCMP_SYS(exit)},
    {.number = SCMP_SYS(exit_group)},
    /* F_SETOWN would send signals, F_SETFL let the log be written over */
    {SCMP_SYS(fcntl), {1, SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0}},
    {.number = SCMP_SYS(fstat)},
    {.number = SCMP_SYS(futex)},
    {.number = SCMP_SYS(getpid)},
    {.number = SCMP_SYS(getrandom)},
    {.number = SCMP_SYS(gettid)},
    {.number = SCMP_SYS(gettimeofday)},
    {SCMP_SYS(ioctl), {1, SCMP_CMP_EQ, SIOCOUTQ, 0}},
    {.number = SCMP_SYS(lseek)},
    {.number = SCMP_SYS(madvise)},
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {.number = SCMP_SYS(mremap)},
    {.number = SCMP_SYS(munmap)},
    {.number = SCMP_SYS(newfstatat)}, /* fstat, as the C library asks for it */
    {.number = SCMP_SYS(pread64)},
    {.number = SCMP_SYS(read)},
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(restart_syscall)},
    {.number = SCMP_SYS(rt_sigaction)},
    {.number = SCMP_SYS(rt_sigprocmask)},
    {.number = SCMP_SYS(rt_sigreturn)},
    /* without an address of its own: only to whom the socket is connected */
    {SCMP_SYS(sendto), {4, SCMP_CMP_EQ, 0, 0}},
    /* the time of its turns */
    {SCMP_SYS(setitimer), {0, SCMP_CMP_EQ, ITIMER_PROF, 0}},
    /* how a connection is cut short */
    {SCMP_SYS(setsockopt), {2, SCMP_CMP_EQ, SO_LINGER, 0}},
    {.number = SCMP_SYS(shutdown)},
    {.number = SCMP_SYS(sysinfo)}, /* qsort asks how much memory there is */
    {.number = SCMP_SYS(time)},
    {.number = SCMP_SYS(write)},
    {.number = SCMP_SYS(writev)},
};

/* Requests come in, signatures go out, memory and random numbers are there. */
static const struct call keyring_calls[] = {
    {.number = SCMP_SYS(alarm)},
    {.number = SCMP_SYS(brk)},
    {.number = SCMP_SYS(clock_gettime)},
    {.number = SCMP_SYS(close)},
    {.number = SCMP_SYS(exit)},
    {.number = SCMP_SYS(exit_group)},
    {.number = SCMP_SYS(futex)},
    {.number = SCMP_SYS(getpid)},
    {.number = SCMP_SYS(getrandom)},
    {.number = SCMP_SYS(gettid)},
    {.number = SCMP_SYS(gettimeofday)},
    {.number = SCMP_SYS(madvise)},
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {.number = SCMP_SYS(mremap)},
    {.number = SCMP_SYS(munmap)},
    {.number = SCMP_SYS(poll)},
    {.number = SCMP_SYS(ppoll)},
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(restart_syscall)},
    {.number = SCMP_SYS(rt_sigaction)},
    {.number = SCMP_SYS(rt_sigprocmask)},
    {.number = SCMP_SYS(rt_sigreturn)},
    {SCMP_SYS(sendto), {4, SCMP_CMP_EQ, 0, 0}},
    {.number = SCMP_SYS(setitimer)}, /* of its turns; and alarm, where that is no call */
    {.number = SCMP_SYS(time)},
    {.number = SCMP_SYS(write)},
};

static const struct call sanitizer_calls[] = {
    {SCMP_SYS(open), {1, SCMP_CMP_MASKED_EQ, WRITING, 0}},
    {.number = SCMP_SYS(clone)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(fstat)},
    {.number = SCMP_SYS(getdents)},
    {.number = SCMP_SYS(getdents64)},
    {.number = SCMP_SYS(getppid)},
    {.number = SCMP_SYS(ioctl)},
    {.number = SCMP_SYS(lseek)},
    {.number = SCMP_SYS(newfstatat)},
    {.number = SCMP_SYS(prctl)},
    {.number = SCMP_SYS(ptrace)},
    {.number = SCMP_SYS(read)},
    {.number = SCMP_SYS(readlink)},
    {.number = SCMP_SYS(sched_yield)},
    {.number = SCMP_SYS(sigaltstack)},
    {.number = SCMP_SYS(wait4)},
};

/* The rights that each version of Landlock can refuse: landlock(7). A kernel's headers name only
 * those that it has itself, so they are numbers here. */
struct landlock_rights {
    uint64_t files, net, scoped; /* struct landlock_ruleset_attr as it is since version 6 */
};

static const struct landlock_rights landlock_versions[] = {
    {.files = (1 << 13) - 1}, /* 1: execute, write, read, list, remove and make of every kind */
    {.files = 1 << 13},       /* 2: link and rename between folders */
    {.files = 1 << 14},       /* 3: truncate */
    {.net = 3},               /* 4: bind and connect of TCP */
    {.files = 1 << 15},       /* 5: ioctl of devices */
    {.scoped = 3},            /* 6: abstract sockets and signals to processes outside */
};

enum {
    LANDLOCK_TRUNCATE_VERSION = 3,
    SECCOMP_API_MIN = 3, /* of libseccomp: the kernel can kill a process, Linux 4.14 */
};

/* 0: the kernel has none, or was started without it. */
static int
landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

/* The list of calls is that of 64-bit systems; others have different calls for the same. */
static bool
can_filter_calls(void)
{
    return sizeof(long) == sizeof(uint64_t) && seccomp_api_get() >= SECCOMP_API_MIN;
}

static const char *
missing(void)
{
    if (landlock_version() == 0)
        return can_filter_calls() ? "no Landlock" : "neither Landlock nor seccomp";
    return can_filter_calls() ? NULL : "no seccomp";
}

/* Only root can, and everybody else is already who they are. */
static bool
changes_user(const struct config *config)
{
    return config->server.user[0] != '\0' && geteuid() == 0;
}

static const struct passwd *
find_user(const struct config *config, struct failure *why)
{
    const struct passwd *user = getpwnam(config->server.user);

    if (!user) {
        fail(why, "there is no user %s", config->server.user);
        config_blame(config, "server", "user", why);
    }
    return user;
}

bool
sandbox_check(const struct config *config, const struct log *log, struct failure *why)
{
    const char *what = config->server.sandbox == SANDBOX_OFF ? NULL : missing();

    if (changes_user(config) && !find_user(config, why))
        return false;
    if (!what)
        return true;
    if (config->server.sandbox == SANDBOX_REQUIRE)
        return fail(why, "this system has %s", what) ||
               config_blame(config, "server", "sandbox", why);
    log_line(log,
             "inspir: [server] sandbox = try: this system has %s, which leaves more to whoever "
             "takes over a worker",
             what);
    return true;
}

/* Address space, so that a fault that eats memory ends one worker and not the machine: what the
 * program and its libraries take, and what a connection takes at most. */
enum { PROGRAM_MIB = 1024, CONN_KIB = 128 };

static bool
set_limit(int resource, rlim_t most, struct failure *why)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0)
        return fail_errno(why, "cannot read a limit");
    limit.rlim_max = most < limit.rlim_max ? most : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0 || fail_errno(why, "cannot set a limit");
}

/* A worker has no children: the limit is its own, however many processes its user has. The kernel
 * does not hold root to it. The sanitizers have a child, and terabytes of address space. */
static bool
limit_resources(const struct sandbox *sandbox, struct failure *why)
{
    rlim_t conns = sandbox->config->limits.connections;
    rlim_t space = ((rlim_t)PROGRAM_MIB << 20) + conns * ((rlim_t)CONN_KIB << 10);

    return set_limit(RLIMIT_CORE, 0, why) &&
           (IS_SANITIZED || (set_limit(RLIMIT_NPROC, 0, why) && set_limit(RLIMIT_AS, space, why)));
}

/* root is only there to bind and to read the key. */
static bool
drop_rights(const struct config *config, struct failure *why)
{
    const char *name = config->server.user;
    const struct passwd *user;

    if (!changes_user(config))
        return true;
    user = find_user(config, why);
    if (!user)
        return false;
    if (setgroups(0, NULL) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return fail_errno(why, "cannot become the user %s", name);
    if (setuid(0) == 0)
        return fail(why, "the user %s can become root again", name);
    return true;
}

/* Without [server] user, root stays root: of its powers a worker keeps reading the capsule, whoever
 * owns it. Everybody else keeps none, such as the one to bind low ports that a service manager
 * gave. */
static bool
drop_capabilities(const struct sandbox *sandbox, struct failure *why)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    bool keeps = geteuid() == 0 && sandbox->root >= 0;
    uint32_t kept = keeps ? 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH : 0;

    if (syscall(SYS_capget, &header, sets) != 0)
        return fail_errno(why, "cannot read the capabilities");
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted &= i == 0 ? kept : 0;
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets) == 0 ||
           fail_errno(why, "cannot drop the capabilities");
}

/* After the change of the user, which sets "dumpable" anew. */
static bool
renounce(const struct sandbox *sandbox, struct failure *why)
{
    (void)sandbox;
    return (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ||
           fail_errno(why, "cannot renounce new privileges");
}

static bool
allow_reading(int ruleset, int folder)
{
    const struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = folder,
    };

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

/* What the leak checker reads lies anywhere. */
static bool
allow_reading_everything(int ruleset)
{
    int everything = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = everything >= 0 && allow_reading(ruleset, everything);

    close(everything);
    return done;
}

/* Whatever this kernel's Landlock can refuse. What it does not know is zero, so the size of the
 * newest structure does for all. */
static int
make_ruleset(void)
{
    struct landlock_rights handled = {0};
    size_t version = (size_t)landlock_version();

    for (size_t i = 0; i < sizeof landlock_versions / sizeof *landlock_versions && i < version;
         i++) {
        handled.files |= landlock_versions[i].files;
        handled.net |= landlock_versions[i].net;
        handled.scoped |= landlock_versions[i].scoped;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
}

static bool
confine_files(const struct sandbox *sandbox, struct failure *why)
{
    int ruleset;
    bool done;

    if (landlock_version() == 0)
        return true; /* sandbox_check has judged that */
    ruleset = make_ruleset();
    if (ruleset < 0)
        return fail_errno(why, "cannot make Landlock's rules");
    done = (sandbox->root < 0 || allow_reading(ruleset, sandbox->root)) &&
           (sandbox->books < 0 || allow_reading(ruleset, sandbox->books)) &&
           (!IS_SANITIZED || allow_reading_everything(ruleset)) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!done)
        fail_errno(why, "cannot set Landlock's rules");
    close(ruleset);
    return done;
}

static bool
allow(scmp_filter_ctx filter, const struct call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i].number, calls[i].when.op != 0,
                                   &calls[i].when) != 0)
            return false;
    return true;
}

static bool
refuse(scmp_filter_ctx filter, int number, int error)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error), number, 0) == 0;
}

/* openat2 keeps its flags in memory, where no filter sees them. Landlock judges them, but before
 * its version 3 not the one that truncates; then base/file opens name by name with openat. */
static bool
add_opening(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    static const struct call openat2_any = {.number = SCMP_SYS(openat2)};
    static const struct call openat_reading = {
        SCMP_SYS(openat),
        {2, SCMP_CMP_MASKED_EQ, WRITING, 0},
    };

    if (sandbox->root < 0 && !IS_SANITIZED)
        return refuse(filter, SCMP_SYS(openat), EACCES);
    if (landlock_version() < LANDLOCK_TRUNCATE_VERSION)
        return allow(filter, &openat_reading, 1) && refuse(filter, SCMP_SYS(openat2), ENOSYS);
    return allow(filter, &openat2_any, 1) &&
           (IS_SANITIZED ? allow(filter, &openat_reading, 1)
                         : refuse(filter, SCMP_SYS(openat), EACCES));
}

static bool
add_rules(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    /* abort() and a failed assert are a signal to oneself */
    const struct call abort_call = {
        SCMP_SYS(tgkill),
        {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0},
    };

    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
           allow(filter, sandbox->calls, sandbox->call_count) && allow(filter, &abort_call, 1) &&
           add_opening(filter, sandbox) &&
           /* the C library tries a file, or a socket when syslog was restarted: no reason to die */
           (IS_SANITIZED || refuse(filter, SCMP_SYS(open), EACCES)) &&
           refuse(filter, SCMP_SYS(socket), EACCES) &&
           (!IS_SANITIZED ||
            allow(filter, sanitizer_calls, sizeof sanitizer_calls / sizeof *sanitizer_calls));
}

/* Where the sandbox is required, an unknown call ends the process: it has been taken over, or the
 * list lacks something that must be noticed. Where it is tried, the call only fails, so that a new
 * version of the C library cannot stop a server. */
static bool
confine_calls(const struct sandbox *sandbox, struct failure *why)
{
    bool is_required = sandbox->config->server.sandbox == SANDBOX_REQUIRE, done;
    scmp_filter_ctx filter;

    if (!can_filter_calls())
        return true; /* sandbox_check has judged that */
    filter = seccomp_init(is_required ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
    done = filter && add_rules(filter, sandbox) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done || fail(why, "cannot set the filter of system calls");
}

static bool
confine(const struct sandbox *sandbox, const struct log *log, struct failure *why)
{
    static bool (*const steps[])(const struct sandbox *, struct failure *) = {
        limit_resources, drop_capabilities, renounce, confine_files, confine_calls,
    };
    const struct config *config = sandbox->config;

    tzset(); /* reads the time zone, which syslog writes in */
    if (!drop_rights(config, why))
        return false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (config->server.sandbox == SANDBOX_OFF || steps[i](sandbox, why))
            continue;
        if (config->server.sandbox == SANDBOX_REQUIRE)
            return fail_in(why, "sandbox");
        log_line(log, "inspir: sandbox: %s", why->text);
    }
    return true;
}

bool
sandbox_worker(const struct config *config, const struct site *site, const struct log *log,
               struct failure *why)
{
    const struct sandbox sandbox = {
        .config = config,
        .root = site->root,
        .books = site->books,
        .calls = worker_calls,
        .call_count = sizeof worker_calls / sizeof *worker_calls,
    };

    return confine(&sandbox, log, why);
}

bool
sandbox_keyring(const struct config *config, const struct log *log, struct failure *why)
{
    const struct sandbox sandbox = {
        .config = config,
        .root = -1,
        .books = -1,
        .calls = keyring_calls,
        .call_count = sizeof keyring_calls / sizeof *keyring_calls,
    };

    /* without a sandbox, too, nobody of the same user may read the keys, nor may a core dump */
    return drop_rights(config, why) && set_limit(RLIMIT_CORE, 0, why) && renounce(&sandbox, why) &&
           confine(&sandbox, log, why);
}

bool
sandbox_indexer(const struct config *config, struct failure *why)
{
    const struct passwd *user = changes_user(config) ? find_user(config, why) : NULL;
    struct buf folder = {0};
    struct stat info;
    bool is_his;

    if (!changes_user(config))
        return true;
    buf_put(&folder, str_of(config->blog.index));
    while (folder.len > 0 && folder.ptr[folder.len - 1] != '/')
        buf_truncate(&folder, folder.len - 1);
    is_his = user && stat(folder.len > 0 ? buf_text(&folder) : ".", &info) == 0 &&
             info.st_uid == user->pw_uid;
    buf_free(&folder);
    return user && (!is_his || drop_rights(config, why));
}
