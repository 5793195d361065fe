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
catalog_post_of(struct catalog *catalog, struct str path, catalog_on_entry *on_entry, void *ctx)
{
    catalog_bind(catalog->ask[ASK_ENTRY], 1, path);
    catalog_tell(catalog->ask[ASK_ENTRY], on_entry, ctx);
}

void
catalog_page_of(struct catalog *catalog, struct str path, catalog_on_entry *on_entry, void *ctx)
{
    catalog_bind(catalog->ask[ASK_PAGE], 1, path);
    catalog_tell(catalog->ask[ASK_PAGE], on_entry, ctx);
}

static struct moment
moment_of(sqlite3_stmt *row, int column)
{
    struct moment moment;
    bool is_moment = moment_parse(catalog_column(row, column), &moment);

    return is_moment ? moment : (struct moment){.date = {YEAR_MIN, 1, 1}};
}

void
catalog_gist(struct catalog *catalog, struct str path,
             void (*on_gist)(void *ctx, const struct gist *gist), void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_GIST];

    catalog_bind(statement, 1, path);
    if (sqlite3_step(statement) == SQLITE_ROW)
        on_gist(ctx, &(struct gist){
                         .author = catalog_column(statement, 0),
                         .published = moment_of(statement, 1),
                         .updated = moment_of(statement, 2),
                         .summary = catalog_column(statement, 3),
                         .words = (size_t)sqlite3_column_int64(statement, 4),
                     });
    catalog_end(statement);
}

/* Calls with the one post that a question finds, and says whether to go on. */
static bool
tell_neighbour(sqlite3_stmt *statement, bool is_older, catalog_on_neighbour *on_neighbour,
               void *ctx)
{
    bool go_on = true;

    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct entry entry = catalog_entry_of(statement);

        go_on = on_neighbour(ctx, &entry, is_older);
    }
    catalog_end(statement);
    return go_on;
}

void
catalog_neighbours(struct catalog *catalog, struct str path, catalog_on_neighbour *on_neighbour,
                   void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_NEIGHBOUR];
    bool go_on = true;

    for (int step = -1; step <= 1 && go_on; step += 2) {
        catalog_bind(statement, 1, path);
        sqlite3_bind_int(statement, 2, step);
        go_on = tell_neighbour(statement, step < 0, on_neighbour, ctx);
    }
}

void
catalog_neighbours_with(struct catalog *catalog, struct str path, struct str label,
                        catalog_on_neighbour *on_neighbour, void *ctx)
{
    static const enum question questions[] = {ASK_OLDER_WITH, ASK_NEWER_WITH};
    bool go_on = true;

    for (size_t i = 0; i < 2 && go_on; i++) {
        sqlite3_stmt *statement = catalog->ask[questions[i]];

        catalog_bind(statement, 1, path);
        catalog_bind(statement, 2, label);
        go_on = tell_neighbour(statement, i == 0, on_neighbour, ctx);
    }
}

/* A date is the first three parameters of every question about one. */
static void
bind_date(sqlite3_stmt *statement, struct date date)
{
    sqlite3_bind_int(statement, 1, date.year);
    sqlite3_bind_int(statement, 2, date.month);
    sqlite3_bind_int(statement, 3, date.day);
}

void
catalog_same_day(struct catalog *catalog, struct date date, size_t most, catalog_on_entry *on_entry,
                 void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_SAME_DAY];

    bind_date(statement, date);
    sqlite3_bind_int64(statement, 4, catalog_bounded(most));
    catalog_tell(statement, on_entry, ctx);
}

void
catalog_labels_of(struct catalog *catalog, struct str path, size_t most, catalog_on_tally *on_tally,
                  void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_LABELS_OF];

    catalog_bind(statement, 1, path);
    sqlite3_bind_int64(statement, 2, catalog_bounded(most));
    catalog_tell_tallies(statement, on_tally, ctx);
}

size_t
catalog_count_since(struct catalog *catalog, struct date date)
{
    sqlite3_stmt *statement = catalog->ask[ASK_COUNT_SINCE];
    size_t count = 0;

    bind_date(statement, date);
    if (sqlite3_step(statement) == SQLITE_ROW)
        count = (size_t)sqlite3_column_int64(statement, 0);
    catalog_end(statement);
    return count;
}

void
catalog_posts_since(struct catalog *catalog, struct date date, struct stretch part,
                    catalog_on_entry *on_entry, void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_SINCE];

    bind_date(statement, date);
    sqlite3_bind_int64(statement, 4, catalog_bounded(part.most));
    sqlite3_bind_int64(statement, 5, catalog_bounded(part.skip));
    catalog_tell(statement, on_entry, ctx);
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
catalog_page_language(struct catalog *catalog, struct str page, struct buf *language)
{
    return catalog_answer(catalog, ASK_PAGE_LANGUAGE, page, language);
}

bool
catalog_ends_in_block(struct catalog *catalog, struct str post)
{
    struct buf nothing = {0};

    return catalog_answer(catalog, ASK_ENDS_IN_BLOCK, post, &nothing);
}
