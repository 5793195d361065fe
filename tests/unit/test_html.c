/* What the golden pairs in tests/golden/html cannot show: callbacks, contexts, limits and time. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "text/html.h"
#include "text/html_nodes.h"
#include "text/html_url.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum {
    LEVELS = 100000,
    FLOOD = 1 << 20, /* bytes */
    FLOOD_S = 20,    /* far more than linear time takes, far less than quadratic time */
};

static const struct html_context plain = {.base = "https://blog.example/2017/11/post.html",
                                          .bold_headings = true};

static void
check(const char *html, const struct html_context *context, const char *expected)
{
    struct buf out = {0};

    html_to_gemtext(&out, str_of(html), context, NULL);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
note_image(void *ctx, struct str address, struct str full, struct buf *target, struct buf *note)
{
    buf_format(ctx, "%.*s|%.*s\n", (int)address.len, address.ptr, (int)full.len, full.ptr);
    if (!str_starts(address, STR("https://p.example/"))) {
        buf_put(target, STR("/media/1.jpg"));
        buf_put(note, STR("JPEG, 48 kB"));
    }
}

static void
note_link(void *ctx, struct str address, struct buf *target)
{
    buf_format(ctx, "%.*s\n", (int)address.len, address.ptr);
    if (str_starts(address, STR("https://blog.example/")))
        buf_put(target, STR("/ours.gmi"));
}

static void
note_loss(void *ctx, const char *kind, struct str what)
{
    buf_format(ctx, "%s %.*s\n", kind, (int)what.len, what.ptr);
}

static void
asks_where_pictures_are(void **state)
{
    static const struct {
        const char *html, *calls, *expected;
    } rows[] = {
        {"<img src='/a.jpg' alt='A'>", "https://blog.example/a.jpg|\n",
         "=> /media/1.jpg Image: A (JPEG, 48 kB)\n"},
        {"<a href='/b.jpg'><img src='/a.jpg'></a>",
         "https://blog.example/a.jpg|https://blog.example/b.jpg\n",
         "=> /media/1.jpg Image: b (JPEG, 48 kB)\n"
         "=> https://blog.example/b.jpg Original: b\n"},
        {"<figure><a href='/b.jpg'><img src='/a.jpg'></a><figcaption>C</figcaption></figure>",
         "https://blog.example/a.jpg|https://blog.example/b.jpg\n",
         "=> /media/1.jpg Image: C (JPEG, 48 kB)\n"
         "=> https://blog.example/b.jpg Original: C\n"},
        {"<a href='/page'><img src='/a.jpg' alt='A'></a>", "https://blog.example/a.jpg|\n",
         "=> /media/1.jpg Image: A (JPEG, 48 kB)\n"
         "=> https://blog.example/page blog.example/page\n"},
        {"<a href='/b.jpg'><img src='https://p.example/a.jpg' alt='A'></a>",
         "https://p.example/a.jpg|https://blog.example/b.jpg\n",
         "=> https://blog.example/b.jpg Image: A\n"},
        {"<img src='data:image/png;base64,AA' alt='A'>", "data:image/png;base64,AA|\n",
         "=> /media/1.jpg Image: A (JPEG, 48 kB)\n"},
        {"<figure><img src='a.jpg'><figcaption>C</figcaption></figure>",
         "https://blog.example/2017/11/a.jpg|\n", "=> /media/1.jpg Image: C (JPEG, 48 kB)\n"},
        {"<img src='/a.jpg' alt='A'><img src='/a.jpg'>", "https://blog.example/a.jpg|\n",
         "=> /media/1.jpg Image: A (JPEG, 48 kB)\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf calls = {0};
        struct html_context context = plain;

        context.ctx = &calls;
        context.on_image = note_image;
        check(rows[i].html, &context, rows[i].expected);
        assert_string_equal(buf_text(&calls), rows[i].calls);
        buf_free(&calls);
    }
}

/* Once for each link line. */
static void
asks_where_links_lead(void **state)
{
    struct buf calls = {0};
    struct html_context context = plain;

    (void)state;
    context.ctx = &calls;
    context.on_link = note_link;
    check("<p>See <a href='a.html#c1'>ours</a>, <a href='a.html#c1'>ours</a> and "
          "<a href='https://x.example/%41?b&amp;c'>theirs</a>.</p>",
          &context,
          "See ours [1], ours [1] and theirs [2].\n=> /ours.gmi 1: ours\n"
          "=> https://x.example/%41?b&c 2: theirs\n");
    assert_string_equal(buf_text(&calls),
                        "https://blog.example/2017/11/a.html#c1\nhttps://x.example/%41?b&c\n");
    buf_free(&calls);
}

static void
reports_losses(void **state)
{
    static const struct {
        const char *html, *losses;
    } rows[] = {
        {"text", ""},
        {"a<form action='x'>b</form>", "form \n"},
        {"<iframe src='https://x.example/y'></iframe>", "embedded https://x.example/y\n"},
        {"<iframe src='https://youtu.be/y'></iframe>", ""},
        {"a<img src='cid:1'>", "picture cid:1\n"},
        {"<a href='file:///x'>a</a>", "link file:///x\n"},
        {"<a href='javascript:x'>a</a>", ""},
        {"", "text (no text)\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf losses = {0}, out = {0};
        struct html_context context = plain;

        context.ctx = &losses;
        context.on_loss = note_loss;
        html_to_gemtext(&out, str_of(rows[i].html), &context, NULL);
        assert_string_equal(buf_text(&losses), rows[i].losses);
        buf_free(&out);
        buf_free(&losses);
    }
}

static void
works_with_an_empty_context(void **state)
{
    static const struct html_context empty;

    (void)state;
    check("<b>Bold</b>", &empty, "Bold\n");
    check("<a href='x.html'>Only</a>", &empty, "=> x.html Only\n");
    check("<a href='12:30'>Odd</a>", &empty, "=> ./12:30 Odd\n");
    check("<img src='a.jpg'><iframe src='//x.example/'></iframe><form></form>", &empty,
          "=> a.jpg Image: a\n=> https://x.example/ Embedded: x.example\n");
}

static void
finds_the_summary(void **state)
{
    static const struct {
        const char *html;
        size_t len;
    } rows[] = {
        {"One.<a name='more'></a>Two.", sizeof "One.\n" - 1},
        {"One.<a name='more'></a>Two.<a name='more'></a>Three.", sizeof "One.\n" - 1},
        {"<a name='more'></a>Two.", 0},
        {"One.<a name='more'></a>", sizeof "One.\n" - 1},
        {"One. <a name='less'></a>Two.", 0},
        {"<blockquote>One.<a name='more'></a></blockquote>Two.", sizeof "> One.\n" - 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct html_result result;
        struct buf out = {0};

        buf_put(&out, STR("# Title\n"));
        html_to_gemtext(&out, str_of(rows[i].html), &plain, &result);
        assert_int_equal(result.summary_len, rows[i].len);
        assert_int_equal(result.has_summary, rows[i].len > 0);
        buf_free(&out);
    }
}

static void
survives_bytes_that_are_no_text(void **state)
{
    static const char nul[] = "a\0b<b\0>c</b>\0";
    struct buf out = {0};

    (void)state;
    html_to_gemtext(&out, (struct str){nul, sizeof nul - 1}, &plain, NULL);
    assert_string_equal(buf_text(&out), "abc\n");
    buf_free(&out);
    check("a\xff"
          "b caf\xc3\xa9 \xe2\x82 \xed\xa0\x80 x",
          &plain,
          "a\xef\xbf\xbd"
          "b caf\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd x\n");
    check("\x01\x1b[31m\xc2\x93q\xc2\x94\x7f", &plain, "[31m\xe2\x80\x9cq\xe2\x80\x9d\n");
    check("<meta charset='windows-1252'>caf\xc3\xa9", &plain, "caf\xc3\xa9\n");
}

/* Every text between the tags of so many levels is there, whatever the levels are. */
static void
loses_no_text_in_the_depth(void **state)
{
    static const char *const names[] = {"div", "b",   "font", "blockquote", "ul",     "li", "table",
                                        "td",  "pre", "h2",   "a href=x",   "figure", "p",  "sup"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf html = {0}, out = {0};
        struct str name = str_of(names[i]);
        size_t found = 0;

        for (size_t level = 0; level < LEVELS; level++)
            buf_format(&html, "<%s>W", names[i]);
        name = str_cut(&name, ' ');
        for (size_t level = 0; level < LEVELS; level++)
            buf_format(&html, "</%.*s>W", (int)name.len, name.ptr);
        html_to_gemtext(&out, buf_str(&html), &plain, NULL);
        for (size_t at = 0; at < out.len; at++)
            found += out.ptr[at] == 'W';
        assert_true(found >= 2 * (size_t)LEVELS);
        buf_free(&html);
        buf_free(&out);
    }
}

static void
takes_linear_time(void **state)
{
    static const struct {
        const char *first, *repeated;
    } rows[] = {
        {"", "<"},
        {"", "<a "},
        {"", "<a b=\""},
        {"", "<!--"},
        {"", "<script>"},
        {"", "&"},
        {"", "&#"},
        {"<a", " x y=1"},
        {"<div>", "<div></b>"},
        {"<b>", "<i></b>"},
        {"", "<table><tr><td>"},
        {"", "<figure><img src=a>"},
        {"", "<ul><li>a"},
        {"", "<sup>1"},
        {"", "<h2>a"},
        {"", "<a href=x>here</a>"},
        {"<blockquote>", "<p>a"},
        {"<table>", "<tr><td rowspan=1000 colspan=1000>a<td>b"},
        {"\xe2\x80\xaa", "\xe2\x80\xaa\xe2\x81\xa9"},
        {"<video>", "<source src=x>"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf html = {0}, out = {0};
        clock_t start = clock();

        buf_put(&html, str_of(rows[i].first));
        while (html.len < FLOOD)
            buf_put(&html, str_of(rows[i].repeated));
        html_to_gemtext(&out, buf_str(&html), &plain, NULL);
        assert_true((clock() - start) / CLOCKS_PER_SEC < FLOOD_S);
        buf_free(&html);
        buf_free(&out);
    }
}

/* More than libxml2 takes in one piece, and more than we take at all. */
static void
reads_long_texts(void **state)
{
    struct buf html = {0}, out = {0}, losses = {0};
    struct html_context context = plain;

    (void)state;
    context.ctx = &losses;
    context.on_loss = note_loss;
    memset(buf_room(&html, HTML_MAX), 'a', HTML_MAX);
    html.len = HTML_MAX;
    html_to_gemtext(&out, buf_str(&html), &context, NULL);
    assert_int_equal(out.len, HTML_MAX + 1);
    assert_int_equal(losses.len, 0);
    buf_truncate(&out, 0);
    buf_put(&html, STR("<p>cut</p>"));
    html_to_gemtext(&out, buf_str(&html), &context, NULL);
    assert_int_equal(out.len, HTML_MAX + 1);
    assert_true(str_starts(buf_str(&losses), STR("text ")));
    buf_free(&html);
    buf_free(&out);
    buf_free(&losses);
}

static void
cleans_addresses(void **state)
{
    static const struct {
        const char *base, *reference;
        enum html_url kind;
        const char *address;
    } rows[] = {
        {"https://b.example/2017/x.html", "y.html", HTML_URL_LINK, "https://b.example/2017/y.html"},
        {"https://b.example/2017/x.html", "/p/a", HTML_URL_LINK, "https://b.example/p/a"},
        {"https://b.example/2017/x.html", "?m=1", HTML_URL_LINK,
         "https://b.example/2017/x.html?m=1"},
        {"http://b.example/", "//c.example/a", HTML_URL_LINK, "https://c.example/a"},
        {"", " https://c.example/a b\n ", HTML_URL_LINK, "https://c.example/a%20b"},
        {"", "https://c.exam\nple/\ta", HTML_URL_LINK, "https://c.example/a"},
        {"", "https://c.example/%zz\"<>", HTML_URL_LINK, "https://c.example/%25zz%22%3C%3E"},
        {"", "HTTPS://c.example/", HTML_URL_LINK, "HTTPS://c.example/"},
        {"", "mailto:a@b.example", HTML_URL_LINK, "mailto:a@b.example"},
        {"", "gemini://c.example/", HTML_URL_LINK, "gemini://c.example/"},
        {"", "http://www.google.com/url?sa=t&url=http%3A%2F%2Fd.example%2F", HTML_URL_LINK,
         "http://d.example/"},
        {"", "https://www.google.com/url?q=javascript:x", HTML_URL_LINK,
         "https://www.google.com/url?q=javascript:x"},
        {"", "https://www.google.com/search?q=http://d.example/", HTML_URL_LINK,
         "https://www.google.com/search?q=http://d.example/"},
        {"https://b.example/", "", HTML_URL_NONE, ""},
        {"https://b.example/", " \n", HTML_URL_NONE, ""},
        {"https://b.example/", "#c1", HTML_URL_NONE, ""},
        {"https://b.example/", "http://", HTML_URL_NONE, ""},
        {"https://b.example/", "javascript:x", HTML_URL_REFUSED, ""},
        {"https://b.example/", " java\nscript:x", HTML_URL_REFUSED, ""},
        {"https://b.example/", "vbscript:x", HTML_URL_REFUSED, ""},
        {"https://b.example/", "data:image/gif;base64,R0\nlG", HTML_URL_INSIDE,
         "data:image/gif;base64,R0lG"},
        {"https://b.example/", "file:///etc/passwd", HTML_URL_INSIDE, "file:///etc/passwd"},
        {"https://b.example/", "C:\\a.jpg", HTML_URL_INSIDE, "C:\\a.jpg"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf address = {0};

        assert_int_equal(html_url_clean(&address, str_of(rows[i].base), str_of(rows[i].reference)),
                         rows[i].kind);
        assert_string_equal(buf_text(&address), rows[i].address);
        buf_free(&address);
    }
}

static void
finds_videos(void **state)
{
    static const struct {
        const char *address, *page, *host;
    } rows[] = {
        {"https://www.youtube.com/embed/aB-_1?x", "https://www.youtube.com/watch?v=aB-_1",
         "YouTube"},
        {"http://youtube.com/v/aB&hl=en", "https://www.youtube.com/watch?v=aB", "YouTube"},
        {"https://www.youtube-nocookie.com/embed/a", "https://www.youtube.com/watch?v=a",
         "YouTube"},
        {"https://youtu.be/a", "https://www.youtube.com/watch?v=a", "YouTube"},
        {"https://www.youtube.com/embed/videoseries?list=L",
         "https://www.youtube.com/embed/videoseries?list=L", "YouTube"},
        {"https://www.youtube.com/embed/", "https://www.youtube.com/embed/", "YouTube"},
        {"https://player.vimeo.com/video/12?x", "https://vimeo.com/12", "Vimeo"},
        {"https://www.dailymotion.com/embed/video/x1", "https://www.dailymotion.com/video/x1",
         "Dailymotion"},
        {"https://www.blogger.com/video.g?token=T", "https://www.blogger.com/video.g?token=T",
         "Blogger"},
        {"https://www.youtube.com/about", "", NULL},
        {"https://x.example/embed/a", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf page = {0};
        const char *host = NULL;

        assert_int_equal(html_url_video(&page, str_of(rows[i].address), &host),
                         rows[i].host != NULL);
        assert_string_equal(buf_text(&page), rows[i].page);
        if (rows[i].host)
            assert_string_equal(host, rows[i].host);
        buf_free(&page);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_where_pictures_are),
        cmocka_unit_test(asks_where_links_lead),
        cmocka_unit_test(reports_losses),
        cmocka_unit_test(works_with_an_empty_context),
        cmocka_unit_test(finds_the_summary),
        cmocka_unit_test(survives_bytes_that_are_no_text),
        cmocka_unit_test(loses_no_text_in_the_depth),
        cmocka_unit_test(takes_linear_time),
        cmocka_unit_test(reads_long_texts),
        cmocka_unit_test(cleans_addresses),
        cmocka_unit_test(finds_videos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
