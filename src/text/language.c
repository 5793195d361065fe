#include "text/language.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/mem.h"

enum {
    HITS_MIN = 10, /* IMPORT.md 2.3 */
    HITS_RATIO = 2,
    WORD_MAX = 32, /* bytes: more than any word below */
    CHARACTER_MAX = 4,
    LEXICON_MAX = 256,
    LEXICON_SLOTS = 1021, /* a prime */
    SUBTAG_MAX = 8,       /* BCP 47 2.1 */
    PRIMARY_MIN = 2,
    REGION_LEN = 2, /* BCP 47 2.1.1 */
    SCRIPT_LEN = 4,
};

/* Words that are common in one language and rare in the others here: no "in", "is" or "was", which
 * are English and Dutch, no "के" or "को", which are Hindi and Nepali. Words with a nukta are left
 * out, since they have two spellings. Khmer writes no spaces, so its words are looked for anywhere.
 */
static const struct language {
    const char *tag;
    bool is_unspaced;
    const char *words;
} languages[] = {
    {"en", false,
     " the and to that for with are which this from they their by were been not has would "
     "about what who its our but these there it be as you can when than at "},
    {"fr", false,
     " le la les des du et est une que qui dans pour sur avec sont au aux ce cette nous vous "
     "ils elle mais leur ont comme ou ne se qu ces leurs été être "},
    {"nl", false,
     " het een van niet dat voor zijn aan ook naar maar bij wordt worden deze uit "
     "nog heeft hebben als ze er zich werd hun geen kunnen meer wij dit waar "},
    {"id", false,
     " yang dan di dari untuk dengan pada ini itu tidak dalam adalah akan oleh juga mereka "
     "sebagai karena atau bisa telah sudah kami kita bahwa lebih tersebut seperti antara "},
    {"ne", false,
     " र छ छन् पनि गर्न गर्ने गरेको गरेका भएको भएका लागि यो भने थियो थिए हुन्छ हुने रहेको "
     "रहेका गरी त्यो उनले छैन गर्छ गर्दै तर उनीहरू हाम्रो यस "},
    {"hi", false,
     " है हैं की में से और ने इस भी लिए नहीं था थे थी गया गई किया करने रहा रहे रही वह अपने हुए "
     "पर ही तो यह उनके "},
    {"bn", false,
     " এবং ও এই যে না করে থেকে জন্য করা একটি তার তাদের আমাদের কিন্তু তিনি সঙ্গে সাথে হবে এর "
     "আছে ছিল তারা মধ্যে আর এক করেন জন্যে "},
    {"km", true, " និង ដែល នៃ នៅ មាន បាន ជា ក្នុង ដើម្បី ពី របស់ ទៅ មិន ដោយ សម្រាប់ នេះ ការ "},
};

enum { LANGUAGES = sizeof languages / sizeof *languages };

static bool
is_word_character(ucs4_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M);
}

/* All words of the table, found by their lengths and a few of their bytes. */
struct lexicon {
    const char *fallback;
    size_t own; /* the number of its language, LANGUAGES: it is none of ours */
    struct {
        const char *ptr;
        unsigned char len, language;
    } items[LEXICON_MAX];
    size_t count;
    unsigned short first[LEXICON_SLOTS]; /* number + 1 of the first in a slot, 0: none */
    unsigned short next[LEXICON_MAX];
    uint32_t lens[0x100]; /* of those that begin with a byte: a bit for each length */
};

/* Bytes of a word in lower case; one that is too long is cut, which cannot make it one of ours. */
struct word {
    char bytes[WORD_MAX];
    size_t len;
};

/* Of a word that is not empty, the same in either case of ASCII. Most words of one script begin
 * with the same byte. */
static size_t
slot_of(struct str word)
{
    size_t last = word.len - 1, middle = word.len / 2;

    return (word.len * 509 + ((unsigned char)word.ptr[0] | 0x20) * 31UL +
            ((unsigned char)word.ptr[middle] | 0x20) * 7UL +
            ((unsigned char)word.ptr[last] | 0x20) * 131UL) %
           LEXICON_SLOTS;
}

static void
lexicon_add(struct lexicon *lexicon, struct str word, size_t language)
{
    size_t number = lexicon->count++, slot = slot_of(word);

    assert(number < LEXICON_MAX && word.len <= WORD_MAX - CHARACTER_MAX);
    lexicon->items[number].ptr = word.ptr;
    lexicon->items[number].len = (unsigned char)word.len;
    lexicon->items[number].language = (unsigned char)language;
    lexicon->next[number] = lexicon->first[slot];
    lexicon->first[slot] = (unsigned short)(number + 1);
    lexicon->lens[(unsigned char)word.ptr[0]] |= UINT32_C(1) << word.len;
}

/* Most words of most texts are none that begins so and is as long. */
static bool
may_be_known(const struct lexicon *lexicon, struct str word)
{
    unsigned char first = (unsigned char)word.ptr[0];

    return word.len < WORD_MAX &&
           lexicon->lens[first < 0x80 ? first | 0x20 : first] >> word.len & 1;
}

/* Each word stands between two spaces. */
static void
fill(struct lexicon *lexicon)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        const char *word = languages[i].words + 1;

        for (const char *at = word; *at && !languages[i].is_unspaced; at++)
            if (*at == ' ') {
                lexicon_add(lexicon, (struct str){word, (size_t)(at - word)}, i);
                word = at + 1;
            }
    }
}

static bool
is_letter(char byte)
{
    char lower = (char)(byte | ' ');

    return lower >= 'a' && lower <= 'z';
}

/* How many ASCII letters are in front: most bytes of most texts are. */
static size_t
letters_len(struct str text)
{
    size_t len = 0;

    while (len < text.len && is_letter(text.ptr[len]))
        len++;
    return len;
}

/* As the table has them; a word that is too long is cut. */
static struct str
lower(struct word *word, struct str text)
{
    ucs4_t c;

    for (word->len = 0; text.len > 0 && word->len + CHARACTER_MAX <= WORD_MAX;) {
        text = str_after(text, (size_t)u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len));
        word->len +=
            (size_t)u8_uctomb((uint8_t *)word->bytes + word->len, uc_tolower(c), CHARACTER_MAX);
    }
    return (struct str){word->bytes, word->len};
}

/* The next word, and what ends it: as it stands in the text, where it is in lower case but for
 * ASCII. */
static struct str
take_word(struct str *text, struct word *word)
{
    struct str rest = *text;
    size_t end = letters_len(rest), len = 1;
    bool is_lower = true;
    ucs4_t c;

    while (end < rest.len && ((unsigned char)rest.ptr[end] >= 0x80 || is_letter(rest.ptr[end]))) {
        len = (size_t)u8_mbtouc(&c, (const uint8_t *)rest.ptr + end, rest.len - end);
        if (!is_word_character(c))
            break;
        is_lower = is_lower && (c < 0x80 || uc_tolower(c) == c);
        end += len;
        len = 1;
    }
    *text = str_after(rest, end + len);
    return is_lower ? str_head(rest, end) : lower(word, str_head(rest, end));
}

static size_t
count_pieces(struct str words, struct str text)
{
    size_t hits = 0;

    /* every one of them begins with the same byte */
    if (!str_has(text, *str_trim(words).ptr))
        return 0;
    while (words.len > 0) {
        struct str piece = str_cut(&words, ' '), rest = text;

        while (piece.len > 0 && rest.len > 0) {
            const char *found = memmem(rest.ptr, rest.len, piece.ptr, piece.len);

            if (!found)
                break;
            rest = str_after(rest, (size_t)(found - rest.ptr) + piece.len);
            hits++;
        }
    }
    return hits;
}

struct lexicon *
language_lexicon(const char *fallback)
{
    struct lexicon *lexicon = mem_new(sizeof *lexicon);
    struct str rest = str_of(fallback), primary = str_cut(&rest, '-');

    lexicon->fallback = fallback;
    while (lexicon->own < LANGUAGES && !str_eq_nocase(primary, str_of(languages[lexicon->own].tag)))
        lexicon->own++;
    fill(lexicon);
    return lexicon;
}

static void
count_word(const struct lexicon *lexicon, struct str word, size_t hits[static LANGUAGES])
{
    for (size_t i = lexicon->first[slot_of(word)]; i > 0; i = lexicon->next[i - 1])
        if (str_eq_nocase((struct str){lexicon->items[i - 1].ptr, lexicon->items[i - 1].len}, word))
            hits[lexicon->items[i - 1].language]++;
}

static void
count_hits(const struct lexicon *lexicon, struct str text, size_t hits[static LANGUAGES])
{
    struct word word;

    for (size_t i = 0; i < LANGUAGES; i++)
        hits[i] = languages[i].is_unspaced ? count_pieces(str_of(languages[i].words), text) : 0;
    while (text.len > 0) {
        struct str found = take_word(&text, &word);

        if (found.len > 0 && may_be_known(lexicon, found))
            count_word(lexicon, found, hits);
    }
}

const char *
language_of(const struct lexicon *lexicon, struct str text)
{
    size_t hits[LANGUAGES + 1] = {0}, best = 0, own;

    count_hits(lexicon, str_head(text, LANGUAGE_SAMPLE_MAX), hits);
    own = hits[lexicon->own];
    hits[lexicon->own] = 0;
    for (size_t i = 0; i < LANGUAGES; i++)
        if (hits[i] > hits[best])
            best = i;
    return hits[best] >= HITS_MIN && hits[best] >= HITS_RATIO * own ? languages[best].tag
                                                                    : lexicon->fallback;
}

static bool
is_made_of(struct str subtag, bool digits_too)
{
    for (size_t i = 0; i < subtag.len; i++) {
        char byte = subtag.ptr[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

        if (!is_letter && !(digits_too && byte >= '0' && byte <= '9'))
            return false;
    }
    return subtag.len > 0 && subtag.len <= SUBTAG_MAX;
}

bool
language_is_tag(struct str text)
{
    struct str rest = text, primary = str_cut(&rest, '-');
    bool is_private = str_eq_nocase(primary, STR("x")) && rest.len > 0;

    if (text.len > LANGUAGE_MAX || str_ends(text, STR("-")) || !is_made_of(primary, false) ||
        (primary.len < PRIMARY_MIN && !is_private))
        return false;
    while (rest.len > 0)
        if (!is_made_of(str_cut(&rest, '-'), true))
            return false;
    return true;
}

static char
with_case(char byte, bool is_upper)
{
    if (is_upper && byte >= 'a' && byte <= 'z')
        return (char)(byte - 'a' + 'A');
    return !is_upper && byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

void
language_put(struct buf *out, struct str tag)
{
    bool is_first = true, is_extension = false;

    while (tag.len > 0) {
        struct str subtag = str_cut(&tag, '-');
        bool is_plain = is_first || is_extension;

        for (size_t i = 0; i < subtag.len; i++)
            buf_byte(out,
                     with_case(subtag.ptr[i], !is_plain && (subtag.len == REGION_LEN ||
                                                            (subtag.len == SCRIPT_LEN && i == 0))));
        if (tag.len > 0)
            buf_byte(out, '-');
        is_extension = is_extension || subtag.len == 1;
        is_first = false;
    }
}
