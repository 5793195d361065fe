#ifndef SITE_CATALOG_WORDS_H
#define SITE_CATALOG_WORDS_H

/*
 * The part of the index that searches look into: an FTS5 table that holds no text, only which words
 * stand where, under the number of the post. Words are made by text/segment.h, so that all that is
 * left to FTS5's tokenizer is to split them at spaces; site/catalog_build.c runs the statements.
 */

#include "base/str.h"
#include "site/post.h"

extern const char catalog_words_schema[];  /* the table */
extern const char catalog_words_drafts[];  /* where words wait until they have their numbers */
extern const char catalog_words_pages[];   /* how those of pages get from there into the table */
extern const char catalog_words_settle[];  /* what is left to do when all are in it */
extern const char catalog_words_post[];    /* adds: number, title, text, labels, facts; path */
extern const char catalog_words_page[];    /* adds: number of the page, title, text, facts */
extern const char catalog_words_comment[]; /* adds: path of the post, words */

/* The words of one post, one page or the comments of a post, which are text alone. Zeroed is valid;
 * end with catalog_words_free. To make them is the better part of the work on an index, and several
 * threads can do it. */
struct catalog_words {
    struct buf title, text, labels, facts;
};

void catalog_words_make(struct catalog_words *words, const struct post *post, struct str language);
void catalog_words_make_page(struct catalog_words *words, struct str text);
void catalog_words_name_page(struct catalog_words *words, struct str title, struct str language);
void catalog_words_make_comments(struct catalog_words *words, struct str page);

void catalog_words_free(struct catalog_words *words);

#endif
