#ifndef IMPORT_COMPOSE_H
#define IMPORT_COMPOSE_H

/* The file that an entry becomes. */

#include "import/entry.h"
#include "import/present.h"
#include "site/ledger.h"

/* Appends the file. Labels of the present post stay where keep_labels says so. What a truncated
 * entry lost of its body, the present file may have from another source. New labels are noted in
 * the ledger. */
void compose_post(struct buf *out, struct ledger *ledger, const struct entry *entry,
                  const struct present *present, bool keep_labels);

/* Appends the present post with the labels of an entry that knows less of it. */
void compose_labels(struct buf *out, struct ledger *ledger, const struct entry *entry,
                    const struct present *present);

#endif
