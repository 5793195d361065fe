#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include "site/media.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
test_names(void **state)
{
    static const struct {
        const char *path, *type;
    } names[] = {
        {"index.gmi", "text/gemini"},
        {"/2017/12/a.b.GMI", "text/gemini"},
        {"a.gemini", "text/gemini"},
        {"notes.TXT", "text/plain"},
        {"read.md", "text/markdown"},
        {"book.gpub", "application/gpub+zip"},
        {"feed.atom", "application/atom+xml"},
        {"atom.xml", "application/atom+xml"},
        {"/label/a/atom.xml", "application/atom+xml"},
        {"anatom.xml", "text/xml"},
        {"a.jpeg", "image/jpeg"},
        {"a.svg", "image/svg+xml"},
        {"a.opus", "audio/ogg"},
        {"a.tar.gz", "application/gzip"},
        {".gmi", "text/gemini"},
        {"gmi", NULL},
        {"a.gmi/b", NULL},
        {"a.", NULL},
        {"a.unheard", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *type = media_of_name(str_of(names[i].path));

        if (names[i].type)
            assert_string_equal(type, names[i].type);
        else
            assert_null(type);
    }
}

static void
test_bytes(void **state)
{
    static const struct {
        struct str bytes;
        const char *type;
    } files[] = {
        {{"", 0}, "text/plain"},
        {{"Plain words, one after the other.\n", 34}, "text/plain"},
        {{"Caf\xc3\xa9 et th\xc3\xa9.\n", 15}, "text/plain"},
        {{"Caf\xe9 et th\xe9.\n", 13}, "text/plain; charset=iso-8859-1"},
        {{"\x93Plain words\x94 \x96 and quotes.\n", 28}, "text/plain; charset=windows-1252"},
        {{"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0", 29}, "image/png"},
        {{"%PDF-1.4\n", 9}, "application/pdf"},
        {{"\0\1\2\3\4\5\6\7\0\1\2\3", 12}, "application/octet-stream"},
    };
    struct failure why;
    struct media_sniffer *sniffer = media_sniffer_open(&why);

    (void)state;
    assert_non_null(sniffer);
    for (size_t i = 0; i < COUNT(files); i++)
        assert_string_equal(media_of_bytes(sniffer, files[i].bytes, &why), files[i].type);
    media_sniffer_close(sniffer);
    media_sniffer_close(NULL);
}

static void
test_kinds(void **state)
{
    (void)state;
    assert_true(media_is_gemtext(STR("text/gemini")));
    assert_true(media_is_gemtext(STR("Text/Gemini ; lang=nl")));
    assert_false(media_is_gemtext(STR("text/gemini2")));
    assert_false(media_is_gemtext(STR("text/plain")));
    assert_true(media_is_text(STR("text/gemini")));
    assert_true(media_is_text(STR("text/plain; charset=iso-8859-1")));
    assert_false(media_is_text(STR("image/png")));
    assert_false(media_is_text(STR("text")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
