#ifndef IMPORT_COMPOSE_H
#define IMPORT_COMPOSE_H

/* The file that an entry becomes. */

#include "import/entry.h"
#include "site/ledger.h"
#include "site/post.h"

/* Appends the file. An import never takes a label away: those of the post that is present stay,
 * edited or not. ours is the body that an earlier import wrote there, if nobody has changed it:
 * what a truncated entry lost of it, it may have from another source. New labels are noted in the
 * ledger. */
void compose_post(struct buf *out, struct ledger *ledger, const struct entry *entry,
                  const struct post *present, struct str ours);

#endif
