#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/atom.h"

static void
writes_a_whole_feed(void **state)
{
    struct buf out = {0};

    (void)state;
    atom_begin(&out, &(struct atom_feed){
                         .id = STR("gemini://river.example/"),
                         .title = STR("Notes & <news>"),
                         .subtitle = STR("\"From\" the river"),
                         .language = STR("en"),
                         .author = STR("Amina"),
                         .updated = STR("2018-03-02T12:00:00Z"),
                         .self = STR("gemini://river.example/atom.xml"),
                         .page = STR("gemini://river.example/?a&b"),
                     });
    atom_begin_entry(&out, &(struct atom_entry){
                               .id = STR("gemini://river.example/2018/03/a.gmi"),
                               .title = STR("ন\aদী\t]]>"),
                               .author = STR("Bo"),
                               .language = STR("bn"),
                               .published = STR("2018-03-01T09:30:00+05:45"),
                               .updated = STR("2018-03-02T12:00:00Z"),
                               .page = STR("gemini://river.example/2018/03/a.gmi"),
                               .summary = STR("\xff broken \xed\xa0\x80\xef\xbf\xbf"),
                           });
    atom_category(&out, STR("floods-rain"), STR("Floods & \"rain\""));
    atom_end_entry(&out);
    atom_end(&out);
    assert_string_equal(
        buf_text(&out),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n"
        "<id>gemini://river.example/</id>\n"
        "<title>Notes &amp; &lt;news&gt;</title>\n"
        "<subtitle>&quot;From&quot; the river</subtitle>\n"
        "<updated>2018-03-02T12:00:00Z</updated>\n"
        "<author><name>Amina</name></author>\n"
        "<link rel=\"self\" href=\"gemini://river.example/atom.xml\"/>\n"
        "<link rel=\"alternate\" href=\"gemini://river.example/?a&amp;b\"/>\n"
        "<entry xml:lang=\"bn\">\n"
        "<id>gemini://river.example/2018/03/a.gmi</id>\n"
        "<title>নদী ]]&gt;</title>\n"
        "<published>2018-03-01T09:30:00+05:45</published>\n"
        "<updated>2018-03-02T12:00:00Z</updated>\n"
        "<author><name>Bo</name></author>\n"
        "<link rel=\"alternate\" href=\"gemini://river.example/2018/03/a.gmi\"/>\n"
        "<summary>\xef\xbf\xbd broken \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</summary>\n"
        "<category term=\"floods-rain\" label=\"Floods &amp; &quot;rain&quot;\"/>\n"
        "</entry>\n"
        "</feed>\n");
    buf_free(&out);
}

static void
leaves_out_what_is_not_known(void **state)
{
    struct buf out = {0};

    (void)state;
    atom_begin_entry(&out, &(struct atom_entry){.id = STR("i"), .language = STR("en")});
    atom_end_entry(&out);
    assert_string_equal(buf_text(&out), "<entry xml:lang=\"en\">\n<id>i</id>\n<title></title>\n"
                                        "<published></published>\n<updated></updated>\n"
                                        "<link rel=\"alternate\" href=\"\"/>\n</entry>\n");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_whole_feed),
        cmocka_unit_test(leaves_out_what_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
