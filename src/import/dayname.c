#include "import/dayname.h"

#include <stdint.h>
#include <stdlib.h>

#include <unicase.h>
#include <uninorm.h>
#include <unictype.h>
#include <unistr.h>

enum {
    HEADING_MAX = 256, /* bytes that are looked at */
    FIGURES = 3,       /* numbers of a date */
    NUMBER_MAX = 9999,
    LONG_YEAR_MIN = 1000, /* a smaller number is a day, or a year cut to two figures */
};

/* In lower case and NFC, whole and as Blogger shortens them, without the final stop. Polish
 * listopada is not here: it is November there, and October in Croatian. */
struct month_name {
    const char *name;
    int month;
};

static const struct month_name names[] = {
    /* clang-format off */
    /* English */
    {"january", 1}, {"february", 2}, {"march", 3}, {"april", 4}, {"may", 5}, {"june", 6},
    {"july", 7}, {"august", 8}, {"september", 9}, {"october", 10}, {"november", 11},
    {"december", 12}, {"jan", 1}, {"feb", 2}, {"mar", 3}, {"apr", 4}, {"jun", 6}, {"jul", 7},
    {"aug", 8}, {"sep", 9}, {"oct", 10}, {"nov", 11}, {"dec", 12}, {"sept", 9},
    /* Spanish */
    {"enero", 1}, {"febrero", 2}, {"marzo", 3}, {"abril", 4}, {"mayo", 5}, {"junio", 6},
    {"julio", 7}, {"agosto", 8}, {"septiembre", 9}, {"octubre", 10}, {"noviembre", 11},
    {"diciembre", 12}, {"ene", 1}, {"abr", 4}, {"ago", 8}, {"dic", 12}, {"setiembre", 9},
    /* French */
    {"janvier", 1}, {"février", 2}, {"mars", 3}, {"avril", 4}, {"mai", 5}, {"juin", 6},
    {"juillet", 7}, {"août", 8}, {"septembre", 9}, {"octobre", 10}, {"novembre", 11},
    {"décembre", 12}, {"janv", 1}, {"févr", 2}, {"avr", 4}, {"juil", 7}, {"déc", 12},
    {"fevrier", 2}, {"aout", 8}, {"decembre", 12},
    /* Dutch */
    {"januari", 1}, {"februari", 2}, {"maart", 3}, {"mei", 5}, {"juni", 6}, {"juli", 7},
    {"augustus", 8}, {"oktober", 10}, {"mrt", 3}, {"okt", 10},
    /* German */
    {"januar", 1}, {"februar", 2}, {"märz", 3}, {"dezember", 12}, {"mär", 3}, {"dez", 12},
    {"jänner", 1},
    /* Portuguese */
    {"janeiro", 1}, {"fevereiro", 2}, {"março", 3}, {"maio", 5}, {"junho", 6}, {"julho", 7},
    {"setembro", 9}, {"outubro", 10}, {"novembro", 11}, {"dezembro", 12}, {"fev", 2}, {"set", 9},
    {"out", 10},
    /* Italian */
    {"gennaio", 1}, {"febbraio", 2}, {"aprile", 4}, {"maggio", 5}, {"giugno", 6}, {"luglio", 7},
    {"settembre", 9}, {"ottobre", 10}, {"dicembre", 12}, {"gen", 1}, {"mag", 5}, {"giu", 6},
    {"lug", 7}, {"ott", 10},
    /* Catalan */
    {"gener", 1}, {"febrer", 2}, {"març", 3}, {"maig", 5}, {"juny", 6}, {"juliol", 7}, {"agost", 8},
    {"setembre", 9}, {"desembre", 12},
    /* Indonesian */
    {"maret", 3}, {"agustus", 8}, {"desember", 12}, {"agu", 8}, {"des", 12}, {"pebruari", 2},
    {"nopember", 11},
    /* Malay */
    {"mac", 3}, {"julai", 7}, {"ogos", 8}, {"disember", 12},
    /* Swedish, Danish, Norwegian */
    {"maj", 5}, {"augusti", 8}, {"marts", 3},
    /* Russian */
    {"января", 1}, {"февраля", 2}, {"марта", 3}, {"апреля", 4}, {"мая", 5}, {"июня", 6},
    {"июля", 7}, {"августа", 8}, {"сентября", 9}, {"октября", 10}, {"ноября", 11}, {"декабря", 12},
    {"январь", 1}, {"февраль", 2}, {"март", 3}, {"апрель", 4}, {"май", 5}, {"июнь", 6}, {"июль", 7},
    {"август", 8}, {"сентябрь", 9}, {"октябрь", 10}, {"ноябрь", 11}, {"декабрь", 12}, {"янв", 1},
    {"февр", 2}, {"мар", 3}, {"апр", 4}, {"июн", 6}, {"июл", 7}, {"авг", 8}, {"сент", 9},
    {"окт", 10}, {"нояб", 11}, {"дек", 12},
    /* Ukrainian */
    {"січня", 1}, {"лютого", 2}, {"березня", 3}, {"квітня", 4}, {"травня", 5}, {"червня", 6},
    {"липня", 7}, {"серпня", 8}, {"вересня", 9}, {"жовтня", 10}, {"листопада", 11}, {"грудня", 12},
    /* Polish */
    {"stycznia", 1}, {"lutego", 2}, {"marca", 3}, {"kwietnia", 4}, {"maja", 5}, {"czerwca", 6},
    {"lipca", 7}, {"sierpnia", 8}, {"września", 9}, {"października", 10}, {"grudnia", 12},
    /* Turkish */
    {"ocak", 1}, {"şubat", 2}, {"mart", 3}, {"nisan", 4}, {"mayıs", 5}, {"haziran", 6},
    {"temmuz", 7}, {"ağustos", 8}, {"eylül", 9}, {"ekim", 10}, {"kasım", 11}, {"aralık", 12},
    /* Romanian */
    {"ianuarie", 1}, {"februarie", 2}, {"martie", 3}, {"aprilie", 4}, {"iunie", 6}, {"iulie", 7},
    {"septembrie", 9}, {"octombrie", 10}, {"noiembrie", 11}, {"decembrie", 12},
    /* Greek */
    {"ιανουαρίου", 1}, {"φεβρουαρίου", 2}, {"μαρτίου", 3}, {"απριλίου", 4}, {"μαΐου", 5},
    {"ιουνίου", 6}, {"ιουλίου", 7}, {"αυγούστου", 8}, {"σεπτεμβρίου", 9}, {"οκτωβρίου", 10},
    {"νοεμβρίου", 11}, {"δεκεμβρίου", 12},
    /* Hindi and Nepali */
    {"जनवरी", 1}, {"फ़रवरी", 2}, {"मार्च", 3}, {"अप्रैल", 4}, {"मई", 5}, {"जून", 6}, {"जुलाई", 7},
    {"अगस्त", 8}, {"सितंबर", 9}, {"अक्तूबर", 10}, {"नवंबर", 11}, {"दिसंबर", 12}, {"फरवरी", 2},
    {"अप्रिल", 4}, {"मे", 5}, {"जुन", 6}, {"अगस्ट", 8}, {"सितम्बर", 9}, {"अक्टूबर", 10},
    {"नवम्बर", 11}, {"दिसम्बर", 12}, {"फेब्रुअरी", 2}, {"सेप्टेम्बर", 9}, {"अक्टोबर", 10},
    {"नोभेम्बर", 11}, {"डिसेम्बर", 12},
    /* Bengali */
    {"জানুয়ারি", 1}, {"ফেব্রুয়ারি", 2}, {"মার্চ", 3}, {"এপ্রিল", 4}, {"মে", 5}, {"জুন", 6},
    {"জুলাই", 7}, {"আগস্ট", 8}, {"সেপ্টেম্বর", 9}, {"অক্টোবর", 10}, {"নভেম্বর", 11},
    {"ডিসেম্বর", 12}, {"জানুয়ারী", 1}, {"ফেব্রুয়ারী", 2},
    /* clang-format on */
};

struct reading {
    int figures[FIGURES];
    size_t count;
    int year, month, day; /* 0: not told by name */
    bool is_month_next;   /* Vietnamese: thang 7 */
    bool is_doubtful;
};

static int
month_of(struct str word)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(word, str_of(names[i].name)))
            return names[i].month;
    return 0;
}

/* The character at the front, and its size in bytes. */
static ucs4_t
peek(struct str text, size_t *size)
{
    ucs4_t c;
    int len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);

    *size = (size_t)len;
    return c;
}

static bool
is_word(ucs4_t c)
{
    return uc_is_general_category(c, UC_CATEGORY_L) || uc_is_general_category(c, UC_CATEGORY_M);
}

/* Says twice what differs: a doubt. */
static void
note(struct reading *reading, int *place, int number)
{
    reading->is_doubtful |= *place != 0 && *place != number;
    *place = number;
}

static void
read_word(struct reading *reading, struct str *text)
{
    struct str word;
    size_t len = 0, size;
    int month;

    while (len < text->len && is_word(peek(str_after(*text, len), &size)))
        len += size;
    word = str_head(*text, len);
    *text = str_after(*text, len);
    month = month_of(word);
    if (month > 0)
        note(reading, &reading->month, month);
    reading->is_month_next = str_eq(word, STR("tháng"));
}

/* A number, and what stands behind it in Chinese, Japanese and Korean. */
static void
read_number(struct reading *reading, struct str *text)
{
    static const struct {
        struct str mark;
        size_t offset;
    } marks[] = {
        {{"年", 3}, offsetof(struct reading, year)},  {{"년", 3}, offsetof(struct reading, year)},
        {{"月", 3}, offsetof(struct reading, month)}, {{"월", 3}, offsetof(struct reading, month)},
        {{"日", 3}, offsetof(struct reading, day)},   {{"일", 3}, offsetof(struct reading, day)},
    };
    int number = 0, digit;
    size_t size;

    for (; text->len > 0; *text = str_after(*text, size)) {
        digit = uc_decimal_value(peek(*text, &size));
        if (digit < 0)
            break;
        number = number > NUMBER_MAX ? number : number * 10 + digit;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_skip(text, marks[i].mark)) {
            note(reading, (int *)((char *)reading + marks[i].offset), number);
            return;
        }
    if (reading->is_month_next)
        note(reading, &reading->month, number);
    else if (reading->count < FIGURES)
        reading->figures[reading->count++] = number;
    else
        reading->is_doubtful = true;
    reading->is_month_next = false;
}

/* A month by name, a day and a year in four figures. */
static bool
finish_named(const struct reading *reading, struct date *date)
{
    *date = (struct date){reading->year, reading->month, reading->day};
    for (size_t i = 0; i < reading->count; i++) {
        int *place = reading->figures[i] >= LONG_YEAR_MIN ? &date->year : &date->day;

        if (*place != 0)
            return false;
        *place = reading->figures[i];
    }
    return date_is_real(*date);
}

/* Year first, or day and month in either order and the year. */
static bool
finish_figures(const int figures[FIGURES], int year, int month, struct date *date)
{
    struct date readings[] = {
        {figures[0], figures[1], figures[2]},
        {figures[2], figures[1], figures[0]},
        {figures[2], figures[0], figures[1]},
    };
    size_t found = 0;

    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct date one = readings[i];

        if (one.year < 100 && one.year == year % 100)
            one.year = year;
        if (!date_is_real(one) || (month > 0 && (one.month != month || one.year != year)) ||
            (found > 0 && date_compare(one, *date) == 0))
            continue;
        *date = one;
        found++;
    }
    return found == 1;
}

bool
dayname_parse(struct str text, int year, int month, struct date *date)
{
    struct reading reading = {0};
    size_t len = 0, size;
    uint8_t *lower;
    struct str rest;

    text = str_head(text, HEADING_MAX);
    lower = u8_tolower((const uint8_t *)text.ptr, text.len, NULL, UNINORM_NFC, NULL, &len);
    if (!lower)
        return false; /* cut within a character */
    rest = (struct str){(const char *)lower, len};
    while (rest.len > 0) {
        ucs4_t c = peek(rest, &size);

        if (uc_decimal_value(c) >= 0)
            read_number(&reading, &rest);
        else if (is_word(c))
            read_word(&reading, &rest);
        else
            rest = str_after(rest, size);
    }
    free(lower);
    *date = (struct date){0};
    if (reading.is_doubtful)
        return false;
    if (reading.month > 0)
        return finish_named(&reading, date);
    return reading.count == FIGURES && finish_figures(reading.figures, year, month, date);
}
