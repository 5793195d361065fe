#include "site/catalog_search.h"

#include <assert.h>

#include <sqlite3.h>

#include "site/catalog_inside.h"
#include "site/catalog_post.h"

enum {
    STEPS_AT_ONCE = 100, /* of SQLite's machine between two looks at the budget */
    STEPS_OF_ROW = 4,    /* that it takes to hand out what was found, which is quick */
};

/* The posts of one page, by their places. */
struct page {
    size_t places[SEARCH_PAGE_MAX];
    size_t count;
};

/* A search that costs too much ends: FTS5 reads its pages by statements, which are counted, too. */
static int
on_progress(void *ctx)
{
    int *steps = ctx;

    *steps -= STEPS_AT_ONCE;
    return *steps < 0;
}

static struct findings
find(sqlite3_stmt *statement, struct stretch part, struct page *page, int *steps)
{
    struct findings findings = {0};
    int status;

    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
        *steps += STEPS_OF_ROW;
        if (findings.total >= part.skip && page->count < part.most)
            page->places[page->count++] = (size_t)sqlite3_column_int64(statement, 0);
        findings.total++;
    }
    findings.is_cut = status == SQLITE_INTERRUPT || findings.total > SEARCH_RESULTS_MAX;
    if (findings.total > SEARCH_RESULTS_MAX)
        findings.total = SEARCH_RESULTS_MAX;
    return findings;
}

struct findings
catalog_search(struct catalog *catalog, struct str match, struct stretch part,
               catalog_on_entry *on_entry, void *ctx)
{
    sqlite3_stmt *statement = catalog->ask[ASK_SEARCH];
    struct findings findings;
    struct page page = {.count = 0};
    int steps = SEARCH_STEPS_MAX;

    assert(part.most <= SEARCH_PAGE_MAX);
    if (match.len == 0)
        return (struct findings){0};
    catalog_bind(statement, 1, match);
    sqlite3_bind_int(statement, 2, SEARCH_RESULTS_MAX + 1); /* one more tells that there are more */
    sqlite3_progress_handler(catalog->db, STEPS_AT_ONCE, on_progress, &steps);
    findings = find(statement, part, &page, &steps);
    catalog_end(statement);
    sqlite3_progress_handler(catalog->db, 0, NULL, NULL);
    for (size_t i = 0; i < page.count; i++)
        catalog_post_at(catalog, page.places[i], on_entry, ctx);
    return findings;
}
