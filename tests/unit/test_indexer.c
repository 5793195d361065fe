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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/catalog.h"
#include "site/catalog_post.h"
#include "site/indexer.h"
#include "site/ledger.h"
#include "site/media.h"
#include "site/site.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct fixture {
    char root[256], index[300], draft[310];
    int fd;
    struct config config;
    struct index_report report;
    struct buf warnings;
};

static const struct {
    const char *path, *text;
} files[] = {
    {"2017/12/later.gmi", "# Later\n2017-12-05 · nl\n\nEen.\n\n=> /label/a-b/ A, b\n"},
    {"2017/12/earlier.gmi", "# Earlier\n2017-12-05\n\nOne.\n\n=> /label/a-b/ a+b\n"},
    {"2017/11/oldest.gmi", "# 2017-11-01\n2017-11-01\n\n=> /label/a-b/ A b\n"},
    {"2017/10/open.gmi", "# Open\n2017-10-01\n\n```\n(o)\n\n=> /label/wheel/ wheel\n"},
    {"2017/10/stray.gmi", "# Stray\n2017-10-02\n\n=> /about.gmi About\n=> /label/wheel/ wheel\n"},
    {"2017/11/index.gmi", "# A page of its own\n"},
    {"2017/11/no-post.gmi", "# No date\n\nHere.\n"},
    {"2017/11/picture.jpg", "no picture"},
    {"2017/12/later/comments.gmi", "# Comments\n\n## A, 2017-12-05\n\n## B, 2017-12-06\n"},
    {"about.gmi", "\xef\xbb\xbfWords first.\n\n##  About   us\n"},
    {"marked.gmi", "\xef\xbb\xbf# Marked\n"},
    {"over.gmi", "# Over ons\n2017-12-05 · nl\n\nWoorden.\n"},
    {"untitled.gmi", "Words only.\n"},
    {"index.gmi", "# Home\n"},
    {"bad\xff.gmi", "# A name of no characters\n"},
    {"new\nline.gmi", "# A name of two lines\n"},
    {"media/odd", "%PDF-1.4\n"},
    {"media/note", "A note.\n"},
    {".hidden/2017/12/x.gmi", "# Hidden\n2017-12-05\n"},
    {LEDGER_NAME, "id\tpath\tdigest\told\tstate\tposition\tsource\n"
                  "one\t2017/12/later.gmi\t\t/2017/12/%C3%A9.html\tlive\t7\n"
                  "two\t2016/01/none.gmi\t\t/2016/01/none.html?m=1\tgone\n"
                  "moved:2015/01/then.gmi\t2015/01/then.gmi\t\t\tmoved\t\tone\n"
                  "moved:2015/01/lost.gmi\t2015/01/lost.gmi\t\t%zz\tmoved\t\tthree\n"},
};

static void
write_file(struct fixture *fixture, const char *path, const char *text)
{
    struct failure why;

    assert_true(file_write_beneath(fixture->fd, path, str_of(text), &why));
}

static void
on_warning(void *ctx, const char *sentence)
{
    buf_put(ctx, str_of(sentence));
    buf_byte(ctx, '\n');
}

static int
make_capsule(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *parent = getenv("TMPDIR");
    struct failure why;

    snprintf(fixture->root, sizeof fixture->root, "%s/inspir-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(fixture->root))
        return -1;
    snprintf(fixture->index, sizeof fixture->index, "%s/.index.db", fixture->root);
    snprintf(fixture->draft, sizeof fixture->draft, "%s.tmp", fixture->index);
    fixture->fd = file_open_folder(fixture->root, &why);
    fixture->config.blog.root = fixture->root;
    fixture->config.blog.index = fixture->index;
    strcpy(fixture->config.blog.language, "en");
    fixture->report.warn = on_warning;
    fixture->report.ctx = &fixture->warnings;
    for (size_t i = 0; i < COUNT(files); i++)
        write_file(fixture, files[i].path, files[i].text);
    *state = fixture;
    return 0;
}

static int
remove_capsule(void **state)
{
    static const char *const folders[] = {"2017/12/later",   "2017/12",      "2017/11",
                                          "2017/10",         "2017",         "media",
                                          ".hidden/2017/12", ".hidden/2017", ".hidden"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(files); i++)
        unlinkat(fixture->fd, files[i].path, 0);
    for (size_t i = 0; i < COUNT(folders); i++)
        unlinkat(fixture->fd, folders[i], AT_REMOVEDIR);
    unlink(fixture->index);
    unlink(fixture->draft);
    close(fixture->fd);
    rmdir(fixture->root);
    buf_free(&fixture->warnings);
    free(fixture);
    return 0;
}

static void
build(struct fixture *fixture)
{
    struct failure why;

    if (!index_build(&fixture->config, &fixture->report, &why))
        assert_string_equal(why.text, "");
}

static bool
on_entry(void *ctx, const struct entry *entry)
{
    buf_format(ctx, "%.*s %.*s [%.*s] %llu\n", (int)entry->path.len, entry->path.ptr,
               (int)entry->language.len, entry->language.ptr, (int)entry->title.len,
               entry->title.ptr, (unsigned long long)entry->size);
    return true;
}

static void
test_what_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct buf text = {0};
    struct failure why;
    struct site *site;

    build(fixture);
    assert_int_equal(fixture->report.posts, 5);
    assert_int_equal(fixture->report.pages, 4);
    assert_int_equal(fixture->report.files, 7);
    assert_string_equal(buf_text(&fixture->warnings),
                        "bad\\xff.gmi: its name is no text: readers cannot ask for it\n"
                        "new\\x0aline.gmi: its name is no text: readers cannot ask for it\n"
                        "2017/10/open.gmi: a preformatted block is not closed: labels at its end "
                        "are none\n"
                        "2017/10/stray.gmi: its last links are labels and more than one web "
                        "address: the labels among them are none\n"
                        "2017/11/no-post.gmi: line 2: expected the date, YYYY-MM-DD or YYYY-MM-DD "
                        "HH:MM +HHMM: it is served, but is no post\n");
    site = site_open(&fixture->config, &why);
    assert_non_null(site);
    catalog_posts(site->catalog, &(struct selection){0}, (struct stretch){.most = SIZE_MAX},
                  on_entry, &text);
    catalog_pages(site->catalog, on_entry, &text);
    assert_string_equal(buf_text(&text), "/2017/12/later.gmi nl [Later] 52\n"
                                         "/2017/12/earlier.gmi en [Earlier] 47\n"
                                         "/2017/11/oldest.gmi en [] 44\n"
                                         "/2017/10/stray.gmi en [Stray] 63\n"
                                         "/2017/10/open.gmi en [Open] 51\n"
                                         "/about.gmi en [About us] 32\n"
                                         "/marked.gmi en [Marked] 12\n"
                                         "/over.gmi nl [Over ons] 38\n"
                                         "/untitled.gmi en [untitled] 12\n");
    buf_truncate(&text, 0);
    assert_true(catalog_label_name(site->catalog, STR("a-b"), &text));
    assert_true(catalog_media_type(site->catalog, STR("/media/odd"), &text));
    assert_true(catalog_media_type(site->catalog, STR("/media/note"), &text));
    assert_false(catalog_media_type(site->catalog, STR("/2017/11/picture.jpg"), &text));
    assert_string_equal(buf_text(&text), "A bapplication/pdftext/plain");
    assert_false(catalog_label_name(site->catalog, STR("wheel"), &text));
    buf_free(&text);
    site_close(site);
}

/* A text longer than what is looked at, of characters of two bytes behind so many of one. */
static void
put_long(struct buf *text, size_t shift)
{
    for (size_t i = 0; i < shift; i++)
        buf_byte(text, 'a');
    while (text->len < MEDIA_SNIFF + 2)
        buf_put(text, STR("\u00e9"));
}

static void
test_the_charset_of_texts(void **state)
{
    static const struct {
        const char *path, *text, *type; /* NULL: the path says it all */
    } rows[] = {
        {"plain.txt", "Words.\n", NULL},
        {"accents.txt", "Caf\u00e9.\n", NULL},
        {"latin.txt", "Caf\xe9 et th\xe9.\n", "text/plain; charset=iso-8859-1"},
        {"windows.txt", "\x93Plain words\x94 and more\n", "text/plain; charset=windows-1252"},
        {"cut.txt", "Caf\xc3", NULL},
        {"media/empty.txt", "", NULL},
    };
    struct fixture *fixture = *state;
    struct buf even = {0}, odd = {0}, type = {0};
    struct failure why;
    struct site *site;

    put_long(&even, 0);
    put_long(&odd, 1);
    write_file(fixture, "even.txt", buf_text(&even));
    write_file(fixture, "odd.txt", buf_text(&odd));
    for (size_t i = 0; i < COUNT(rows); i++)
        write_file(fixture, rows[i].path, rows[i].text);
    build(fixture);
    site = site_open(&fixture->config, &why);
    assert_non_null(site);
    assert_false(catalog_media_type(site->catalog, STR("/even.txt"), &type));
    assert_false(catalog_media_type(site->catalog, STR("/odd.txt"), &type));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf path = {0};

        buf_format(&path, "/%s", rows[i].path);
        buf_truncate(&type, 0);
        assert_int_equal(catalog_media_type(site->catalog, buf_str(&path), &type),
                         rows[i].type != NULL);
        assert_string_equal(buf_text(&type), rows[i].type ? rows[i].type : "");
        buf_free(&path);
    }
    site_close(site);
    buf_free(&even);
    buf_free(&odd);
    buf_free(&type);
}

static void
test_where_addresses_lead(void **state)
{
    static const struct {
        const char *address, *target; /* NULL: unknown */
    } addresses[] = {
        {"/2017/12/é.html", "/2017/12/later.gmi"},   {"/2017/12/later.gmi", NULL},
        {"/2016/01/none.html", "/2016/01/none.gmi"}, {"/2016/01/none.gmi", ""},
        {"/2015/01/then.gmi", "/2017/12/later.gmi"}, {"/2015/01/lost.gmi", NULL},
    };
    struct fixture *fixture = *state;
    struct failure why;
    struct site *site;
    uint64_t size = 0;

    build(fixture);
    site = site_open(&fixture->config, &why);
    assert_non_null(site);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct buf target = {0};
        const char *expected = addresses[i].target;

        assert_int_equal(catalog_address(site->catalog, str_of(addresses[i].address), &target),
                         expected != NULL);
        assert_string_equal(buf_text(&target), expected ? expected : "");
        buf_free(&target);
    }
    assert_int_equal(catalog_comments(site->catalog, STR("/2017/12/later.gmi"), &size), 2);
    assert_int_equal(size, 47);
    assert_int_equal(catalog_comments(site->catalog, STR("/2017/12/earlier.gmi"), &size), 0);
    site_close(site);
}

static void
test_whether_it_is_current(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_true(index_is_current(&fixture->config));
    assert_true(access(fixture->draft, F_OK) != 0);

    assert_int_equal(utimensat(fixture->fd, "media/note", long_ago, 0), 0);
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_true(index_is_current(&fixture->config));

    write_file(fixture, "media/note", "Another note.\n");
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_int_equal(unlinkat(fixture->fd, "media/odd", 0), 0);
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_int_equal(unlinkat(fixture->fd, LEDGER_NAME, 0), 0);
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    strcpy(fixture->config.blog.language, "nl");
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_true(index_is_current(&fixture->config));
}

static void
test_what_is_no_index_is_replaced(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture, ".index.db", "Something else.\n");
    write_file(fixture, ".index.db.tmp", "What a crash left.\n");
    assert_false(index_is_current(&fixture->config));
    build(fixture);
    assert_true(index_is_current(&fixture->config));
}

static void
assert_fails(struct fixture *fixture, const char *before, const char *path, const char *after)
{
    struct failure why;
    struct buf expected = {0};

    assert_false(index_build(&fixture->config, &fixture->report, &why));
    buf_format(&expected, "%s%s%s", before, path, after);
    assert_string_equal(why.text, buf_text(&expected));
    buf_free(&expected);
}

static void
test_failures(void **state)
{
    struct fixture *fixture = *state;
    int other;

    build(fixture);
    other = open(fixture->draft, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    assert_fails(fixture, "cannot write ", fixture->draft, ": another process is making the index");
    close(other);
    assert_true(index_is_current(&fixture->config));

    assert_int_equal(unlink(fixture->draft), 0);
    assert_int_equal(symlink("/nonexistent", fixture->draft), 0);
    assert_fails(fixture, "cannot write ", fixture->draft, ": Too many levels of symbolic links");

    write_file(fixture, LEDGER_NAME, "nonsense\n");
    assert_fails(fixture, "", LEDGER_NAME,
                 ": line 1: expected the names of the columns: id, path, …");
    assert_int_equal(unlinkat(fixture->fd, LEDGER_NAME, 0), 0);

    fixture->config.blog.index = (char[]){"/nonexistent/.index.db"};
    assert_fails(fixture, "cannot write ", "/nonexistent/.index.db.tmp",
                 ": No such file or directory");
    fixture->config.blog.root = (char[]){"/nonexistent"};
    assert_fails(fixture, "cannot open the folder ", "/nonexistent", ": No such file or directory");
    assert_false(index_is_current(&fixture->config));
}

static void
test_a_site_needs_its_index(void **state)
{
    struct fixture *fixture = *state;
    struct failure why;

    assert_null(site_open(&fixture->config, &why));
    assert_true(str_starts(str_of(why.text), STR("the index ")));
    fixture->config.blog.root = (char[]){"/nonexistent"};
    assert_null(site_open(&fixture->config, &why));
    assert_string_equal(why.text, "cannot open the folder /nonexistent: No such file or directory");
    site_close(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_found, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_the_charset_of_texts, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_where_addresses_lead, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_whether_it_is_current, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_what_is_no_index_is_replaced, make_capsule,
                                        remove_capsule),
        cmocka_unit_test_setup_teardown(test_failures, make_capsule, remove_capsule),
        cmocka_unit_test_setup_teardown(test_a_site_needs_its_index, make_capsule, remove_capsule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
