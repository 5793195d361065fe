#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../fixture.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct post {
    const char *path, *title, *published, *labels;
} posts[] = {
    {"2014/11/a.gmi", "A", "2014-11-05", "r"},
    {"2015/11/b.gmi", "B", "2015-11-05", "r s"},
    {"2016/02/c.gmi", "C", "2016-02-29", "s t u v"},
    {"2016/11/d.gmi", "2016-11-05", "2016-11-05", "r"},
    {"2016/11/e.gmi", "E", "2016-11-05 23:00 +0000", ""},
    {"2017/11/f.gmi", "F", "2017-11-05 · nl", "u v t"},
    {"2018/11/g.gmi", "G", "2018-11-05", "t"},
    {"2019/11/h.gmi", "H", "2019-11-05", "r"},
    {"2020/11/i.gmi", "I", "2020-11-05", "v u t s"},
};

static void
write_post(const struct fixture *fixture, const struct post *post)
{
    struct buf path = {0}, text = {0};
    struct str labels = str_of(post->labels);

    buf_format(&path, "capsule/%s", post->path);
    buf_format(&text, "# %s\n%s\n\nText.\n%s", post->title, post->published,
               labels.len > 0 ? "\n" : "");
    while (labels.len > 0) {
        struct str label = str_cut(&labels, ' ');

        buf_format(&text, "=> /label/%.*s/ Label %.*s\n", (int)label.len, label.ptr, (int)label.len,
                   label.ptr);
    }
    fixture_write(fixture, buf_text(&path), buf_str(&text));
    buf_free(&path);
    buf_free(&text);
}

static int
set_up(void **state)
{
    static struct fixture fixture;

    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(posts); i++)
        write_post(&fixture, &posts[i]);
    fixture_open(&fixture, "[blog]\ntitle = Notes\n");
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static void
footers_lead_on(void **state)
{
    static const struct {
        const char *path, *footer;
    } rows[] = {
        /* neighbours of the label that are linked already are not linked again */
        {"/2016/02/c.gmi", "\n"
                           "=> /2015/11/b.gmi Older: B (65 B)\n"
                           "=> /2016/11/d.gmi Newer: Untitled (53 B)\n"
                           "\n"
                           "Same label: Label s\n"
                           "=> /2020/11/i.gmi Newer: I (107 B)\n"
                           "\n"
                           "Same label: Label u\n"
                           "=> /2017/11/f.gmi Newer: F (92 B)\n"
                           "\n"
                           "=> /2016/02/ February 2016 (1)\n"
                           "=> /lang/en/ English (8)\n"
                           "=> / Notes\n"},
        /* not those of the same year, and no more than three each way */
        {"/2016/11/e.gmi", "\n"
                           "=> /2016/11/d.gmi Older: Untitled (53 B)\n"
                           "=> /2017/11/f.gmi Newer: F (92 B)\n"
                           "\n"
                           "Same day in other years\n"
                           "=> /2019/11/h.gmi 2019: H (44 B)\n"
                           "=> /2018/11/g.gmi 2018: G (44 B)\n"
                           "=> /2015/11/b.gmi 2015: B (65 B)\n"
                           "=> /2014/11/a.gmi 2014: A (44 B)\n"
                           "\n"
                           "=> /2016/11/ November 2016 (2)\n"
                           "=> /lang/en/ English (8)\n"
                           "=> / Notes\n"},
        {"/2014/11/a.gmi", "\n"
                           "=> /2015/11/b.gmi Newer: B (65 B)\n"
                           "\n"
                           "Same day in other years\n"
                           "=> /2016/11/e.gmi 2016: E (34 B)\n"
                           "=> /2016/11/d.gmi 2016: Untitled (53 B)\n"
                           "\n"
                           "=> /2014/11/ November 2014 (1)\n"
                           "=> /lang/en/ English (8)\n"
                           "=> / Notes\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;

        fixture_ask(*state, rows[i].path, &response);
        assert_string_equal(buf_text(&response.page), rows[i].footer);
        response_free(&response);
    }
}

/* A lone post of a blog in one language has nothing to lead to but its month. */
static void
lone_post_has_a_short_footer(void **state)
{
    struct fixture fixture;
    struct response response;

    (void)state;
    fixture_make(&fixture);
    write_post(&fixture, &posts[0]);
    fixture_open(&fixture, "[blog]\ntitle = Notes\nlanguage = nl\n");
    fixture_ask(&fixture, "/2014/11/a.gmi", &response);
    assert_string_equal(buf_text(&response.page), "\n"
                                                  "=> /2014/11/ november 2014 (1)\n"
                                                  "=> / Notes\n");
    response_free(&response);
    fixture_free(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(footers_lead_on),
        cmocka_unit_test(lone_post_has_a_short_footer),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
