/*
 * Preloaded by test_memory.py: when the test says so, by a file that both have mapped, one
 * allocation of the program and of its children fails, or every one from then on.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* NOLINTBEGIN(bugprone-reserved-*,cert-dcl*,readability-inconsistent-*): glibc names them */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* As in test_memory.py. */
struct control {
    int64_t count;    /* allocations of the process `pid`, or of all */
    int64_t fail_at;  /* the first that fails; 0: none */
    int64_t fail_for; /* so many fail */
    int64_t failed;
    int64_t pid; /* 0: all processes */
};

static struct control *control;

__attribute__((constructor)) static void
find_control(void)
{
    const char *path = getenv("NOMEM_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        control = map;
}

static bool
fails(void)
{
    int64_t number;

    if (!control || (control->pid != 0 && control->pid != getpid()))
        return false;
    number = __atomic_add_fetch(&control->count, 1, __ATOMIC_RELAXED);
    if (control->fail_at == 0 || number < control->fail_at ||
        number >= control->fail_at + control->fail_for)
        return false;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_RELAXED);
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
