#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/slug.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct slug_row {
    const char *text, *slug;
};

static void
check_rows(void (*put)(struct buf *, struct str), const struct slug_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};

        buf_put(&out, STR("/"));
        put(&out, str_of(rows[i].text));
        assert_string_equal(buf_text(&out) + 1, rows[i].slug);
        buf_free(&out);
    }
}

static void
names_posts(void **state)
{
    static const struct slug_row rows[] = {
        {"A simple title", "a-simple-title"},
        {"The road to the river", "the-road-to-river"},
        {"What a day for an idea", "what-day-for-idea"},
        {"Women’s and children's rights", "womens-and-childrens-rights"},
        {"Women´s day", "womens-day"},
        {"25.000 people on 15.05", "25000-people-on-1505"},
        {"New/Updated: “quoted” #tag!", "newupdated-quoted-tag"},
        {"well-being  --  and\tmore", "well-being-and-more"},
        {"no\xc2\xa0"
         "break",
         "no-break"},
        {"Café São Tomé İzmir", "cafe-sao-tome-izmir"},
        {"Łódź", "odz"},
        {"ｆｕｌｌ ﬁne 2²", "full-fine-22"},
        {"one – two", "one-two"},
        {"зима winter", "winter"},
        {"bad\xff"
         "byte",
         "badbyte"},
        {"", "post"},
        {"?!…", "post"},
        {"the", "the"},
        {"ភាសាខ្មែរ", "post"},
        /* 39 bytes fit, the 40th does not, and then nothing more is taken */
        {"123456789 123456789 123456789 123456789", "123456789-123456789-123456789-123456789"},
        {"123456789 123456789 123456789 1234567890 x", "123456789-123456789-123456789"},
        {"1234567890123456789012345678901234567890 x", "123456789012345678901234567890123456789"},
    };

    (void)state;
    check_rows(slug_of_title, rows, COUNT(rows));
}

static void
names_labels(void **state)
{
    static const struct slug_row rows[] = {
        {"Social Protection", "social-protection"},
        {"The a an", "the-a-an"},
        {"  C++ / C#  ", "c-c"},
        {"women’s rights", "women-s-rights"},
        {"Café", "cafe"},
        {"Cafe\xcc\x81", "cafe"},
        {"Việt Nam", "viet-nam"},
        {"Øl ß", "øl-ß"},
        {"2017", "2017"},
        {"Ёлка", "ёлка"},
        {"Е\xcc\x88лка", "ёлка"}, /* composed */
        {"ភាសាខ្មែរ", "ភាសាខ្មែរ"},
        {"বাংলা ভাষা", "বাংলা-ভাষা"},
        {"नेपाली", "नेपाली"},
        {"क\xe2\x80\x8dष", "कष"}, /* a joiner separates nothing */
        {"co\xc2\xadop", "coop"},
        {"a/../b", "a-b"},
        {"..", "label"},
        {"", "label"},
        {"\xcc\x81", "label"},
        {"bad\xff"
         "byte",
         "bad-byte"},
        {"٣ ３", "٣-３"},
    };

    (void)state;
    check_rows(slug_of_label, rows, COUNT(rows));
}

static struct str
slug_of_repeated(struct buf *out, const char *piece, size_t count)
{
    struct buf name = {0};

    for (size_t i = 0; i < count; i++)
        buf_put(&name, str_of(piece));
    slug_of_label(out, buf_str(&name));
    buf_free(&name);
    return buf_str(out);
}

static void
cuts_labels(void **state)
{
    static const struct {
        const char *piece;
        size_t count, len;
    } rows[] = {
        {"a", 240, 240},
        {"a", 5000, 240},
        {"aaaa ", 100, 239},                                /* no '-' at the end */
        {"খা", 100, 240},                                   /* 6 bytes, one cluster */
        {"កុំ", 100, 234},                                    /* 9 bytes, one cluster */
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 500, 240}, /* three jamo become one syllable */
        {"я\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 1, 18},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {0};

        assert_int_equal(slug_of_repeated(&out, rows[i].piece, rows[i].count).len, rows[i].len);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_posts),
        cmocka_unit_test(names_labels),
        cmocka_unit_test(cuts_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
