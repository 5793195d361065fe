#ifndef TEXT_ATOM_H
#define TEXT_ATOM_H

/*
 * Writes Atom feeds (RFC 4287): atom_begin, for each entry atom_begin_entry, its categories and
 * atom_end_entry, then atom_end. Texts may hold any bytes: what XML cannot is left out or becomes
 * U+FFFD. Addresses are absolute URIs, times as RFC 3339 has them.
 */

#include "base/str.h"

struct atom_feed {
    struct str id, title, subtitle; /* subtitle: empty for none */
    struct str language;            /* BCP 47 */
    struct str author;              /* of every entry that names none */
    struct str updated;
    struct str self, page; /* addresses of the feed and of the page that shows the same */
};

struct atom_entry {
    struct str id, title;
    struct str author; /* empty: the feed's */
    struct str language;
    struct str published, updated;
    struct str page; /* its address */
    struct str summary;
};

void atom_begin(struct buf *out, const struct atom_feed *feed);
void atom_begin_entry(struct buf *out, const struct atom_entry *entry);
void atom_category(struct buf *out, struct str term, struct str label);
void atom_end_entry(struct buf *out);
void atom_end(struct buf *out);

#endif
