#include "import/lines.h"

#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "base/mem.h"
#include "text/gemtext.h"

enum {
    TITLE_LENGTH_MIN = 8, /* characters, of a title that has no date of its own */
    TITLE_LENGTH_MAX = 100,
    CREDIT_LENGTH_MAX = 51, /* characters behind the mark */
    DAY_MAX = 31,
    CENTURIES_FROM = 1900,
    CENTURIES_TO = 2099,
};

static bool
check_bytes(struct str bytes, struct failure *why)
{
    const char *nul = bytes.len > 0 ? memchr(bytes.ptr, '\0', bytes.len) : NULL;
    const uint8_t *bad = bytes.len > 0 ? u8_check((const uint8_t *)bytes.ptr, bytes.len) : NULL;

    if (nul && (!bad || nul < (const char *)bad))
        return fail(why, "byte %zu: a NUL", (size_t)(nul - bytes.ptr));
    if (bad)
        return fail(why, "byte %zu: not UTF-8", (size_t)((const char *)bad - bytes.ptr));
    return true;
}

static size_t
count_lines(struct str text)
{
    size_t count = 0;

    while (text.len > 0) {
        str_line(&text);
        count++;
    }
    return count;
}

bool
lines_read(struct lines *lines, struct buf *bytes, struct failure *why)
{
    struct str rest;
    size_t count;

    *lines = (struct lines){.bytes = *bytes};
    *bytes = (struct buf){0};
    rest = buf_str(&lines->bytes);
    if (!check_bytes(rest, why))
        return false;
    count = count_lines(rest);
    if (count > LINES_MAX)
        return fail(why, "more than %d lines", LINES_MAX);
    lines->items = mem_grow(NULL, count + 1, sizeof *lines->items);
    buf_room(&lines->texts, rest.len); /* clean text is no longer: the slices stay where they are */
    while (rest.len > 0) {
        struct line *line = &lines->items[lines->count++];
        size_t start = lines->texts.len;

        line->raw = str_line(&rest);
        gemtext_clean(&lines->texts, line->raw);
        line->text = str_after(buf_str(&lines->texts), start);
    }
    return true;
}

void
lines_free(struct lines *lines)
{
    buf_free(&lines->bytes);
    buf_free(&lines->texts);
    free(lines->items);
    *lines = (struct lines){0};
}

bool
line_is_blank(const struct line *line)
{
    return line->text.len == 0;
}

bool
lines_isolated(const struct lines *lines, size_t line)
{
    return !line_is_blank(&lines->items[line]) &&
           (line == 0 || line_is_blank(&lines->items[line - 1])) &&
           (line + 1 == lines->count || line_is_blank(&lines->items[line + 1]));
}

size_t
lines_skip_blank(const struct lines *lines, size_t line, size_t end)
{
    while (line < end && line_is_blank(&lines->items[line]))
        line++;
    return line;
}

bool
line_is_date(const struct line *line, struct date *date)
{
    struct str rest = line->text, day = str_cut(&rest, ' '), month = str_cut(&rest, ' ');
    unsigned long day_number, year;

    if (day.len != 2 || rest.len != 4 || !str_number(day, DAY_MAX, &day_number) ||
        !str_number(rest, CENTURIES_TO, &year) || year < CENTURIES_FROM)
        return false;
    *date = (struct date){(int)year, date_month_of_name(month), (int)day_number};
    return date_is_real(*date);
}

bool
line_is_bullet(const struct line *line)
{
    return str_starts(line->raw, STR("  \u2022")) && str_starts(line->text, STR("\u2022 "));
}

bool
line_is_typed_bullet(const struct line *line)
{
    struct str text = line->text;

    return str_skip(&text, STR("o ")) && text.len > 0 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z';
}

bool
line_is_numbered(const struct line *line)
{
    size_t digits = 0;

    while (digits < line->text.len && line->text.ptr[digits] >= '0' &&
           line->text.ptr[digits] <= '9')
        digits++;
    return digits > 0 && str_starts(str_after(line->text, digits), STR(". "));
}

/* "© Name", "(c) Name" */
static bool
is_credit(const struct line *line)
{
    struct str text = line->text;

    return (str_skip(&text, STR("\u00a9 ")) || str_skip(&text, STR("(c) "))) &&
           line_length(text) <= CREDIT_LENGTH_MAX;
}

bool
line_is_damaged_credit(const struct line *line)
{
    struct str text = line->text;

    return str_skip(&text, STR("c ")) && text.len > 0 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z';
}

static bool
is_one_of(ucs4_t c, const char *set)
{
    ucs4_t member;

    for (const uint8_t *next = (const uint8_t *)set; (next = u8_next(&member, next));)
        if (member == c)
            return true;
    return false;
}

static ucs4_t
first_character(struct str text)
{
    ucs4_t c = 0;

    if (text.len > 0)
        u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
    return c;
}

static ucs4_t
last_character(struct str text)
{
    ucs4_t c = 0;
    const uint8_t *start = (const uint8_t *)text.ptr;

    if (text.len > 0)
        u8_prev(&c, start + text.len, start);
    return c;
}

bool
line_could_be_title(const struct line *line)
{
    ucs4_t first = first_character(line->text), last = last_character(line->text);
    size_t length = line_length(line->text);

    return length >= TITLE_LENGTH_MIN && length <= TITLE_LENGTH_MAX &&
           (uc_is_property_uppercase(first) || uc_is_property_decimal_digit(first) ||
            is_one_of(first, "\"'\u2018\u201c\u201e\u00ab")) &&
           !is_one_of(last, ".,;:\u2026") && !line_is_bullet(line) && !line_is_numbered(line) &&
           !is_credit(line);
}

bool
line_is_cut(const struct line *line)
{
    /* the full stops of the languages the server speaks: Latin, Devanagari and Bengali, Khmer */
    return !is_one_of(last_character(line->text), ".!?\u201d\")\u2026\u0964\u0965\u17d4\u17d5");
}

size_t
line_length(struct str text)
{
    return text.len == 0 ? 0 : u8_mbsnlen((const uint8_t *)text.ptr, text.len);
}

static bool
is_word_character(ucs4_t c)
{
    return uc_is_property_alphabetic(c) || uc_is_property_decimal_digit(c);
}

bool
line_find_word(struct str text, struct str word, size_t *at)
{
    while (*at < text.len && word.len > 0) {
        const char *found = memmem(text.ptr + *at, text.len - *at, word.ptr, word.len);
        struct str before, behind;

        if (!found)
            return false;
        before = str_head(text, (size_t)(found - text.ptr));
        behind = str_after(text, before.len + word.len);
        *at = before.len;
        if (!is_word_character(last_character(before)) &&
            !is_word_character(first_character(behind)))
            return true;
        *at += word.len;
    }
    return false;
}

size_t
line_count_word(struct str text, struct str word)
{
    size_t count = 0;

    for (size_t at = 0; line_find_word(text, word, &at); at += word.len)
        count++;
    return count;
}
