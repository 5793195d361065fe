#include "import/body.h"

#include <string.h>

#include "text/gemtext.h"

enum {
    HEADING_LEVEL = 2,      /* below the title */
    LABEL_WORDS_BEFORE = 5, /* of its sentence, in the label of a link that says but "here" */
};

/* R7: what people type for want of a list, two lines or more */
static bool
is_typed_item(const struct capture *capture, size_t line)
{
    const struct line *items = capture->lines.items;

    return line_is_typed_bullet(&items[line]) &&
           ((line > 0 && line_is_typed_bullet(&items[line - 1])) ||
            (line + 1 < capture->lines.count && line_is_typed_bullet(&items[line + 1])));
}

/* Where the words before a word begin, as many of its sentence as a label wants, but none before
 * the end of an earlier link. */
static size_t
words_before(struct str text, size_t start, size_t earlier)
{
    for (int count = 0; start > 1 && count < LABEL_WORDS_BEFORE; count++) {
        size_t word = start - 1;

        if (text.ptr[word] != ' ' || strchr(".?!:", text.ptr[word - 1]))
            break;
        while (word > 0 && text.ptr[word - 1] != ' ')
            word--;
        if (word < earlier)
            break;
        start = word;
    }
    return start;
}

/* A link line for each address that hints give for words of the line. */
static void
put_links(struct buf *out, const struct capture *capture, size_t line)
{
    struct str text = capture->lines.items[line].text, last = {0};
    const struct hint *hint = hint_find(&capture->hints, HINT_LINK, line + 1);
    size_t at = 0, earlier = 0;

    for (; hint; hint = hint_next(&capture->hints, hint)) {
        struct str words = hint->guard;
        size_t start;

        at = str_eq(words, last) ? at + words.len : 0;
        if (!line_find_word(text, words, &at))
            continue; /* not in this order: capture_split has seen that it is there */
        last = words;
        start = str_has(words, ' ') ? at : words_before(text, at, earlier);
        earlier = at + words.len;
        gemtext_link(out, hint->address, str_after(str_head(text, at + words.len), start));
    }
}

static void
put_line(struct buf *out, const struct capture *capture, size_t line)
{
    const struct line *item = &capture->lines.items[line];
    struct str text = item->text;

    if (hint_find(&capture->hints, HINT_HEADING, line + 1)) {
        gemtext_heading(out, HEADING_LEVEL, text);
    } else if (line_is_bullet(item)) {
        str_skip(&text, STR("\u2022 "));
        gemtext_item(out, text);
    } else if (is_typed_item(capture, line)) {
        str_skip(&text, STR("o "));
        gemtext_item(out, text);
    } else if (hint_find(&capture->hints, HINT_CREDIT, line + 1) && str_skip(&text, STR("c "))) {
        struct buf credit = {0};

        buf_put(&credit, STR("\u00a9 "));
        buf_put(&credit, text);
        gemtext_text(out, buf_str(&credit));
        buf_free(&credit);
    } else {
        gemtext_text(out, text);
    }
    put_links(out, capture, line);
}

void
body_put(struct buf *out, const struct capture *capture, const struct capture_post *post)
{
    size_t first = lines_skip_blank(&capture->lines, post->first, post->end);
    bool blank = false;

    for (size_t line = first; line < post->end; line++) {
        if (line_is_blank(&capture->lines.items[line])) {
            blank = true;
            continue;
        }
        if (blank)
            gemtext_blank(out);
        blank = false;
        put_line(out, capture, line);
    }
}

void
body_put_plain(struct buf *out, const struct capture *capture, const struct capture_post *post)
{
    for (size_t line = post->first; line < post->end; line++) {
        if (line_is_blank(&capture->lines.items[line]))
            continue;
        buf_put(out, capture->lines.items[line].text);
        buf_byte(out, '\n');
    }
}
