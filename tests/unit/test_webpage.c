#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "import/webpage.h"
#include "../entries.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FOLDER       "tests/fixtures/webpage/"

/* The smallest page that holds a post, around its body. */
#define BEGIN "<html><body><div class='post'><h3 class='post-title'>T</h3><div id='post-body-7'>"
#define END   "</div></div></body></html>"

enum { SECONDS_MAX = 10 }; /* of a hostile page, under sanitizers and on a busy machine */

static bool
show(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)why;
    entries_show(ctx, entry);
    return true;
}

static bool
read_page(struct buf *shown, struct str html, struct failure *why)
{
    struct webpage_reader reader = {.on_entry = show, .ctx = shown};
    struct blog blog = {0};
    bool done = webpage_read(html, &reader, &blog, why);

    if (done)
        entries_show_blog(shown, &blog);
    blog_free(&blog);
    return done;
}

/* Each page of the folder is read as the text beside it says. */
static void
reads_pages(void **state)
{
    static const char *const names[] = {"item",   "index",        "modern", "snippets",
                                        "custom", "old-comments", "static", "unbalanced"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf html = {0}, expected = {0}, shown = {0};
        char path[sizeof FOLDER + 32];
        struct failure why = {0};

        snprintf(path, sizeof path, FOLDER "%s.html", names[i]);
        assert_true(file_read(path, WEBPAGE_MAX, &html, &why));
        snprintf(path, sizeof path, FOLDER "%s.txt", names[i]);
        assert_true(file_read(path, WEBPAGE_MAX, &expected, &why));
        assert_true(webpage_is_html(buf_str(&html)));
        if (!read_page(&shown, buf_str(&html), &why))
            fail_msg("%s: %s", path, why.text);
        assert_string_equal(buf_text(&shown), buf_text(&expected));
        buf_free(&shown);
        buf_free(&expected);
        buf_free(&html);
    }
}

static void
refuses_what_is_of_no_use(void **state)
{
    static const struct {
        struct str html;
        const char *why;
    } rows[] = {
        {{NULL, 0}, "not a page of a Blogger blog"},
        {{"plain text", 10}, "not a page of a Blogger blog"},
        {{"<html><div class='hentry'><div class='entry-content'>x</div></div></html>", 73},
         "not a page of a Blogger blog"},
        {{"<html><meta name=generator content=blogger><script src='x'></script></html>", 75},
         "holds no posts"},
        {{"<html>\n\0", 8}, "a NUL at byte 7"},
        {{"<html>\xff</html>", 14}, "not UTF-8 at byte 6"},
        {{"<html>\n<div id='post-body-7'>one\n<b>two", 39}, "line 3: the page ends within a post"},
        {{"<html>\n<div id='post-body-7'>one</div>", 38},
         "line 2: the page is cut off: it has no </html>"},
        {{"<html><div id='post-body-7'>one</div><li class=comment id=c1><p class=comment-content>x",
          87},
         "line 1: the page ends within a comment"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf shown = {0};
        struct failure why = {0};

        assert_false(read_page(&shown, rows[i].html, &why));
        assert_string_equal(why.text, rows[i].why);
        assert_int_equal(shown.len, 0);
    }
}

/* A page that is cut off anywhere is refused, and delivers nothing. */
static void
refuses_any_beginning(void **state)
{
    struct buf html = {0};
    struct failure why;

    (void)state;
    assert_true(file_read(FOLDER "item.html", WEBPAGE_MAX, &html, &why));
    for (size_t len = 0; len + sizeof "</html>" <= html.len; len++) {
        struct buf shown = {0};

        why.text[0] = '\0';
        if (read_page(&shown, str_head(buf_str(&html), len), &why))
            fail_msg("%zu bytes are taken for a page", len);
        assert_true(why.text[0] != '\0' && shown.len == 0);
    }
    buf_free(&html);
}

static bool
refuse(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)entry;
    ++*(int *)ctx;
    snprintf(why->text, sizeof why->text, "enough");
    return false;
}

static void
ends_when_the_caller_does(void **state)
{
    int calls = 0;
    struct webpage_reader reader = {.on_entry = refuse, .ctx = &calls};
    struct blog blog = {0};
    struct failure why;

    (void)state;
    assert_false(
        webpage_read(STR(BEGIN "x</div><div id='post-body-8'>y" END), &reader, &blog, &why));
    assert_string_equal(why.text, "enough");
    assert_int_equal(calls, 1);
    blog_free(&blog);
}

static void
keeps_what_is_known_of_the_blog(void **state)
{
    struct buf shown = {0};
    struct webpage_reader reader = {.on_entry = show, .ctx = &shown};
    struct blog blog = {0};
    struct failure why;

    (void)state;
    buf_put(&blog.title, STR("Known"));
    assert_true(webpage_read(
        STR("<link rel=alternate type=application/atom+xml title='Other - Atom' href=x>" BEGIN
            "x" END),
        &reader, &blog, &why));
    assert_string_equal(buf_text(&blog.title), "Known");
    blog_free(&blog);
    buf_free(&shown);
}

static void
takes_a_label_that_is_a_post_as_well(void **state)
{
    struct buf shown = {0};
    struct failure why;

    (void)state;
    assert_true(read_page(&shown,
                          STR(BEGIN "x</div><a rel='tag' href='/search/label/A' "
                                    "class='post-outer'>A</a>" END),
                          &why));
    assert_string_equal(buf_text(&shown), "page 7, line 1:\n  title: T\n  body: x\nblog:\n");
    buf_free(&shown);
}

static void
knows_html_by_its_beginning(void **state)
{
    static const struct {
        const char *head;
        bool is_html;
    } rows[] = {
        {"<!DOCTYPE html>", true},
        {"\xef\xbb\xbf \n<!doctype HTML PUBLIC \"-//W3C//DTD XHTML 1.0\">", true},
        {"<HTML>", true},
        {"<html lang='x'>", true},
        {"<!-- saved from url=(0014)about:internet -->\n<html>", true},
        {"<?xml version='1.0'?>\n<!DOCTYPE html>", true},
        {"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>", false},
        {"About this site\n\n05 May 2017\n<html>", false},
        {"<!-- <html>", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(webpage_is_html(str_of(rows[i].head)), rows[i].is_html);
}

/* The page of one post with many times the same in its body takes no longer than it is long. */
static void
takes_linear_time(void **state)
{
    static const char *const parts[] = {
        "<span>",
        "</b>",
        "<li class='comment' id='c1'>",
        "<div class='post'>",
        "<a b='",
        "<!--",
        "<script>",
        "<div style='clear: both;'></div> ",
        "<a href=\"x#more\" ",
        "&",
        "</",
        "<p class='a b c d e f g'>",
    };
    enum { BYTES = 4 << 20 };

    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct buf html = {0}, shown = {0};
        struct failure why;
        clock_t start = clock();

        buf_put(&html, STR(BEGIN));
        while (html.len < BYTES)
            buf_put(&html, str_of(parts[i]));
        buf_put(&html, STR("'\">" END));
        read_page(&shown, buf_str(&html), &why);
        assert_true(clock() - start < SECONDS_MAX * CLOCKS_PER_SEC);
        buf_free(&shown);
        buf_free(&html);
    }
}

static bool
count(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)why;
    assert_true(entry->id.len > 0 && entry->author.len > 0 && entry->published.known);
    assert_true(entry->kind == ENTRY_COMMENT || entry->address.len > 0);
    ++*(size_t *)ctx;
    return true;
}

/* Pages that people saved, where they are at hand. */
static void
reads_real_pages(void **state)
{
    static const struct {
        const char *path;
        size_t entries;
    } rows[] = {
        {"../shared/data/es_item_with_comment.html", 2},
        {"../shared/data/fr_label_page.html", 20},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t entries = 0;
        struct webpage_reader reader = {.on_entry = count, .ctx = &entries};
        struct buf html = {0};
        struct blog blog = {0};
        struct failure why;

        if (access(rows[i].path, R_OK) != 0) {
            print_message("skipped: %s is not here\n", rows[i].path);
            skip();
        }
        assert_true(file_read(rows[i].path, WEBPAGE_MAX, &html, &why));
        assert_true(webpage_read(buf_str(&html), &reader, &blog, &why));
        assert_int_equal(entries, rows[i].entries);
        blog_free(&blog);
        buf_free(&html);
    }
}

static void
limits_what_one_page_holds(void **state)
{
    static const struct {
        const char *part;
        size_t count;
        const char *why;
    } rows[] = {
        {"</div></div><div class='post'><div id='post-body-8'>", WEBPAGE_POSTS_MAX,
         "line 1: too many posts in one page"},
        {"</div><li class='comment' id='c1'></li><div>", WEBPAGE_COMMENTS_MAX + 1,
         "line 1: too many comments in one page"},
        {"</div><li class='comment' id='c1'><div>", 100, "line 1: elements nested too deeply"},
        {"</div><a rel='tag' href='/search/label/A'>A</a><div>", WEBPAGE_LABELS_MAX + 1,
         "line 1: too many labels in one page"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf html = {0}, shown = {0};
        struct failure why = {0};

        buf_put(&html, STR(BEGIN));
        for (size_t j = 0; j < rows[i].count; j++)
            buf_put(&html, str_of(rows[i].part));
        buf_put(&html, STR(END));
        assert_false(read_page(&shown, buf_str(&html), &why));
        assert_string_equal(why.text, rows[i].why);
        buf_free(&html);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_pages),
        cmocka_unit_test(refuses_what_is_of_no_use),
        cmocka_unit_test(refuses_any_beginning),
        cmocka_unit_test(ends_when_the_caller_does),
        cmocka_unit_test(keeps_what_is_known_of_the_blog),
        cmocka_unit_test(takes_a_label_that_is_a_post_as_well),
        cmocka_unit_test(knows_html_by_its_beginning),
        cmocka_unit_test(takes_linear_time),
        cmocka_unit_test(reads_real_pages),
        cmocka_unit_test(limits_what_one_page_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
