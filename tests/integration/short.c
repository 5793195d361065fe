/*
 * Preloaded into the program by test_faults.py: every write takes only half of its bytes, as a
 * write may that a signal or a nearly full disk cuts short.
 */

#include <dlfcn.h>
#include <sys/types.h>

typedef ssize_t write_fn(int fd, const void *bytes, size_t count);
typedef ssize_t pwrite_fn(int fd, const void *bytes, size_t count, off64_t offset);

ssize_t write(int fd, const void *bytes, size_t count);
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset);
ssize_t pwrite(int fd, const void *bytes, size_t count, off64_t offset);

static size_t
half(size_t count)
{
    return (count + 1) / 2;
}

ssize_t
write(int fd, const void *bytes, size_t count)
{
    return ((write_fn *)dlsym(RTLD_NEXT, "write"))(fd, bytes, half(count));
}

ssize_t
pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    return ((pwrite_fn *)dlsym(RTLD_NEXT, "pwrite64"))(fd, bytes, half(count), offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t count, off64_t offset)
{
    return pwrite64(fd, bytes, count, offset);
}
