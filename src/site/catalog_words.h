#ifndef SITE_CATALOG_WORDS_H
#define SITE_CATALOG_WORDS_H

/*
 * The part of the index that searches look into: an FTS5 table that holds no text, only which words
 * stand where, under the number of the post. Words are made by text/segment.h, so that all that is
 * left to FTS5's tokenizer is to split them at spaces; site/catalog_build.c runs the statements.
 */

#include "base/str.h"
#include "site/catalog_build.h"

extern const char catalog_words_schema[];  /* the table */
extern const char catalog_words_drafts[];  /* where words wait until posts have their numbers */
extern const char catalog_words_settle[];  /* and how they get from there into the table */
extern const char catalog_words_post[];    /* adds: draft, title, text, labels, facts */
extern const char catalog_words_page[];    /* adds: number of the page, title, text, facts */
extern const char catalog_words_comment[]; /* adds: path of the post, words */

/* The words of one post or page. Zeroed is valid; end with catalog_words_free. */
struct catalog_words {
    struct buf title, labels, facts; /* the text is there already */
};

void catalog_words_make(struct catalog_words *words, const struct catalog_post *post);
void catalog_words_make_page(struct catalog_words *words, const struct entry *page);
void catalog_words_free(struct catalog_words *words);

/* Appends the words of the body of a post, of a page of comments: the better part of the work,
 * which several threads can do. */
void catalog_words_put_body(struct buf *out, struct str body);
void catalog_words_put_comments(struct buf *out, struct str page);

#endif
