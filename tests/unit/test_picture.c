#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/picture.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define HOST  "https://1.bp.blogspot.com/-a/b/c/d/"
#define IMG   "https://blogger.googleusercontent.com/img/b/R29vZ2xl/AVvX/"
#define TOKEN "https://blogger.googleusercontent.com/img/a/AVvX"

static void
finds_the_key(void **state)
{
    static const struct {
        const char *address, *key;
    } rows[] = {
        {HOST "s320/x.jpg", "bp.blogspot.com/-a/b/c/d//x.jpg"},
        {"//4.bp.blogspot.com/-a/b/c/d/s1600-h/x.jpg", "bp.blogspot.com/-a/b/c/d//x.jpg"},
        {"http://bp.blogspot.com/-a/b/c/d/w640-h480-c/x.jpg", "bp.blogspot.com/-a/b/c/d//x.jpg"},
        {HOST "x.jpg", "bp.blogspot.com/-a/b/c/d/x.jpg"},
        {"https://lh3.googleusercontent.com/-a/b/s640-rw/x.png",
         "googleusercontent.com/-a/b//x.png"},
        {"http://lh6.ggpht.com/-a/b/s72-c/x.png", "ggpht.com/-a/b//x.png"},
        {"http://bp3.blogger.com/_a/b/c/s200-h/x.png", "blogger.com/_a/b/c//x.png"},
        {"http://bp.blogspot.com/a/b/c/d/s200/x.png", "bp.blogspot.com/a/b/c/d//x.png"},
        {IMG "s400/x.jpg", "blogger.googleusercontent.com/img/b/R29vZ2xl/AVvX//x.jpg"},
        {TOKEN "=s1600", "blogger.googleusercontent.com/img/a/AVvX="},
        {TOKEN "=w100-h50", "blogger.googleusercontent.com/img/a/AVvX="},
        {"https://x.example/s320/x.jpg?y#z", "x.example/s320/x.jpg?y#z"},
        {"http://x.example/s320/x.jpg", "x.example/s320/x.jpg"},
        {"data:image/png;base64,AA//", "data:image/png;base64,AA//"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf key = {0};

        picture_key(&key, str_of(rows[i].address));
        assert_string_equal(buf_text(&key), rows[i].key);
        buf_free(&key);
    }
}

static void
asks_for_a_size(void **state)
{
    static const struct {
        const char *address;
        unsigned pixels;
        const char *sized;
    } rows[] = {
        {HOST "s1600/x.jpg", 800, HOST "s800/x.jpg"},
        {HOST "s72-c/x.jpg", 800, HOST "s800/x.jpg"},
        {HOST "w200-h100-no/x.jpg", 800, HOST "s800/x.jpg"},
        {HOST "s320/x.jpg", PICTURE_ORIGINAL, HOST "s0/x.jpg"},
        {HOST "s320/s200.jpg?imgmax=800", 640, HOST "s640/s200.jpg?imgmax=800"},
        {HOST "x.jpg", 800, HOST "x.jpg"},
        {HOST "sale/x.jpg", 800, HOST "sale/x.jpg"},
        {HOST "s32000000/x.jpg", 800, HOST "s32000000/x.jpg"},
        {HOST "s320-/x.jpg", 800, HOST "s800/x.jpg"},
        {HOST "s320-c-abcde/x.jpg", 800, HOST "s320-c-abcde/x.jpg"},
        {TOKEN "=s1600", 800, TOKEN "=s800"},
        {TOKEN "=w640-h480", 800, TOKEN "=s800"},
        {TOKEN "=abc", 800, TOKEN "=abc"},
        {TOKEN, 800, TOKEN},
        {"//2.bp.blogspot.com/a/s9/x", 800, "//2.bp.blogspot.com/a/s800/x"},
        {"https://x.example/s320/x.jpg", 800, "https://x.example/s320/x.jpg"},
        {"https://evil.example/?https://1.bp.blogspot.com/s1/x", 8,
         "https://evil.example/?https://1.bp.blogspot.com/s1/x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf sized = {0};

        picture_sized(&sized, str_of(rows[i].address), rows[i].pixels);
        assert_string_equal(buf_text(&sized), rows[i].sized);
        buf_free(&sized);
    }
}

static void
leaves_the_viewer_page(void **state)
{
    static const struct {
        const char *address, *file;
    } rows[] = {
        {HOST "s1600-h/x.jpg", HOST "s1600/x.jpg"},
        {HOST "s1600/x.jpg", HOST "s1600/x.jpg"},
        {HOST "s320-c-h/x.jpg", HOST "s320/x.jpg"},
        {"https://x.example/s1600-h/x.jpg", "https://x.example/s1600-h/x.jpg"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf file = {0};

        picture_file(&file, str_of(rows[i].address));
        assert_string_equal(buf_text(&file), rows[i].file);
        buf_free(&file);
    }
}

static void
tells_pictures_from_pages(void **state)
{
    static const struct {
        const char *address;
        bool is_picture, is_blogger;
    } rows[] = {
        {HOST "s1600/x.jpg", true, true},
        {TOKEN "=s1600", true, true},
        {"https://x.example/a.JPEG?b", true, false},
        {"https://x.example/a.webp", true, false},
        {"https://x.example/a.jpg.html", false, false},
        {"https://x.example/.jpg", true, false},
        {"https://x.example/?a.jpg", false, false},
        {"https://fakebp.blogspot.com/x", false, false},
        {"https://blog.blogspot.com/2017/11/x.html", false, false},
        {"https://bp.blogspot.com", false, false},
        {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(picture_is_picture(str_of(rows[i].address)), rows[i].is_picture);
        assert_int_equal(picture_is_blogger(str_of(rows[i].address)), rows[i].is_blogger);
    }
}

static void
says_file_names_in_words(void **state)
{
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"red_flag-2.jpg", "red flag 2"},
        {"a+b.PNG", "a b"},
        {"no ending", "no ending"},
        {"12345.jpg", ""},
        {".jpg", ".jpg"},
        {"___.gif", ""},
        {"0123456789abcdef0123456789abcdef01234567.jpg", ""},
        {"0123456789abcdef0123456789abcdef0123456-7.jpg",
         "0123456789abcdef0123456789abcdef0123456 7"},
        {"\xe0\xa6\xac.jpg", "\xe0\xa6\xac"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf words = {0};

        picture_words(&words, str_of(rows[i].name));
        assert_string_equal(buf_text(&words), rows[i].words);
        buf_free(&words);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_key),
        cmocka_unit_test(asks_for_a_size),
        cmocka_unit_test(leaves_the_viewer_page),
        cmocka_unit_test(tells_pictures_from_pages),
        cmocka_unit_test(says_file_names_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
