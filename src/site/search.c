#include "site/search.h"

#include "base/date.h"
#include "text/gemtext.h"
#include "text/language.h"
#include "text/segment.h"
#include "text/uri.h"

/* Joins the words of a fact to one: a letter to FTS5, and in no alphabet. */
#define JOINT STR("\xee\x80\x80")

/* A search that is being read. */
struct parsing {
    struct search *search;
    struct buf facts; /* what FTS5 is asked of them */
};

static void
put_fact(struct buf *out, struct str kind, struct str text)
{
    struct segment segment;
    size_t start = out->len;

    for (size_t at = 0; segment_next(text, &at, &segment);) {
        buf_put(out, out->len == start ? kind : JOINT);
        buf_put(out, segment_word(&segment));
    }
}

void
search_put_label(struct buf *out, struct str name)
{
    put_fact(out, STR("label"), name);
}

void
search_put_year(struct buf *out, int year)
{
    buf_format(out, "year%d", year);
}

void
search_put_language(struct buf *out, struct str tag)
{
    put_fact(out, STR("lang"), tag);
}

static bool
read_label(struct buf *fact, struct str text)
{
    search_put_label(fact, text);
    return fact->len > 0;
}

static bool
read_year(struct buf *fact, struct str text)
{
    unsigned long year;

    if (!str_number(text, YEAR_MAX, &year) || year < YEAR_MIN)
        return false;
    search_put_year(fact, (int)year);
    return true;
}

static bool
read_language(struct buf *fact, struct str text)
{
    if (!language_is_tag(text))
        return false;
    search_put_language(fact, text);
    return true;
}

static const struct {
    struct str prefix;
    bool (*read)(struct buf *fact, struct str text);
} fields[] = {
    {{"label:", 6}, read_label}, {{"year:", 5}, read_year}, {{"lang:", 5}, read_language}};

static void
put_condition(struct buf *out, struct str condition)
{
    if (out->len > 0)
        buf_put(out, STR(" AND "));
    buf_put(out, condition);
}

/* A word has no byte that means anything between quotation marks. */
static bool
add_fact(struct parsing *parsing, struct str word, struct str text)
{
    struct buf fact = {0}, quoted = {0};
    bool is_fact = false;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (str_eq_nocase(word, fields[i].prefix))
            is_fact = fields[i].read(&fact, text);
    if (is_fact) {
        buf_format(&quoted, SEARCH_FACTS " : \"%s\"", buf_text(&fact));
        put_condition(&parsing->facts, buf_str(&quoted));
    }
    buf_free(&fact);
    buf_free(&quoted);
    return is_fact;
}

static void
add_term(struct parsing *parsing, struct str text)
{
    struct search *search = parsing->search;
    size_t first = search->count;
    struct segment segment;

    for (size_t at = 0; segment_next(text, &at, &segment);) {
        if (search->count == SEARCH_WORDS_MAX) {
            search->is_cut = true;
            break;
        }
        search->words[search->count++] = (struct search_word){search->folded.len, segment.len};
        buf_put(&search->folded, segment_word(&segment));
    }
    if (search->count == first)
        return;
    search->begins |= UINT32_C(1) << first;
    search->ends |= UINT32_C(1) << (search->count - 1);
}

/* Up to a space or the quotation mark that closes it; without one, to the end. */
static struct str
take_value(struct str *rest)
{
    struct str value;

    if (str_skip(rest, STR("\"")))
        return str_cut(rest, '"');
    value = *rest;
    while (rest->len > 0 && rest->ptr[0] != ' ' && rest->ptr[0] != '"')
        *rest = str_after(*rest, 1);
    return str_head(value, value.len - rest->len);
}

/* The name of a field in front, with its colon; empty when there is none. */
static struct str
take_field(struct str *rest)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct str word = str_head(*rest, fields[i].prefix.len);

        if (str_eq_nocase(word, fields[i].prefix)) {
            *rest = str_after(*rest, word.len);
            return word;
        }
    }
    return STR("");
}

static void
take_term(struct parsing *parsing, struct str *rest)
{
    struct str field = take_field(rest), value = take_value(rest);

    if (field.len > 0 && add_fact(parsing, field, value))
        return;
    if (field.len > 0)
        add_term(parsing, field);
    add_term(parsing, value);
}

/* Telephones write their own quotation marks, and other languages theirs. */
static bool
skip_quote(struct str *text)
{
    static const struct str quotes[] = {{"\"", 1}, {"“", 3}, {"”", 3},  {"„", 3}, {"‟", 3},
                                        {"«", 2},  {"»", 2}, {"「", 3}, {"」", 3}};

    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++)
        if (str_skip(text, quotes[i]))
            return true;
    return false;
}

/* With '"' for all of them, and with spaces only between words. */
static void
put_plain(struct buf *out, struct str typed)
{
    struct buf clean = {0};
    struct str rest;

    gemtext_clean(&clean, typed);
    for (rest = buf_str(&clean); rest.len > 0;) {
        if (skip_quote(&rest)) {
            buf_byte(out, '"');
        } else {
            buf_byte(out, rest.ptr[0]);
            rest = str_after(rest, 1);
        }
    }
    buf_free(&clean);
}

static void
put_terms(const struct search *search, struct buf *out)
{
    for (size_t i = 0; i < search->count; i++) {
        bool is_first = search->begins >> i & 1, is_last = search->ends >> i & 1;

        buf_put(out, is_first ? (i == 0 ? STR("\"") : STR(" AND \"")) : STR(" "));
        buf_put(out, search_word(search, i));
        buf_put(out, is_last ? STR("\"") : STR(""));
    }
}

void
search_read(struct search *search, struct str typed)
{
    struct parsing parsing = {.search = search};
    struct buf plain = {0};
    struct str rest;

    search->is_cut = typed.len > SEARCH_TEXT_MAX;
    put_plain(&plain, str_head_utf8(typed, SEARCH_TEXT_MAX));
    for (rest = buf_str(&plain); rest.len > 0;)
        if (!str_skip(&rest, STR(" ")))
            take_term(&parsing, &rest);
    if (search->count > 0) {
        buf_put(&search->match, STR("{" SEARCH_COLUMNS "} : ("));
        put_terms(search, &search->match);
        buf_byte(&search->match, ')');
    }
    if (parsing.facts.len > 0)
        put_condition(&search->match, buf_str(&parsing.facts));
    buf_free(&parsing.facts);
    buf_free(&plain);
}

void
search_put_query(struct buf *out, struct str words)
{
    while (str_has(words, '=')) {
        uri_put_path(out, str_cut(&words, '='));
        buf_put(out, STR("%3D"));
    }
    uri_put_path(out, words);
}

struct str
search_word(const struct search *search, size_t number)
{
    const struct search_word *word = &search->words[number];

    return str_head(str_after(buf_str(&search->folded), word->begin), word->len);
}

void
search_free(struct search *search)
{
    buf_free(&search->folded);
    buf_free(&search->match);
}
