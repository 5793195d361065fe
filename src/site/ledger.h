#ifndef SITE_LEDGER_H
#define SITE_LEDGER_H

/*
 * capsule/.ledger.tsv: what the importer wrote, one line a document, so that a second import
 * changes nothing, an edited post is recognised and old addresses find their posts. The importer
 * writes it; the indexer reads it too, for positions and old addresses. The first line names the
 * columns; lines that begin with '#' are comments, and the last columns of a line may be missing.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/table.h"

#define LEDGER_NAME ".ledger.tsv"
enum { LEDGER_MAX = 256 << 20 }; /* bytes of the file */

/*
 * Fields hold no control bytes, and an id does not begin with '#'. The state of a row:
 *   live   the path is a file
 *   gone   the path was a file; path and old answer that it was removed
 *   moved  the path was a file and is now that of the row whose id is this row's source; a document
 *          may have any number of such rows, with the id "moved:PATH" and no digest
 *   strange  the path is a file that no import wrote; while one lasts only, and never saved
 * Whatever the state, old leads to where path leads.
 */
struct ledger_row {
    struct str id;   /* of the source: "text:2017-12-05:ilo launches …", a Blogger id, "about" */
    struct str path; /* relative to the capsule */
    struct str digest; /* SHA-256 of what was last written there */
    struct str old;    /* "/2017/12/slug.html", empty when there is none */
    struct str state;  /* "live", "gone", "moved", "strange" */
    long position;     /* order among posts of one moment: higher is newer */
    struct str source; /* "9a57d1e81269937e:72", more than one with ',' between */
    size_t summary;    /* lines of the body before the jump break; 0: there is none */
};

/* Texts of rows have a NUL behind them and stay where they are until the end. */
struct ledger {
    struct ledger_row *rows;
    size_t count, cap;
    struct buf file;
    struct arena texts;
    struct str last_source; /* of these */
    struct table by_id, by_path, by_old;
};

/* A missing file is an empty ledger; after a failure, which names the line, it is empty, too. */
bool ledger_load(struct ledger *ledger, int root, struct failure *why);
bool ledger_parse(struct ledger *ledger, struct str text, struct failure *why);

/* NULL when there is none. Of rows with one path it is the live one. */
const struct ledger_row *ledger_find_id(const struct ledger *ledger, struct str id);
const struct ledger_row *ledger_find_path(const struct ledger *ledger, struct str path);
const struct ledger_row *ledger_find_old(const struct ledger *ledger, struct str old);
/* The row or, of one that has moved, where its document is now; NULL of NULL. */
const struct ledger_row *ledger_follow(const struct ledger *ledger, const struct ledger_row *row);
bool ledger_is_there(const struct ledger_row *row); /* "live" or "strange"; NULL is neither */

/* Replaces or adds the row with this id; control bytes become spaces. */
void ledger_put(struct ledger *ledger, const struct ledger_row *row);

/* The row with this id, which must be there, gets another id, which no row has; or another path
 * and old address, and then a moved row keeps the former. */
void ledger_rename(struct ledger *ledger, struct str id, struct str new_id);
void ledger_move(struct ledger *ledger, struct str id, struct str path, struct str old);
void ledger_sort(struct ledger *ledger); /* by id */
/* Writes the file, unless it holds these bytes already. */
bool ledger_save(const struct ledger *ledger, int root, struct failure *why);
void ledger_write(struct buf *out, const struct ledger *ledger);
/* Appends a part of a long file; *row, from 0, is the next one. False when all is written. */
bool ledger_write_part(struct buf *out, const struct ledger *ledger, size_t *row);
void ledger_free(struct ledger *ledger);

#endif
