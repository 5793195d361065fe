#ifndef SERVE_VISITOR_H
#define SERVE_VISITOR_H

/*
 * A reader's address as the log may show it. For `log_address = hash` all processes that inherited
 * the secret by fork write the same name on the same day; the next day's secret is made from it,
 * and nothing leads back.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/config.h"

enum {
    VISITOR_SECRET = 32, /* bytes */
    VISITOR_HASH = 12,   /* hexadecimal digits */
};

struct visitor_log {
    enum log_address how;
    int64_t day; /* of the secret: days since 1970 in UTC */
    unsigned char secret[VISITOR_SECRET];
};

/* Time in seconds since 1970, here and below. */
bool visitor_log_init(struct visitor_log *log, enum log_address how, int64_t now_s,
                      struct failure *why);

/* Makes the secret that of the day; an earlier time changes nothing. */
void visitor_log_advance(struct visitor_log *log, int64_t now_s);

/* Appends the address: "-", 192.0.2.0/24 or 2001:db8::/48, a hash, or all of it. Anything that is
 * no Internet address, or NULL, is "-". */
void visitor_put(struct buf *out, struct visitor_log *log, const struct sockaddr *address,
                 int64_t now_s);

#endif
