#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "base/timezone.h"
#include "import/links.h"
#include "import/oldpath.h"

#include <cmocka.h>

/* An address, its old path and what it would like to be; NULL: none. */
static const struct {
    const char *address, *old, *base;
} rows[] = {
    {"/2017/11/x.html", "/2017/11/x.html", "2017/11/x"},
    {"http://a.blogspot.com/2017/11/x_01.html?m=1#c5", "/2017/11/x_01.html", "2017/11/x_01"},
    {"https://a.example.org/p/about.html", "/p/about.html", "about"},
    {"/2017/11/%D0%B4%D0%B0.html", "/2017/11/%D0%B4%D0%B0.html", "2017/11/да"},
    {"/2017/11/да.html", "/2017/11/%D0%B4%D0%B0.html", "2017/11/да"},
    {"/2017/11/UPPER.html", "/2017/11/UPPER.html", "2017/11/UPPER"},
    {"//host/2017/11/x.html", "/2017/11/x.html", "2017/11/x"},
    {"/2017/11/x.html%3FshowComment=1.html#c2", "/2017/11/x.html", "2017/11/x"},
    {"/2017/11/x.html%3Fm=1", "/2017/11/x.html", "2017/11/x"},
    {"/2017/11/index.html", "/2017/11/index.html", NULL},
    {"/p/index.html", "/p/index.html", NULL},
    {"/2017/11/.x.html", "/2017/11/.x.html", NULL},
    {"/2017/11/a%20b.html", "/2017/11/a%20b.html", NULL},
    {"/2017/11/a;b.html", "/2017/11/a;b.html", NULL},
    {"/2017/11/a%00b.html", NULL, NULL},
    {"/2017/11/a%2Fb.html", NULL, NULL},
    {"/2017/11/../../x.html", NULL, NULL},
    {"/2017/13/x.html", NULL, NULL},
    {"/0017/11/x.html", NULL, NULL},
    {"/2017/11/.html", NULL, NULL},
    {"/2017/11/x.gmi", NULL, NULL},
    {"/2017/11/x/y.html", NULL, NULL},
    {"/p/.html", NULL, NULL},
    {"2017/11/x.html", NULL, NULL},
    {"/", NULL, NULL},
    {"", NULL, NULL},
};

static void
knows_addresses_of_posts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf old = {0}, base = {0};

        assert_int_equal(oldpath_put(&old, str_of(rows[i].address)), rows[i].old != NULL);
        assert_string_equal(buf_text(&old), rows[i].old ? rows[i].old : "");
        assert_int_equal(rows[i].old && oldpath_put_base(&base, buf_str(&old)),
                         rows[i].base != NULL);
        assert_string_equal(buf_text(&base), rows[i].base ? rows[i].base : "");
        buf_free(&old);
        buf_free(&base);
    }
}

static void
refuses_names_that_are_too_long(void **state)
{
    struct buf old = {0}, base = {0};

    (void)state;
    buf_put(&old, STR("/2017/11/"));
    while (old.len < sizeof "/2017/11/" - 1 + OLDPATH_NAME_MAX)
        buf_byte(&old, 'x');
    buf_put(&old, STR(".html"));
    assert_true(oldpath_put_base(&base, buf_str(&old)));
    buf_truncate(&old, old.len - 5);
    buf_put(&old, STR("x.html"));
    assert_false(oldpath_put_base(&base, buf_str(&old)));
    buf_free(&old);
    buf_free(&base);
}

/* What a link becomes on a blog at a.blogspot.com that was www.old.example once; "" stays. */
static const struct {
    const char *address, *target;
} links[] = {
    {"http://a.blogspot.com/2017/11/x.html", "/2017/11/x.gmi"},
    {"https://www.a.blogspot.co.uk/2017/11/x.html?m=0", "/2017/11/x.gmi"},
    {"//A.BLOGSPOT.de/2017/11/x.html#more", "/2017/11/x.gmi"},
    {"http://old.example:8080/2017/11/x.html", "/2017/11/x.gmi"},
    {"/2017/11/x.html", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/p/x.html", "/x.gmi"},
    {"http://a.blogspot.com/2017/11/x.html?showComment=1352034919753#c123",
     "/2017/11/x/comments.gmi"},
    {"http://a.blogspot.com/p/x.html#c1", "/x/comments.gmi"},
    {"http://a.blogspot.com/2017/11/x%20y.html#c1", "/2017/11/x%20y.html#c"}, /* corrected later */
    {"http://a.blogspot.com/2017/11/x.html?showComment=1352034919753", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/2017/11/x.html#c", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/2017/11/x.html#cats", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/2017/11/x.html#comments", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/2017/11/x.html#comment-form", "/2017/11/x.gmi"},
    {"http://a.blogspot.com/search/label/Rope+%26%20knots", "/label/rope-knots/"},
    {"http://a.blogspot.com", "/"},
    {"http://a.blogspot.com/?m=1", "/"},
    {"http://a.blogspot.com/index.html", "/"},
    {"http://b.blogspot.com/2017/11/x.html", ""},
    {"http://a.blogspot.com.example.org/2017/11/x.html", ""},
    {"http://a.blogspot.com/2017/11/", ""},
    {"http://a.blogspot.com/feeds/posts/default", ""},
    {"http://a.blogspot.com/search/label/", ""},
    {"ftp://a.blogspot.com/2017/11/x.html", ""},
    {"mailto:a@a.blogspot.com", ""},
    {"", ""},
};

static void
knows_links_of_the_blog(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    hosts_add(&hosts, STR("http://a.blogspot.com/"));
    hosts_add(&hosts, STR("www.old.example"));
    hosts_add(&hosts, STR("A.blogspot.com.br"));
    hosts_add(&hosts, STR(""));
    assert_int_equal(hosts.count, 2);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct buf target = {0}, notes = {0};

        links_put(&target, &hosts, str_of(links[i].address), &notes);
        assert_string_equal(buf_text(&target), links[i].target);
        buf_free(&target);
        buf_free(&notes);
    }
    hosts_free(&hosts);
}

static void
knows_time_zones(void **state)
{
    static const struct {
        const char *zone;
        int64_t seconds;
        const char *local;
    } times[] = {
        {"UTC", 0, "1970-01-01 00:00 +0000"},
        {"Asia/Kathmandu", 1393785612, "2014-03-03 00:25 +0545"},
        {"Pacific/Apia", 1393785612, "2014-03-03 08:40 +1400"},
        {"Europe/Brussels", 1396141199, "2014-03-30 01:59 +0100"},
        {"Europe/Brussels", 1396141200, "2014-03-30 03:00 +0200"},
        {"America/St_Johns", 2524608000, "2049-12-31 20:30 -0330"},
    };
    static const char *const bad[] = {"",
                                      "Mars/Base",
                                      "../../../etc/passwd",
                                      "/etc/localtime",
                                      "Europe",
                                      "Asia/Kathmandu ",
                                      "zone.tab"};
    struct failure why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(timezone_set(bad[i], &why));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct buf text = {0};

        assert_true(timezone_set(times[i].zone, &why));
        moment_put(&text, timezone_moment(times[i].seconds));
        assert_string_equal(buf_text(&text), times[i].local);
        buf_free(&text);
    }
}

static void
finds_labels(void **state)
{
    static const struct {
        const char *address, *label; /* NULL: none */
    } labels[] = {
        {"http://a.example/search/label/Tides", "Tides"},
        {"/search/label/rain+%26%20wind?max-results=20", "rain & wind"},
        {"/search/label/%E0%A6%A8%E0%A6%A6%E0%A7%80", "\u09a8\u09a6\u09c0"},
        {"/search/label/a%00b%0A", "ab"},
        {"/search/label/%FF", NULL},
        {"/search/label/", NULL},
        {"/search?q=label", NULL},
        {"/2017/11/x.html", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        struct buf label = {0};

        assert_int_equal(oldpath_put_label(&label, str_of(labels[i].address)),
                         labels[i].label != NULL);
        assert_string_equal(buf_text(&label), labels[i].label ? labels[i].label : "");
        buf_free(&label);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_labels),
        cmocka_unit_test(knows_addresses_of_posts),
        cmocka_unit_test(refuses_names_that_are_too_long),
        cmocka_unit_test(knows_links_of_the_blog),
        cmocka_unit_test(knows_time_zones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
