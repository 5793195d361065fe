#include "site/catalog_post.h"

#include <sqlite3.h>

#include "site/catalog_inside.h"

void
catalog_post_at(struct catalog *catalog, size_t place, catalog_on_entry *on_entry, void *ctx)
{
    sqlite3_bind_int64(catalog->ask[ASK_POST], 1, (sqlite3_int64)place);
    catalog_tell(catalog->ask[ASK_POST], on_entry, ctx);
}

void
catalog_neighbours(struct catalog *catalog, struct str path,
                   bool (*on_entry)(void *ctx, const struct entry *entry, bool is_older), void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_NEIGHBOUR];
    bool go_on = true;

    for (int step = -1; step <= 1 && go_on; step += 2) {
        catalog_bind(statement, 1, path);
        sqlite3_bind_int(statement, 2, step);
        if (sqlite3_step(statement) == SQLITE_ROW) {
            struct entry entry = catalog_entry_of(statement);

            go_on = on_entry(ctx, &entry, step < 0);
        }
        catalog_end(statement);
    }
}

size_t
catalog_comments(struct catalog *catalog, struct str path, uint64_t *size)
{
    sqlite3_stmt *statement = catalog->ask[ASK_COMMENTS];
    size_t count = 0;

    catalog_bind(statement, 1, path);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        count = (size_t)sqlite3_column_int64(statement, 0);
        *size = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    catalog_end(statement);
    return count;
}

bool
catalog_language_of(struct catalog *catalog, struct str post, struct buf *language)
{
    return catalog_answer(catalog, ASK_LANGUAGE_OF, post, language);
}

bool
catalog_ends_in_block(struct catalog *catalog, struct str post)
{
    struct buf nothing = {0};

    return catalog_answer(catalog, ASK_ENDS_IN_BLOCK, post, &nothing);
}
