#include "site/catalog.h"

#include <assert.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "site/catalog_inside.h"

/* Criteria of a selection; a set of them is the number of its statements. */
enum { BY_LABEL = 1, BY_LANGUAGE = 2, BY_YEAR = 4, BY_MONTH = 8 };

/* Parameters have the same number in every statement. */
enum { LABEL = 1, LANGUAGE, YEAR, MONTH, MOST, SKIP };

static const struct {
    int criterion;
    const char *sql;
} criteria[] = {
    {BY_LABEL, " AND label_post.label = (SELECT id FROM label WHERE slug = ?1)"},
    {BY_LANGUAGE, " AND post.language = ?2"},
    {BY_YEAR, " AND post.year = ?3"},
    {BY_MONTH, " AND post.month = ?4"},
};

/* Counts that the index holds ready; others are counted. */
static const char *const ready_counts[CATALOG_SELECTIONS] = {
    [0] = "SELECT posts FROM meta",
    [BY_LABEL] = "SELECT posts FROM label WHERE slug = ?1",
    [BY_LANGUAGE] = "SELECT posts FROM language WHERE tag = ?2",
    [BY_YEAR] = "SELECT total(posts) FROM month WHERE year = ?3",
    [BY_YEAR | BY_MONTH] = "SELECT posts FROM month WHERE year = ?3 AND month = ?4",
};

#define ENTRY \
    "SELECT post.path, post.title, post.language, post.year, post.month, post.day, post.size"

#define WITH_LABEL                                            \
    " FROM label_post JOIN post ON post.id = label_post.post" \
    " WHERE label_post.label = (SELECT id FROM label WHERE slug = ?2) AND label_post.post"
#define OF_POST "(SELECT id FROM post WHERE path = ?1)"

static const char *const questions[QUESTIONS] = {
    [ASK_MONTHS] =
        "SELECT '', '', year, month, posts, words FROM month ORDER BY year DESC, month DESC",
    [ASK_LABELS] = "SELECT slug, name, 0, 0, posts, 0 FROM label ORDER BY id",
    [ASK_LANGUAGES] = "SELECT tag, tag, 0, 0, posts, 0 FROM language ORDER BY id",
    [ASK_PAGES] = "SELECT path, title, language, 0, 0, 0, size FROM page ORDER BY title, path",
    [ASK_PAGE] = "SELECT path, title, language, 0, 0, 0, size FROM page WHERE path = ?1",
    [ASK_COMMENTS] = "SELECT count, size FROM comments WHERE post = ?1",
    [ASK_LABEL_NAME] = "SELECT name FROM label WHERE slug = ?1",
    [ASK_LABEL_SLUG] =
        "SELECT label.slug FROM spelling JOIN label ON label.id = spelling.label"
        " WHERE spelling.name = ?1 COLLATE NOCASE ORDER BY spelling.name <> ?1, label.id LIMIT 1",
    [ASK_NEIGHBOUR] = ENTRY " FROM post WHERE id = (SELECT id FROM post WHERE path = ?1) + ?2",
    [ASK_POST] = ENTRY " FROM post WHERE id = ?1",
    [ASK_ENTRY] = ENTRY " FROM post WHERE path = ?1",
    [ASK_LABELS_OF] = "SELECT slug, name, 0, 0, posts, 0 FROM label_post"
                      " JOIN label ON label.id = label_post.label"
                      " WHERE label_post.post = (SELECT id FROM post WHERE path = ?1)"
                      " ORDER BY posts, label.id LIMIT ?2",
    [ASK_OLDER_WITH] = ENTRY WITH_LABEL " < " OF_POST " ORDER BY label_post.post DESC LIMIT 1",
    [ASK_NEWER_WITH] = ENTRY WITH_LABEL " > " OF_POST " ORDER BY label_post.post LIMIT 1",
    [ASK_SAME_DAY] =
        ENTRY " FROM post WHERE id IN (SELECT * FROM (SELECT id FROM post WHERE month = ?2"
              " AND day = ?3 AND year > ?1 ORDER BY year, id LIMIT ?4) UNION ALL SELECT * FROM"
              " (SELECT id FROM post WHERE month = ?2 AND day = ?3 AND year < ?1"
              " ORDER BY year DESC, id DESC LIMIT ?4)) ORDER BY id DESC",
    [ASK_SINCE] = ENTRY " FROM post WHERE id IN (SELECT id FROM post"
                        " WHERE (year, month, day) >= (?1, ?2, ?3)"
                        " ORDER BY year DESC, month DESC, day DESC, id DESC LIMIT ?4 OFFSET ?5)"
                        " ORDER BY year DESC, month DESC, day DESC, id DESC",
    [ASK_COUNT_SINCE] =
        "SELECT (SELECT total(posts) FROM month WHERE (year, month) > (?1, ?2))"
        " + (SELECT count(*) FROM post WHERE year = ?1 AND month = ?2 AND day >= ?3)",
    [ASK_GIST] = "SELECT author, published, updated, summary, words FROM gist"
                 " WHERE post = (SELECT id FROM post WHERE path = ?1)",
    [ASK_FIGURES] = "SELECT posts, words, comments, (SELECT count(*) FROM label),"
                    " (SELECT count(*) FROM language) FROM meta",
    [ASK_LANGUAGE_OF] = "SELECT language FROM post WHERE path = ?1",
    [ASK_PAGE_LANGUAGE] = "SELECT language FROM page WHERE path = ?1",
    [ASK_ENDS_IN_BLOCK] = "SELECT '' FROM post WHERE path = ?1 AND ends_in_block",
    [ASK_MEDIA_TYPE] = "SELECT type FROM file WHERE path = ?1",
    [ASK_ADDRESS] = "SELECT target FROM address WHERE path = ?1",
    [ASK_SEARCH] = "SELECT CASE WHEN rowid > 0 THEN (SELECT path FROM post WHERE id = search.rowid)"
                   " ELSE (SELECT path FROM page WHERE id = -search.rowid) END"
                   " FROM search WHERE search MATCH ?1 ORDER BY rowid DESC",
};

static void
put_uri(struct buf *uri, const char *path)
{
    buf_put(uri, STR("file:"));
    for (; *path; path++)
        if (*path == '%' || *path == '?' || *path == '#')
            buf_format(uri, "%%%02x", (unsigned)*path);
        else if (*path != '/' || !str_ends(buf_str(uri), STR(":/")))
            buf_byte(uri, *path); /* "file://" would begin a host */
    buf_put(uri, STR("?immutable=1"));
}

/* The first number of the answer, -1 on failure. */
static sqlite3_int64
ask_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 number = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* The marks of our index, of this version, with all its pages. */
static bool
is_ours(sqlite3 *db, const char *path, struct failure *why)
{
    sqlite3_int64 pages = ask_number(db, "PRAGMA page_count"), size = -1;
    sqlite3_file *file = NULL;

    if (pages < 0)
        return fail(why, "the index %s cannot be read: %s", path, sqlite3_errmsg(db));
    if (ask_number(db, "PRAGMA application_id") != CATALOG_APPLICATION)
        return fail(why, "%s is no index of ours", path);
    if (ask_number(db, "PRAGMA user_version") != CATALOG_VERSION)
        return fail(why, "the index %s is of another version", path);
    /* of the file that is open: another one may have its name by now */
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return fail(why, "the index %s cannot be read", path);
    return size == pages * ask_number(db, "PRAGMA page_size") ||
           fail(why, "the index %s was cut short", path);
}

static bool
prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK;
}

/* What a page far back passes over is only numbers: of each post that it shows, the rest is looked
 * up. */
static bool
prepare_selection(struct catalog *catalog, int set)
{
    struct buf where = {0}, list = {0}, count = {0};
    bool done;

    buf_put(&where, set & BY_LABEL ? STR(" FROM label_post") : STR(" FROM post"));
    if (set & BY_LABEL && set != BY_LABEL)
        buf_put(&where, STR(" JOIN post ON post.id = label_post.post"));
    buf_put(&where, STR(" WHERE 1"));
    for (size_t i = 0; i < sizeof criteria / sizeof *criteria; i++)
        if (set & criteria[i].criterion)
            buf_put(&where, str_of(criteria[i].sql));
    buf_format(&list,
               ENTRY " FROM post WHERE id IN (SELECT %s%s ORDER BY 1 DESC LIMIT ?5 OFFSET ?6)"
                     " ORDER BY id DESC",
               set & BY_LABEL ? "label_post.post" : "post.id", buf_text(&where));
    if (ready_counts[set])
        buf_put(&count, str_of(ready_counts[set]));
    else
        buf_format(&count, "SELECT count(*)%s", buf_text(&where));
    done = prepare(catalog->db, buf_text(&list), &catalog->list[set]) &&
           prepare(catalog->db, buf_text(&count), &catalog->count[set]);
    buf_free(&where);
    buf_free(&list);
    buf_free(&count);
    return done;
}

static bool
prepare_all(struct catalog *catalog)
{
    for (int set = 0; set < CATALOG_SELECTIONS; set++)
        if (!prepare_selection(catalog, set))
            return false;
    for (size_t i = 0; i < QUESTIONS; i++)
        if (!prepare(catalog->db, questions[i], &catalog->ask[i]))
            return false;
    return true;
}

struct str
catalog_column(sqlite3_stmt *statement, int number)
{
    const char *text = (const char *)sqlite3_column_text(statement, number);

    return (struct str){text ? text : "", (size_t)sqlite3_column_bytes(statement, number)};
}

static bool
read_fingerprint(struct catalog *catalog)
{
    sqlite3_stmt *statement = NULL;
    bool found = prepare(catalog->db, "SELECT fingerprint FROM meta", &statement) &&
                 sqlite3_step(statement) == SQLITE_ROW;

    if (found)
        buf_put(&catalog->fingerprint, catalog_column(statement, 0));
    sqlite3_finalize(statement);
    return found;
}

/* HARDENING.md 2.3: what a file that somebody replaced could abuse is off. */
static void
confine(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_exec(db, "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0", NULL, NULL, NULL);
}

struct catalog *
catalog_open(const char *path, struct failure *why)
{
    struct catalog *catalog = mem_new(sizeof *catalog);
    struct buf uri = {0};
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    bool done;

    put_uri(&uri, path);
    done = sqlite3_open_v2(buf_text(&uri), &catalog->db, flags, NULL) == SQLITE_OK;
    buf_free(&uri);
    if (!done) {
        fail(why, "the index %s cannot be opened: %s", path, sqlite3_errmsg(catalog->db));
    } else {
        confine(catalog->db);
        done = is_ours(catalog->db, path, why) &&
               ((prepare_all(catalog) && read_fingerprint(catalog)) ||
                fail(why, "the index %s is damaged: %s", path, sqlite3_errmsg(catalog->db)));
    }
    if (done)
        return catalog;
    catalog_close(catalog);
    return NULL;
}

void
catalog_close(struct catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = 0; i < CATALOG_SELECTIONS; i++) {
        sqlite3_finalize(catalog->list[i]);
        sqlite3_finalize(catalog->count[i]);
    }
    for (size_t i = 0; i < QUESTIONS; i++)
        sqlite3_finalize(catalog->ask[i]);
    sqlite3_close(catalog->db);
    buf_free(&catalog->fingerprint);
    free(catalog);
}

struct str
catalog_fingerprint(struct catalog *catalog)
{
    return buf_str(&catalog->fingerprint);
}

void
catalog_bind(sqlite3_stmt *statement, int parameter, struct str text)
{
    assert(!sqlite3_stmt_busy(statement));
    sqlite3_bind_text64(statement, parameter, text.len > 0 ? text.ptr : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

void
catalog_end(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static int
set_of(const struct selection *which)
{
    return (which->label.len > 0 ? BY_LABEL : 0) | (which->language.len > 0 ? BY_LANGUAGE : 0) |
           (which->year != 0 ? BY_YEAR : 0) |
           (which->year != 0 && which->month != 0 ? BY_MONTH : 0);
}

/* A parameter that the statement lacks is no error. */
static void
bind_selection(sqlite3_stmt *statement, const struct selection *which)
{
    catalog_bind(statement, LABEL, which->label);
    catalog_bind(statement, LANGUAGE, which->language);
    sqlite3_bind_int(statement, YEAR, which->year);
    sqlite3_bind_int(statement, MONTH, which->month);
}

struct entry
catalog_entry_of(sqlite3_stmt *row)
{
    return (struct entry){
        .path = catalog_column(row, 0),
        .title = catalog_column(row, 1),
        .language = catalog_column(row, 2),
        .date = {sqlite3_column_int(row, 3), sqlite3_column_int(row, 4),
                 sqlite3_column_int(row, 5)},
        .size = (uint64_t)sqlite3_column_int64(row, 6),
    };
}

struct figures
catalog_figures(struct catalog *catalog)
{
    sqlite3_stmt *statement = catalog->ask[ASK_FIGURES];
    struct figures figures = {0};

    if (sqlite3_step(statement) == SQLITE_ROW)
        figures = (struct figures){
            .posts = (size_t)sqlite3_column_int64(statement, 0),
            .words = (size_t)sqlite3_column_int64(statement, 1),
            .comments = (size_t)sqlite3_column_int64(statement, 2),
            .labels = (size_t)sqlite3_column_int64(statement, 3),
            .languages = (size_t)sqlite3_column_int64(statement, 4),
        };
    catalog_end(statement);
    return figures;
}

size_t
catalog_count(struct catalog *catalog, const struct selection *which)
{
    sqlite3_stmt *statement = catalog->count[set_of(which)];
    size_t count = 0;

    bind_selection(statement, which);
    if (sqlite3_step(statement) == SQLITE_ROW)
        count = (size_t)sqlite3_column_int64(statement, 0);
    catalog_end(statement);
    return count;
}

void
catalog_tell(sqlite3_stmt *statement, catalog_on_entry *on_entry, void *ctx)
{
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct entry entry = catalog_entry_of(statement);

        if (!on_entry(ctx, &entry))
            break;
    }
    catalog_end(statement);
}

int64_t
catalog_bounded(size_t number)
{
    return number < INT64_MAX ? (int64_t)number : INT64_MAX;
}

void
catalog_posts(struct catalog *catalog, const struct selection *which, struct stretch part,
              catalog_on_entry *on_entry, void *ctx)
{
    sqlite3_stmt *statement = catalog->list[set_of(which)];

    bind_selection(statement, which);
    sqlite3_bind_int64(statement, MOST, catalog_bounded(part.most));
    sqlite3_bind_int64(statement, SKIP, catalog_bounded(part.skip));
    catalog_tell(statement, on_entry, ctx);
}

void
catalog_tell_tallies(sqlite3_stmt *statement, catalog_on_tally *on_tally, void *ctx)
{
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct tally tally = {
            .slug = catalog_column(statement, 0),
            .name = catalog_column(statement, 1),
            .year = sqlite3_column_int(statement, 2),
            .month = sqlite3_column_int(statement, 3),
            .posts = (size_t)sqlite3_column_int64(statement, 4),
            .words = (size_t)sqlite3_column_int64(statement, 5),
        };

        if (!on_tally(ctx, &tally))
            break;
    }
    catalog_end(statement);
}

void
catalog_months(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx)
{
    assert(!sqlite3_stmt_busy(catalog->ask[ASK_MONTHS]));
    catalog_tell_tallies(catalog->ask[ASK_MONTHS], on_tally, ctx);
}

void
catalog_labels(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx)
{
    assert(!sqlite3_stmt_busy(catalog->ask[ASK_LABELS]));
    catalog_tell_tallies(catalog->ask[ASK_LABELS], on_tally, ctx);
}

void
catalog_languages(struct catalog *catalog, catalog_on_tally *on_tally, void *ctx)
{
    assert(!sqlite3_stmt_busy(catalog->ask[ASK_LANGUAGES]));
    catalog_tell_tallies(catalog->ask[ASK_LANGUAGES], on_tally, ctx);
}

void
catalog_pages(struct catalog *catalog, catalog_on_entry *on_entry, void *ctx)
{
    assert(!sqlite3_stmt_busy(catalog->ask[ASK_PAGES]));
    catalog_tell(catalog->ask[ASK_PAGES], on_entry, ctx);
}

bool
catalog_answer(struct catalog *catalog, enum question question, struct str about, struct buf *text)
{
    sqlite3_stmt *statement = catalog->ask[question];
    bool found;

    catalog_bind(statement, 1, about);
    found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        buf_put(text, catalog_column(statement, 0));
    catalog_end(statement);
    return found;
}

bool
catalog_label_name(struct catalog *catalog, struct str slug, struct buf *name)
{
    return catalog_answer(catalog, ASK_LABEL_NAME, slug, name);
}

bool
catalog_label_slug(struct catalog *catalog, struct str name, struct buf *slug)
{
    return catalog_answer(catalog, ASK_LABEL_SLUG, name, slug);
}

bool
catalog_media_type(struct catalog *catalog, struct str path, struct buf *type)
{
    return catalog_answer(catalog, ASK_MEDIA_TYPE, path, type);
}

bool
catalog_address(struct catalog *catalog, struct str address, struct buf *path)
{
    return catalog_answer(catalog, ASK_ADDRESS, address, path);
}
