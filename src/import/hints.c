#include "import/hints.h"

#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "base/mem.h"
#include "text/html_url.h"
#include "text/language.h"
#include "text/uri.h"

enum { HINTS_FIRST = 16 };

static const struct str alphanumerics = {"abcdefghijklmnopqrstuvwxyz0123456789", 36};
static const struct str name_characters = {"abcdefghijklmnopqrstuvwxyz0123456789._-", 39};

/* What follows the guard on a line of each kind. */
enum tail { TAIL_NONE, TAIL_ADDRESS, TAIL_FIELDS };

static const struct keyword {
    const char *name;
    enum tail tail;
} keywords[HINT_KINDS] = {
    [HINT_BODY] = {"body", TAIL_NONE},           [HINT_CREDIT] = {"credit", TAIL_NONE},
    [HINT_HEADING] = {"heading", TAIL_NONE},     [HINT_TITLE] = {"title", TAIL_NONE},
    [HINT_DATE] = {"date", TAIL_NONE},           [HINT_NOTITLE] = {"notitle", TAIL_NONE},
    [HINT_LINK] = {"link", TAIL_ADDRESS},        [HINT_POST] = {"post", TAIL_FIELDS},
    [HINT_KEEP] = {"keep", TAIL_NONE},           [HINT_COMPLETE] = {"complete", TAIL_NONE},
    [HINT_TRUNCATED] = {"truncated", TAIL_NONE},
};

/* A hints file on its way through the parser. */
struct reader {
    struct hints *hints;
    size_t line;
    struct failure *why;
};

static bool
is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool
is_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!str_has(STR("0123456789abcdefABCDEF"), text.ptr[i]))
            return false;
    return true;
}

/* Without a comment: a '#' outside quotation marks, at the start or after white space. */
static struct str
without_comment(struct str line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.len; i++) {
        if (quoted && line.ptr[i] == '\\')
            i++;
        else if (line.ptr[i] == '"')
            quoted = !quoted;
        else if (!quoted && line.ptr[i] == '#' && (i == 0 || is_space(line.ptr[i - 1])))
            return str_head(line, i);
    }
    return line;
}

/* The piece before white space, or before '=' when that comes first; *rest is what follows. */
static struct str
take_word(struct str *rest, bool stop_at_equals)
{
    struct str text = str_trim(*rest), word;
    size_t len = 0;

    while (len < text.len && !is_space(text.ptr[len]) && !(stop_at_equals && text.ptr[len] == '='))
        len++;
    word = str_head(text, len);
    *rest = str_after(text, len);
    return word;
}

/* Text in quotation marks, unescaped where it stands: the file's text is ours to change. */
static bool
take_quoted(struct reader *reader, struct str *rest, struct str *text)
{
    struct str from = str_after(str_trim(*rest), 1);
    char *to = reader->hints->text.ptr + (from.ptr - reader->hints->text.ptr), *start = to;

    for (size_t i = 0; i < from.len; i++) {
        if (from.ptr[i] == '"') {
            *text = (struct str){start, (size_t)(to - start)};
            *rest = str_after(from, i + 1);
            return true;
        }
        if (from.ptr[i] == '\\' && ++i == from.len)
            break;
        *to++ = from.ptr[i];
    }
    return fail(reader->why, "a quotation mark is missing at the end");
}

static bool
is_quoted(struct str rest)
{
    return str_starts(str_trim(rest), STR("\""));
}

static bool
take_value(struct reader *reader, struct str *rest, struct str *value)
{
    if (is_quoted(*rest))
        return take_quoted(reader, rest, value);
    *value = take_word(rest, false);
    return true;
}

/* "/2017/11/name.html", where name is what a file of ours may be called. */
static bool
is_old_path(struct str path)
{
    unsigned long year, month;
    struct str name;

    if (!str_skip(&path, STR("/")) || !str_chop(&path, STR(".html")))
        return false;
    if (path.len < sizeof "2017/11/" || path.ptr[4] != '/' || path.ptr[7] != '/' ||
        !str_number(str_head(path, 4), 9999, &year) || year < 1000 ||
        !str_number(str_head(str_after(path, 5), 2), 12, &month) || month < 1)
        return false;
    name = str_after(path, sizeof "2017/11/" - 1);
    for (size_t i = 0; i < name.len; i++)
        if (!str_has(i == 0 ? alphanumerics : name_characters, name.ptr[i]))
            return false;
    return name.len <= HINTS_NAME_MAX;
}

static bool
set_labels(struct hint *hint, struct str names, struct failure *why)
{
    size_t count = 0;

    hint->labels = names;
    for (; names.len > 0; count++)
        str_cut(&names, ',');
    return (count > 0 && count <= HINTS_LABELS_MAX) ||
           fail(why, "labels= needs 1 to %d names", HINTS_LABELS_MAX);
}

static bool
set_field(struct hint *hint, struct str key, struct str value, struct failure *why)
{
    if (str_eq(key, STR("lang"))) {
        hint->language = value;
        return (language_is_tag(value) && value.len <= LANGUAGE_MAX) ||
               fail(why, "lang must be a language tag such as en or nl");
    }
    if (str_eq(key, STR("path"))) {
        hint->path = value;
        return is_old_path(value) || fail(why, "path must look like /2017/11/name.html");
    }
    if (str_eq(key, STR("labels")))
        return set_labels(hint, value, why);
    if (str_eq(key, STR("author"))) {
        hint->author = value;
        return value.len > 0 || fail(why, "author= needs a name");
    }
    return fail(why, "a post has lang=, labels=, path= and author=, no \"%.*s\"",
                (int)str_head(key, FAILURE_MAX).len, key.ptr);
}

static bool
read_fields(struct reader *reader, struct str rest, struct hint *hint)
{
    if (str_trim(rest).len == 0)
        return fail(reader->why, "expected lang=, labels=, path= or author=");
    while (str_trim(rest).len > 0) {
        struct str key = take_word(&rest, true), value;

        if (!str_skip(&rest, STR("=")))
            return fail(reader->why, "expected %.*s=VALUE", (int)str_head(key, FAILURE_MAX).len,
                        key.ptr);
        if (!take_value(reader, &rest, &value) || !set_field(hint, key, value, reader->why))
            return false;
    }
    return true;
}

static bool
read_address(struct reader *reader, struct str rest, struct hint *hint)
{
    struct str address = take_word(&rest, false);
    bool is_path = str_starts(address, STR("/")) && !str_starts(address, STR("//"));
    struct buf clean = {0};
    bool leads = html_url_clean(&clean, STR(""), address) == HTML_URL_LINK;

    buf_free(&clean);
    hint->address = address;
    if (str_trim(rest).len > 0)
        return fail(reader->why, "one address, without spaces");
    return (leads && (is_path || uri_is_scheme(uri_split(address).scheme))) ||
           fail(reader->why, "expected an address such as https://example.org/");
}

static bool
read_tail(struct reader *reader, struct str rest, struct hint *hint)
{
    switch (keywords[hint->kind].tail) {
    case TAIL_ADDRESS:
        return read_address(reader, rest, hint);
    case TAIL_FIELDS:
        return read_fields(reader, rest, hint);
    case TAIL_NONE:
        break;
    }
    return str_trim(rest).len == 0 || fail(reader->why, "nothing may follow the text");
}

static bool
find_keyword(struct str word, enum hint_kind *kind)
{
    for (int i = 0; i < HINT_KINDS; i++)
        if (str_eq(word, str_of(keywords[i].name))) {
            *kind = (enum hint_kind)i;
            return true;
        }
    return false;
}

static void
add(struct hints *hints, const struct hint *hint)
{
    if (hints->count == hints->cap) {
        hints->cap = hints->cap ? hints->cap * 2 : HINTS_FIRST;
        hints->items = mem_grow(hints->items, hints->cap, sizeof *hints->items);
    }
    hints->items[hints->count++] = *hint;
}

static bool
read_hint(struct reader *reader, struct str word, struct str rest)
{
    struct hint hint = {.file = reader->hints->file, .at = reader->line};
    unsigned long number;

    if (!find_keyword(word, &hint.kind))
        return fail(reader->why, "unknown keyword \"%.*s\"", (int)str_head(word, FAILURE_MAX).len,
                    word.ptr);
    if (!str_number(take_word(&rest, false), HINTS_LINE_MAX, &number) || number == 0)
        return fail(reader->why, "expected the number of a line after %s",
                    keywords[hint.kind].name);
    hint.line = number;
    hint.has_guard = is_quoted(rest);
    if (hint.has_guard && !take_quoted(reader, &rest, &hint.guard))
        return false;
    if (!hint.has_guard && hint.kind != HINT_POST)
        return fail(reader->why, "expected the text of line %zu in quotation marks", hint.line);
    if (!read_tail(reader, rest, &hint))
        return false;
    add(reader->hints, &hint);
    return true;
}

static bool
read_digest(struct reader *reader, struct str rest)
{
    struct str digits;

    rest = str_trim(rest);
    if (!str_skip(&rest, STR("=")))
        return fail(reader->why, "expected sha256 = DIGITS");
    digits = str_trim(rest);
    if (reader->hints->sha256.len > 0)
        return fail(reader->why, "a second sha256; a hints file is for one capture");
    if (digits.len < HINTS_DIGEST_MIN || digits.len > DIGEST_HEX || !is_hex(digits))
        return fail(reader->why, "sha256 needs %d to %d digits, 0 to 9 and a to f",
                    HINTS_DIGEST_MIN, DIGEST_HEX);
    reader->hints->sha256 = digits;
    reader->hints->sha256_at = reader->line;
    return true;
}

static bool
read_line(struct reader *reader, struct str line)
{
    struct str rest = str_trim(without_comment(line)), word;

    if (rest.len == 0)
        return true;
    word = take_word(&rest, true);
    if (str_eq(word, STR("sha256")))
        return read_digest(reader, rest);
    if (reader->hints->sha256.len == 0)
        return fail(reader->why, "expected sha256 = DIGITS, the capture that the hints are for");
    return read_hint(reader, word, rest);
}

bool
hints_parse(struct hints *hints, const char *file, struct str text, struct failure *why)
{
    struct reader reader = {.hints = hints, .why = why};
    struct str rest;

    *hints = (struct hints){.file = mem_copy(file, strlen(file))};
    if (text.len > 0 && u8_check((const uint8_t *)text.ptr, text.len))
        return fail(why, "%s: not UTF-8", file);
    buf_put(&hints->source, text);
    buf_put(&hints->text, text);
    rest = buf_str(&hints->text);
    str_skip(&rest, STR("\xef\xbb\xbf"));
    while (rest.len > 0) {
        reader.line++;
        if (!read_line(&reader, str_line(&rest)))
            return fail_in(why, "%s:%zu", file, reader.line);
    }
    return hints->sha256.len > 0 ||
           fail(why, "%s:1: sha256 is missing, the capture that the hints are for", file);
}

void
hints_free(struct hints *hints)
{
    free(hints->file);
    free(hints->items);
    buf_free(&hints->source);
    buf_free(&hints->text);
    *hints = (struct hints){0};
}

bool
hints_are_for(const struct hints *hints, const struct digest *capture)
{
    return str_eq_nocase(str_head(str_of(capture->hex), hints->sha256.len), hints->sha256);
}

/* By line, then in the order in which they were written, that of a link's words in its line. */
static int
by_line(const void *left, const void *right)
{
    const struct hint *a = left, *b = right;
    int order;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    order = strcmp(a->file, b->file);
    if (order != 0)
        return order;
    return a->at == b->at ? 0 : a->at < b->at ? -1 : 1;
}

/* What two hints for one line may not both say. */
static bool
contradict(const struct hint *a, const struct hint *b)
{
    if (a->kind <= HINT_NOTITLE && b->kind <= HINT_NOTITLE)
        return true;
    if (a->kind >= HINT_COMPLETE && b->kind >= HINT_COMPLETE)
        return true;
    return a->kind == b->kind && a->kind != HINT_LINK;
}

/* The hint against those that follow it for its line. */
static bool
check_line(const struct hints *all, size_t first, struct failure *why)
{
    const struct hint *hint = &all->items[first];

    for (size_t i = first + 1; i < all->count && all->items[i].line == hint->line; i++) {
        if (i - first == HINTS_PER_LINE_MAX)
            return hint_fail(hint, why, "too many hints for this line");
        if (contradict(hint, &all->items[i]))
            return hint_fail(&all->items[i], why, "contradicts another hint for this line");
    }
    return true;
}

bool
hints_join(struct hints *all, const struct hints *more, struct failure *why)
{
    for (size_t i = 0; i < more->count; i++)
        add(all, &more->items[i]);
    if (all->count > 1)
        qsort(all->items, all->count, sizeof *all->items, by_line);
    for (size_t i = 0; i < all->count; i++)
        if (!check_line(all, i, why))
            return false;
    return true;
}

const struct hint *
hint_find(const struct hints *hints, enum hint_kind kind, size_t line)
{
    size_t low = 0, high = hints->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (hints->items[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < hints->count && hints->items[low].line == line; low++)
        if (hints->items[low].kind == kind)
            return &hints->items[low];
    return NULL;
}

const struct hint *
hint_next(const struct hints *hints, const struct hint *hint)
{
    const struct hint *end = hints->items + hints->count;

    for (const struct hint *next = hint + 1; next < end && next->line == hint->line; next++)
        if (next->kind == hint->kind)
            return next;
    return NULL;
}

const char *
hint_keyword(enum hint_kind kind)
{
    return keywords[kind].name;
}

bool
hint_fail(const struct hint *hint, struct failure *why, const char *sentence)
{
    return fail(why, "%s:%zu: %s %zu: %s", hint->file, hint->at, keywords[hint->kind].name,
                hint->line, sentence);
}
