#ifndef SERVE_GOPHER_ANSWER_H
#define SERVE_GOPHER_ANSWER_H

/* What the site answers, as Gopher sends it: pages as menus or texts, everything else as it is. */

#include "serve/protocol.h"

enum {
    GOPHER_TEXT_MAX = 8 << 20, /* bytes of a text file that is converted; a larger one goes as is */
};

/* As of protocol->render. */
void gopher_render(struct exchange *exchange, struct buf *head);

/* Appends the address of a page: pages are menus, and posts whatever the lists call them. */
void gopher_put_address(const void *exchange, struct str path, struct buf *out);

#endif
