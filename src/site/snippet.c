#include "site/snippet.h"

#include "text/segment.h"

enum { MATCHES_MAX = 64 }; /* that are looked at: the first ones */

/* A term where it stands in the text. */
struct match {
    size_t begin, end;
    uint32_t term; /* the bit of its last word */
};

/* Looks for all terms in one pass (Baeza-Yates and Gonnet's "shift-and"): bit n says that the words
 * up to this one end with the first words of a term, up to its word n. */
struct scan {
    const struct search *search;
    uint32_t state;
    size_t begins[SEARCH_WORDS_MAX]; /* of the last words, by their number modulo the size */
    size_t seen;                     /* words */
    struct match matches[MATCHES_MAX];
    size_t count;
};

/* The places in all terms where this word stands. */
static uint32_t
places_of(const struct search *search, struct str word)
{
    uint32_t places = 0;

    for (size_t i = 0; i < search->count; i++)
        if (str_eq(search_word(search, i), word))
            places |= UINT32_C(1) << i;
    return places;
}

static void
add_match(struct scan *scan, size_t last, size_t end)
{
    size_t first = last;

    while (!(scan->search->begins >> first & 1))
        first--;
    scan->matches[scan->count++] = (struct match){
        .begin = scan->begins[(scan->seen - (last - first)) % SEARCH_WORDS_MAX],
        .end = end,
        .term = UINT32_C(1) << last,
    };
}

static void
take_word(struct scan *scan, const struct segment *segment)
{
    const struct search *search = scan->search;
    uint32_t hits;

    scan->begins[scan->seen % SEARCH_WORDS_MAX] = segment->begin;
    scan->state = (scan->state << 1 | search->begins) & places_of(search, segment_word(segment));
    hits = scan->state & search->ends;
    for (size_t i = 0; i < search->count && scan->count < MATCHES_MAX; i++)
        if (hits >> i & 1)
            add_match(scan, i, segment->end);
    scan->seen++;
}

/* The first of the matches that have the most terms close behind them. */
static const struct match *
best_match(const struct scan *scan)
{
    const struct match *best = NULL;
    int most = 0;

    for (size_t i = 0; i < scan->count; i++) {
        uint32_t terms = 0;

        for (size_t j = i; j < scan->count; j++)
            if (scan->matches[j].end - scan->matches[i].begin <= SNIPPET_MAX)
                terms |= scan->matches[j].term;
        if (!best || __builtin_popcount(terms) > most) {
            best = &scan->matches[i];
            most = __builtin_popcount(terms);
        }
    }
    return best;
}

static bool
is_inside_character(struct str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* So many characters back, forward, as far as there are such. */
static size_t
go_back(struct str text, size_t at, size_t characters)
{
    for (; characters > 0 && at > 0; characters--)
        do
            at--;
        while (at > 0 && is_inside_character(text, at));
    return at;
}

static size_t
go_forward(struct str text, size_t at, size_t characters)
{
    for (; characters > 0 && at < text.len; characters--)
        do
            at++;
        while (is_inside_character(text, at));
    return at;
}

/* The first word that begins behind the place, which may be inside one; at the latest, the limit.
 */
static size_t
find_begin(struct str text, size_t at, size_t limit)
{
    struct segment segment;

    if (at == 0)
        return 0;
    segment_next(text, &at, &segment);
    if (!segment_next(str_head(text, limit), &at, &segment))
        return limit;
    return segment.begin;
}

/* The end of the last word that ends before the limit. */
static size_t
find_end(struct str text, size_t at, size_t limit)
{
    struct segment segment;
    size_t end = limit;

    if (limit == text.len)
        return limit;
    for (text = str_head(text, limit); segment_next(text, &at, &segment) && segment.end < limit;)
        end = segment.end;
    return end;
}

static void
put_piece(struct buf *out, struct str text, size_t begin)
{
    size_t end = find_end(text, begin, go_forward(text, begin, SNIPPET_MAX));

    if (begin > 0)
        buf_put(out, STR("… "));
    buf_put(out, str_head(str_after(text, begin), end - begin));
    if (end < text.len)
        buf_put(out, STR(" …"));
}

bool
snippet_put(struct buf *out, const struct search *search, struct str text)
{
    struct scan scan = {.search = search};
    struct segment segment;
    const struct match *best;

    text = str_trim(text);
    for (size_t at = 0; scan.count < MATCHES_MAX && segment_next(text, &at, &segment);)
        take_word(&scan, &segment);
    best = best_match(&scan);
    if (best)
        put_piece(out, text,
                  find_begin(text, go_back(text, best->begin, SNIPPET_BEFORE), best->begin));
    return best != NULL;
}

void
snippet_put_start(struct buf *out, struct str text)
{
    put_piece(out, str_trim(text), 0);
}
