#ifndef SITE_CATALOG_INSIDE_H
#define SITE_CATALOG_INSIDE_H

/* What the files that read the index share; nobody else includes this. */

#include "site/catalog.h"

struct sqlite3;
struct sqlite3_stmt;

enum { CATALOG_SELECTIONS = 16 }; /* sets of criteria that a selection can have */

enum question {
    ASK_MONTHS,
    ASK_LABELS,
    ASK_LANGUAGES,
    ASK_PAGES,
    ASK_PAGE,
    ASK_COMMENTS,
    ASK_LABEL_NAME,
    ASK_LABEL_SLUG,
    ASK_NEIGHBOUR,
    ASK_POST,
    ASK_ENTRY,
    ASK_LABELS_OF,
    ASK_OLDER_WITH,
    ASK_NEWER_WITH,
    ASK_SAME_DAY,
    ASK_SINCE,
    ASK_COUNT_SINCE,
    ASK_GIST,
    ASK_FIGURES,
    ASK_LANGUAGE_OF,
    ASK_PAGE_LANGUAGE,
    ASK_ENDS_IN_BLOCK,
    ASK_MEDIA_TYPE,
    ASK_ADDRESS,
    ASK_SEARCH,
    QUESTIONS,
};

struct catalog {
    struct sqlite3 *db;
    struct sqlite3_stmt *list[CATALOG_SELECTIONS], *count[CATALOG_SELECTIONS], *ask[QUESTIONS];
    struct buf fingerprint;
};

/* The text of a column, valid until the next step. */
struct str catalog_column(struct sqlite3_stmt *statement, int number);

/* The entry that the first columns of a row tell of, valid as long. */
struct entry catalog_entry_of(struct sqlite3_stmt *row);

/* The text must stay where it is until catalog_end. */
void catalog_bind(struct sqlite3_stmt *statement, int parameter, struct str text);

/* Ready to be asked again; what was bound is forgotten, as its owner may be. */
void catalog_end(struct sqlite3_stmt *statement);

/* Calls with each row, then ends. */
void catalog_tell(struct sqlite3_stmt *statement, catalog_on_entry *on_entry, void *ctx);
void catalog_tell_tallies(struct sqlite3_stmt *statement, catalog_on_tally *on_tally, void *ctx);

int64_t catalog_bounded(size_t number);

/* Appends the one text that answers a question about a slug or a path. */
bool catalog_answer(struct catalog *catalog, enum question question, struct str about,
                    struct buf *text);

#endif
