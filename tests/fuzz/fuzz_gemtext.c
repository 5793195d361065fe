/*
 * Gemtext from anywhere, and any text through the writers. The scanner loses nothing; what the
 * writers append is one line of the asked kind, in UTF-8 and without a control byte.
 */

#include <assert.h>
#include <stdint.h>

#include <unistr.h>

#include "text/gemtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The raw lines are the text, but for CR before LF. */
static void
check_scanner(struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;
    struct str rest = text;
    bool preformatted = false;

    while (gemtext_next(&scanner, &line)) {
        struct str expected = str_line(&rest);

        assert(str_eq(line.raw, expected) && scanner.rest.len == rest.len);
        assert(line.text.len <= line.raw.len);
        assert((line.kind == GEMTEXT_LINK) == (line.target.len > 0));
        assert((line.kind == GEMTEXT_HEADING) == (line.level >= 1 && line.level <= 3));
        assert(line.kind == GEMTEXT_TOGGLE || (line.kind == GEMTEXT_PREFORMATTED) == preformatted);
        preformatted = scanner.preformatted;
    }
    assert(rest.len == 0);
}

static void
check_bytes(struct str text)
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;

    assert(u8_check(bytes, text.len) == NULL);
    for (size_t i = 0; i < text.len; i++) {
        assert((bytes[i] >= 0x20 && bytes[i] != 0x7f) || bytes[i] == '\t');
        assert(bytes[i] != 0xc2 || bytes[i + 1] >= 0xa0);
    }
}

/* Exactly one line of the kind, and its text; ends the buf. */
static void
check_line(struct buf *out, enum gemtext_kind kind, struct str text)
{
    struct gemtext_scanner scanner = {.rest = buf_str(out)};
    struct gemtext_line line;

    assert(str_ends(buf_str(out), STR("\n")));
    assert(gemtext_next(&scanner, &line) && line.kind == kind && scanner.rest.len == 0);
    assert(line.raw.len + 1 == out->len);
    check_bytes(line.raw);
    assert(str_eq(kind == GEMTEXT_TEXT ? str_trim(line.text) : line.text, text));
    buf_free(out);
}

static void
check_blocks(struct str text)
{
    struct buf out = {0};
    struct gemtext_scanner scanner;
    struct gemtext_line line;

    gemtext_open_block(&out, text);
    gemtext_block_line(&out, text);
    gemtext_close_block(&out);
    scanner = (struct gemtext_scanner){.rest = buf_str(&out)};
    assert(gemtext_next(&scanner, &line) && line.kind == GEMTEXT_TOGGLE);
    assert(!str_has(line.text, '`'));
    check_bytes(line.raw);
    assert(gemtext_next(&scanner, &line) && line.kind == GEMTEXT_PREFORMATTED);
    check_bytes(line.raw);
    assert(gemtext_next(&scanner, &line) && line.kind == GEMTEXT_TOGGLE);
    assert(!gemtext_next(&scanner, &line) && !scanner.preformatted);
    buf_free(&out);
}

/* The first line is a link's target, the rest its label. */
static void
check_link(struct str all)
{
    struct buf out = {0}, label = {0};
    struct str target = str_line(&all);

    gemtext_link(&out, target, all);
    gemtext_clean(&label, all);
    if (str_trim(target).len == 0)
        assert(out.len == 0);
    else
        check_line(&out, GEMTEXT_LINK, buf_str(&label));
    buf_free(&label);
}

static void
check_writers(struct str text)
{
    struct buf out = {0}, clean = {0}, again = {0};

    gemtext_clean(&clean, text);
    check_bytes(buf_str(&clean));
    assert(str_eq(str_trim(buf_str(&clean)), buf_str(&clean)));
    gemtext_clean(&again, buf_str(&clean));
    assert(str_eq(buf_str(&again), buf_str(&clean)));

    gemtext_text(&out, text);
    check_line(&out, GEMTEXT_TEXT, buf_str(&clean));
    gemtext_item(&out, text);
    check_line(&out, GEMTEXT_ITEM, buf_str(&clean));
    gemtext_quote(&out, text);
    check_line(&out, GEMTEXT_QUOTE, buf_str(&clean));
    gemtext_heading(&out, 2, text);
    if (clean.len > 0)
        check_line(&out, GEMTEXT_HEADING, buf_str(&clean));
    assert(out.len == 0);
    buf_free(&out);
    buf_free(&clean);
    buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str text = {(const char *)bytes, size};

    check_scanner(text);
    check_writers(text);
    check_blocks(text);
    check_link(text);
    return 0;
}
