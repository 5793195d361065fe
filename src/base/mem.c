#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/crypto.h>

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

/* CRYPTO_set_mem_functions(3); as OpenSSL's own, nothing of a size of 0. */
static void *
openssl_grow(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size > 0)
        return mem_grow(block, size, 1);
    free(block);
    return NULL;
}

static void *
openssl_new(size_t size, const char *file, int line)
{
    return openssl_grow(NULL, size, file, line);
}

static void
openssl_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

void
mem_rule_openssl(void)
{
    CRYPTO_set_mem_functions(openssl_new, openssl_grow, openssl_free);
}

void
mem_trim(void)
{
    if (malloc_trim)
        malloc_trim(0);
}
