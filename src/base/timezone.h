#ifndef BASE_TIMEZONE_H
#define BASE_TIMEZONE_H

/*
 * Time zones, from the system's own tables. The C library keeps it for the whole process,
 * so there is one at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/fail.h"

/* As timezone_set, but changes nothing; on a system without such tables any name may be right. */
bool timezone_is_possible(const char *name);

/* An IANA name such as Asia/Kathmandu, or UTC; anything else fails. */
bool timezone_set(const char *name, struct failure *why);

/* The moment that a clock in this zone shows, so many seconds after 1970 began in UTC. */
struct moment timezone_moment(int64_t seconds);

#endif
