/*
 * HTML -> gemtext. Beyond "no crash": the page is valid UTF-8 without control bytes, has no line of
 * a type that no element asked for, no two blank lines in a row and none at its ends, its size is
 * bound to the input's, and the summary ends between two lines.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "text/gemtext.h"
#include "text/html.h"

enum { GROWTH_MAX = 16, GROWTH_BASE = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whether one of the tags begins somewhere, in any case. */
static bool
has_tag(struct str html, const char *const *names, size_t count)
{
    while (str_has(html, '<')) {
        str_cut(&html, '<');
        for (size_t i = 0; i < count; i++)
            if (str_eq_nocase(str_head(html, strlen(names[i])), str_of(names[i])))
                return true;
    }
    return false;
}

static bool
is_asked_for(struct str html, enum gemtext_kind kind)
{
    static const char *const links[] = {"a", "img", "iframe", "embed", "object", "param", "video"};
    static const char *const headings[] = {"h", "b", "u", "s"}; /* also span with a style */
    static const char *const items[] = {"li", "dd", "table"};
    static const char *const quotes[] = {"blockquote"};
    static const char *const blocks[] = {"pre", "textarea", "table"};

    switch (kind) {
    case GEMTEXT_LINK:
        return has_tag(html, links, sizeof links / sizeof *links);
    case GEMTEXT_HEADING:
        return has_tag(html, headings, sizeof headings / sizeof *headings) ||
               memmem(html.ptr, html.len, "weight", 6);
    case GEMTEXT_ITEM:
        return has_tag(html, items, sizeof items / sizeof *items);
    case GEMTEXT_QUOTE:
        return has_tag(html, quotes, sizeof quotes / sizeof *quotes);
    case GEMTEXT_TOGGLE:
    case GEMTEXT_PREFORMATTED:
        return has_tag(html, blocks, sizeof blocks / sizeof *blocks);
    case GEMTEXT_TEXT:
        break;
    }
    return true;
}

static void
check_bytes(struct str page)
{
    assert(u8_check((const uint8_t *)page.ptr, page.len) == NULL);
    for (size_t i = 0; i < page.len; i++) {
        unsigned char byte = (unsigned char)page.ptr[i];

        assert(byte >= 0x20 || byte == '\n' || byte == '\t');
        assert(byte != 0x7f);
        assert(byte != 0xc2 || (unsigned char)page.ptr[i + 1] >= 0xa0); /* C1 */
    }
}

static void
check_lines(struct str html, struct str page)
{
    struct gemtext_scanner scanner = {.rest = page};
    struct gemtext_line line;
    bool was_blank = true;

    assert(str_ends(page, STR("\n")));
    while (gemtext_next(&scanner, &line)) {
        bool is_blank = line.kind == GEMTEXT_TEXT && line.raw.len == 0;

        assert(is_asked_for(html, line.kind));
        assert(line.kind == GEMTEXT_PREFORMATTED || !str_has(line.raw, '\t'));
        assert(line.kind != GEMTEXT_HEADING || line.text.len > 0);
        assert(!is_blank || !was_blank);
        was_blank = is_blank;
    }
    assert(!was_blank && !scanner.preformatted);
}

/* What a callback gets is clean, but for what cannot be fetched anyway. */
static void
on_link(void *ctx, struct str address, struct buf *target)
{
    size_t *calls = ctx;

    assert(address.len > 0);
    for (size_t i = 0; i < address.len; i++)
        assert(address.ptr[i] > ' ' && address.ptr[i] < 0x7f);
    if (++*calls % 2)
        buf_put(target, STR("/one/of/ours.gmi"));
}

static void
on_image(void *ctx, struct str address, struct str full, struct buf *target, struct buf *note)
{
    size_t *calls = ctx;

    assert(address.len > 0);
    (void)full;
    (void)target;
    if (++*calls % 2)
        buf_put(note, STR("JPEG, 48 kB"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char before[] = "# A title\n";
    struct str html = {(const char *)bytes, size}, page;
    size_t calls = 0;
    struct html_context context = {
        .base = "https://blog.example/2017/11/post.html", .bold_headings = true, .ctx = &calls};
    struct html_result result;
    struct buf out = {0};

    if (size > 0 && bytes[0] % 2) {
        context.on_link = on_link;
        context.on_image = on_image;
    }
    buf_put(&out, str_of(before));
    html_to_gemtext(&out, html, &context, &result);
    assert(str_starts(buf_str(&out), str_of(before)));
    page = str_after(buf_str(&out), sizeof before - 1);
    check_bytes(page);
    check_lines(html, page);
    assert(page.len <= GROWTH_MAX * size + GROWTH_BASE);
    assert(result.summary_len <= page.len && result.has_summary == (result.summary_len > 0));
    assert(!result.has_summary || page.ptr[result.summary_len - 1] == '\n');
    buf_free(&out);
    return 0;
}
