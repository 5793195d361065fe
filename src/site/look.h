#ifndef SITE_LOOK_H
#define SITE_LOOK_H

/*
 * How Gopher's pages look. [gopher] says it for all listeners, and what stands behind the address
 * of one says it for that: "127.0.0.1:7040 width=40 charset=ascii".
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"
#include "text/charset.h"

struct gopher_look {
    unsigned port;  /* that menus point to; 0: the one listened on */
    unsigned width; /* columns */
    enum charset charset;
    bool posts_as_menus, strict1436;
};

/* Changes the look by settings, which are keys of [gopher] and values with spaces between them. */
bool look_apply(struct gopher_look *look, struct str settings, struct failure *why);

#endif
