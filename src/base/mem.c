#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int malloc_trim(size_t pad) __attribute__((weak)); /* glibc has it */

static _Noreturn void
out_of_memory(void)
{
    static const char line[] = "inspir: out of memory\n";

    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(EX_OSERR); /* nobody to tell */
    _exit(EX_OSERR);
}

void *
mem_new(size_t size)
{
    void *block = calloc(1, size);

    if (!block)
        out_of_memory();
    return block;
}

void *
mem_grow(void *block, size_t count, size_t size)
{
    void *grown = size != 0 && count > SIZE_MAX / size ? NULL : realloc(block, count * size);

    if (!grown)
        out_of_memory();
    return grown;
}

char *
mem_copy(const char *bytes, size_t len)
{
    char *copy = mem_grow(NULL, len + 1, 1);

    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void
mem_trim(void)
{
    if (malloc_trim)
        malloc_trim(0);
}
