#ifndef SITE_SEARCH_H
#define SITE_SEARCH_H

/*
 * What a reader asks a search, as SQLite's FTS5 is asked it. Terms stand between spaces and must
 * all be there; one in quotation marks, or with anything between its words, is words side by side.
 * label:X, year:2017 and lang:nl are facts of a post; what only looks like one is a term. Any text
 * is a search, if only for nothing: what is not a letter or a digit never reaches FTS5.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
    SEARCH_TEXT_MAX = 256, /* bytes that are looked at */
    SEARCH_WORDS_MAX = 32, /* of all terms together */
};

/* The columns of the index that terms are looked for in, and the one that holds the facts. */
#define SEARCH_COLUMNS "title text labels comments"
#define SEARCH_FACTS   "facts"

struct search_word {
    size_t begin, len; /* in search->folded */
};

/* Zeroed is valid; end with search_free. */
struct search {
    struct buf folded; /* the words of the terms, as of text/segment.h */
    struct search_word words[SEARCH_WORDS_MAX];
    size_t count;
    uint32_t begins, ends; /* a bit a word: the first of a term, the last of one */
    bool is_cut;           /* it asked for more than that */
    struct buf match;      /* what FTS5 is asked; empty: nothing can be found */
};

/* Reads what somebody typed, in UTF-8. */
void search_read(struct search *search, struct str typed);
void search_free(struct search *search);
struct str search_word(const struct search *search, size_t number);

/* Appends decoded words as the query that asks for them: a '=' in it would be read as the parameter
 * of an old address. */
void search_put_query(struct buf *out, struct str words);

/* The words of facts, as the index holds them and searches ask for them; each appends one. Nothing
 * when the label has no words. */
void search_put_label(struct buf *out, struct str name);
void search_put_year(struct buf *out, int year);
void search_put_language(struct buf *out, struct str tag);

#endif
