#ifndef IMPORT_THREAD_H
#define IMPORT_THREAD_H

/*
 * The comments of one post in the order in which they are read: by time, and each answer behind
 * what it answers and the answers that came before. What answers itself, a comment that nobody has
 * or, by way of others, itself, begins a thread of its own: no comment is lost.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { THREAD_MAX = 1000000 }; /* comments of one post */

struct thread_comment {
    struct str id, reply_to; /* reply_to: empty where it answers the post */
    int64_t published_ms;
    size_t answers; /* set: the place of the comment that it answers, or THREAD_NONE */
};

#define THREAD_NONE ((size_t)-1)

/* Fills order with the places of the comments, in the order of reading. Equal ids: the first is
 * meant. Takes n log n steps, and no recursion. */
void thread_order(struct thread_comment *comments, size_t count, size_t *order);

#endif
