#ifndef SITE_NAMES_H
#define SITE_NAMES_H

/*
 * Lists as inspir.ini writes them: values with ',' between, hosts, addresses, networks and
 * fingerprints. Nothing is ever asked of DNS. A zeroed list is empty.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

enum {
    CONFIG_LIST_MAX = 64, /* items of any list */
    HOST_MAX = 253,       /* RFC 1035 2.3.4: bytes of a name without its final dot */
};

struct address_list {
    struct address {
        char *host; /* an IP literal without brackets */
        unsigned port;
        char *settings; /* what stands behind it; NULL: nothing */
    } items[CONFIG_LIST_MAX];
    size_t count;
};

/* Ends with NULL, so that it can be passed where such a list is wanted. */
struct name_list {
    char *items[CONFIG_LIST_MAX + 1];
    size_t count;
};

/* A host with a certificate of its own. */
struct host_pair {
    char *name;
    char *cert, *key; /* paths */
};

/* A folder of the capsule that asks for a certificate. */
struct zone {
    char *path;            /* decoded, begins and ends with '/' */
    bool any;              /* any certificate will do */
    struct name_list keys; /* else its SHA-256, 64 lower-case hexadecimal digits */
};

/* These append the items of one value. On failure the list holds those before the bad one. */
bool names_add_addresses(struct address_list *list, struct str value, struct failure *why);
bool names_add_hosts(struct name_list *list, struct str value, struct failure *why);
bool names_add_networks(struct name_list *list, struct str value, struct failure *why);
bool names_add_paths(struct name_list *list, struct str value, struct failure *why);
bool names_add_fingerprints(struct name_list *list, struct str value, struct failure *why);

/* An address of one list that is in the other, too; NULL: none. Port 0 is never the same. */
const struct address *names_shared_address(const struct address_list *a,
                                           const struct address_list *b);

/* The host in lower case, an IPv6 literal without brackets and in its shortest form; ended with
 * free(). NULL when it is neither a name of letters, digits and hyphens nor an IP literal. */
char *names_host(struct str text);

/* Such a host is an IP literal. */
bool names_is_address(const char *host);

void names_free(struct name_list *list);
void names_free_addresses(struct address_list *list);

#endif
