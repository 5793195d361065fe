#include "site/catalog_words.h"

#include "site/prose.h"
#include "site/search.h"
#include "text/segment.h"

/* FTS5 takes words as they are: its simplest tokenizer only ends them at what is ASCII and no
 * letter or digit (see catalog_tokens.h). Nothing is ranked, so that the sizes of columns need not
 * be known. */
const char catalog_words_schema[] =
    "CREATE VIRTUAL TABLE search USING fts5 (title, text, labels, comments, facts,"
    " content = '', columnsize = 0,"
    " tokenize = ascii);"
    /* Bytes of words that are gathered in memory before they are written. */
    "INSERT INTO search (search, rank) VALUES ('hashsize', 4194304);";

/* FTS5 is quick as long as the numbers grow: what comes before the posts waits for them, and so do
 * the words of their comments. */
const char catalog_words_drafts[] =
    "CREATE TEMP TABLE draft_page (page INTEGER PRIMARY KEY, title TEXT, text TEXT, facts TEXT);"
    "CREATE TEMP TABLE draft_comments (post TEXT PRIMARY KEY, words TEXT);";

/* Pages have the numbers below 0, so that what comes first are posts. */
const char catalog_words_pages[] =
    "INSERT INTO search (rowid, title, text, comments, facts)"
    " SELECT -page.id, draft_page.title, text, words, facts"
    " FROM page CROSS JOIN draft_page ON draft_page.page = page.id"
    " LEFT JOIN draft_comments ON draft_comments.post = page.path ORDER BY page.id DESC;";

const char catalog_words_settle[] = "INSERT INTO search (search) VALUES ('optimize');";

const char catalog_words_post[] =
    "INSERT INTO search (rowid, title, text, labels, facts, comments)"
    " VALUES (?1, ?2, ?3, ?4, ?5, (SELECT words FROM draft_comments WHERE post = ?6))";

const char catalog_words_page[] = "INSERT OR IGNORE INTO draft_page VALUES (?1, ?2, ?3, ?4)";

const char catalog_words_comment[] = "INSERT OR REPLACE INTO draft_comments VALUES (?1, ?2)";

static void
put_label(struct catalog_words *words, const struct label *label)
{
    struct buf by_name = {0}, by_slug = {0};

    segment_put(&words->labels, label->name);
    search_put_label(&by_name, label->name);
    search_put_label(&by_slug, label->slug);
    buf_put(&words->facts, buf_str(&by_name));
    buf_byte(&words->facts, ' ');
    if (!str_eq(buf_str(&by_name), buf_str(&by_slug)))
        buf_put(&words->facts, buf_str(&by_slug));
    buf_byte(&words->facts, ' ');
    buf_free(&by_name);
    buf_free(&by_slug);
}

/* lang:pt asks for posts in pt-BR, too. */
static void
put_language(struct buf *facts, struct str tag)
{
    struct str rest = tag, primary = str_cut(&rest, '-');

    search_put_language(facts, tag);
    buf_byte(facts, ' ');
    if (rest.len > 0)
        search_put_language(facts, primary);
    buf_byte(facts, ' ');
}

static void
put_body(struct buf *out, struct str body)
{
    struct buf prose = {0};

    prose_put(&prose, body);
    segment_put(out, buf_str(&prose));
    buf_free(&prose);
}

void
catalog_words_make(struct catalog_words *words, const struct post *post, struct str language)
{
    segment_put(&words->title, post->title);
    put_body(&words->text, post->body);
    for (size_t i = 0; i < post->label_count; i++)
        put_label(words, &post->labels[i]);
    search_put_year(&words->facts, post->published.date.year);
    buf_byte(&words->facts, ' ');
    put_language(&words->facts, language);
}

void
catalog_words_make_page(struct catalog_words *words, struct str text)
{
    put_body(&words->text, text);
}

void
catalog_words_name_page(struct catalog_words *words, struct str title, struct str language)
{
    segment_put(&words->title, title);
    put_language(&words->facts, language);
}

void
catalog_words_free(struct catalog_words *words)
{
    buf_free(&words->title);
    buf_free(&words->text);
    buf_free(&words->labels);
    buf_free(&words->facts);
}

void
catalog_words_make_comments(struct catalog_words *words, struct str page)
{
    struct buf prose = {0};

    prose_put_comments(&prose, page);
    segment_put(&words->text, buf_str(&prose));
    buf_free(&prose);
}
