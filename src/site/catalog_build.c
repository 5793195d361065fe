#include "site/catalog_build.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "site/catalog_tokens.h"

/* The labels have their numbers when they are counted. */
static const char draft_schema[] =
    "CREATE TEMP TABLE draft_label (post INT, slug TEXT, name TEXT, PRIMARY KEY (post, slug))"
    " WITHOUT ROWID;";

static const char schema[] =
    "CREATE TABLE meta (fingerprint TEXT NOT NULL, posts INT NOT NULL, words INT NOT NULL,"
    " comments INT NOT NULL);"
    "CREATE TABLE post (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
    " language TEXT NOT NULL COLLATE NOCASE, year INT NOT NULL, month INT NOT NULL,"
    " day INT NOT NULL, size INT NOT NULL, ends_in_block INT NOT NULL);"
    "CREATE TABLE gist (post INTEGER PRIMARY KEY, author TEXT NOT NULL, published TEXT NOT NULL,"
    " updated TEXT NOT NULL, summary TEXT NOT NULL, words INT NOT NULL);"
    "CREATE TABLE label (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " posts INT NOT NULL);"
    "CREATE TABLE label_post (label INT, post INT, PRIMARY KEY (label, post)) WITHOUT ROWID;"
    "CREATE TABLE month (year INT, month INT, posts INT NOT NULL, words INT NOT NULL,"
    " PRIMARY KEY (year, month))"
    " WITHOUT ROWID;"
    "CREATE TABLE language (id INTEGER PRIMARY KEY,"
    " tag TEXT NOT NULL UNIQUE COLLATE NOCASE, posts INT NOT NULL);"
    "CREATE TABLE page (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL COLLATE NOCASE, language TEXT NOT NULL, size INT NOT NULL);"
    "CREATE TABLE file (path TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE spelling (name TEXT, label INT, PRIMARY KEY (name, label)) WITHOUT ROWID;"
    "CREATE TABLE comments (post TEXT PRIMARY KEY, count INT NOT NULL, size INT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE address (path TEXT PRIMARY KEY, target TEXT NOT NULL) WITHOUT ROWID;";

/* Numbers are given in the order of a SELECT. Beside min(), SQLite takes a bare column from the row
 * that has the minimum: so a label is called what its oldest post calls it. */
static const char settle[] =
    "INSERT INTO label (slug, name, posts)"
    " SELECT slug, name, posts FROM (SELECT slug, name, count(*) AS posts, min(post) AS oldest"
    " FROM draft_label GROUP BY slug)"
    " ORDER BY posts DESC, name COLLATE NOCASE, oldest;"
    "INSERT INTO label_post SELECT label.id, post FROM draft_label JOIN label USING (slug)"
    " ORDER BY label.id, post;"
    "INSERT INTO spelling SELECT DISTINCT draft_label.name, label.id"
    " FROM draft_label JOIN label USING (slug);"
    "INSERT INTO month SELECT year, month, count(*), sum(words)"
    " FROM post JOIN gist ON gist.post = post.id GROUP BY year, month;"
    "INSERT INTO language (tag, posts) SELECT language, count(*) AS posts FROM post"
    " GROUP BY language ORDER BY posts DESC, language;"
    "CREATE INDEX spelling_name ON spelling (name COLLATE NOCASE);"
    "CREATE INDEX post_year ON post (year);"
    "CREATE INDEX post_month ON post (year, month);"
    "CREATE INDEX post_date ON post (year, month, day);"
    "CREATE INDEX post_day ON post (month, day, year);"
    "CREATE INDEX post_language ON post (language);"
    "CREATE INDEX page_title ON page (title, path);"
    "CREATE INDEX label_post_post ON label_post (post);"
    "INSERT INTO meta SELECT ?1, (SELECT total(posts) FROM month), (SELECT total(words) FROM "
    "month),"
    " (SELECT total(count) FROM comments);";

enum insertion {
    ADD_POST,
    ADD_GIST,
    ADD_WORDS,
    ADD_LABEL,
    ADD_PAGE,
    ADD_PAGE_WORDS,
    ADD_FILE,
    ADD_COMMENTS,
    ADD_COMMENT_WORDS,
    ADD_ADDRESS,
    INSERTIONS,
};

/* A second label, page or address of the same name is one too many, not an error. */
static const char *const insertions[INSERTIONS] = {
    [ADD_POST] = "INSERT INTO post VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ADD_GIST] = "INSERT INTO gist VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [ADD_WORDS] = catalog_words_post,
    [ADD_LABEL] = "INSERT OR IGNORE INTO draft_label VALUES (?1, ?2, ?3)",
    [ADD_PAGE] = "INSERT OR IGNORE INTO page VALUES (NULL, ?1, ?2, ?3, ?4)",
    [ADD_PAGE_WORDS] = catalog_words_page,
    [ADD_FILE] = "INSERT OR REPLACE INTO file VALUES (?1, ?2)",
    [ADD_COMMENTS] = "INSERT OR REPLACE INTO comments VALUES (?1, ?2, ?3)",
    [ADD_COMMENT_WORDS] = catalog_words_comment,
    [ADD_ADDRESS] = "INSERT OR IGNORE INTO address VALUES (?1, ?2)",
};

struct catalog_build {
    sqlite3 *db;
    sqlite3_stmt *insert[INSERTIONS];
    struct failure why;
    bool failed;
};

static bool
fail_build(struct catalog_build *build)
{
    if (!build->failed)
        fail(&build->why, "cannot write the index: %s", sqlite3_errmsg(build->db));
    build->failed = true;
    return false;
}

/* Runs each statement of a script, with the text as its first parameter where it has one. */
static bool
run(struct catalog_build *build, const char *script, struct str text)
{
    while (*script) {
        sqlite3_stmt *statement = NULL;
        int status = sqlite3_prepare_v2(build->db, script, -1, &statement, &script);

        if (status != SQLITE_OK)
            return fail_build(build);
        if (sqlite3_bind_parameter_count(statement) > 0)
            sqlite3_bind_text64(statement, 1, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
        while (sqlite3_step(statement) == SQLITE_ROW)
            ;
        if (sqlite3_finalize(statement) != SQLITE_OK)
            return fail_build(build);
    }
    return true;
}

static bool
prepare(struct catalog_build *build)
{
    for (size_t i = 0; i < INSERTIONS; i++)
        if (sqlite3_prepare_v2(build->db, insertions[i], -1, &build->insert[i], NULL) != SQLITE_OK)
            return fail_build(build);
    return true;
}

/* Nothing is journalled: until it has its name, nobody reads the file, and after a failure nobody
 * ever does. */
static bool
start(struct catalog_build *build)
{
    struct buf marks = {0};
    bool done;

    buf_format(&marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;", CATALOG_APPLICATION,
               CATALOG_VERSION);
    done = (catalog_tokens_use(build->db) || fail_build(build)) &&
           run(build,
               "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
               "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = FILE;",
               STR("")) &&
           run(build, buf_text(&marks), STR("")) && run(build, "BEGIN;", STR("")) &&
           run(build, schema, STR("")) && run(build, draft_schema, STR("")) &&
           run(build, catalog_words_schema, STR("")) && run(build, catalog_words_drafts, STR("")) &&
           prepare(build);
    buf_free(&marks);
    return done;
}

struct catalog_build *
catalog_create(const char *path, struct failure *why)
{
    struct catalog_build *build = mem_new(sizeof *build);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(path, &build->db, flags, NULL) != SQLITE_OK)
        fail_build(build);
    if (!build->failed && start(build))
        return build;
    *why = build->why;
    catalog_build_close(build);
    return NULL;
}

void
catalog_build_close(struct catalog_build *build)
{
    if (!build)
        return;
    for (size_t i = 0; i < INSERTIONS; i++)
        sqlite3_finalize(build->insert[i]);
    sqlite3_close(build->db);
    free(build);
}

static void
bind(sqlite3_stmt *statement, int parameter, struct str text)
{
    sqlite3_bind_text64(statement, parameter, text.len > 0 ? text.ptr : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

/* Inserts what was bound; the slices are not needed afterwards. */
static void
insert(struct catalog_build *build, enum insertion which)
{
    if (!build->failed && sqlite3_step(build->insert[which]) != SQLITE_DONE)
        fail_build(build);
    sqlite3_reset(build->insert[which]);
    sqlite3_clear_bindings(build->insert[which]);
}

/* When it was last changed: a post is not changed before it is published. */
static void
put_updated(struct buf *out, const struct post *post)
{
    struct moment updated = {.date = post->updated};

    if (post->updated.year != 0 && moment_seconds(updated) > moment_seconds(post->published))
        moment_put(out, updated);
    else
        moment_put(out, post->published);
}

static void
add_gist(struct catalog_build *build, sqlite3_int64 number, const struct catalog_post *post)
{
    sqlite3_stmt *add = build->insert[ADD_GIST];
    struct buf published = {0}, updated = {0};

    moment_put(&published, post->post->published);
    put_updated(&updated, post->post);
    sqlite3_bind_int64(add, 1, number);
    bind(add, 2, post->post->author);
    bind(add, 3, buf_str(&published));
    bind(add, 4, buf_str(&updated));
    bind(add, 5, post->summary);
    sqlite3_bind_int64(add, 6, (sqlite3_int64)post->word_count);
    insert(build, ADD_GIST);
    buf_free(&published);
    buf_free(&updated);
}

static void
add_words(struct catalog_build *build, sqlite3_int64 number, const struct catalog_post *post)
{
    sqlite3_stmt *add = build->insert[ADD_WORDS];

    sqlite3_bind_int64(add, 1, number);
    bind(add, 2, buf_str(&post->words->title));
    bind(add, 3, buf_str(&post->words->text));
    bind(add, 4, buf_str(&post->words->labels));
    bind(add, 5, buf_str(&post->words->facts));
    bind(add, 6, post->path);
    insert(build, ADD_WORDS);
}

static void
add_labels(struct catalog_build *build, sqlite3_int64 number, const struct post *post)
{
    sqlite3_stmt *add = build->insert[ADD_LABEL];

    for (size_t i = 0; i < post->label_count; i++) {
        sqlite3_bind_int64(add, 1, number);
        bind(add, 2, post->labels[i].slug);
        bind(add, 3, post->labels[i].name);
        insert(build, ADD_LABEL);
    }
}

void
catalog_begin_posts(struct catalog_build *build)
{
    if (!build->failed)
        run(build, catalog_words_pages, STR(""));
}

void
catalog_add_post(struct catalog_build *build, const struct catalog_post *post)
{
    sqlite3_stmt *add = build->insert[ADD_POST];
    const struct date *date = &post->post->published.date;
    sqlite3_int64 number;

    bind(add, 1, post->path);
    bind(add, 2, post->post->title);
    bind(add, 3, str_of(post->language));
    sqlite3_bind_int(add, 4, date->year);
    sqlite3_bind_int(add, 5, date->month);
    sqlite3_bind_int(add, 6, date->day);
    sqlite3_bind_int64(add, 7, (sqlite3_int64)post->size);
    sqlite3_bind_int(add, 8, post->post->ends_in_block);
    insert(build, ADD_POST);
    number = sqlite3_last_insert_rowid(build->db);
    add_gist(build, number, post);
    add_words(build, number, post);
    add_labels(build, number, post->post);
}

void
catalog_add_page(struct catalog_build *build, const struct entry *page,
                 const struct catalog_words *words)
{
    sqlite3_stmt *add = build->insert[ADD_PAGE], *add_words = build->insert[ADD_PAGE_WORDS];

    bind(add, 1, page->path);
    bind(add, 2, page->title);
    bind(add, 3, page->language);
    sqlite3_bind_int64(add, 4, (sqlite3_int64)page->size);
    insert(build, ADD_PAGE);
    sqlite3_bind_int64(add_words, 1, sqlite3_last_insert_rowid(build->db));
    bind(add_words, 2, buf_str(&words->title));
    bind(add_words, 3, buf_str(&words->text));
    bind(add_words, 4, buf_str(&words->facts));
    insert(build, ADD_PAGE_WORDS);
}

void
catalog_add_file(struct catalog_build *build, struct str path, struct str media_type)
{
    sqlite3_stmt *add = build->insert[ADD_FILE];

    bind(add, 1, path);
    bind(add, 2, media_type);
    insert(build, ADD_FILE);
}

void
catalog_add_comments(struct catalog_build *build, const struct catalog_comments *comments)
{
    sqlite3_stmt *add = build->insert[ADD_COMMENTS], *add_words = build->insert[ADD_COMMENT_WORDS];

    bind(add, 1, comments->post);
    sqlite3_bind_int64(add, 2, (sqlite3_int64)comments->count);
    sqlite3_bind_int64(add, 3, (sqlite3_int64)comments->size);
    insert(build, ADD_COMMENTS);
    bind(add_words, 1, comments->post);
    bind(add_words, 2, buf_str(&comments->words->text));
    insert(build, ADD_COMMENT_WORDS);
}

void
catalog_add_address(struct catalog_build *build, struct str address, struct str target)
{
    sqlite3_stmt *add = build->insert[ADD_ADDRESS];

    bind(add, 1, address);
    bind(add, 2, target);
    insert(build, ADD_ADDRESS);
}

bool
catalog_finish(struct catalog_build *build, struct str fingerprint, struct failure *why)
{
    bool done = !build->failed && run(build, settle, fingerprint) &&
                run(build, catalog_words_settle, STR("")) && run(build, "COMMIT;", STR(""));

    if (!done)
        *why = build->why;
    catalog_build_close(build);
    return done;
}
