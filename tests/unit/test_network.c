#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "serve/network.h"

#include <cmocka.h>

static bool
read_place(struct place *place, const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;

    storage.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(
        inet_pton(storage.ss_family, text,
                  storage.ss_family == AF_INET ? (void *)&four->sin_addr : (void *)&six->sin6_addr),
        1);
    return place_of(place, (const struct sockaddr *)&storage);
}

static void
test_networks_of_readers(void **state)
{
    static const struct {
        const char *address, *network;
        unsigned bits;
    } rows[] = {
        {"192.0.2.77", "192.0.2.0", 24},
        {"0.0.0.0", "0.0.0.0", 24},
        {"255.255.255.255", "255.255.255.0", 24},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1::", 48},
        {"::1", "::", 48},
        {"::ffff:192.0.2.77", "192.0.2.0", 24},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[INET6_ADDRSTRLEN];
        struct network network;
        struct place place;

        assert_true(read_place(&place, rows[i].address));
        network = network_of(&place);
        assert_int_equal(network.bits, rows[i].bits);
        inet_ntop(network.place.family, network.place.bytes, text, sizeof text);
        assert_string_equal(text, rows[i].network);
        assert_true(network_holds(&network, &place));
    }
}

static void
test_members(void **state)
{
    static const struct {
        const char *network, *address;
        bool holds;
    } rows[] = {
        {"127.0.0.0/8", "127.255.0.1", true},
        {"127.0.0.0/8", "126.255.255.255", false},
        {"127.0.0.0/8", "128.0.0.0", false},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
        {"127.0.0.0/8", "7f00::", false},
        {"10.1.2.3/32", "10.1.2.3", true},
        {"10.1.2.3/32", "10.1.2.2", false},
        {"10.1.2.3/31", "10.1.2.2", true},
        {"10.1.2.3/31", "10.1.2.4", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.9", false},
        {"::1/128", "::1", true},
        {"::1/128", "::2", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
        {"::ffff:10.0.0.0/104", "11.0.0.0", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network network;
        struct place place;

        assert_true(network_parse(&network, rows[i].network));
        assert_true(read_place(&place, rows[i].address));
        if (network_holds(&network, &place) != rows[i].holds)
            fail_msg("%s and %s", rows[i].network, rows[i].address);
    }
}

static void
test_no_networks(void **state)
{
    static const char *const rows[] = {
        "",          "/",           "10.0.0.0",
        "10.0.0.0/", "10.0.0.0/33", "::/129",
        "10.0.0/8",  "10.0.0.0/-1", "host.org/8",
        "/8",        "::1/1/1",     "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network network;

        if (network_parse(&network, rows[i]))
            fail_msg("%s", rows[i]);
    }
}

static void
test_no_internet_address(void **state)
{
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct place place;

    (void)state;
    assert_false(place_of(&place, NULL));
    assert_false(place_of(&place, (const struct sockaddr *)&local));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_of_readers),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_no_networks),
        cmocka_unit_test(test_no_internet_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
