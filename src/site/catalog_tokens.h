#ifndef SITE_CATALOG_TOKENS_H
#define SITE_CATALOG_TOKENS_H

/*
 * Splits words for FTS5 while the index is written. They are made by text/segment.h, so that spaces
 * are all that is left between them: FTS5's own tokenizer, by which the index is read, finds the
 * same words, but looks at each byte of them once more and copies it.
 */

#include <stdbool.h>

struct sqlite3;

/* Takes the place of the tokenizer "ascii" in a connection. False when it has no FTS5. */
bool catalog_tokens_use(struct sqlite3 *db);

#endif
