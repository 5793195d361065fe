#include "text/gophermap.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "text/gemtext.h"
#include "text/gopherlink.h"
#include "text/wrap.h"

enum {
    TAB_COLUMNS = 8,
    REMARK_MAX = 12, /* bytes of " (2.1 kB)" at the end of a label, which a cut must not cost */
};

/* 1436 knows no host that is nobody's; this one is what everybody writes. */
static const struct str nobody = {"error.host", 10};
enum { NOBODY_PORT = 1 };

/* T10: no part of a text, and nothing in front of its title. */
static const struct str byte_order_mark = {"\xef\xbb\xbf", 3};

/* One page on its way out. */
struct layout {
    struct buf *out;
    const struct gopher_hole *hole;
    struct str path; /* the page's own */
    const struct form *form;
    bool is_title;    /* m8: the line is the page's title */
    bool has_title;   /* it has been */
    bool is_blank;    /* the last line was */
    unsigned links;   /* shown so far */
    struct buf notes; /* lines with their addresses */
};

/* A menu or a text. */
struct form {
    void (*put_line)(struct layout *layout, struct str text); /* folded, fits the width */
    void (*put_link)(struct layout *layout, const struct gopher_link *link, struct str label);
    bool cuts_blocks; /* preformatted lines; else they stay as they are */
};

/* A paragraph that is being wrapped. */
struct paragraph {
    struct layout *layout;
    struct str first, next; /* what stands in front of its lines; both equally wide */
    size_t lines, columns;  /* of the widest line */
};

static bool
is_control(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

/* m1: the only way for text into an answer. Controls are left out, a TAB becomes `tab`. */
static void
put_text(struct buf *out, enum charset charset, struct str text, char tab)
{
    struct buf clean = {0};

    while (text.len > 0) {
        uint8_t bytes[6];
        ucs4_t c;
        int len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);

        text = str_after(text, (size_t)len);
        if (c == '\t')
            c = (ucs4_t)tab;
        else if (is_control(c))
            continue;
        len = u8_uctomb(bytes, c, sizeof(bytes));
        buf_put(&clean, (struct str){(const char *)bytes, (size_t)len});
    }
    charset_encode(out, charset, buf_str(&clean));
    buf_free(&clean);
}

static void
put_selector(struct buf *out, struct str selector)
{
    for (size_t i = 0; i < selector.len; i++)
        if ((unsigned char)selector.ptr[i] >= 0x20 && selector.ptr[i] != 0x7F)
            buf_byte(out, selector.ptr[i]);
}

/* m1: the only writer of menu lines. The display is folded already. */
static void
put_item(struct buf *out, enum charset charset, const struct gopher_item *item)
{
    buf_byte(out, item->type);
    put_text(out, charset, item->display, ' ');
    buf_byte(out, '\t');
    put_selector(out, item->selector);
    buf_byte(out, '\t');
    put_selector(out, item->host);
    buf_format(out, "\t%u\r\n", item->port);
}

/* A short remark in brackets at the end, such as what the page costs; else empty. */
static struct str
remark_of(struct str label)
{
    const char *bracket = label.len > 0 ? memrchr(label.ptr, '(', label.len) : NULL;
    size_t at = bracket ? (size_t)(bracket - label.ptr) : 0;

    if (at == 0 || label.ptr[at - 1] != ' ' || !str_ends(label, STR(")")) ||
        label.len - (at - 1) > REMARK_MAX)
        return STR("");
    return str_after(label, at - 1);
}

/* m6: a label is cut, since an item is one line. */
static void
put_label(struct buf *out, const struct gopher_hole *hole, struct str label)
{
    struct str remark = remark_of(label);

    if (wrap_width(label) <= hole->width) {
        buf_put(out, label);
        return;
    }
    wrap_cut(out, str_head(label, label.len - remark.len), hole->width - remark.len);
    buf_put(out, remark);
}

void
gophermap_item(struct buf *out, const struct gopher_hole *hole, const struct gopher_item *item)
{
    struct gopher_item placed = *item;
    struct buf folded = {0}, label = {0};

    charset_fold(&folded, hole->charset, item->display);
    put_label(&label, hole, buf_str(&folded));
    placed.display = buf_str(&label);
    if (placed.host.len == 0) {
        placed.host = str_of(hole->host);
        placed.port = hole->port;
    }
    put_item(out, hole->charset, &placed);
    buf_free(&label);
    buf_free(&folded);
}

void
gophermap_end(struct buf *out)
{
    buf_put(out, STR(".\r\n"));
}

void
gophermap_error(struct buf *out, const struct gopher_hole *hole, struct str message)
{
    struct buf folded = {0};

    charset_fold(&folded, hole->charset, message);
    put_item(out, hole->charset,
             &(struct gopher_item){
                 .type = '3', .display = buf_str(&folded), .host = nobody, .port = NOBODY_PORT});
    gophermap_end(out);
    buf_free(&folded);
}

static void
put_menu_line(struct layout *layout, struct str text)
{
    put_item(layout->out, layout->hole->charset,
             &(struct gopher_item){.type = 'i',
                                   .display = text,
                                   .selector = layout->is_title ? STR("TITLE") : STR(""),
                                   .host = nobody,
                                   .port = NOBODY_PORT});
}

/* 1436 3.8: a line that begins with a dot gets another one. It is judged as it goes out, since what
 * stood before the dot may have no place in the charset. */
static void
stuff_dot(struct buf *out, const struct gopher_hole *hole, size_t line_start)
{
    if (!hole->strict || out->len == line_start || out->ptr[line_start] != '.')
        return;
    buf_byte(out, '.');
    memmove(out->ptr + line_start + 1, out->ptr + line_start, out->len - line_start - 1);
    out->ptr[line_start] = '.';
}

static void
put_text_line(struct layout *layout, struct str text)
{
    size_t line_start = layout->out->len;

    put_text(layout->out, layout->hole->charset, text, '\t');
    stuff_dot(layout->out, layout->hole, line_start);
    buf_put(layout->out, STR("\r\n"));
}

static void
put_line(struct layout *layout, struct str text)
{
    layout->form->put_line(layout, text);
    layout->is_blank = text.len == 0;
}

static void
on_line(void *ctx, struct str line)
{
    struct paragraph *paragraph = ctx;
    struct buf marked = {0};
    struct str whole;
    size_t columns;

    buf_put(&marked, paragraph->lines++ == 0 ? paragraph->first : paragraph->next);
    buf_put(&marked, line);
    whole = buf_str(&marked);
    while (str_chop(&whole, STR(" ")))
        continue;
    columns = wrap_width(whole);
    if (columns > paragraph->columns)
        paragraph->columns = columns;
    put_line(paragraph->layout, whole);
    buf_free(&marked);
}

/* Gives the columns of the widest line. */
static size_t
put_wrapped(struct layout *layout, struct str first, struct str next, struct str text)
{
    struct paragraph paragraph = {.layout = layout, .first = first, .next = next};
    struct buf folded = {0};

    charset_fold(&folded, layout->hole->charset, text);
    wrap_lines(buf_str(&folded), layout->hole->width - first.len, on_line, &paragraph);
    buf_free(&folded);
    return paragraph.columns;
}

static void
put_paragraph(struct layout *layout, struct str text)
{
    put_wrapped(layout, STR(""), STR(""), text);
}

/* A link that fits no item is two texts. */
static void
put_unreachable(struct layout *layout, const struct gopher_link *link, struct str label)
{
    put_paragraph(layout, label);
    if (!str_eq(label, buf_str(&link->address)))
        put_paragraph(layout, buf_str(&link->address));
}

static void
put_menu_link(struct layout *layout, const struct gopher_link *link, struct str label)
{
    if (link->type == GOPHERLINK_NONE) {
        put_unreachable(layout, link, label);
        return;
    }
    gophermap_item(layout->out, layout->hole,
                   &(struct gopher_item){.type = link->type,
                                         .display = label,
                                         .selector = buf_str(&link->selector),
                                         .host = buf_str(&link->host),
                                         .port = link->port});
    layout->is_blank = false;
}

/* The address waits for the end of the text, where it stands unbroken, to be copied. */
static void
put_text_link(struct layout *layout, const struct gopher_link *link, struct str label)
{
    struct buf mark = {0}, indent = {0};

    buf_format(&mark, "[%u] ", ++layout->links);
    while (indent.len < mark.len)
        buf_byte(&indent, ' ');
    put_wrapped(layout, buf_str(&mark), buf_str(&indent), label);
    buf_put(&layout->notes, buf_str(&mark));
    buf_put(&layout->notes, buf_str(&link->address));
    buf_put(&layout->notes, STR("\r\n"));
    buf_free(&indent);
    buf_free(&mark);
}

static void
put_link(struct layout *layout, const struct gemtext_line *line)
{
    struct gopher_link link = {0};

    gopherlink_find(&link, layout->hole, layout->path, line->target);
    layout->form->put_link(layout, &link, line->text.len > 0 ? line->text : line->target);
    gopherlink_free(&link);
}

static void
expand_tabs(struct buf *out, struct str text)
{
    size_t columns = 0;

    while (str_has(text, '\t')) {
        struct str piece = str_cut(&text, '\t');

        buf_put(out, piece);
        columns += wrap_width(piece);
        do
            buf_byte(out, ' ');
        while (++columns % TAB_COLUMNS != 0);
    }
    buf_put(out, text);
}

static void
put_block_line(struct layout *layout, struct str text)
{
    struct buf folded = {0}, expanded = {0}, cut = {0};

    charset_fold(&folded, layout->hole->charset, text);
    if (layout->form->cuts_blocks) {
        expand_tabs(&expanded, buf_str(&folded));
        wrap_cut(&cut, buf_str(&expanded), GOPHER_BLOCK_WIDTH);
        put_line(layout, buf_str(&cut));
    } else {
        put_line(layout, buf_str(&folded));
    }
    buf_free(&cut);
    buf_free(&expanded);
    buf_free(&folded);
}

static void
put_heading(struct layout *layout, const struct gemtext_line *line)
{
    static const char underlines[] = {'=', '-'};
    struct buf underline = {0};
    size_t columns;

    layout->is_title = line->level == 1 && !layout->has_title;
    columns = put_wrapped(layout, STR(""), STR(""), line->text);
    layout->has_title |= layout->is_title;
    layout->is_title = false;
    if (line->level > (int)sizeof(underlines) || columns == 0)
        return;
    while (underline.len < columns)
        buf_byte(&underline, underlines[line->level - 1]);
    put_line(layout, buf_str(&underline));
    buf_free(&underline);
}

/* What a block shows is said in words, for who cannot see it. */
static void
put_alt(struct layout *layout, struct str alt)
{
    struct buf text = {0};

    if (alt.len == 0)
        return;
    buf_byte(&text, '[');
    buf_put(&text, alt);
    buf_byte(&text, ']');
    put_paragraph(layout, buf_str(&text));
    buf_free(&text);
}

static void
put_gemtext_line(struct layout *layout, const struct gemtext_line *line)
{
    switch (line->kind) {
    case GEMTEXT_TEXT:
        put_paragraph(layout, line->text);
        return;
    case GEMTEXT_LINK:
        put_link(layout, line);
        return;
    case GEMTEXT_HEADING:
        put_heading(layout, line);
        return;
    case GEMTEXT_ITEM:
        put_wrapped(layout, STR("* "), STR("  "), line->text);
        return;
    case GEMTEXT_QUOTE:
        put_wrapped(layout, STR("> "), STR("> "), line->text);
        return;
    case GEMTEXT_TOGGLE:
        put_alt(layout, line->text);
        return;
    case GEMTEXT_PREFORMATTED:
        put_block_line(layout, line->text);
        return;
    }
}

static void
put_gemtext(struct layout *layout, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;

    assert(layout->hole->width >= GOPHER_WIDTH_MIN && layout->hole->width <= GOPHER_WIDTH_MAX);
    str_skip(&scanner.rest, byte_order_mark);
    while (gemtext_next(&scanner, &line))
        put_gemtext_line(layout, &line);
}

void
gophermap_menu(struct buf *out, const struct gopher_hole *hole, struct str path, struct str gemtext)
{
    static const struct form menu = {put_menu_line, put_menu_link, .cuts_blocks = true};
    struct layout layout = {.out = out, .hole = hole, .path = path, .form = &menu};

    put_gemtext(&layout, gemtext);
    gophermap_end(out);
}

void
gophermap_text(struct buf *out, const struct gopher_hole *hole, struct str path, struct str gemtext)
{
    static const struct form text = {put_text_line, put_text_link, .cuts_blocks = false};
    struct layout layout = {.out = out, .hole = hole, .path = path, .form = &text};

    put_gemtext(&layout, gemtext);
    if (layout.links > 0 && !layout.is_blank)
        put_line(&layout, STR(""));
    buf_put(out, buf_str(&layout.notes));
    if (hole->strict)
        gophermap_end(out);
    buf_free(&layout.notes);
}

void
gophermap_lines(struct buf *out, const struct gopher_hole *hole, struct str text)
{
    bool is_utf8 = text.len == 0 || !u8_check((const uint8_t *)text.ptr, text.len);
    struct buf folded = {0};

    str_skip(&text, byte_order_mark);
    while (text.len > 0) {
        struct str line = str_line(&text);
        size_t line_start = out->len;

        buf_truncate(&folded, 0);
        charset_fold(&folded, is_utf8 ? hole->charset : CHARSET_UTF8, line);
        charset_encode(out, is_utf8 ? hole->charset : CHARSET_UTF8, buf_str(&folded));
        stuff_dot(out, hole, line_start);
        buf_put(out, STR("\r\n"));
    }
    if (hole->strict)
        gophermap_end(out);
    buf_free(&folded);
}
