#include "text/html_script.h"

#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

enum {
    DIRECTION_DEPTH_MAX = 125, /* UAX 9 BD2 */
    MARK_LEN = 3,              /* bytes of U+202A to U+202E and U+2066 to U+2069 */
    FIRST_BYTE = 0xe2,         /* of these */
};

struct small {
    char byte;
    const char *lowered, *raised;
};

static const struct small *
find_small(char byte)
{
    static const struct small table[] = {
        {'0', "\u2080", "\u2070"}, {'1', "\u2081", "\u00b9"}, {'2', "\u2082", "\u00b2"},
        {'3', "\u2083", "\u00b3"}, {'4', "\u2084", "\u2074"}, {'5', "\u2085", "\u2075"},
        {'6', "\u2086", "\u2076"}, {'7', "\u2087", "\u2077"}, {'8', "\u2088", "\u2078"},
        {'9', "\u2089", "\u2079"}, {'+', "\u208a", "\u207a"}, {'-', "\u208b", "\u207b"},
        {'=', "\u208c", "\u207c"}, {'(', "\u208d", "\u207d"}, {')', "\u208e", "\u207e"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].byte == byte)
            return &table[i];
    return NULL;
}

bool
html_script_has(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!find_small(text.ptr[i]))
            return false;
    return text.len > 0;
}

void
html_script_put(struct buf *out, struct str text, bool raised)
{
    for (size_t i = 0; i < text.len; i++) {
        const struct small *small = find_small(text.ptr[i]);

        if (small)
            buf_put(out, str_of(raised ? small->raised : small->lowered));
        else
            buf_byte(out, text.ptr[i]);
    }
}

bool
html_script_is_blank(struct str text)
{
    for (int len; text.len > 0; text = str_after(text, (size_t)len)) {
        ucs4_t c;

        len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
        if (!uc_is_property_white_space(c) && !uc_is_property_default_ignorable_code_point(c))
            return false;
    }
    return true;
}

enum mark { MARK_NONE, MARK_EMBED, MARK_ISOLATE, MARK_END_EMBED, MARK_END_ISOLATE };

static enum mark
mark_at(const char *at)
{
    unsigned char last = (unsigned char)at[2];

    if (at[1] == '\x80' && last >= 0xaa && last <= 0xae)
        return last == 0xac ? MARK_END_EMBED : MARK_EMBED;
    if (at[1] == '\x81' && last >= 0xa6 && last <= 0xa9)
        return last == 0xa9 ? MARK_END_ISOLATE : MARK_ISOLATE;
    return MARK_NONE;
}

struct open_mark {
    char *at;
    enum mark mark;
};

static void
erase(char *at)
{
    memset(at, '\0', MARK_LEN);
}

/* Takes the marks that this one closes off the stack; those inside that stayed open are erased. */
static size_t
close_mark(struct open_mark *stack, size_t depth, char *at, enum mark opened)
{
    size_t found = depth;

    while (found > 0 && stack[found - 1].mark != opened && opened == MARK_ISOLATE)
        found--;
    if (found == 0 || stack[found - 1].mark != opened) {
        erase(at);
        return depth;
    }
    while (depth > found)
        erase(stack[--depth].at);
    return found - 1;
}

static void
drop_erased(struct buf *line)
{
    size_t kept = 0;

    for (size_t i = 0; i < line->len; i++)
        if (line->ptr[i] != '\0')
            line->ptr[kept++] = line->ptr[i];
    buf_truncate(line, kept);
}

static void
balance(struct buf *line)
{
    struct open_mark stack[DIRECTION_DEPTH_MAX];
    size_t depth = 0;
    bool found = false;
    char *last = NULL, *at = NULL;

    if (line->len >= MARK_LEN) {
        at = line->ptr;
        last = line->ptr + line->len - MARK_LEN;
    }
    while (at && at <= last && (at = memchr(at, FIRST_BYTE, (size_t)(last - at) + 1)) != NULL) {
        enum mark mark = mark_at(at);

        found = found || mark != MARK_NONE;
        if (mark == MARK_END_EMBED)
            depth = close_mark(stack, depth, at, MARK_EMBED);
        else if (mark == MARK_END_ISOLATE)
            depth = close_mark(stack, depth, at, MARK_ISOLATE);
        else if (mark != MARK_NONE && depth == DIRECTION_DEPTH_MAX)
            erase(at);
        else if (mark != MARK_NONE)
            stack[depth++] = (struct open_mark){at, mark};
        at += MARK_LEN;
    }
    while (depth > 0)
        erase(stack[--depth].at);
    if (found)
        drop_erased(line);
}

void
html_script_balance(struct buf *line)
{
    if (str_has(buf_str(line), (char)FIRST_BYTE))
        balance(line);
}
