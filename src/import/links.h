#ifndef IMPORT_LINKS_H
#define IMPORT_LINKS_H

/*
 * Links of a blog to itself. While entries are read nobody knows yet where their posts will be, so
 * a link first gets the address that its post would like, and a line in entry.links says so; once
 * all addresses are known, links_settle corrects the few that came out otherwise.
 */

#include "import/entry.h"
#include "site/config.h"
#include "site/ledger.h"

enum { HOSTS_MAX = 256 /* of one blog */ };

/* The hosts of a blog, in one form: lower case, without "www.", country spellings of blogspot as
 * blogspot.com. Zeroed is empty. */
struct hosts {
    struct buf names; /* one a line */
    size_t count;
};

/* Takes the host of an address, or a bare one; any other text is none. */
void hosts_add(struct hosts *hosts, struct str address);
void hosts_add_list(struct hosts *hosts, const struct name_list *list);
void hosts_free(struct hosts *hosts);

/* Appends what a link to this address becomes, and notes it in links; nothing when it leads to no
 * post, page, label or home of the blog, of which one of the blog's own is noted, too. An address
 * without a host is the blog's own. */
void links_put(struct buf *target, const struct hosts *hosts, struct str address,
               struct buf *links);

/* Corrects the links in the body, now that the ledger knows all addresses. on_dead is told each
 * address of the blog that leads nowhere, once: its link keeps it. */
void links_settle(struct entry *entry, const struct ledger *ledger,
                  void (*on_dead)(void *ctx, struct str address), void *ctx);

#endif
