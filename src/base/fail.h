#ifndef BASE_FAIL_H
#define BASE_FAIL_H

/*
 * A failure that a person must read: one sentence without a final stop. The function that notices
 * it writes `return fail(why, …)`; each caller on the way up may put where it happened in front
 * with fail_in(). main() prints "inspir: " and the sentence.
 */

#include <stdbool.h>

enum { FAILURE_MAX = 512 };

struct failure {
    char text[FAILURE_MAX]; /* cut when longer; no line breaks or control bytes */
};

/* Sets the sentence; returns false so that it can end a function. */
bool fail(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like fail(), with ": " and the text of errno behind it. */
bool fail_errno(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "place: " in front of the sentence; returns false. */
bool fail_in(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
