#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "import/dayname.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
reads_dates_of_many_languages(void **state)
{
    static const struct {
        const char *text, *date; /* NULL: none can be told */
    } rows[] = {
        {"Monday, July 26, 2010", "2010-07-26"},
        {"Sept. 3, 2010", "2010-09-03"},
        {"lunes, 26 de julio de 2010", "2010-07-26"},
        {"lunes, julio 26, 2010", "2010-07-26"},
        {"mardi 19 février 2013", "2013-02-19"},
        {"mardi 19 fe\u0301vrier 2013", "2013-02-19"},
        {"vendredi 1er mars 2013", "2013-03-01"},
        {"JEUDI 15 AOÛT 2013", "2013-08-15"},
        {"dinsdag 1 maart 2011", "2011-03-01"},
        {"26. Juli 2010", "2010-07-26"},
        {"Samstag, 5. März 2011", "2011-03-05"},
        {"terça-feira, 26 de março de 2013", "2013-03-26"},
        {"martedì 26 luglio 2011", "2011-07-26"},
        {"Senin, 05 Agustus 2019", "2019-08-05"},
        {"понедельник, 26 июля 2010 г.", "2010-07-26"},
        {"26 Temmuz 2010 Pazartesi", "2010-07-26"},
        {"सोमवार, 26 जुलाई 2010", "2010-07-26"},
        {"सोमबार, २६ जुलाई २०१०", "2010-07-26"},
        {"সোমবার, ২৬ জুলাই, ২০১০", "2010-07-26"},
        {"শুক্রবার, ১ ফেব্রুয়ারী, ২০১৩", "2013-02-01"},
        {"Thứ Hai, 26 tháng 7, 2010", "2010-07-26"},
        {"2010年7月26日月曜日", "2010-07-26"},
        {"2010년 7월 26일 월요일", "2010-07-26"},
        {"26-Jul-2010", "2010-07-26"},
        {"2010-07-26", "2010-07-26"},
        {"2010/7/6", "2010-07-06"},
        {"26/07/2010", "2010-07-26"},
        {"07/26/2010", "2010-07-26"},
        {"5.5.2010", "2010-05-05"},
        {"7/8/2010", NULL},
        {"26/07/10", NULL},
        {"26 Jul 10", NULL},
        {"mar. 5 mai 2015", NULL}, /* Tuesday, or a second month */
        {"5 listopada 2010", NULL},
        {"31 February 2011", NULL},
        {"July 2010", NULL},
        {"Monday", NULL},
        {"", NULL},
        {"99999999999999999999 July 2010", NULL},
        {"1 2 3 4", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct date date;
        struct buf shown = {0};

        if (dayname_parse(str_of(rows[i].text), 0, 0, &date))
            date_put(&shown, date);
        if (!str_eq(buf_str(&shown), str_of(rows[i].date)))
            fail_msg("%s: %s", rows[i].text, buf_text(&shown));
        buf_free(&shown);
    }
}

/* The month in the address settles what figures leave open. */
static void
reads_figures_with_an_address(void **state)
{
    static const struct {
        const char *text;
        int year, month;
        const char *date;
    } rows[] = {
        {"7/8/2010", 2010, 7, "2010-07-08"}, {"7/8/2010", 2010, 8, "2010-08-07"},
        {"7/8/2010", 2010, 9, NULL},         {"7/8/2011", 2010, 8, NULL},
        {"26.07.10", 2010, 7, "2010-07-26"}, {"10/07/26", 2010, 7, "2010-07-26"},
        {"1.2.03", 2003, 2, "2003-02-01"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct date date;
        struct buf shown = {0};

        if (dayname_parse(str_of(rows[i].text), rows[i].year, rows[i].month, &date))
            date_put(&shown, date);
        if (!str_eq(buf_str(&shown), str_of(rows[i].date)))
            fail_msg("%s: %s", rows[i].text, buf_text(&shown));
        buf_free(&shown);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates_of_many_languages),
        cmocka_unit_test(reads_figures_with_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
