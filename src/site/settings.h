#ifndef SITE_SETTINGS_H
#define SITE_SETTINGS_H

/* What some keys and sections of inspir.ini can be. */

#include <stdbool.h>

#include "site/names.h"

enum sandbox_mode { SANDBOX_OFF, SANDBOX_TRY, SANDBOX_REQUIRE };
enum log_address { LOG_ADDRESS_NONE, LOG_ADDRESS_NET, LOG_ADDRESS_HASH, LOG_ADDRESS_FULL };

/* [server] */
struct server_settings {
    unsigned workers; /* 0: one for each processor */
    char *user, *log;
    enum sandbox_mode sandbox;
    enum log_address log_address;
};

/* [limits] */
struct limit_settings {
    unsigned connections, connections_per_address, handshake_s, request_s, stall_s;
    unsigned requests_per_s, burst;
    struct name_list rate_exempt; /* networks, address/bits */
};

/* [light] */
struct light_settings {
    unsigned part; /* bytes */
    bool ascii;
};

/* [robots] */
struct robots_settings {
    struct name_list disallow;                    /* beginnings of paths, decoded */
    bool archiver, indexer, researcher, webproxy; /* may come */
};

/* [book] */
enum book_pictures { BOOK_PICTURES_NONE, BOOK_PICTURES_SMALL, BOOK_PICTURES_FULL };

struct book_settings {
    bool enabled;
    unsigned posts; /* a book with more of them is not made */
    enum book_pictures pictures;
};

#endif
