#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "import/jsonld.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
reads_postings(void **state)
{
    static const struct {
        const char *json, *told; /* headline|published|modified|author|address; NULL: nothing */
    } rows[] = {
        {"{\"@type\":\"BlogPosting\",\"headline\":\"H\",\"datePublished\":\"P\","
         "\"dateModified\":\"M\",\"author\":{\"name\":\"A\"},\"mainEntityOfPage\":{\"@id\":\"U\"}}",
         "H|P|M|A|U"},
        {"[{\"@type\":\"WebSite\"},{\"@type\":[\"Thing\",\"NewsArticle\"],\"author\":[\"A\"],"
         "\"url\":\"U\"}]",
         "|||A|U"},
        {" {\"@graph\":[{\"@type\":\"Article\",\"headline\":7,\"author\":null}]} ", "||||"},
        {"{\"@type\":\"Article\",\"headline\":\"a\nb\"}", "a\nb||||"},
        {"{\"@type\":\"WebSite\",\"headline\":\"H\"}", NULL},
        {"{\"@graph\":{\"@type\":\"Article\"}}", NULL},
        {"{\"@type\":\"Article\",", NULL},
        {"{ broken", NULL},
        {"\"Article\"", NULL},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]", NULL},
        {"null", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jsonld posting;
        struct buf told = {0};

        assert_int_equal(jsonld_read(&posting, str_of(rows[i].json)), rows[i].told != NULL);
        buf_format(&told, "%s|%s|%s|%s|%s", buf_text(&posting.headline),
                   buf_text(&posting.published), buf_text(&posting.modified),
                   buf_text(&posting.author), buf_text(&posting.address));
        assert_string_equal(buf_text(&told), rows[i].told ? rows[i].told : "||||");
        buf_free(&told);
        jsonld_free(&posting);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_postings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
