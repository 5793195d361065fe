#include "site/words.h"

#include <assert.h>

enum { MONTHS = 12 };

#define WORD(name, en, fr, nl, id, ne, bn, hi, km) {en, fr, nl, id, ne, bn, hi, km},
static const char *const words[WORD_COUNT][TONGUES] = {
#include "site/words.def"
};
#undef WORD

_Static_assert(WORD_DECEMBER - WORD_JANUARY == MONTHS - 1, "the months are rows in their order");
_Static_assert(WORD_DEC - WORD_JAN == MONTHS - 1, "the short months are rows in their order");

static const struct {
    const char *subtag;
    size_t singular_from; /* CLDR: the singular stands for this number … */
    size_t singular_to;   /* … to this; a language of one form never gets to a second */
} tongues[TONGUES] = {
    [TONGUE_ENGLISH] = {"en", 1, 1}, [TONGUE_FRENCH] = {"fr", 0, 1},
    [TONGUE_DUTCH] = {"nl", 1, 1},   [TONGUE_INDONESIAN] = {"id", 0, (size_t)-1},
    [TONGUE_NEPALI] = {"ne", 1, 1},  [TONGUE_BENGALI] = {"bn", 0, 1},
    [TONGUE_HINDI] = {"hi", 0, 1},   [TONGUE_KHMER] = {"km", 0, (size_t)-1},
};

enum tongue
tongue_of(struct str language)
{
    struct str subtag = str_cut(&language, '-');

    for (enum tongue tongue = 0; tongue < TONGUES; tongue++)
        if (str_eq_nocase(subtag, str_of(tongues[tongue].subtag)))
            return tongue;
    return TONGUE_ENGLISH;
}

const char *
tongue_tag(enum tongue tongue)
{
    return tongues[tongue].subtag;
}

struct str
word_text(enum tongue tongue, enum word word)
{
    struct str text = str_of(words[word][tongue]);

    assert(!str_has(text, '{') && !str_has(text, '|'));
    return text;
}

static void
put_blank(struct buf *out, struct str name, struct blanks blanks)
{
    if (str_eq(name, STR("text")))
        buf_put(out, blanks.text);
    else
        buf_format(out, "%zu", str_eq(name, STR("of")) ? blanks.of : blanks.n);
}

void
word_put(struct buf *out, enum tongue tongue, enum word word, struct blanks blanks)
{
    struct str plural = str_of(words[word][tongue]), form = str_cut(&plural, '|');
    bool is_singular =
        blanks.n >= tongues[tongue].singular_from && blanks.n <= tongues[tongue].singular_to;

    if (!is_singular && plural.len > 0)
        form = plural;
    while (form.len > 0) {
        buf_put(out, str_cut(&form, '{'));
        if (form.len > 0)
            put_blank(out, str_cut(&form, '}'), blanks);
    }
}

enum word
word_of_month(int month)
{
    assert(month >= 1 && month <= MONTHS);
    return (enum word)(WORD_JANUARY + month - 1);
}

enum word
word_of_month_short(int month)
{
    assert(month >= 1 && month <= MONTHS);
    return (enum word)(WORD_JAN + month - 1);
}
