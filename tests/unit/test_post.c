#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include "site/post.h"

#define HEAD "# A title\n2017-12-05\n"

static void
assert_str(struct str actual, struct str expected)
{
    struct buf left = {0}, right = {0};

    buf_put(&left, actual);
    buf_put(&right, expected);
    assert_string_equal(buf_text(&left), buf_text(&right));
    buf_free(&left);
    buf_free(&right);
}

/* A summary of a post in which every field can be seen. */
static void
describe(struct buf *out, const struct post *post)
{
    buf_format(out, "[%.*s] ", (int)post->title.len, post->title.ptr);
    moment_put(out, post->published);
    buf_format(out, " [%.*s] [%.*s] ", (int)post->language.len, post->language.ptr,
               (int)post->author.len, post->author.ptr);
    date_put(out, post->updated);
    buf_format(out, " [%.*s] [%.*s]", (int)post->original.len, post->original.ptr,
               (int)post->body.len, post->body.ptr);
    for (size_t i = 0; i < post->label_count; i++)
        buf_format(out, " %.*s=%.*s", (int)post->labels[i].slug.len, post->labels[i].slug.ptr,
                   (int)post->labels[i].name.len, post->labels[i].name.ptr);
    if (post->has_stray_labels)
        buf_put(out, STR(" stray"));
}

static const struct {
    const char *text, *post;
} heads[] = {
    {HEAD, "[A title] 2017-12-05 [] [] 0000-00-00 [] []"},
    {"# A title\n2017-12-05", "[A title] 2017-12-05 [] [] 0000-00-00 [] []"},
    {"\xef\xbb\xbf# A title\r\n2017-12-05\r\n\r\nText.\r\n",
     "[A title] 2017-12-05 [] [] 0000-00-00 [] [Text.]"},
    {"#A \t title \n2017-12-05 \n", "[A title] 2017-12-05 [] [] 0000-00-00 [] []"},
    {"# 2017-12-05\n2017-12-05\n", "[] 2017-12-05 [] [] 0000-00-00 [] []"},
    {"# 2017-12-06\n2017-12-05\n", "[2017-12-06] 2017-12-05 [] [] 0000-00-00 [] []"},
    {"# # 1\n2017-12-05 08:30 +0545\n", "[# 1] 2017-12-05 08:30 +0545 [] [] 0000-00-00 [] []"},
    {"# T\n2017-12-05 · nl · by Ana · updated 2018-01-02\n",
     "[T] 2017-12-05 [nl] [Ana] 2018-01-02 [] []"},
    {"# T\n2017-12-05 · updated 2018-01-02 · by Ana and Ben · pt-BR\n",
     "[T] 2017-12-05 [pt-BR] [Ana and Ben] 2018-01-02 [] []"},
    {"# T\n2017-12-05 · by Col·legi ·\n", "[T] 2017-12-05 [] [Col·legi] 0000-00-00 [] []"},
};

static const struct {
    const char *body, *parsed; /* behind HEAD */
} bodies[] = {
    {"\n\n One.  \n\nTwo. \n\n\n", "[] [ One.  \n\nTwo.]"},
    {"No empty line.\n", "[] [No empty line.]"},
    {"\nText.\n\n=> /label/a/ A\n=> /label/b/\tB b\n", "[] [Text.] a=A b=B b"},
    {"\nText.\n\n=> /label/a/ A\n\n \n", "[] [Text.] a=A"},
    {"\n=> /label/a/ A\n", "[] [] a=A"},
    {"=> /label/a/ A\n", "[] [] a=A"},
    {"\n=>/label/%e0%a6%95/\n", "[] [] ক=ক"},
    {"\nText.\n\n=> /label/a/ A\n=> https://example.org/a.html Original post\n",
     "[https://example.org/a.html] [Text.] a=A"},
    {"\nText.\n\n=> http://example.org/a.html Where it was\n=> /label/a/ A\n",
     "[http://example.org/a.html] [Text.] a=A"},
    {"\nText.\n\n=> https://example.org/ Original post\n", "[https://example.org/] [Text.]"},
    /* runs that are body */
    {"\nText.\n=> /label/a/ A\n", "[] [Text.\n=> /label/a/ A]"},
    {"\nText.\n\n=> https://example.org/ A report\n",
     "[] [Text.\n\n=> https://example.org/ A report]"},
    {"\n=> /label/a/ A\n=> /about.gmi About\n", "[] [=> /label/a/ A\n=> /about.gmi About] stray"},
    {"\n=> /label/a/ A\n=> /label/a/2 More\n", "[] [=> /label/a/ A\n=> /label/a/2 More] stray"},
    {"\n=> /label/a/ A\n=> /label/a/?b B\n", "[] [=> /label/a/ A\n=> /label/a/?b B] stray"},
    {"\n=> /label/a%2fb/ A\n", "[] [=> /label/a%2fb/ A]"},
    {"\n=> /label// A\n", "[] [=> /label// A]"},
    {"\n=> //label/a/ A\n", "[] [=> //label/a/ A]"},
    {"\n=> /label/a/ A\n=> http://a.example/ 1\n=> http://b.example/ 2\n",
     "[] [=> /label/a/ A\n=> http://a.example/ 1\n=> http://b.example/ 2] stray"},
    {"\n=> /about.gmi About\n=> /label/a/ A\n", "[] [=> /about.gmi About\n=> /label/a/ A] stray"},
    {"\n=> /label/a/ A\n\nText.\n", "[] [=> /label/a/ A\n\nText.]"},
    {"\n=> /label/a/ A\n\n=> /label/b/ B\n", "[] [=> /label/a/ A] b=B"},
    {"\n```\n\n=> /label/a/ A\n", "[] [```\n\n=> /label/a/ A]"},
    /* the line that keeps a body's links apart */
    {"\n=> /label/a/ A\n---\n", "[] [=> /label/a/ A]"},
    {"\n=> /label/a/ A\r\n--- \r\n\r\n=> /label/b/ B", "[] [=> /label/a/ A] b=B"},
    {"\n=> /label/a/ A\n---\n---\n", "[] [=> /label/a/ A\n---]"},
    {"\n=> /label/a/ A\n\n---\n", "[] [=> /label/a/ A\n\n---]"},
    {"\nText.\n---\n", "[] [Text.\n---]"},
    {"\n---\n", "[] [---]"},
};

static const struct {
    const char *text, *why;
} failures[] = {
    {"", "line 1: expected the title, # and text"},
    {"\n# T\n2017-12-05\n", "line 1: expected the title, # and text"},
    {"## T\n2017-12-05\n", "line 1: expected the title, # and text"},
    {"# \n2017-12-05\n", "line 1: the title has no text"},
    {"# T\n", "line 2: expected the date, YYYY-MM-DD or YYYY-MM-DD HH:MM +HHMM"},
    {"# T\n\n2017-12-05\n", "line 2: expected the date, YYYY-MM-DD or YYYY-MM-DD HH:MM +HHMM"},
    {"# T\n2017-02-29\n", "line 2: expected the date, YYYY-MM-DD or YYYY-MM-DD HH:MM +HHMM"},
    {"# T\n2017-12-05 · draft version\n", "line 2: unknown field \"draft version\""},
    {"# T\n2017-12-05 · by\n", "line 2: unknown field \"by\""},
    {"# T\n2017-12-05 · updated\n", "line 2: unknown field \"updated\""},
    {"# T\n2017-12-05 · bY\n", "line 2: unknown field \"bY\""},
    {"# T\n2017-12-05 · by \x01\n", "line 2: the author has no name"},
    {"# T\n2017-12-05 · updated yesterday\n", "line 2: expected updated YYYY-MM-DD"},
    {"# T\n2017-12-05 · en · nl\n", "line 2: a second \"nl\""},
    {"# T\n2017-12-05 · by A · by B\n", "line 2: a second \"B\""},
    {"# T\n2017-12-05 · updated 2018-01-01 · updated 2018-01-02\n",
     "line 2: a second date of an update"},
    {"# T\n2017-12-05\n\nCaf\xe9\n", "line 4: not UTF-8"},
};

static void
test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct post post;
        struct failure why;
        struct buf summary = {0};

        assert_true(post_parse(str_of(heads[i].text), &post, &why));
        describe(&summary, &post);
        assert_str(buf_str(&summary), str_of(heads[i].post));
        buf_free(&summary);
        post_free(&post);
    }
}

static void
test_bodies_and_trailers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct post post;
        struct failure why;
        struct buf text = {0}, summary = {0};

        buf_put(&text, STR(HEAD));
        buf_put(&text, str_of(bodies[i].body));
        assert_true(post_parse(buf_str(&text), &post, &why));
        describe(&summary, &post);
        assert_str(str_after(buf_str(&summary), sizeof "[A title] 2017-12-05 [] [] 0000-00-00"),
                   str_of(bodies[i].parsed));
        buf_free(&summary);
        post_free(&post);
        buf_free(&text);
    }
}

static void
test_failures_name_the_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct post post;
        struct failure why;

        assert_false(post_parse(str_of(failures[i].text), &post, &why));
        assert_string_equal(why.text, failures[i].why);
        assert_null(post.owned.ptr);
        assert_null(post.labels);
    }
}

/* What is written reads back the same, and writing that again changes nothing. */
static void
assert_comes_back(const struct post *post)
{
    struct buf text = {0}, again = {0}, before = {0}, after = {0};
    struct post parsed;
    struct failure why;

    post_write(&text, post);
    assert_true(post_parse(buf_str(&text), &parsed, &why));
    describe(&before, post);
    describe(&after, &parsed);
    assert_str(buf_str(&after), buf_str(&before));
    post_write(&again, &parsed);
    assert_str(buf_str(&again), buf_str(&text));
    post_free(&parsed);
    buf_free(&before);
    buf_free(&after);
    buf_free(&text);
    buf_free(&again);
}

static void
test_a_written_post_comes_back(void **state)
{
    static const char *const written[] = {
        "",
        "Text.",
        "Text.\n\nMore.",
        "=> /label/a/ A",
        "=> https://example.org/ Original post",
        "Text.\n\n=> https://example.org/ Original post",
        "=> /a A\n---",
        "=> /a A\n---\n---",
        "```\n=> /label/a/ A\n```",
        " => no link",
        "* a\n* b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        for (int with = 0; with < 4; with++) {
            struct post post = {
                .title = STR("A title"),
                .published = {.date = {2017, 12, 5}},
                .original = with & 1 ? STR("https://example.org/x.html") : (struct str){0},
                .body = str_of(written[i]),
            };

            if (with & 2) {
                post_add_label(&post, (struct label){STR("a-b"), STR("A b")});
                post_add_label(&post, (struct label){STR("ক"), STR("ক")});
            }
            assert_comes_back(&post);
            post_free(&post);
        }
}

static void
test_the_file_as_it_is_written(void **state)
{
    struct post post = {
        .published = {.date = {2017, 12, 5}, .has_time = true, .minute_of_day = 510},
        .language = STR("nl"),
        .author = STR("Ana \t·\n Ben"),
        .updated = {2018, 1, 2},
        .original = STR("https://example.org/a b"),
        .body = STR("\n```\nleft open\n"),
    };
    struct buf text = {0};

    (void)state;
    post_add_label(&post, (struct label){STR("é"), STR("é\n=> /x")});
    post_write(&text, &post);
    assert_str(buf_str(&text), STR("# 2017-12-05\n"
                                   "2017-12-05 08:30 +0000 · nl · by Ana Ben · updated 2018-01-02\n"
                                   "\n```\nleft open\n```\n\n"
                                   "=> /label/%C3%A9/ é => /x\n"
                                   "=> https://example.org/a%20b Original post\n"));
    buf_free(&text);
    post_free(&post);
}

static void
test_too_many_labels(void **state)
{
    struct buf text = {0};
    struct post post;
    struct failure why;

    (void)state;
    buf_put(&text, STR(HEAD "\n"));
    for (int i = 0; i < POST_LABELS_MAX; i++)
        buf_format(&text, "=> /label/l%d/ L\n", i);
    assert_true(post_parse(buf_str(&text), &post, &why));
    assert_int_equal(post.label_count, POST_LABELS_MAX);
    post_free(&post);
    buf_put(&text, STR("=> /label/one-more/ L\n"));
    assert_false(post_parse(buf_str(&text), &post, &why));
    assert_string_equal(why.text, "20001 labels, more than 20000");
    buf_free(&text);
}

static void
test_paths_of_posts(void **state)
{
    static const struct {
        const char *path;
        bool is_post;
    } rows[] = {
        {"2017/12/a.gmi", true},
        {"2017/12/a.b.gmi", true},
        {"2017/13/a.gmi", false},
        {"2017/00/a.gmi", false},
        {"2017/1/a.gmi", false},
        {"17/12/a.gmi", false},
        {"0017/12/a.gmi", false},
        {"2017/12/.gmi", false},
        {"2017/12/.a.gmi", false},
        {"2017/12/index.gmi", false},
        {"2017/12/a.txt", false},
        {"2017/12/a/b.gmi", false},
        {"/2017/12/a.gmi", false},
        {"2017/a.gmi", false},
        {"a.gmi", false},
        {"media/2017/12/a.gmi", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(post_is_path(str_of(rows[i].path)), rows[i].is_post);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_bodies_and_trailers),
        cmocka_unit_test(test_failures_name_the_line),
        cmocka_unit_test(test_a_written_post_comes_back),
        cmocka_unit_test(test_the_file_as_it_is_written),
        cmocka_unit_test(test_too_many_labels),
        cmocka_unit_test(test_paths_of_posts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
