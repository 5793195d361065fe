#include "text/parts.h"

#include <assert.h>

#include "text/gemtext.h"

enum {
    BLOCK_END = 4,   /* bytes of the line that closes a block */
    ALT_DIVISOR = 4, /* an alt text of more than such a fraction of a part is not repeated */
};

/* Parts on their way. The last whole one waits, because a short rest may join it. */
struct parts {
    struct buf *out;
    size_t bytes_max, wanted;
    size_t count; /* parts that are settled */
    struct buf pending, part;
    size_t firm;    /* bytes of the part up to which it may end: behind them are only headings */
    bool in_block;  /* a block is open at the end of the part … */
    struct str alt; /* … with this text */
};

static void
trim_end(struct buf *text)
{
    while (str_ends(buf_str(text), STR("\n\n")) || str_eq(buf_str(text), STR("\n")))
        buf_truncate(text, text->len - 1);
}

/* Settles the part that waits. */
static void
settle(struct parts *parts)
{
    trim_end(&parts->pending);
    if (parts->pending.len == 0)
        return;
    parts->count++;
    if (parts->count == parts->wanted)
        buf_put(parts->out, buf_str(&parts->pending));
    buf_truncate(&parts->pending, 0);
}

/* Ends the part; headings at its end begin the next one. */
static void
end_part(struct parts *parts)
{
    struct str part = buf_str(&parts->part), rest = {0};
    struct buf next = {0};

    if (parts->in_block && parts->alt.len <= parts->bytes_max / ALT_DIVISOR)
        gemtext_open_block(&next, parts->alt);
    else if (parts->in_block)
        gemtext_open_block(&next, STR(""));
    if (parts->firm > 0) {
        rest = str_after(part, parts->firm);
        while (str_skip(&rest, STR("\n")))
            parts->firm++;
        part = str_head(part, parts->firm);
    }
    settle(parts);
    buf_put(&parts->pending, part);
    if (parts->in_block)
        gemtext_close_block(&parts->pending);
    buf_put(&next, rest);
    buf_free(&parts->part);
    parts->part = next;
    parts->firm = 0;
}

/* Bytes that are left, the end of an open block set aside. */
static size_t
room(const struct parts *parts)
{
    size_t used = parts->part.len + (parts->in_block ? BLOCK_END : 0);

    return used < parts->bytes_max ? parts->bytes_max - used : 0;
}

/* How much of a longer text fits: up to a space where there is one, else whole characters. */
static size_t
fitting(struct str text, size_t most)
{
    size_t len = str_head_utf8(text, most).len;

    for (size_t end = len; end > most / 2; end--)
        if (text.ptr[end] == ' ')
            return end;
    return len > 0 ? len : most;
}

static void
put_piece(struct parts *parts, enum gemtext_kind kind, struct str text)
{
    if (kind == GEMTEXT_PREFORMATTED)
        gemtext_block_line(&parts->part, text);
    else if (kind == GEMTEXT_QUOTE)
        gemtext_quote(&parts->part, text);
    else if (kind == GEMTEXT_ITEM)
        gemtext_item(&parts->part, text);
    else
        gemtext_text(&parts->part, text);
    parts->firm = parts->part.len;
}

/* A line longer than a part, in pieces. */
static void
put_cut(struct parts *parts, const struct gemtext_line *line)
{
    enum { MARK = 3 /* bytes of "> " and the line's end */ };
    enum gemtext_kind kind = line->kind;
    struct str rest = line->text;

    while (rest.len + MARK > room(parts)) {
        size_t len;

        if (room(parts) < parts->bytes_max / 2) {
            end_part(parts);
            continue;
        }
        len = fitting(rest, room(parts) - MARK);
        put_piece(parts, kind, str_head(rest, len));
        rest = str_after(rest, len);
        if (kind == GEMTEXT_ITEM)
            kind = GEMTEXT_TEXT;
        end_part(parts);
    }
    put_piece(parts, kind, rest);
}

static bool
can_be_cut(const struct gemtext_line *line)
{
    return line->kind == GEMTEXT_TEXT || line->kind == GEMTEXT_QUOTE ||
           line->kind == GEMTEXT_ITEM || line->kind == GEMTEXT_PREFORMATTED;
}

static void
put_whole(struct parts *parts, struct str line)
{
    buf_put(&parts->part, line);
    buf_byte(&parts->part, '\n');
}

static void
put_line(struct parts *parts, const struct gemtext_line *line)
{
    bool is_blank = line->raw.len == 0 && line->kind == GEMTEXT_TEXT;
    bool fits_no_part = line->raw.len + 1 > parts->bytes_max && can_be_cut(line);

    if (is_blank && parts->part.len == 0)
        return;
    if (line->raw.len + 1 > room(parts) && parts->firm > 0 && !is_blank && !fits_no_part)
        end_part(parts);
    if (line->raw.len + 1 > room(parts) && can_be_cut(line) && !is_blank) {
        put_cut(parts, line);
        return;
    }
    put_whole(parts, line->raw);
    if (line->kind != GEMTEXT_HEADING && !is_blank)
        parts->firm = parts->part.len;
}

/* A block begins where some of it fits, too. Its end always does. */
static void
put_toggle(struct parts *parts, const struct gemtext_line *line, bool opens)
{
    if (opens && room(parts) < line->raw.len + parts->bytes_max / PARTS_REST_DIVISOR &&
        parts->firm > 0)
        end_part(parts);
    put_whole(parts, opens ? line->raw : STR("```"));
    parts->firm = parts->part.len;
    parts->in_block = opens;
    parts->alt = line->text;
}

static void
finish(struct parts *parts)
{
    if (parts->in_block)
        gemtext_close_block(&parts->part);
    trim_end(&parts->part);
    if (parts->part.len > parts->bytes_max / PARTS_REST_DIVISOR)
        settle(parts);
    buf_put(&parts->pending, buf_str(&parts->part));
    settle(parts);
}

size_t
parts_put(struct buf *out, struct str gemtext, size_t bytes_max, size_t number)
{
    struct parts parts = {.out = out, .bytes_max = bytes_max, .wanted = number};
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;

    assert(bytes_max >= PARTS_BYTES_MIN);
    while (gemtext_next(&scanner, &line))
        if (line.kind == GEMTEXT_TOGGLE)
            put_toggle(&parts, &line, scanner.preformatted);
        else
            put_line(&parts, &line);
    finish(&parts);
    buf_free(&parts.pending);
    buf_free(&parts.part);
    return parts.count;
}
