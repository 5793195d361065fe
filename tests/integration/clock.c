/*
 * Preloaded by test_mishaps.py: the time of day is that of the machine and so many seconds more as
 * the test writes into a file that both have mapped. Clocks that nobody can set go on as they do.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int clock_fn(clockid_t clock, struct timespec *now);

static const int64_t *offset_s;
static clock_fn *real_clock;

__attribute__((constructor)) static void
find_offset(void)
{
    const char *path = getenv("CLOCK_OFFSET");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map;

    real_clock = (clock_fn *)dlsym(RTLD_NEXT, "clock_gettime");
    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *offset_s, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        offset_s = map;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc names them */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = real_clock(clock, now);

    if (result == 0 && offset_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *offset_s;
    return result;
}

time_t
time(time_t *seconds)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
    return 0;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
