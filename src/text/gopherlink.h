#ifndef TEXT_GOPHERLINK_H
#define TEXT_GOPHERLINK_H

/* Where a link of gemtext leads for a reader of Gopher. */

#include "base/str.h"
#include "text/gophermap.h"

enum { GOPHER_PORT = 70, TELNET_PORT = 23 };

/* m11: the type of a link that no item can hold, such as one that is too long. */
#define GOPHERLINK_NONE 'i'

/* Zeroed is valid; end with gopherlink_free. */
struct gopher_link {
    char type;
    struct buf selector; /* raw bytes without controls, at most GOPHER_SELECTOR_MAX */
    struct buf host;     /* empty: the hole's own, and its port */
    unsigned port;
    struct buf address; /* the whole URL, for who cannot follow the item */
};

/* path is the page's own, decoded; target is the URI reference as the page wrote it. */
void gopherlink_find(struct gopher_link *link, const struct gopher_hole *hole, struct str path,
                     struct str target);

/* m12: appends the gopher URL of something in the hole. */
void gopherlink_put_url(struct buf *out, const struct gopher_hole *hole, char type,
                        struct str selector);

void gopherlink_free(struct gopher_link *link);

#endif
