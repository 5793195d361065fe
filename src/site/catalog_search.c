#include "site/catalog_search.h"

#include <sqlite3.h>

#include "site/catalog_inside.h"

enum {
    STEPS_AT_ONCE = 100, /* of SQLite's machine between two looks at the budget */
    STEPS_OF_ROW = 16,   /* that it takes to hand out what was found, which is quick */
};

/* A search that costs too much ends: FTS5 reads its pages by statements, which are counted, too. */
static int
on_progress(void *ctx)
{
    int *steps = ctx;

    *steps -= STEPS_AT_ONCE;
    return *steps < 0;
}

bool
catalog_search(struct catalog *catalog, struct str match,
               bool (*on_path)(void *ctx, struct str path), void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_SEARCH];
    int steps = SEARCH_STEPS_MAX, status;

    if (match.len == 0)
        return true;
    catalog_bind(statement, 1, match);
    sqlite3_progress_handler(catalog->db, STEPS_AT_ONCE, on_progress, &steps);
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
        steps += STEPS_OF_ROW;
        if (!on_path(ctx, catalog_column(statement, 0)))
            break;
    }
    catalog_end(statement);
    sqlite3_progress_handler(catalog->db, 0, NULL, NULL);
    return status != SQLITE_INTERRUPT;
}
