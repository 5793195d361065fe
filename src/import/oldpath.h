#ifndef IMPORT_OLDPATH_H
#define IMPORT_OLDPATH_H

/*
 * Addresses as Blogger made them and what becomes of them. An old path is in one form everywhere,
 * in the ledger too: "/2017/11/slug.html" or "/p/slug.html", percent-encoded, without query and
 * fragment.
 */

#include <stdbool.h>

#include "base/str.h"

enum { OLDPATH_NAME_MAX = 200 /* bytes of a slug that is kept: leaves room for "-999.gmi" */ };

/* Appends the old path that an address leads to, or a path alone; false when it leads to no post
 * or page. */
bool oldpath_put(struct buf *out, struct str address);

/* Appends the path in the capsule that an old path would like, without ".gmi": "2017/11/slug" or
 * "slug". False when its name is none that a file of ours may have: letters and digits of any
 * script, '-', '_' and '.', but not at the beginning; and no index. */
bool oldpath_put_base(struct buf *out, struct str old);

/* Appends the name of the label whose posts an address of the blog lists; false for any other. */
bool oldpath_put_label(struct buf *out, struct str address);

#endif
