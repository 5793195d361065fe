#ifndef TEXT_SEGMENT_H
#define TEXT_SEGMENT_H

/*
 * A text as words to be looked for, the same whether it is looked for or looked into. A word is a
 * run of letters, marks, numbers and private characters; where a script puts no spaces between
 * words (Khmer, Thai, Lao, Burmese, Chinese, Japanese) or puts endings on them (Korean), each
 * grapheme cluster is one, so that a word of those scripts is words that stand side by side.
 *
 * Words are folded: no case, no compatibility forms (NFKD), no accents or vowel points, digits of
 * any script ASCII. Vowel signs, viramas and nuktas of Indic scripts are letters and stay.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { SEGMENT_MAX = 96 }; /* bytes of a folded word: what is longer is cut, here and there alike */

struct segment {
    size_t begin, end; /* where the word stands in the text */
    char folded[SEGMENT_MAX];
    size_t len;
};

/* The next word from the place at, which moves behind it; false when there is none. */
bool segment_next(struct str text, size_t *at, struct segment *segment);

struct str segment_word(const struct segment *segment);

/* Appends the folded words of a text, each with a space behind it. */
void segment_put(struct buf *out, struct str text);

#endif
