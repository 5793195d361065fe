#ifndef IMPORT_PRIVATE_H
#define IMPORT_PRIVATE_H

/*
 * Which network addresses belong to the machine itself or to a network around it, so that no
 * stranger's link makes us ask there (IANA's registries of special-purpose addresses).
 */

#include <stdbool.h>
#include <sys/socket.h>

/* True for anything that is neither IPv4 nor IPv6, too. */
bool private_address(const struct sockaddr *address);

#endif
