/* A ledger that was read and written reads back as the same rows, each found by id and path. */

#include <assert.h>
#include <stdint.h>

#include "site/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
assert_same(const struct ledger *a, const struct ledger *b)
{
    assert(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct ledger_row *left = &a->rows[i], *right = &b->rows[i];

        assert(str_eq(left->id, right->id) && str_eq(left->path, right->path));
        assert(str_eq(left->digest, right->digest) && str_eq(left->old, right->old));
        assert(str_eq(left->state, right->state) && left->position == right->position);
        assert(str_eq(left->source, right->source));
        assert(ledger_find_id(a, right->id) == left);
        assert(ledger_find_path(a, right->path));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ledger ledger, again, copy = {0};
    struct failure why;
    struct buf text = {0};
    bool parsed = ledger_parse(&ledger, (struct str){(const char *)bytes, size}, &why);

    if (!parsed)
        return 0;
    ledger_write(&text, &ledger);
    parsed = ledger_parse(&again, buf_str(&text), &why);
    assert(parsed);
    assert_same(&ledger, &again);
    for (size_t i = 0; i < ledger.count; i++)
        ledger_put(&copy, &ledger.rows[i]);
    assert_same(&ledger, &copy);
    buf_free(&text);
    ledger_free(&copy);
    ledger_free(&again);
    ledger_free(&ledger);
    return 0;
}
