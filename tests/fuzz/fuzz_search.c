/*
 * Anything that somebody may type, asked of a small catalog: never an error, whatever FTS5 would
 * make of it; never more steps than the budget; and a page whose links lead to posts or to pages
 * of the same search. The first byte is the page, if it is below a space.
 */

#include <stdint.h>
#include <sqlite3.h>
#include <unistr.h>

#include "../fixture.h"
#include "site/catalog_search.h"
#include "site/search.h"
#include "site/snippet.h"
#include "text/gemtext.h"
#include "text/segment.h"
#include "text/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2016/01/a.gmi", "# Rice fields\n2016-01-01 · nl\n\nFair pay, a b c a b c.\n\n"
                              "=> /label/rice/ Rice\n=> /label/fair-pay/ Fair pay\n"},
    {"capsule/2016/01/a/comments.gmi", "# Comments\n\n## X, 2016-01-02\nOr 1 = 1, and near x.\n"},
    {"capsule/2017/01/b.gmi", "# ধান\n2017-01-01 · bn\n\nধান আর জল। क्षेत्र 社会 사람 ទឹកស្រូវ\n"},
    {"capsule/2018/01/c.gmi", "# 2018-01-01\n2018-01-01\n\nCafé été éé title x rice.\n"},
};

static void remove_fixture(void);

/* Made once, removed at the end. */
static struct fixture *
the_fixture(void)
{
    static struct fixture fixture;

    if (fixture.site)
        return &fixture;
    fixture_make(&fixture);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    fixture_open(&fixture, "[blog]\ntitle = Rice\npage_size = 1\n");
    atexit(remove_fixture);
    return &fixture;
}

static void
remove_fixture(void)
{
    fixture_free(the_fixture());
}

static bool
on_path(void *ctx, struct str path)
{
    size_t *found = ctx;

    assert(str_starts(path, STR("/20")));
    ++*found;
    return true;
}

/* What catalog_search would hide: FTS5 takes what it is asked. */
static void
check_match(const char *match, size_t total)
{
    const struct config *config = the_fixture()->site->config;
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t found = 0;
    int status;

    assert(sqlite3_open_v2(config->blog.index, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    assert(sqlite3_prepare_v2(db, "SELECT rowid FROM search WHERE search MATCH ?1", -1, &statement,
                              NULL) == SQLITE_OK);
    sqlite3_bind_text(statement, 1, match, -1, SQLITE_STATIC);
    while ((status = sqlite3_step(statement)) == SQLITE_ROW)
        found++;
    assert(status == SQLITE_DONE || match[0] == '\0');
    assert(found == total);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* All words at once are those that come one by one. */
static void
check_words(struct str typed)
{
    struct buf whole = {0}, single = {0};
    struct segment segment;

    segment_put(&whole, typed);
    for (size_t at = 0; segment_next(typed, &at, &segment); buf_byte(&single, ' '))
        buf_put(&single, segment_word(&segment));
    assert(str_eq(buf_str(&whole), buf_str(&single)));
    buf_free(&whole);
    buf_free(&single);
}

/* The search itself: what was read keeps its limits, and FTS5 takes it. */
static void
check_search(struct str typed)
{
    struct search search = {0};
    struct buf snippet = {0};
    size_t found = 0;

    search_read(&search, typed);
    assert(search.count <= SEARCH_WORDS_MAX && !str_has_control(buf_str(&search.match)));
    assert((search.begins == 0) == (search.count == 0) && (search.ends == 0) == !search.begins);
    assert(__builtin_popcount(search.begins) == __builtin_popcount(search.ends));
    /* three posts are not worth the budget, whatever is asked */
    assert(catalog_search(the_fixture()->site->catalog, buf_str(&search.match), on_path, &found));
    check_match(buf_text(&search.match), found);
    assert(!snippet_put(&snippet, &search, typed) == (snippet.len == 0));
    assert(snippet.len <= typed.len + sizeof "… …");
    search_free(&search);
    buf_free(&snippet);
}

/* Every link leads to something that is there. */
static void
check_target(struct str target)
{
    struct uri uri = uri_split(target);
    struct response response;
    struct buf path = {0}, query = {0};

    assert(uri_path_decode(uri.path, &path) == URI_PATH_OK);
    buf_put(&query, uri.query);
    assert(path.len + query.len < (size_t)TARGET_MAX * 2);
    fixture_ask_with(the_fixture(), buf_text(&path), uri.has_query ? buf_text(&query) : NULL,
                     &response);
    assert(response.outcome == OUTCOME_OK ||
           (response.outcome == OUTCOME_INPUT && str_eq(target, STR("/search"))));
    response_free(&response);
    buf_free(&path);
    buf_free(&query);
}

/* FTS5's complaints stay inside, unless it was one that somebody looked for: the page shows that
 * without what is no text. */
static void
check_silence(struct str page, struct str typed)
{
    static const char complaint[] = "fts5:";
    struct buf visible = {0};

    for (size_t i = 0; i < typed.len; i++)
        if (typed.ptr[i] > ' ' && typed.ptr[i] <= '~')
            buf_byte(&visible, typed.ptr[i]);
    assert(strstr(buf_text(&visible), complaint) ||
           !memmem(page.ptr, page.len, complaint, sizeof complaint - 1));
    buf_free(&visible);
}

static void
check_page(struct str page)
{
    struct gemtext_scanner scanner = {.rest = page};
    struct gemtext_line line;

    assert(u8_check((const uint8_t *)page.ptr, page.len) == NULL);
    assert(str_starts(page, STR("# ")));
    while (gemtext_next(&scanner, &line)) {
        assert(!str_has_control(line.raw));
        if (line.kind == GEMTEXT_LINK)
            check_target(line.target);
    }
    assert(!scanner.preformatted);
}

static void
check_answer(const char *path, struct str typed)
{
    struct response response;
    struct buf query = {0};

    uri_put_path(&query, typed);
    if (query.len <= URI_MAX - sizeof "gemini://localhost/search/99?") {
        fixture_ask_with(the_fixture(), path, buf_text(&query), &response);
        assert(response.outcome == OUTCOME_OK || response.outcome == OUTCOME_INPUT ||
               response.outcome == OUTCOME_NOT_FOUND || response.outcome == OUTCOME_MOVED);
        assert(response.meta.len > 0 && !str_has_control(buf_str(&response.meta)));
        if (response.outcome == OUTCOME_OK) {
            check_page(buf_str(&response.page));
            check_silence(buf_str(&response.page), typed);
        }
        response_free(&response);
    }
    buf_free(&query);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str typed = {(const char *)bytes, size};
    char path[sizeof "/search/31"] = "/search";

    if (size > 0 && bytes[0] > 1 && bytes[0] < ' ') {
        snprintf(path, sizeof path, "/search/%d", bytes[0]);
        typed = str_after(typed, 1);
    }
    check_words(typed);
    check_search(typed);
    check_answer(path, typed);
    return 0;
}
