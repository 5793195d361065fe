/*
 * Preloaded by test_memory.py, with a file that both have mapped: one allocation of the program and
 * of its children fails, or every one from then on. Or each fails in a copy of its process, which
 * may then say one line and end with status 71, and nothing else: what does more is noted.
 */

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

/* NOLINTBEGIN(bugprone-reserved-*,cert-dcl*,readability-inconsistent-*): glibc names them */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

enum { MOMENT_US = 100000 /* of the processor, for a copy */ };

/* As in nomem.py. */
enum { RANKS = 64, NAME_SIZE = 32, FRAMES_MAX = 16, OTHERS_MAX = 65536 };

/* A process is known by its rank, the order in which they began, and an allocation by that of its
 * process and its number there: both are the same in the next run. */
struct place {
    int64_t rank, number;
};

struct control {
    struct place fails; /* the first that fails; number 0: none */
    int64_t times;      /* so many fail */
    int64_t spreads;    /* then all of any process fail */
    int64_t failed;
    char who[NAME_SIZE]; /* had no memory first: the program's name, or a library's */
    int64_t copies;      /* each so-manieth fails in a copy of its process; 0: none … */
    int64_t offset;      /* … beginning with this one */
    int64_t copied;      /* so many ended as they should */
    int64_t begun;       /* processes */
    struct {
        int64_t pid, count;
    } processes[RANKS];
    int64_t other_count;
    struct {
        struct place place;
        int64_t ran_on;   /* until its time was over; else it did something that it must not */
    } others[OTHERS_MAX]; /* copies that did not end as they should */
};

static struct {
    struct control *control;
    int64_t rank;
    bool is_copy;
} self;

static void
begin(int64_t rank)
{
    self.rank = rank;
    if (rank < RANKS)
        self.control->processes[rank].pid = getpid();
}

__attribute__((constructor)) static void
find_control(void)
{
    const char *path = getenv("NOMEM_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map, *frame;

    if (fd < 0)
        return;
    backtrace(&frame, 1); /* the first time it needs memory */
    map = mmap(NULL, sizeof *self.control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    self.control = map;
    begin(__atomic_fetch_add(&self.control->begun, 1, __ATOMIC_RELAXED));
}

/* The rank is given before the fork, so that it does not depend on who runs first. */
pid_t
fork(void)
{
    pid_t (*real)(void);
    int64_t rank =
        self.control ? __atomic_fetch_add(&self.control->begun, 1, __ATOMIC_RELAXED) : RANKS;
    pid_t pid;

    *(void **)&real = dlsym(RTLD_NEXT, "fork");
    pid = real();
    if (pid == 0 && self.control)
        begin(rank);
    return pid;
}

/* Threads would take turns as they like, and number their allocations so. */
long
sysconf(int name)
{
    long (*real)(int);

    *(void **)&real = dlsym(RTLD_NEXT, "sysconf");
    return name == _SC_NPROCESSORS_ONLN ? 1 : real(name);
}

/* From now on a process is killed that does more than write to standard error and end. */
static void
confine(void)
{
    static const unsigned fd = offsetof(struct seccomp_data, args[0]), half = sizeof(uint32_t);
    const struct itimerval moment = {.it_value.tv_usec = MOMENT_US};
    const struct rlimit none = {0, 0};
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 6),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, fd), /* the one half is 0, whichever comes first */
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, fd + half),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STDERR_FILENO, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog program = {sizeof rules / sizeof *rules, rules};

    setrlimit(RLIMIT_CORE, &none);
    setitimer(ITIMER_PROF, &moment, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(EX_SOFTWARE);
}

static int
status_of(pid_t copy)
{
    int status = -1;

    while (waitpid(copy, &status, __WALL) < 0 && errno == EINTR)
        continue;
    return status;
}

static void
note_other(struct place place, bool ran_on)
{
    int64_t other = __atomic_fetch_add(&self.control->other_count, 1, __ATOMIC_RELAXED);

    if (other >= OTHERS_MAX)
        return;
    self.control->others[other].place = place;
    self.control->others[other].ran_on = ran_on;
}

/* The copy is one that nobody is told of. In it the allocation fails, in the process it does not.
 */
static bool
fails_in_copy(struct place place)
{
    int saved = errno, status = -1;
    pid_t copy = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);

    if (copy == 0) {
        self.is_copy = true;
        confine();
        errno = ENOMEM;
        return true;
    }
    if (copy > 0)
        status = status_of(copy);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OSERR)
        __atomic_add_fetch(&self.control->copied, 1, __ATOMIC_RELAXED);
    else
        note_other(place, WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF);
    errno = saved;
    return false;
}

/* Whoever called the C library is meant, not that. */
static void
note_who(char *who)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);

    for (int i = 0; i < count; i++) {
        const char *name;
        Dl_info info;

        if (!dladdr(frames[i], &info) || !info.dli_fname)
            continue;
        name = strrchr(info.dli_fname, '/');
        name = name ? name + 1 : info.dli_fname;
        if (strncmp(name, "nomem.", 6) == 0 || strncmp(name, "libc.", 5) == 0)
            continue;
        strncpy(who, name, NAME_SIZE - 1);
        return;
    }
}

static bool
is_due(const struct control *control, struct place place)
{
    if (control->spreads && control->failed > 0)
        return true;
    return control->fails.number > 0 && place.rank == control->fails.rank &&
           place.number >= control->fails.number &&
           place.number - control->fails.number < control->times;
}

static bool
fails(void)
{
    struct control *control = self.control;
    struct place place = {.rank = self.rank};

    if (!control || self.is_copy || self.rank >= RANKS)
        return false;
    place.number = __atomic_add_fetch(&control->processes[self.rank].count, 1, __ATOMIC_RELAXED);
    if (control->copies > 0)
        return place.number % control->copies == control->offset && fails_in_copy(place);
    if (!is_due(control, place))
        return false;
    if (__atomic_fetch_add(&control->failed, 1, __ATOMIC_RELAXED) == 0)
        note_who(control->who);
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

int
posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = fails() ? NULL : __libc_memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

/* NOLINTEND(bugprone-reserved-*,cert-dcl*,readability-inconsistent-*) */
