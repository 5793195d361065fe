#ifndef TEXT_LANGUAGE_H
#define TEXT_LANGUAGE_H

/*
 * Which language a text is in, told by its most common words. Knows English, French, Dutch,
 * Indonesian, Nepali, Bengali, Hindi and Khmer.
 */

#include <stdbool.h>

#include "base/str.h"

enum {
    LANGUAGE_MAX = 35,              /* BCP 47 4.4.1: bytes that a tag needs at the very most */
    LANGUAGE_SAMPLE_MAX = 8 * 1024, /* bytes of a text that are looked at: a thousand words */
};

struct lexicon;

/* The words that languages are told by, for texts that should be in that of a tag, which is
 * borrowed. Nothing changes it, so that several threads may use it; end with free(). */
struct lexicon *language_lexicon(const char *fallback);

/* A BCP 47 tag: the fallback, unless another language has ten hits and twice those of the
 * fallback's own. The result is a constant or the fallback itself. */
const char *language_of(const struct lexicon *lexicon, struct str text);

/* Looks like a BCP 47 tag: subtags of 1 to 8 letters or digits, the first of at least 2 letters, or
 * the x of a private tag. */
bool language_is_tag(struct str text);

/* Appends a tag as everybody writes it (BCP 47 2.1.1): en-GB, zh-Hant-TW, en-CA-x-ca. Tags that
 * differ only in case are one. */
void language_put(struct buf *out, struct str tag);

#endif
