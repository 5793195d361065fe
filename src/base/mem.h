#ifndef BASE_MEM_H
#define BASE_MEM_H

/*
 * Memory that is always there: when the system has none left the process says one line and ends
 * with status 71, and the supervisor starts another. So no caller checks for NULL.
 * Every size that comes from outside is limited by its reader before it gets here.
 */

#include <stddef.h>

/* A zeroed block for one object; ended with free(). */
void *mem_new(size_t size);

/* The block resized to hold count objects of size bytes; new bytes are not cleared. */
void *mem_grow(void *block, size_t count, size_t size);

/* A copy of len bytes with a NUL after them; ended with free(). */
char *mem_copy(const char *bytes, size_t len);

/* The same for OpenSSL, which else goes on without what it could not get, and sometimes falls. To
 * be called before anything of OpenSSL's is used. */
void mem_rule_openssl(void);

/* Gives what has become free back to the system, where the C library can do that. For after a
 * crowd: it takes some milliseconds. */
void mem_trim(void);

#endif
