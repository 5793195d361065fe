#ifndef TEXT_HTML_URL_H
#define TEXT_HTML_URL_H

/*
 * Addresses as people leave them in href and src, made into ones that a page can name. Only
 * schemes that a reader could follow get through; what a browser would run does not.
 */

#include <stdbool.h>

#include "base/str.h"

enum html_url {
    HTML_URL_NONE,    /* empty, or a place on the same page */
    HTML_URL_LINK,    /* absolute, or relative when there is no base */
    HTML_URL_INSIDE,  /* data:, cid:, file: and the like: it leads nowhere from here */
    HTML_URL_REFUSED, /* a scheme that is not for readers: javascript: */
};

/* Appends the clean address of a LINK; as it stands, without white space, that of an INSIDE. */
enum html_url html_url_clean(struct buf *out, struct str base, struct str reference);

/* What html_url_clean calls INSIDE. */
bool html_url_is_inside(struct str address);

/* Appends host and path of an absolute address, as people write it, without www. and final '/'. */
void html_url_short(struct buf *out, struct str address);

/* The host without www. */
struct str html_url_host(struct str address);

/* Appends where the player of an embedded address shows its video, and names its host; false when
 * it is no player that is known. */
bool html_url_video(struct buf *out, struct str address, const char **host);

#endif
