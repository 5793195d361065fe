#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "import/blogger.h"
#include "../entries.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FOLDER       "tests/fixtures/blogger/"
#define FEED         "<feed xmlns='http://www.w3.org/2005/Atom'><id>tag:blogger.com,1999:blog-1</id>"
#define ENTRY        "<entry><id>tag:blogger.com,1999:blog-1.post-2</id>"

enum { FIXTURE_MAX = 1 << 20 };

static bool
show(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)why;
    entries_show(ctx, entry);
    return true;
}

/* Reads the text as a file, into a blog that may know something. */
static bool
read_text(struct str text, struct blog *blog, struct buf *shown, struct failure *why)
{
    struct blogger_reader reader = {.on_entry = show, .ctx = shown};
    FILE *file = tmpfile();
    bool done;

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr ? text.ptr : "", 1, text.len, file), text.len);
    rewind(file);
    done = blogger_read(fileno(file), &reader, blog, why);
    fclose(file);
    return done;
}

/* Each file of the folder is read as the text beside it says. */
static void
reads_files(void **state)
{
    static const char *const names[] = {"legacy", "takeout", "feed", "comments", "pages"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf xml = {0}, expected = {0}, shown = {0};
        char path[sizeof FOLDER + 32];
        struct blog blog = {0};
        struct failure why = {0};

        snprintf(path, sizeof path, FOLDER "%s.xml", names[i]);
        assert_true(file_read(path, FIXTURE_MAX, &xml, &why));
        snprintf(path, sizeof path, FOLDER "%s.txt", names[i]);
        assert_true(file_read(path, FIXTURE_MAX, &expected, &why));
        assert_true(blogger_is_xml(buf_str(&xml)));
        if (!read_text(buf_str(&xml), &blog, &shown, &why))
            fail_msg("%s: %s", path, why.text);
        entries_show_blog(&shown, &blog);
        assert_string_equal(buf_text(&shown), buf_text(&expected));
        blog_free(&blog);
        buf_free(&shown);
        buf_free(&expected);
        buf_free(&xml);
    }
}

/* Nothing of a setting that is not on the list is anywhere in what is delivered. */
static void
keeps_no_secret(void **state)
{
    struct buf xml = {0}, shown = {0};
    struct blog blog = {0};
    struct failure why;

    (void)state;
    assert_true(file_read(FOLDER "legacy.xml", FIXTURE_MAX, &xml, &why));
    assert_true(read_text(buf_str(&xml), &blog, &shown, &why));
    entries_show_blog(&shown, &blog);
    assert_null(strstr(buf_text(&shown), "secret"));
    assert_null(strstr(buf_text(&shown), "noreply"));
    blog_free(&blog);
    buf_free(&shown);
    buf_free(&xml);
}

static void
refuses_what_is_bad(void **state)
{
    static const struct {
        const char *xml, *why; /* the beginning of what is said */
    } rows[] = {
        {"", "the file is empty"},
        {"plain text", "line 1: not well-formed XML: "},
        {"<html></html>", "line 1: not an Atom feed"},
        {"<feed></feed>", "line 1: not an Atom feed"},
        {"<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "not from Blogger"},
        {"<feed xmlns='http://www.w3.org/2005/Atom'>\n<entry><id>urn:x</id></entry></feed>",
         "line 2: not from Blogger"},
        {FEED "\n<entry></entry></feed>", "line 2: entry without an id"},
        {FEED "\n\n" ENTRY, "line 3: not well-formed XML: "},
        {FEED "\n<<<<<<< HEAD\n</feed>", "line 2: not well-formed XML: "},
        {FEED "</feed>more", "line 1: not well-formed XML: "},
        {"<!DOCTYPE feed>\n" FEED "</feed>", "line 1: a DOCTYPE is not accepted"},
        {"<!DOCTYPE feed SYSTEM 'file:///etc/passwd'>\n" FEED "</feed>",
         "line 1: a DOCTYPE is not accepted"},
        {"<?xml version='1.0'?>\n<!DOCTYPE feed [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]>" FEED
         "&c;</feed>",
         "line 2: a DOCTYPE is not accepted"},
        {FEED "&undeclared;</feed>", "line 1: not well-formed XML: "},
        {"<?xml version='1.0' encoding='windows-1251'?>" FEED "</feed>",
         "line 1: an encoding other than UTF-8, UTF-16 or ISO-8859-1"},
        {"<?xml version='1.0' encoding='x-nothing'?>" FEED "</feed>", "line 1: "},
        {FEED "<title>\xff</title></feed>", "line 1: not well-formed XML: "},
        {FEED "<title>\x01</title></feed>", "line 1: not well-formed XML: "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf shown = {0};
        struct blog blog = {0};
        struct failure why = {0};

        if (read_text(str_of(rows[i].xml), &blog, &shown, &why))
            fail_msg("accepted: %s", rows[i].xml);
        if (!str_starts(str_of(why.text), str_of(rows[i].why)))
            fail_msg("%s: %s", rows[i].xml, why.text);
        assert_int_equal(shown.len, 0);
        blog_free(&blog);
    }
}

/* A file that is cut off anywhere is refused with the line. */
static void
refuses_any_beginning(void **state)
{
    static const char *const names[] = {FOLDER "legacy.xml", FOLDER "takeout.xml"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf xml = {0};
        struct failure why;

        assert_true(file_read(names[i], FIXTURE_MAX, &xml, &why));
        for (size_t len = 1; len + sizeof "</feed>" <= xml.len; len++) {
            struct buf shown = {0};
            struct blog blog = {0};

            why.text[0] = '\0';
            if (read_text(str_head(buf_str(&xml), len), &blog, &shown, &why))
                fail_msg("%s: %zu bytes are taken for a feed", names[i], len);
            assert_true(str_starts(str_of(why.text), STR("line ")));
            blog_free(&blog);
            buf_free(&shown);
        }
        buf_free(&xml);
    }
}

static void
repeat(struct buf *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_put(out, str_of(text));
}

static void
refuses_what_is_too_much(void **state)
{
    static const struct {
        const char *begin, *part;
        size_t count;
        const char *why;
    } rows[] = {
        {FEED ENTRY "<content type='xhtml'>", "<b>", 300, "line 1: "},
        {FEED ENTRY "<content type='html'>", "0123456789abcde\n", (10 << 20) / 16, "line "},
        {FEED ENTRY "<content type='html' x='", "0123456789abcdef", 4 << 20, "line "},
        {FEED ENTRY "<", "0123456789abcdef", 1 << 20, "line "},
        {FEED ENTRY, "<category scheme='http://www.blogger.com/atom/ns#' term='a'/>",
         BLOGGER_LABELS_MAX + 1, "line 1: a post with too many labels"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf xml = {0}, shown = {0};
        struct blog blog = {0};
        struct failure why = {0};

        buf_put(&xml, str_of(rows[i].begin));
        repeat(&xml, rows[i].part, rows[i].count);
        assert_false(read_text(buf_str(&xml), &blog, &shown, &why));
        if (!str_starts(str_of(why.text), str_of(rows[i].why)))
            fail_msg("row %zu: %s", i, why.text);
        assert_int_equal(shown.len, 0);
        blog_free(&blog);
        buf_free(&xml);
    }
}

/* The same text in UTF-16, of either order of bytes, with its mark. */
static void
put_utf16(struct buf *out, struct str text, bool is_big)
{
    buf_put(out, is_big ? STR("\xfe\xff") : STR("\xff\xfe"));
    for (size_t i = 0; i < text.len; i++) {
        if (is_big)
            buf_byte(out, '\0');
        buf_byte(out, text.ptr[i]);
        if (!is_big)
            buf_byte(out, '\0');
    }
}

static void
reads_other_encodings(void **state)
{
    static const struct str xml = {FEED ENTRY "<title>tide</title></entry></feed>",
                                   sizeof FEED ENTRY "<title>tide</title></entry></feed>" - 1};
    static const struct str latin = {"<?xml version='1.0' encoding='iso-8859-1'?>" FEED ENTRY
                                     "<title>mar\xe9"
                                     "e</title></entry></feed>",
                                     sizeof "<?xml version='1.0' encoding='iso-8859-1'?>" FEED ENTRY
                                            "<title>mar?e</title></entry></feed>" -
                                         1};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct buf bytes = {0}, shown = {0};
        struct blog blog = {0};
        struct failure why;

        if (i == 2)
            buf_put(&bytes, latin);
        else
            put_utf16(&bytes, xml, i == 1);
        assert_true(blogger_is_xml(buf_str(&bytes)));
        assert_true(read_text(buf_str(&bytes), &blog, &shown, &why));
        assert_non_null(strstr(buf_text(&shown), i == 2 ? "title: marée\n" : "title: tide\n"));
        blog_free(&blog);
        buf_free(&shown);
        buf_free(&bytes);
    }
}

/* Parts of a feed go into the same blog: what is of one part only does not stay. */
static void
reads_parts_one_after_the_other(void **state)
{
    struct buf shown = {0};
    struct blog blog = {0};
    struct failure why;

    (void)state;
    assert_true(read_text(STR(FEED "<link rel='next' href='http://x/2'/><title>T</title></feed>"),
                          &blog, &shown, &why));
    assert_string_equal(buf_text(&blog.next), "http://x/2");
    assert_true(read_text(STR(FEED "<title>Other</title></feed>"), &blog, &shown, &why));
    assert_string_equal(buf_text(&blog.next), "");
    assert_string_equal(buf_text(&blog.title), "T");
    assert_string_equal(buf_text(&blog.id), "tag:blogger.com,1999:blog-1");
    blog_free(&blog);
    buf_free(&shown);
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
    struct blogger_reader reader = {.on_entry = refuse, .ctx = &calls};
    FILE *file = tmpfile();
    struct blog blog = {0};
    struct failure why;

    (void)state;
    assert_true(fputs(FEED ENTRY "</entry>" ENTRY "</entry></feed>", file) >= 0);
    rewind(file);
    assert_false(blogger_read(fileno(file), &reader, &blog, &why));
    assert_string_equal(why.text, "enough");
    assert_int_equal(calls, 1);
    fclose(file);
    blog_free(&blog);
}

static void
says_that_it_cannot_read(void **state)
{
    struct blogger_reader reader = {.on_entry = show};
    struct blog blog = {0};
    struct failure why;

    (void)state;
    assert_false(blogger_read(-1, &reader, &blog, &why));
    assert_true(str_starts(str_of(why.text), STR("cannot read: ")));
}

static void
knows_xml_by_its_beginning(void **state)
{
    static const struct {
        struct str head;
        bool is_xml;
    } rows[] = {
        {{"<?xml version='1.0'?>", 21}, true},
        {{"\xef\xbb\xbf\n<feed>", 10}, true},
        {{"\xff\xfe<\0", 4}, true},
        {{"\xfe\xff\0<", 4}, true},
        {{"<!DOCTYPE html>", 15}, false},
        {{"About this site", 15}, false},
        {{"", 0}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(blogger_is_xml(rows[i].head), rows[i].is_xml);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files),
        cmocka_unit_test(keeps_no_secret),
        cmocka_unit_test(refuses_what_is_bad),
        cmocka_unit_test(refuses_any_beginning),
        cmocka_unit_test(refuses_what_is_too_much),
        cmocka_unit_test(reads_other_encodings),
        cmocka_unit_test(reads_parts_one_after_the_other),
        cmocka_unit_test(ends_when_the_caller_does),
        cmocka_unit_test(says_that_it_cannot_read),
        cmocka_unit_test(knows_xml_by_its_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
