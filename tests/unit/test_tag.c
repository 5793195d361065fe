#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "import/tag.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Texts in brackets, start tags with their attributes and content, end tags. */
static void
show(struct buf *out, const struct tag *tag)
{
    if (tag->kind == TAG_TEXT) {
        buf_format(out, "[%.*s]", (int)tag->source.len, tag->source.ptr);
        return;
    }
    buf_format(out, "%s%.*s", tag->kind == TAG_END ? "</" : "<", (int)tag->name.len, tag->name.ptr);
    for (size_t i = 0; i < tag->attribute_count; i++)
        buf_format(out, " %.*s=%.*s", (int)tag->attributes[i].name.len, tag->attributes[i].name.ptr,
                   (int)tag->attributes[i].value.len, tag->attributes[i].value.ptr);
    buf_format(out, ">%.*s", (int)tag->content.len, tag->content.ptr ? tag->content.ptr : "");
}

static void
cuts_tags(void **state)
{
    static const struct {
        const char *html, *shown;
    } rows[] = {
        {"a<b c=\"d>e\" f='\"' g=h/i J>k</b >", "[a]<b c=d>e f=\" g=h/i J=>[k]</b>"},
        {"<br/><br />", "<br><br>"},
        {"1 < 2 & <3 <<b>", "[1 < 2 & <3 <]<b>"},
        {"<!DOCTYPE html>a<!-- <b> -->c<!-->d<?xml x?>e</>f</ g>h", "[a][c][d][e][f][h]"},
        {"<!-- open <b>c", "[c]"},
        {"<script a=b>if (a<b) '</div>'</SCRIPT >c", "<script a=b>if (a<b) '</div>'[c]"},
        {"<style>never closed <b>", "<style>never closed <b>"},
        {"<title>a <b></title>", "<title>a <b>"},
        {"<a =b c==d e = f>", "<a =b= c==d e=f>"},
        {"<a b='never closed>c", "<a b=>[c]"},
        {"a<b c", "[a]"},
        {"a</b", "[a]"},
        {"a<", "[a<]"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tag_reader reader = {.rest = str_of(rows[i].html)};
        struct tag tag;
        struct buf shown = {0};

        while (tag_next(&reader, &tag))
            show(&shown, &tag);
        assert_string_equal(buf_text(&shown), rows[i].shown);
        buf_free(&shown);
    }
}

static void
finds_attributes(void **state)
{
    struct tag_reader reader = {.rest = STR("<a CLASS=' post\thentry\n' class=x id=''>")};
    struct tag tag;

    (void)state;
    assert_true(tag_next(&reader, &tag));
    assert_true(tag_is(&tag, "A"));
    assert_true(tag_lists(&tag, "class", STR("post")));
    assert_true(tag_lists(&tag, "class", STR("hentry")));
    assert_false(tag_lists(&tag, "class", STR("pos")));
    assert_false(tag_lists(&tag, "class", STR("x")));
    assert_false(tag_lists(&tag, "rel", STR("x")));
    assert_non_null(tag_attribute(&tag, "id").ptr);
    assert_null(tag_attribute(&tag, "href").ptr);
}

static void
decodes_text(void **state)
{
    static const struct {
        const char *html, *text;
    } rows[] = {
        {" a \n\t b&nbsp; c ", "a b c"},
        {"a<br>b<i>c</i><script>x</script>", "a bc"},
        {"&lt;b&gt; &amp;amp; &eacute; &thetasym;", "<b> &amp; é ϑ"},
        {"&#233; &#xE9; &#X2019;", "é é ’"},
        {"&#0; &#xD800; &#x110000; &#99999999; &#x;", "\ufffd \ufffd \ufffd &#99999999; \ufffd"},
        {"AT&T; a & b &unknown; &", "AT&T; a & b &unknown; &"},
        {"a\x01"
         "b&#7;c\xef\xbb\xbf",
         "abc"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0};

        tag_put_text(&text, str_of(rows[i].html));
        assert_string_equal(buf_text(&text), rows[i].text);
        buf_free(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_tags),
        cmocka_unit_test(finds_attributes),
        cmocka_unit_test(decodes_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
