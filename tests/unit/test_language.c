#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "text/language.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char english[] =
    "The members of the cooperative met by the river and said that they were ready for the "
    "harvest, which has been late, but not for the rain that the radio had announced to them.";
static const char french[] =
    "Les membres de la coopérative se sont réunis au bord du fleuve pour dire que la récolte est "
    "en retard, mais qu'elle sera bonne si les pluies ne viennent pas dans la semaine avec le "
    "vent.";
static const char dutch[] =
    "De leden van de coöperatie kwamen bij de rivier bijeen. Het graan is nog niet rijp, maar als "
    "het weer zo blijft, hebben ze voor de winter meer dan genoeg. Dat zijn ze ook aan hun "
    "kinderen "
    "verplicht.";
static const char indonesian[] =
    "Anggota koperasi itu berkumpul di tepi sungai dan mengatakan bahwa panen tidak akan gagal. "
    "Mereka sudah menyiapkan lumbung untuk padi yang datang dari sawah pada bulan ini, juga karena "
    "hujan.";
static const char nepali[] =
    "सहकारीका सदस्यहरू नदी किनारमा भेला भएका थिए र उनीहरू खुसी थिए। यो वर्ष बाली ढिलो भएको छ तर "
    "राम्रो हुने आशा गरेका छन्। किसानले बीउ राख्ने काम पनि गरी सकेको छ।";
static const char hindi[] =
    "समिति के सदस्य नदी के किनारे मिले और यह कहा कि फसल इस साल देर से आई है। उनके घर में बीज रखने की "
    "जगह भी नहीं थी, पर वह काम अब हो गया है।";
static const char bengali[] =
    "সমিতির সদস্যরা নদীর ধারে এসে বলেন যে ফসল এই বছর দেরিতে আসবে। তাদের ঘরে বীজ রাখার একটি ব্যবস্থা "
    "ছিল না, কিন্তু এখন আছে। বৃষ্টি থেকে বাঁচার জন্য তারা ছাদ তৈরি করে এবং চাল রাখে, আর গান করে।";
static const char khmer[] = "សមាជិកសហករណ៍បានជួបជុំគ្នានៅមាត់ទន្លេ ដើម្បីនិយាយអំពីការច្រូតកាត់ដែលមាននៅក្នុងឆ្នាំនេះ "
                            "និងមិនខ្វល់ពីភ្លៀងទេ ដោយសារពួកគេមានជង្រុករបស់ខ្លួន។";

static const char *
tell(struct str text, const char *fallback)
{
    struct lexicon *lexicon = language_lexicon(fallback);
    const char *language = language_of(lexicon, text);

    free(lexicon);
    return language;
}

static void
tells_languages(void **state)
{
    static const struct {
        const char *text, *fallback, *tag;
    } rows[] = {
        {english, "nl", "en"},     {french, "en", "fr"},
        {dutch, "en", "nl"},       {indonesian, "en", "id"},
        {nepali, "en", "ne"},      {hindi, "en", "hi"},
        {bengali, "en", "bn"},     {khmer, "en", "km"},
        {nepali, "hi", "ne"},      {hindi, "ne", "hi"},
        {english, "en", "en"},     {english, "en-GB", "en-GB"},
        {dutch, "NL-be", "NL-be"}, {english, "th", "en"},
        {"", "en", "en"},          {"De brug is open.", "en", "en"}, /* too few words to be sure */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(tell(str_of(rows[i].text), rows[i].fallback), rows[i].tag);
}

static void
stays_with_the_fallback_when_in_doubt(void **state)
{
    static const struct {
        const char *own, *other, *tag;
    } rows[] = {
        {"", "het het het het het het het het het", "en"}, /* nine hits */
        {"", "het het het het het het het het het het", "nl"},
        {"the the the the the", "het het het het het het het het het het", "nl"},
        {"the the the the the the", "het het het het het het het het het het het", "en"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0};

        buf_format(&text, "%s. %s!", rows[i].own, rows[i].other);
        assert_string_equal(tell(buf_str(&text), "en"), rows[i].tag);
        buf_free(&text);
    }
}

static void
takes_any_bytes(void **state)
{
    struct buf text = {0};

    (void)state;
    while (text.len < LANGUAGE_SAMPLE_MAX)
        buf_put(&text, STR("het\xff\0HET "));
    buf_truncate(&text, LANGUAGE_SAMPLE_MAX - 1);
    assert_string_equal(tell(buf_str(&text), "en"), "nl");
    buf_free(&text);
}

static void
knows_tags(void **state)
{
    static const char *const tags[] = {"en",     "nl-BE",     "zh-Hant-TW",
                                       "es-419", "x-private", "de-1996"};
    static const char *const others[] = {
        "",
        "e",
        "B-en",
        "x",
        "-",
        "en-",
        "-en",
        "en--GB",
        "e1",
        "1en",
        "en_GB",
        "en GB",
        "en·GB",
        "abcdefghi",
        "en-abcdefghi",
        "nederlandse",
        "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++)
        assert_true(language_is_tag(str_of(tags[i])));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(language_is_tag(str_of(others[i])));
}

static void
writes_tags_in_one_case(void **state)
{
    static const struct {
        const char *tag, *written;
    } rows[] = {
        {"en", "en"},
        {"EN", "en"},
        {"EN-gb", "en-GB"},
        {"zh-hant-tw", "zh-Hant-TW"},
        {"ZH-HANT-TW", "zh-Hant-TW"},
        {"en-ca-x-CA", "en-CA-x-ca"},
        {"sl-Rozaj-1994", "sl-rozaj-1994"},
        {"es-419", "es-419"},
        {"x-AB-Abcd", "x-ab-abcd"},
        {"de-DE-u-CO-PHONEBK", "de-DE-u-co-phonebk"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf written = {0};

        language_put(&written, str_of(rows[i].tag));
        assert_string_equal(buf_text(&written), rows[i].written);
        buf_free(&written);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_languages),
        cmocka_unit_test(stays_with_the_fallback_when_in_doubt),
        cmocka_unit_test(takes_any_bytes),
        cmocka_unit_test(knows_tags),
        cmocka_unit_test(writes_tags_in_one_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
