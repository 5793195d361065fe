#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../fixture.h"
#include "site/light.h"
#include "site/variant.h"

/* last: it defines a macro fail(), which would hide the one of base/fail.h */
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2016/01/seed.gmi",
     "# Seed\n2016-01-09 · by Amina\n\nText “here”.\n\n=> /label/rice/ Rice\n"
     "=> https://example.org/2016/01/seed.html Original post\n"},
    {"capsule/2017/11/rain.gmi",
     "# Rain\n2017-11-05\n\n"
     "=> /2016/01/seed.gmi The seed\n=> ../12/flood.gmi The flood (1 kB)\n"
     "=> gemini://localhost/about.gmi#top Who we are\n=> /report.pdf The report\n"
     "=> /media/flag.png Image: a flag (PNG, 48 kB)\n=> /media/lone.png\n"
     "=> https://example.org/ The web\n=> /2017/ The year\n=> /2015/12/none.gmi Nothing\n"
     "=> /light/ Light already\n=> /atom.xml Feed\n---\n\n=> /label/rice/ Rice\n"},
    {"capsule/2017/12/flood.gmi", "# Flood\n2017-12-01\n\n```boat\n (o)\n"},
    {"capsule/about.gmi", "# About\n\nWho we are.\n"},
    {"capsule/old.gemini", "# Old\n"},
    {"capsule/plain.txt", "Plain.\n"},
    {"capsule/report.pdf", "%PDF-1.4\n"},
    {"capsule/media/flag.png", "12345678901234567890123456789012345678901234567890"},
    {"capsule/media/flag.png.320.jpg", "12345678901234567890"},
    {"capsule/media/flag.png.800.jpg", "123456789012345678901234567890"},
    {"capsule/media/lone.png", "1234567890"},
    {"capsule/media/lone.png.320.jpg", "12345678901"},
    {"capsule/taken~2.gmi", "# Taken\n"},
};

static const char ini[] = "[blog]\ntitle = Field notes\npage_size = 2\n"
                          "[light]\npart = 1 kB\n";

static int
open_capsule(void **state)
{
    static struct fixture fixture;
    struct buf post = {0};

    fixture_make(&fixture);
    for (size_t i = 0; i < COUNT(files); i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    buf_format(&post, "# Long\n2018-02-01\n");
    for (int i = 0; i < 30; i++)
        buf_format(&post, "\nParagraph %d tells of the river, of boats and of the fields.\n", i);
    fixture_write(&fixture, "capsule/2018/02/long.gmi", buf_str(&post));
    buf_free(&post);
    fixture_open(&fixture, ini);
    *state = &fixture;
    return 0;
}

static int
close_capsule(void **state)
{
    fixture_free(*state);
    return 0;
}

static void
light_pages_are_as_planned(void **state)
{
    static const struct {
        const char *path, *page;
    } rows[] = {
        {"/light/2016/01/seed.gmi", "# Seed\n2016-01-09 · by Amina\n\nText “here”.\n\n"
                                    "=> /light/2017/11/rain.gmi Newer: 2017-11-05 (372 B)\n"
                                    "=> /light/ Field notes\n"},
        {"/light/2017/11/rain.gmi", "# Rain\n2017-11-05\n\n"
                                    "=> /light/2016/01/seed.gmi The seed (125 B)\n"
                                    "=> /light/2017/12/flood.gmi The flood (1 kB)\n"
                                    "=> /light/about.gmi Who we are (21 B)\n"
                                    "=> /report.pdf The report (PDF, 9 B)\n"
                                    "=> /media/flag.png.320.jpg Image: a flag (JPEG, 20 B)\n"
                                    "=> /media/lone.png lone.png (PNG, 10 B)\n"
                                    "=> https://example.org/ The web\n"
                                    "=> /light/2017/ The year\n"
                                    "=> /light/2015/12/none.gmi Nothing\n"
                                    "=> /light/ Light already\n"
                                    "=> /atom.xml Feed\n\n"
                                    "=> /light/2016/01/seed.gmi Older: 2016-01-09 (125 B)\n"
                                    "=> /light/2017/12/flood.gmi Newer: 2017-12-01 (33 B)\n"
                                    "=> /light/ Field notes\n"},
        {"/light/2017/12/flood.gmi", "# Flood\n2017-12-01\n\n```boat\n (o)\n```\n\n"
                                     "=> /light/2017/11/rain.gmi Older: 2017-11-05 (372 B)\n"
                                     "=> /light/2018/02/long.gmi Newer: 2018-02-01 (1.9 kB)\n"
                                     "=> /light/ Field notes\n"},
        {"/light/about.gmi", "# About\n\nWho we are.\n"},
        {"/light/taken~2.gmi", "# Taken\n"},
        {"/light/2017/11/", "# November 2017\n1 post\n\n=> rain.gmi 2017-11-05 Rain (372 B)\n\n"
                            "=> /light/ Field notes\n"},
        {"/light/", "# Field notes\n\n"
                    "=> 2018/02/long.gmi 2018-02-01 Long (1.9 kB)\n"
                    "=> 2017/12/flood.gmi 2017-12-01 Flood (33 B)\n\n"
                    "=> 2 Next page (2 of 2)\n\n"
                    "=> label/ All labels (1)\n"
                    "=> archive/ All months\n"
                    "=> search Search\n\n"
                    "## Pages\n=> about.gmi About (21 B)\n=> taken~2.gmi Taken (8 B)\n"
                    "=> / Full page\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;

        fixture_ask(*state, rows[i].path, &response);
        assert_int_equal(response.outcome, OUTCOME_OK);
        assert_string_equal(buf_text(&response.meta), "text/gemini; charset=utf-8; lang=en");
        assert_int_equal(response.file_fd, -1);
        assert_string_equal(buf_text(&response.page), rows[i].page);
        response_free(&response);
    }
}

static void
others_are_answered_as_by_the_site(void **state)
{
    static const struct {
        const char *path;
        enum outcome outcome;
        const char *meta;
    } rows[] = {
        {"/light", OUTCOME_MOVED, "/light/"},
        {"/light/2017", OUTCOME_MOVED, "/light/2017/"},
        {"/light/media/flag.png", OUTCOME_MOVED, "/media/flag.png"},
        {"/light/plain.txt", OUTCOME_MOVED, "/plain.txt"},
        {"/light/none", OUTCOME_NOT_FOUND, NULL},
        {"/light/light/", OUTCOME_NOT_FOUND, NULL},
        {"/light/.ledger.tsv", OUTCOME_NOT_FOUND, NULL},
        {"/lights", OUTCOME_NOT_FOUND, NULL},
        {"/light/2018/02/long~1.gmi", OUTCOME_NOT_FOUND, NULL},
        {"/light/2018/02/long~02.gmi", OUTCOME_NOT_FOUND, NULL},
        {"/light/2018/02/long~99.gmi", OUTCOME_NOT_FOUND, NULL},
        {"/light/2018/02/long~99999999999999999999.gmi", OUTCOME_NOT_FOUND, NULL},
        {"/light/~2", OUTCOME_NOT_FOUND, NULL},
        {"/light/~", OUTCOME_NOT_FOUND, NULL},
        {"/2018/02/long~2.gmi", OUTCOME_NOT_FOUND, NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response response;

        fixture_ask(*state, rows[i].path, &response);
        if (response.outcome != rows[i].outcome ||
            (rows[i].meta && strcmp(buf_text(&response.meta), rows[i].meta) != 0))
            fail_msg("%s: outcome %d, %s", rows[i].path, (int)response.outcome,
                     buf_text(&response.meta));
        response_free(&response);
    }
}

/* All paragraphs, once and in order, in parts of at most 1 kB that lead to each other. */
static void
long_post_comes_in_parts(void **state)
{
    struct buf path = {0}, next = {0};
    int paragraph = 0, part = 1;

    buf_format(&path, "/light/2018/02/long.gmi");
    for (bool more = true; more; part++) {
        struct response response;
        struct str rest;

        fixture_ask(*state, buf_text(&path), &response);
        assert_int_equal(response.outcome, OUTCOME_OK);
        assert_true(response.page.len <= 1000);
        assert_true(str_starts(buf_str(&response.page), STR("# Long\n")));
        buf_truncate(&path, 0);
        buf_truncate(&next, 0);
        buf_format(&path, "/light/2018/02/long~%d.gmi", part + 1);
        buf_format(&next, "=> %s Next part (%d of ", buf_text(&path), part + 1);
        more = false;
        for (rest = buf_str(&response.page); rest.len > 0;) {
            struct str line = str_line(&rest);

            paragraph += str_starts(line, STR("Paragraph ")) &&
                         strtol(line.ptr + sizeof "Paragraph " - 1, NULL, 10) == paragraph;
            more = more || str_starts(line, buf_str(&next));
        }
        response_free(&response);
    }
    assert_int_equal(paragraph, 30);
    assert_int_equal(part, 4);
    buf_free(&path);
    buf_free(&next);
}

static void
punctuation_is_ascii_if_asked(void **state)
{
    struct fixture *fixture = *state;
    struct response response;

    fixture->config.light.ascii = true;
    fixture_ask(fixture, "/light/2016/01/seed.gmi", &response);
    fixture->config.light.ascii = false;
    assert_true(str_starts(buf_str(&response.page),
                           STR("# Seed\n2016-01-09 - by Amina\n\nText \"here\".\n")));
    response_free(&response);
}

static void
variants_stand_beside_pictures(void **state)
{
    static const struct {
        const char *path, *variant;
    } rows[] = {
        {"media/a.png", "media/a.png.320.jpg"},
        {"media/a-320.jpg", "media/a-320.jpg.320.jpg"},
        {"media.d/a", "media.d/a.320.jpg"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf path = {0};

        variant_put_path(&path, str_of(rows[i].path), variant_pixels[0]);
        assert_string_equal(buf_text(&path), rows[i].variant);
        assert_true(variant_is_path(buf_str(&path)));
        assert_false(variant_is_path(str_of(rows[i].path)));
        buf_free(&path);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_pages_are_as_planned),
        cmocka_unit_test(others_are_answered_as_by_the_site),
        cmocka_unit_test(long_post_comes_in_parts),
        cmocka_unit_test(punctuation_is_ascii_if_asked),
        cmocka_unit_test(variants_stand_beside_pictures),
    };

    return cmocka_run_group_tests_name("light", tests, open_capsule, close_capsule);
}
