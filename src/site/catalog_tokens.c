#include "site/catalog_tokens.h"

#include <string.h>

#include <sqlite3.h>

typedef int put_token(void *ctx, int flags, const char *token, int len, int begin, int end);

/* A tokenizer knows nothing, but NULL would be none to FTS5, which then took another. */
static int
on_open(void *ctx, const char **arguments, int count, Fts5Tokenizer **tokenizer)
{
    (void)arguments, (void)count;
    *tokenizer = ctx;
    return SQLITE_OK;
}

static void
on_close(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

static int
on_text(Fts5Tokenizer *tokenizer, void *ctx, int reason, const char *text, int len, put_token *put)
{
    int status = SQLITE_OK;

    (void)tokenizer, (void)reason;
    for (int begin = 0, end; status == SQLITE_OK && begin < len; begin = end + 1) {
        const char *space = memchr(text + begin, ' ', (size_t)(len - begin));

        end = space ? (int)(space - text) : len;
        if (end > begin)
            status = put(ctx, 0, text + begin, end - begin, begin, end);
    }
    return status;
}

bool
catalog_tokens_use(struct sqlite3 *db)
{
    fts5_tokenizer tokenizer = {.xCreate = on_open, .xDelete = on_close, .xTokenize = on_text};
    sqlite3_stmt *question = NULL;
    fts5_api *fts5 = NULL;

    /* how an extension asks for it: sqlite.org/fts5.html, 7 */
    if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &question, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(question, 1, &fts5, "fts5_api_ptr", NULL);
        sqlite3_step(question);
    }
    sqlite3_finalize(question);
    return fts5 && fts5->xCreateTokenizer(fts5, "ascii", db, &tokenizer, NULL) == SQLITE_OK;
}
