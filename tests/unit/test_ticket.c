#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include "serve/ticket.h"

#include <cmocka.h>

enum { BOOT = 1000 * TICKET_EPOCH_S + 17 };

static struct ticket_ring
new_ring(void)
{
    struct ticket_ring ring;
    struct failure why;

    assert_true(ticket_ring_init(&ring, BOOT, &why));
    return ring;
}

static void
test_copies_agree(void **state)
{
    struct ticket_ring eager = new_ring(), lazy = eager;

    (void)state;
    for (int64_t now = BOOT; now <= BOOT + 5 * TICKET_EPOCH_S; now += TICKET_EPOCH_S / 3)
        ticket_ring_advance(&eager, now);
    ticket_ring_advance(&lazy, BOOT + 5 * TICKET_EPOCH_S);
    assert_memory_equal(eager.chain, lazy.chain, sizeof(eager.chain));
    for (size_t i = 0; i < TICKET_KEYS_KEPT; i++) {
        const struct ticket_key *found = ticket_ring_find(&lazy, eager.keys[i].name);

        assert_ptr_equal(found, &lazy.keys[i]);
        assert_memory_equal(found->cipher, eager.keys[i].cipher, TICKET_SECRET);
        assert_memory_equal(found->mac, eager.keys[i].mac, TICKET_SECRET);
    }
}

static void
test_key_lasts_two_more_epochs(void **state)
{
    static const struct {
        int epochs;
        bool known;
    } rows[] = {{0, true}, {1, true}, {2, true}, {3, false}, {4, false}, {1000, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ticket_ring ring = new_ring();
        struct ticket_key first = ring.keys[0];

        ticket_ring_advance(&ring, BOOT + (int64_t)rows[i].epochs * TICKET_EPOCH_S);
        assert_int_equal(ticket_ring_find(&ring, first.name) != NULL, rows[i].known);
    }
}

static void
test_forgotten_key_is_nowhere(void **state)
{
    struct ticket_ring ring = new_ring();
    struct ticket_ring before = ring;

    (void)state;
    ticket_ring_advance(&ring, BOOT + TICKET_KEYS_KEPT * TICKET_EPOCH_S);
    assert_null(memmem(&ring, sizeof(ring), before.chain, TICKET_SECRET));
    assert_null(memmem(&ring, sizeof(ring), before.keys[0].cipher, TICKET_SECRET));
    assert_null(memmem(&ring, sizeof(ring), before.keys[0].mac, TICKET_SECRET));
}

static void
test_time_that_runs_back_changes_nothing(void **state)
{
    struct ticket_ring ring = new_ring(), same = ring;

    (void)state;
    ticket_ring_advance(&ring, BOOT - 3 * TICKET_EPOCH_S);
    assert_memory_equal(&ring, &same, sizeof(ring));
}

static void
test_other_secrets_give_other_names(void **state)
{
    struct ticket_ring here = new_ring(), there = new_ring();

    (void)state;
    assert_null(ticket_ring_find(&here, there.keys[0].name));
}

static void
test_missing_keys_are_not_found(void **state)
{
    static const unsigned char zeros[TICKET_NAME];
    struct ticket_ring ring = new_ring();

    (void)state;
    assert_null(ticket_ring_find(&ring, zeros));
}

static void
test_clock_runs(void **state)
{
    (void)state;
    assert_true(ticket_clock() > 0);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_agree),
        cmocka_unit_test(test_key_lasts_two_more_epochs),
        cmocka_unit_test(test_forgotten_key_is_nowhere),
        cmocka_unit_test(test_time_that_runs_back_changes_nothing),
        cmocka_unit_test(test_other_secrets_give_other_names),
        cmocka_unit_test(test_missing_keys_are_not_found),
        cmocka_unit_test(test_clock_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
