#ifndef SERVE_NETWORK_H
#define SERVE_NETWORK_H

/*
 * Addresses of readers, and the networks that hold them. One of version 4 that came in through
 * version 6 is of version 4.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum {
    NETWORK_BITS_4 = 24, /* what is taken for one reader or one household: /24 … */
    NETWORK_BITS_6 = 48, /* … and /48 */
};

/* An address without its port. */
struct place {
    int family; /* AF_INET or AF_INET6 */
    size_t len; /* bytes */
    unsigned char bytes[sizeof(struct in6_addr)];
};

struct network {
    struct place place;
    unsigned bits; /* of the address that all its members share */
};

/* False for NULL and for what is no Internet address. */
bool place_of(struct place *place, const struct sockaddr *address);

/* The /24 or /48 that holds the address; the bits that its members do not share are 0. */
struct network network_of(const struct place *place);

/* Reads "address/bits" as names_add_networks wrote it. */
bool network_parse(struct network *network, const char *text);

bool network_holds(const struct network *network, const struct place *place);

#endif
