#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours has parameters */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "site/check.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEN          "aaaaaaaaaa"
#define HUNDRED      TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND     HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

struct fixture {
    char root[256];
    int fd;
    struct config config;
    struct check_report report;
    struct buf findings;
};

static const struct {
    const char *path, *text;
} files[] = {
    {"2017/12/a.gmi", "# A\n2017-12-05 · nl\n\n"
                      "=> b.gmi the next\n"
                      "=> ../../about.gmi up\n"
                      "=> c.gmi nothing\n"
                      "=> ./ the month\n"
                      "\n=> /label/a-b/ A b\n"},
    {"2017/12/b.gmi", "# B\n2017-12-06\n"},
    {"2017/12/c.gem", "no gemtext\n=> /nothing\n"},
    {"about.gmi", "# About\n\n"
                  "=> / home\n"
                  "=> /2017 moved\n"
                  "=> /2017/12/\n"
                  "=> /2016/\n"
                  "=> /archive/\n"
                  "=> /label/a-b/\n"
                  "=> /label/none/\n"
                  "=> /lang/nl/\n"
                  "=> gemini://capsule.example/media/x\n"
                  "=> gemini://CAPSULE.example:1966/media/y\n"
                  "=> gemini://capsule.example:1967/media/y\n"
                  "=> gemini://other.example/media/y\n"
                  "=> https://capsule.example/media/y\n"
                  "=> mailto:ana@example.org\n"
                  "=> /.hidden\n"
                  "=> /bad%zz\n"
                  "=> #top\n"
                  "=> /blog.gpub\n"
                  "=> /book/2017.gmi\n"
                  "=> /label/a-b.gpub\n"
                  "=> /book/2016.gpub\n"
                  "=> /label/none.gpub\n"
                  "=> /2017.gpub\n"
                  "```\n=> /nothing\n```\n"},
    {"draft.gmi", "=> /" THOUSAND TEN "\n"},
    {"2017/12/no-post.gmi", "No title\n"},
    {"media/x", "Words.\n"},
    {".hidden", "=> /nothing\n"},
};

static void
on_finding(void *ctx, const char *sentence)
{
    buf_put(ctx, str_of(sentence));
    buf_byte(ctx, '\n');
}

static int
make_capsule(void **state)
{
    static char host[] = "capsule.example", title[] = "A blog", nothing[] = "";
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *parent = getenv("TMPDIR");
    struct failure why;

    snprintf(fixture->root, sizeof fixture->root, "%s/inspir-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(fixture->root))
        return -1;
    fixture->fd = file_open_folder(fixture->root, &why);
    fixture->config.blog.root = fixture->root;
    fixture->config.blog.title = title;
    fixture->config.blog.subtitle = fixture->config.blog.author = nothing;
    fixture->config.blog.page_size = 25;
    fixture->config.book.enabled = true;
    strcpy(fixture->config.blog.language, "en");
    fixture->config.gemini.hosts.items[0] = host;
    fixture->config.gemini.hosts.count = 1;
    fixture->config.gemini.port = 1966;
    fixture->report.warn = on_finding;
    fixture->report.ctx = &fixture->findings;
    for (size_t i = 0; i < COUNT(files); i++)
        if (!file_write_beneath(fixture->fd, files[i].path, str_of(files[i].text), &why))
            return -1;
    *state = fixture;
    return 0;
}

static int
remove_capsule(void **state)
{
    static const char *const folders[] = {"2017/12", "2017", "media"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(files); i++)
        unlinkat(fixture->fd, files[i].path, 0);
    for (size_t i = 0; i < COUNT(folders); i++)
        unlinkat(fixture->fd, folders[i], AT_REMOVEDIR);
    close(fixture->fd);
    rmdir(fixture->root);
    buf_free(&fixture->findings);
    free(fixture);
    return 0;
}

static void
test_findings(void **state)
{
    struct fixture *fixture = *state;
    struct failure why;

    assert_true(check_capsule(&fixture->config, &fixture->report, &why));
    assert_string_equal(buf_text(&fixture->findings),
                        "2017/12/no-post.gmi: line 1: expected the title, # and text: it is "
                        "served, but is no post\n"
                        "2017/12/a.gmi:6: the link to c.gmi leads to nothing\n"
                        "about.gmi:6: the link to /2016/ leads to nothing\n"
                        "about.gmi:9: the link to /label/none/ leads to nothing\n"
                        "about.gmi:12: the link to gemini://CAPSULE.example:1966/media/y leads to "
                        "nothing\n"
                        "about.gmi:17: the link to /.hidden leads to nothing\n"
                        "about.gmi:18: the link to /bad%zz leads to nothing\n"
                        "about.gmi:23: the link to /book/2016.gpub leads to nothing\n"
                        "about.gmi:24: the link to /label/none.gpub leads to nothing\n"
                        "about.gmi:25: the link to /2017.gpub leads to nothing\n"
                        "draft.gmi:1: the link to /" HUNDRED HUNDRED TEN TEN TEN TEN TEN
                        "aaaaa is longer than any request may be\n");
    assert_int_equal(fixture->report.posts, 2);
    assert_int_equal(fixture->report.pages, 2);
    assert_int_equal(fixture->report.links, 25);
}

static void
test_the_capsule_stays_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    char index[] = "/nonexistent/index.db";
    struct failure why;

    fixture->config.blog.index = index;
    assert_true(check_capsule(&fixture->config, &fixture->report, &why));
    for (size_t i = 0; i < COUNT(files); i++)
        assert_int_equal(unlinkat(fixture->fd, files[i].path, 0), 0);
    assert_int_equal(unlinkat(fixture->fd, "2017/12", AT_REMOVEDIR), 0);
}

static void
test_no_capsule(void **state)
{
    struct fixture *fixture = *state;
    struct failure why;

    fixture->config.blog.root = (char[]){"/nonexistent"};
    assert_false(check_capsule(&fixture->config, &fixture->report, &why));
    assert_string_equal(why.text, "cannot open the folder /nonexistent: No such file or directory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_findings, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_the_capsule_stays_as_it_is, make_capsule,
                                        remove_capsule),
        cmocka_unit_test_setup_teardown(test_no_capsule, make_capsule, remove_capsule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
