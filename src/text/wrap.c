#include "text/wrap.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include <unictype.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/mem.h"

/* Not a locale: it only says that characters of ambiguous width are narrow. */
static const char *const encoding = "UTF-8";

/* Three dots, since every charset has them. */
#define ELLIPSIS STR("...")

/* Where one text may be broken, as the two algorithms mark it: an entry a byte. */
struct breaks {
    char *line;    /* UC_BREAK_POSSIBLE before a character */
    char *cluster; /* nonzero before a grapheme cluster */
};

/* A line that is being filled. */
struct filling {
    size_t begin;   /* of the line */
    size_t word;    /* the last place to break it at, begin: none */
    size_t cluster; /* the last place to cut a word at, begin: none */
    size_t columns;
    bool has_ink; /* something else than spaces: a break before it would leave an empty line */
};

static const uint8_t *
bytes_of(struct str text)
{
    return (const uint8_t *)text.ptr;
}

static bool
is_control(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

/* Valid UTF-8 of one line: what is neither becomes U+FFFD or a space. */
static void
clean(struct buf *out, struct str text)
{
    while (text.len > 0) {
        ucs4_t c;
        int len = u8_mbtouc(&c, bytes_of(text), text.len);

        if (is_control(c))
            buf_byte(out, ' ');
        else if (c == 0xFFFD)
            buf_put(out, STR("\xEF\xBF\xBD"));
        else
            buf_put(out, str_head(text, (size_t)len));
        text = str_after(text, (size_t)len);
    }
}

static size_t
columns_of(ucs4_t c)
{
    int columns = uc_width(c, encoding);

    return columns < 0 ? 0 : (size_t)columns;
}

size_t
wrap_width(struct str text)
{
    size_t columns = 0;

    while (text.len > 0) {
        ucs4_t c;
        int len = u8_mbtouc(&c, bytes_of(text), text.len);

        columns += is_control(c) ? 1 : columns_of(c);
        text = str_after(text, (size_t)len);
    }
    return columns;
}

static void
breaks_find(struct breaks *breaks, struct str text)
{
    breaks->line = mem_new(text.len + 1);
    breaks->cluster = mem_new(text.len + 1);
    u8_possible_linebreaks(bytes_of(text), text.len, encoding, breaks->line);
    u8_grapheme_breaks(bytes_of(text), text.len, breaks->cluster);
}

static void
breaks_free(struct breaks *breaks)
{
    free(breaks->line);
    free(breaks->cluster);
}

/* A virama or coeng joins the consonant behind it, which is a cluster of its own. */
static bool
is_joiner(ucs4_t c)
{
    return uc_combining_class(c) == UC_CCC_VR;
}

/* Where the line ends that has no room for the character at `at`. */
static size_t
filling_end(const struct filling *filling, size_t at)
{
    if (filling->word > filling->begin)
        return filling->word;
    return filling->cluster > filling->begin ? filling->cluster : at;
}

/* Finds the end of the line that begins at `begin`. Linear over all lines: a line ends at its last
 * word, and only a cluster wider than the line is looked at again after that. */
static size_t
line_end(struct str text, const struct breaks *breaks, size_t begin, size_t width)
{
    struct filling filling = {.begin = begin, .word = begin, .cluster = begin};
    ucs4_t c = 0;
    int len;

    for (size_t at = begin; at < text.len; at += (size_t)len) {
        bool joined = is_joiner(c);

        len = u8_mbtouc(&c, bytes_of(text) + at, text.len - at);
        if (breaks->line[at] == UC_BREAK_POSSIBLE && filling.has_ink)
            filling.word = at;
        if (breaks->cluster[at] && !joined)
            filling.cluster = at;
        if (c == ' ') { /* spaces may stand beyond the edge: they are dropped there */
            filling.columns++;
            continue;
        }
        filling.has_ink = true;
        filling.columns += columns_of(c);
        if (filling.columns > width && at > begin)
            return filling_end(&filling, at);
    }
    return text.len;
}

void
wrap_lines(struct str text, size_t width, void (*on_line)(void *ctx, struct str line), void *ctx)
{
    struct buf cleaned = {0};
    struct breaks breaks;
    size_t begin = 0;

    assert(width >= WRAP_WIDTH_MIN && width <= WRAP_WIDTH_MAX);
    clean(&cleaned, text);
    text = buf_str(&cleaned);
    breaks_find(&breaks, text);
    do {
        size_t end = line_end(text, &breaks, begin, width);
        struct str line = str_head(str_after(text, begin), end - begin);

        while (str_chop(&line, STR(" ")))
            continue;
        on_line(ctx, line);
        begin = end;
    } while (begin < text.len);
    breaks_free(&breaks);
    buf_free(&cleaned);
}

void
wrap_cut(struct buf *out, struct str text, size_t width)
{
    struct buf cleaned = {0};
    struct breaks breaks;
    size_t columns = 0, end = 0;
    bool joined = false;

    assert(width >= WRAP_WIDTH_MIN && width <= WRAP_WIDTH_MAX);
    if (wrap_width(text) <= width) {
        clean(out, text);
        return;
    }
    clean(&cleaned, text);
    text = buf_str(&cleaned);
    breaks_find(&breaks, text);
    for (size_t at = 0; columns <= width - ELLIPSIS.len;) {
        ucs4_t c;
        int len = u8_mbtouc(&c, bytes_of(text) + at, text.len - at);

        if (breaks.cluster[at] && !joined)
            end = at;
        joined = is_joiner(c);
        columns += columns_of(c);
        at += (size_t)len;
    }
    text = str_head(text, end);
    while (str_chop(&text, STR(" ")))
        continue;
    buf_put(out, text);
    buf_put(out, ELLIPSIS);
    breaks_free(&breaks);
    buf_free(&cleaned);
}
