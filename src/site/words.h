#ifndef SITE_WORDS_H
#define SITE_WORDS_H

/*
 * The words of the server's own pages in the languages that it speaks. Each is a row of words.def,
 * where WORD(OLDER, …) makes WORD_OLDER. What varies in a text is a named blank, never a format of
 * printf: no text of a table can ask for a value that is not there.
 */

#include <stddef.h>

#include "base/str.h"

/* In the order of the texts of a row. */
enum tongue {
    TONGUE_ENGLISH,
    TONGUE_FRENCH,
    TONGUE_DUTCH,
    TONGUE_INDONESIAN,
    TONGUE_NEPALI,
    TONGUE_BENGALI,
    TONGUE_HINDI,
    TONGUE_KHMER,
    TONGUES,
};

#define WORD(name, ...) WORD_##name,
enum word {
#include "site/words.def"
    WORD_COUNT,
};
#undef WORD

/* What a text leaves open: {n}, which also chooses between singular and plural, {of} and {text}. */
struct blanks {
    size_t n, of;
    struct str text;
};

/* The tongue whose BCP 47 primary subtag the language has; English when we do not speak it. */
enum tongue tongue_of(struct str language);
const char *tongue_tag(enum tongue tongue);

/* A word that leaves nothing open. */
struct str word_text(enum tongue tongue, enum word word);

/* Appends a word with its blanks filled. */
void word_put(struct buf *out, enum tongue tongue, enum word word, struct blanks blanks);

/* The name of a month from 1 to 12, and a short one for columns. */
enum word word_of_month(int month);
enum word word_of_month_short(int month);

#endif
