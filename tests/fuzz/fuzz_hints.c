/*
 * Any bytes as a hints file: what is accepted keeps the promises of its header, and every guard
 * that is written holds for its text.
 */

#include <assert.h>
#include <stdint.h>

#include <unistr.h>

#include "import/guard.h"
#include "import/hints.h"
#include "text/gemtext.h"
#include "text/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check_hint(const struct hints *hints, const struct hint *hint)
{
    assert(hint->kind < HINT_KINDS);
    assert(hint->line >= 1 && hint->line <= HINTS_LINE_MAX);
    assert(hint->has_guard || hint->kind == HINT_POST);
    assert(hint->language.len == 0 || language_is_tag(hint->language));
    assert(hint->path.len == 0 || (str_starts(hint->path, STR("/")) && !str_has(hint->path, ' ')));
    assert((hint->address.len > 0) == (hint->kind == HINT_LINK));
    assert(hint->at >= hints->sha256_at);
}

/* A guard written for a line can be read again and holds. */
static void
check_guard(struct str line)
{
    struct buf clean = {0}, file = {0};
    struct hints hints;
    struct failure why;

    gemtext_clean(&clean, line);
    buf_put(&file, STR("sha256 = 0123456789abcdef\nbody 1 "));
    guard_put(&file, buf_str(&clean));
    if (file.len <= HINTS_MAX) {
        assert(hints_parse(&hints, "written", buf_str(&file), &why));
        assert(hints.count == 1 && guard_holds(hints.items[0].guard, buf_str(&clean)));
        hints_free(&hints);
    }
    buf_free(&clean);
    buf_free(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str text = {(const char *)bytes, size};
    struct hints hints, all = {0};
    struct failure why = {""};

    if (hints_parse(&hints, "fuzz", text, &why)) {
        assert(hints.sha256.len >= HINTS_DIGEST_MIN && hints.sha256.len <= DIGEST_HEX);
        for (size_t i = 0; i < hints.count; i++)
            check_hint(&hints, &hints.items[i]);
        if (hints_join(&all, &hints, &why))
            for (size_t i = 0; i < all.count; i++)
                assert(hint_find(&all, all.items[i].kind, all.items[i].line));
    } else {
        assert(str_starts(str_of(why.text), STR("fuzz:")));
    }
    hints_free(&all);
    hints_free(&hints);
    if (size == 0 || !u8_check(bytes, size))
        check_guard(text);
    return 0;
}
