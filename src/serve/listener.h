#ifndef SERVE_LISTENER_H
#define SERVE_LISTENER_H

/*
 * Listening sockets: made by the supervisor, inherited by every worker. Never SO_REUSEPORT: when
 * one of two such listeners closes, the connections that wait on it are reset.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/log.h"
#include "serve/protocol.h"
#include "site/config.h"

enum {
    LISTENERS_MAX = 2 * CONFIG_LIST_MAX, /* each protocol has its list */
    LISTENER_NAME_MAX = 63,              /* bytes of "[address]:port" */
    /* Bytes that the kernel keeps for a connection and has not sent yet: else it has megabytes for
     * a reader that stops. It must be more than two segments, and those of the loopback device have
     * 64 KiB: with less, replies on it wait for delayed acknowledgements. */
    UNSENT_MAX = 128 << 10,
};

struct listener {
    int fd;
    const struct protocol *protocol;
    const struct address *address;     /* of the configuration, which owns it */
    unsigned port;                     /* really bound */
    char name[LISTENER_NAME_MAX + 1];  /* with the port really bound, as the ready line shows it */
    char asked[LISTENER_NAME_MAX + 1]; /* with the port of the configuration */
    bool inherited;                    /* belongs to the former generation, too */
};

struct listener_set {
    struct listener items[LISTENERS_MAX];
    size_t count;
};

/* Binds what the configuration asks for, and takes over from `former` (NULL: nothing) the sockets
 * whose protocol and address stay. An address family that the machine lacks is one log line, as
 * long as another listener is there. On failure nothing new is left open. */
bool listeners_open(struct listener_set *set, const struct config *config,
                    const struct listener_set *former, const struct log *log, struct failure *why);

/* Closes those that `kept` (NULL: none) does not hold as well. */
void listeners_close(struct listener_set *set, const struct listener_set *kept);

/* Host, ports and menus as requests by one of the listeners (NULL: the first one of Gopher) and
 * their answers need them. */
void listeners_describe(const struct listener_set *set, const struct listener *entrance,
                        const struct config *config, struct service *service);

#endif
