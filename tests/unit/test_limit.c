#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/limit.h"

#include <cmocka.h>

enum { CONNECTIONS = 5, PER_S = 10, BURST = 20, SECOND = 1000000000 };

/* Any time will do, but one that is not near 0. */
static const uint64_t start = UINT64_C(5000) * SECOND;

static struct limit_table *
new_table(void)
{
    struct failure why;
    struct limit_table *table = limit_table_new(&why);

    assert_non_null(table);
    return table;
}

static struct config
settings(void)
{
    return (struct config){
        .limits = {.connections_per_address = CONNECTIONS,
                   .requests_per_s = PER_S,
                   .burst = BURST,
                   .rate_exempt = {.items = {"127.0.0.0/8", "::1/128"}, .count = 2}}};
}

static struct limiter
begin(struct limit_table *table)
{
    const struct config config = settings();
    struct limiter limiter;
    struct failure why;

    assert_true(limiter_begin(&limiter, table, &config, &why));
    return limiter;
}

static enum admission
enter(struct limiter *limiter, const char *text, uint64_t now, uint16_t *slot)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    bool is_six = strchr(text, ':') != NULL;

    assert_int_equal(is_six ? inet_pton(AF_INET6, text, &six.sin6_addr)
                            : inet_pton(AF_INET, text, &four.sin_addr),
                     1);
    return limit_enter(limiter, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, now,
                       slot);
}

/* How many connections of the address are to be served; its slot comes out of the last. */
static unsigned
count_served(struct limiter *limiter, const char *text, uint16_t *slot)
{
    unsigned served = 0;

    while (enter(limiter, text, start, slot) == ADMISSION_FREE)
        served++;
    limit_leave(limiter, *slot);
    return served;
}

static unsigned
count_requests(struct limiter *limiter, uint16_t slot, uint64_t now)
{
    unsigned count = 0;

    while (count < 10 * BURST && limit_request(limiter, slot, now))
        count++;
    return count;
}

static void
test_connections_of_a_network(void **state)
{
    struct limiter limiter = begin(new_table());
    const char *members[] = {"192.0.2.1", "192.0.2.255", "::ffff:192.0.2.9"};
    uint16_t slots[LIMIT_EXCESS * CONNECTIONS], slot;

    (void)state;
    for (unsigned i = 0; i < LIMIT_EXCESS * CONNECTIONS; i++)
        assert_int_equal(enter(&limiter, members[i % 3], start, &slots[i]),
                         i < CONNECTIONS ? ADMISSION_FREE : ADMISSION_REFUSED);
    assert_int_equal(enter(&limiter, members[0], start, &slot), ADMISSION_SHUT);
    for (unsigned i = 0; i < LIMIT_EXCESS * CONNECTIONS; i++) {
        assert_int_equal(slots[i], slots[0]);
        limit_leave(&limiter, slots[i]);
    }
    assert_int_equal(count_served(&limiter, members[0], &slot), CONNECTIONS);
}

/* Two of these may share a slot once in some hundred runs: then the table is made anew. */
static void
test_networks_do_not_meet(void **state)
{
    static const char *const rows[] = {"192.0.2.1",     "192.0.3.1",     "192.1.2.1",  "2.0.192.1",
                                       "2001:db8:1::1", "2001:db8:2::1", "c000:200::", "::2"};
    enum { ROWS = sizeof rows / sizeof *rows };
    bool distinct = false;

    (void)state;
    for (int tries = 0; tries < 5 && !distinct; tries++) {
        struct limiter limiter = begin(new_table());
        uint16_t slots[ROWS];

        distinct = true;
        for (size_t i = 0; i < ROWS; i++) {
            enter(&limiter, rows[i], start, &slots[i]);
            for (size_t j = 0; j < i; j++)
                distinct = distinct && slots[i] != slots[j];
        }
    }
    assert_true(distinct);
}

/* The whole /48 of version 6 is one. */
static void
test_members_meet(void **state)
{
    struct limiter limiter = begin(new_table());
    uint16_t a, b;

    (void)state;
    enter(&limiter, "2001:db8:1::1", start, &a);
    enter(&limiter, "2001:db8:1:ffff:ffff::", start, &b);
    assert_int_equal(a, b);
}

static void
test_exempt(void **state)
{
    static const char *const rows[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    struct limiter limiter = begin(new_table());

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t slot;

        for (unsigned times = 0; times < 10 * CONNECTIONS * BURST; times++)
            assert_int_equal(enter(&limiter, rows[i], start, &slot), ADMISSION_FREE);
        assert_int_equal(slot, LIMIT_NO_SLOT);
        assert_int_equal(count_requests(&limiter, slot, start), 10 * BURST);
        limit_leave(&limiter, slot);
    }
    assert_int_equal(limit_enter(&limiter, NULL, start, &(uint16_t){0}), ADMISSION_FREE);
}

static void
test_requests(void **state)
{
    static const struct {
        uint64_t after_ns;
        unsigned allowed;
    } rows[] = {
        {0, BURST},
        {0, 0},
        {SECOND / PER_S - 1, 0},
        {1, 1},
        {SECOND, PER_S},
        {SECOND / 2, PER_S / 2},
        {(uint64_t)SECOND * BURST, BURST},
        {(uint64_t)SECOND * 86400, BURST},
    };
    struct limiter limiter = begin(new_table());
    uint64_t now = start;
    uint16_t slot;

    (void)state;
    assert_int_equal(enter(&limiter, "198.51.100.7", start, &slot), ADMISSION_FREE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        now += rows[i].after_ns;
        assert_int_equal(count_requests(&limiter, slot, now), rows[i].allowed);
    }
}

/* Who connects over and over, whatever is answered. */
static void
test_arrivals(void **state)
{
    struct limiter limiter = begin(new_table());
    unsigned count = 0;
    uint16_t slot;

    (void)state;
    for (; enter(&limiter, "198.51.100.7", start, &slot) == ADMISSION_FREE; count++)
        limit_leave(&limiter, slot);
    assert_int_equal(count, LIMIT_ARRIVALS * BURST);
    assert_int_equal(enter(&limiter, "198.51.100.7", start, &slot), ADMISSION_SHUT);
    assert_int_equal(enter(&limiter, "198.51.100.7", start + SECOND, &slot), ADMISSION_FREE);
    assert_int_equal(enter(&limiter, "203.0.113.7", start, &slot), ADMISSION_FREE);
}

/* A worker of a new configuration, which allows less, at the same table. */
static void
test_former_debts(void **state)
{
    struct limit_table *table = new_table();
    struct config config = settings();
    struct limiter lavish, strict;
    struct failure why;
    uint16_t slot;

    (void)state;
    config.limits.requests_per_s = 1;
    config.limits.burst = 5 * BURST;
    assert_true(limiter_begin(&lavish, table, &config, &why));
    config.limits.burst = 2;
    assert_true(limiter_begin(&strict, table, &config, &why));
    enter(&lavish, "198.51.100.7", start, &slot);
    assert_int_equal(count_requests(&lavish, slot, start), 5 * BURST);
    assert_int_equal(count_requests(&strict, slot, start), 0);
    assert_int_equal(count_requests(&strict, slot, start + (uint64_t)2 * SECOND), 2);
}

/* A child that counts connections and requests and ends without a word. */
static pid_t
run_worker(struct limit_table *table, unsigned connections, unsigned requests)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct limiter limiter = begin(table);
        uint16_t slot = LIMIT_NO_SLOT;

        for (unsigned i = 0; i < connections; i++)
            enter(&limiter, "198.51.100.7", start, &slot);
        for (unsigned i = 0; i < requests; i++)
            limit_request(&limiter, slot, start);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void
test_workers_share(void **state)
{
    struct limit_table *table = new_table();
    struct limiter limiter = begin(table);
    pid_t first = run_worker(table, 2, 6), second = run_worker(table, 1, 7);
    uint16_t slot;

    (void)state;
    assert_int_equal(count_served(&limiter, "198.51.100.9", &slot), CONNECTIONS - 3);
    assert_int_equal(count_requests(&limiter, slot, start), BURST - 13);
    for (unsigned i = 0; i < CONNECTIONS - 3; i++)
        limit_leave(&limiter, slot);
    limit_table_forget(table, first);
    assert_int_equal(count_served(&limiter, "198.51.100.9", &slot), CONNECTIONS - 1);
    for (unsigned i = 0; i < CONNECTIONS - 1; i++)
        limit_leave(&limiter, slot);
    limit_table_forget(table, second);
    limit_table_forget(table, second);
    assert_int_equal(count_served(&limiter, "198.51.100.9", &slot), CONNECTIONS);
    assert_int_equal(count_requests(&limiter, slot, start), 0); /* what was taken stays taken */
}

static void
test_places_at_the_table(void **state)
{
    struct limit_table *table = new_table();
    const struct config config = settings();
    struct limiter limiter;
    struct failure why;

    (void)state;
    for (int i = 0; i < LIMIT_WORKERS; i++)
        assert_true(limiter_begin(&limiter, table, &config, &why));
    assert_false(limiter_begin(&limiter, table, &config, &why));
    limit_table_forget(table, getpid());
    assert_true(limiter_begin(&limiter, table, &config, &why));
}

/* Slots are spread evenly, and differently each time the server starts. */
static void
test_slots(void **state)
{
    enum { NETWORKS = 4096 };
    struct limiter one = begin(new_table()), other = begin(new_table());
    static unsigned counts[LIMIT_SLOTS];
    unsigned same = 0, most = 0;

    (void)state;
    for (unsigned i = 0; i < NETWORKS; i++) {
        char text[INET_ADDRSTRLEN];
        uint16_t a, b;

        snprintf(text, sizeof text, "10.%u.%u.1", i / 256, i % 256);
        enter(&one, text, start, &a);
        enter(&other, text, start, &b);
        assert_true(a < LIMIT_SLOTS && b < LIMIT_SLOTS);
        same += a == b;
        counts[a]++;
        if (counts[a] > most)
            most = counts[a];
    }
    assert_in_range(same, 0, 16); /* 1/4 is expected */
    assert_in_range(most, 1, 12); /* 4 are expected */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_of_a_network),
        cmocka_unit_test(test_networks_do_not_meet),
        cmocka_unit_test(test_members_meet),
        cmocka_unit_test(test_exempt),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_arrivals),
        cmocka_unit_test(test_former_debts),
        cmocka_unit_test(test_workers_share),
        cmocka_unit_test(test_places_at_the_table),
        cmocka_unit_test(test_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
