#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "serve/visitor.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { DAY = 86400, NOW = 20000 * DAY + 43210 };

static struct visitor_log
new_log(enum log_address how)
{
    struct visitor_log log;
    struct failure why;

    assert_true(visitor_log_init(&log, how, NOW, &why));
    return log;
}

static struct sockaddr_storage
address_of(const char *text, in_port_t port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;

    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
    } else {
        memset(&storage, 0, sizeof(storage));
        assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
    }
    return storage;
}

/* The name of an address in a log; the buf is the caller's. */
static struct buf
name(struct visitor_log *log, const char *text, int64_t now)
{
    static in_port_t port = 1024;
    struct sockaddr_storage storage = address_of(text, port++);
    struct buf out = {0};

    visitor_put(&out, log, (const struct sockaddr *)&storage, now);
    return out;
}

static void
test_names(void **state)
{
    static const struct {
        enum log_address how;
        const char *address, *name;
    } rows[] = {
        {LOG_ADDRESS_NONE, "192.0.2.77", "-"},
        {LOG_ADDRESS_NONE, "2001:db8:1:2::3", "-"},
        {LOG_ADDRESS_NET, "192.0.2.77", "192.0.2.0/24"},
        {LOG_ADDRESS_NET, "2001:db8:1:2::3", "2001:db8:1::/48"},
        {LOG_ADDRESS_NET, "::1", "::/48"},
        {LOG_ADDRESS_NET, "::ffff:192.0.2.77", "192.0.2.0/24"},
        {LOG_ADDRESS_FULL, "192.0.2.77", "192.0.2.77"},
        {LOG_ADDRESS_FULL, "::ffff:192.0.2.77", "192.0.2.77"},
        {LOG_ADDRESS_FULL, "2001:DB8:0:0::3", "2001:db8::3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct visitor_log log = new_log(rows[i].how);
        struct buf out = name(&log, rows[i].address, NOW);

        assert_string_equal(buf_text(&out), rows[i].name);
        buf_free(&out);
    }
}

static bool
is_same(struct visitor_log *a, const char *address_a, int64_t now_a, struct visitor_log *b,
        const char *address_b, int64_t now_b)
{
    struct buf one = name(a, address_a, now_a), other = name(b, address_b, now_b);
    bool same = str_eq(buf_str(&one), buf_str(&other));

    assert_int_equal(one.len, VISITOR_HASH);
    assert_int_equal(strspn(buf_text(&one), "0123456789abcdef"), VISITOR_HASH);
    buf_free(&one), buf_free(&other);
    return same;
}

static void
test_hash(void **state)
{
    struct visitor_log log = new_log(LOG_ADDRESS_HASH), inherited = log;
    struct visitor_log other = new_log(LOG_ADDRESS_HASH);

    (void)state;
    assert_true(is_same(&log, "192.0.2.77", NOW, &log, "192.0.2.77", NOW + 5));
    assert_true(is_same(&log, "192.0.2.77", NOW, &log, "::ffff:192.0.2.77", NOW));
    assert_false(is_same(&log, "192.0.2.77", NOW, &log, "192.0.2.78", NOW));
    assert_false(is_same(&log, "2001:db8::1", NOW, &log, "2001:db8::2", NOW));
    assert_false(is_same(&log, "192.0.2.77", NOW, &other, "192.0.2.77", NOW));
    assert_true(
        is_same(&log, "192.0.2.77", NOW + 3 * DAY, &inherited, "192.0.2.77", NOW + 3 * DAY));
}

static void
test_hash_is_new_each_day(void **state)
{
    struct visitor_log today = new_log(LOG_ADDRESS_HASH), tomorrow = today;
    unsigned char secret[VISITOR_SECRET];

    (void)state;
    memcpy(secret, today.secret, sizeof(secret));
    assert_false(is_same(&today, "192.0.2.77", NOW, &tomorrow, "192.0.2.77", NOW + DAY));
    assert_null(memmem(&tomorrow, sizeof(tomorrow), secret, sizeof(secret)));
}

static void
test_what_is_no_address(void **state)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct visitor_log log = new_log(LOG_ADDRESS_FULL);
    struct buf out = {0};

    (void)state;
    visitor_put(&out, &log, (const struct sockaddr *)&local, NOW);
    visitor_put(&out, &log, NULL, NOW);
    assert_string_equal(buf_text(&out), "--");
    buf_free(&out);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_hash_is_new_each_day),
        cmocka_unit_test(test_what_is_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
