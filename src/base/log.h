#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Where a running server says what happened: standard error, syslog or a file. One line per
 * event, and no byte of it can move a terminal's cursor.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"

struct log {
    int fd;         /* -1: syslog */
    bool timestamp; /* lines begin with the UTC time, but not on standard error: journald adds it */
    /* Of a file, shared by all processes that inherited it: the disk was full in the middle of a
     * line, so the next one must begin by ending it. */
    _Atomic bool *torn;
};

/* target: "stderr", "syslog", or the path of a file, which is made when missing and appended to. */
bool log_open(struct log *log, const char *target, struct failure *why);

void log_close(struct log *log);

/* One line, through log_escape_text. What cannot be written is lost: there is nowhere to say so. */
void log_line(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends the bytes with everything outside 0x21-0x7e, and the backslash, as \xHH. */
void log_escape(struct buf *out, struct str bytes);

/* Appends text for a person: spaces and valid UTF-8 stay, the bytes of control characters and those
 * that are no UTF-8 become \xHH. */
void log_escape_text(struct buf *out, struct str text);

#endif
