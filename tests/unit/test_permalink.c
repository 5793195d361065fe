#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "import/permalink.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
finds_paths_of_posts(void **state)
{
    static const struct {
        const char *address, *path; /* NULL: no post */
        int year, month;            /* 0: a page */
    } rows[] = {
        {"http://x.example.org/2017/11/slug.html", "2017/11/slug.html", 2017, 11},
        {"https://x.example.org/2017/11/slug.html?m=1#c2", "2017/11/slug.html", 2017, 11},
        {"/2017/11/slug.html", "2017/11/slug.html", 2017, 11},
        {"../../2017/11/slug.html", "2017/11/slug.html", 2017, 11},
        {"../../2017/11/slug.html%3FshowComment=1.html#c2", "2017/11/slug.html", 2017, 11},
        {"2017/11/blog-post_12.html", "2017/11/blog-post_12.html", 2017, 11},
        {"http://x.example.org/p/about.html", "p/about.html", 0, 0},
        {"http://x.example.org/2017/13/slug.html", NULL, 0, 0},
        {"http://x.example.org/2017/11/.html", NULL, 0, 0},
        {"http://x.example.org/2017/11/", NULL, 0, 0},
        {"http://x.example.org/slug.html", NULL, 0, 0},
        {"slug.html", NULL, 0, 0},
        {"http://x.example.org/search/label/2017", NULL, 0, 0},
        {"", NULL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str path = {0};
        int year = 0, month = 0;
        bool found = permalink_find(str_of(rows[i].address), &path);

        assert_int_equal(found, rows[i].path != NULL);
        if (!found)
            continue;
        assert_true(str_eq(path, str_of(rows[i].path)));
        assert_int_equal(permalink_month(path, &year, &month), rows[i].year > 0);
        assert_int_equal(permalink_is_page(path), rows[i].year == 0);
        assert_int_equal(year, rows[i].year);
        assert_int_equal(month, rows[i].month);
    }
}

static void
finds_the_root(void **state)
{
    static const struct {
        const char *address, *root;
    } rows[] = {
        {"http://x.example.org/2017/11/slug.html", "http://x.example.org"},
        {" https://x.example.org:8080?q ", "https://x.example.org:8080"},
        {"https://x.example.org", "https://x.example.org"},
        {"//x.example.org/a", ""},
        {"/2017/11/slug.html", ""},
        {"mailto:me", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(str_eq(permalink_root(str_of(rows[i].address)), str_of(rows[i].root)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_paths_of_posts),
        cmocka_unit_test(finds_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
