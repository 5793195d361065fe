#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "import/lines.h"
#include "scene.h"

#define AMBIGUOUS "05 May 2017\n\nWeavers meet\n\nText.\n\nWeavers of Asia\n\nRead on.\n"

/* Hints for a file as it is now. */
static void
write_hints(const char *path, const char *capture, const char *lines)
{
    struct buf bytes = {0}, text = {0};
    struct failure why;

    assert_true(file_read(capture, OUTPUT_MAX, &bytes, &why));
    buf_format(&text, "sha256 = %s\n%s", digest_of(buf_str(&bytes)).hex, lines);
    write_file(path, buf_text(&text));
    buf_free(&bytes);
    buf_free(&text);
}

static void
read_posts(struct buf *text)
{
    char *const paths[] = {root, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_path);
    struct failure why;

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F && entry->fts_level > 1)
            assert_true(file_read(entry->fts_accpath, OUTPUT_MAX, text, &why));
    fts_close(tree);
}

/* In the posts of the capsule, all of them together. */
static void
assert_occurs(const char *text, size_t times)
{
    struct buf posts = {0};
    size_t count = 0;

    read_posts(&posts);
    for (const char *rest = buf_text(&posts); (rest = strstr(rest, text)); rest++)
        count++;
    assert_int_equal(count, times);
    buf_free(&posts);
}

static void
assert_lines_are_kept(const char *path, const char *posts)
{
    struct buf bytes = {0};
    struct lines lines;
    struct failure why;
    struct date date;
    bool in_posts = false;

    assert_true(file_read(path, OUTPUT_MAX, &bytes, &why));
    assert_true(lines_read(&lines, &bytes, &why));
    for (size_t i = 0; i < lines.count; i++) {
        struct str text = lines.items[i].text;

        str_skip(&text, STR("\u2022 "));
        if (line_is_typed_bullet(&lines.items[i]))
            str_skip(&text, STR("o "));
        if (line_is_date(&lines.items[i], &date))
            in_posts = true;
        else if (in_posts && !memmem(posts, strlen(posts), text.ptr, text.len))
            fail_msg("%s:%zu is lost", path, i + 1);
    }
    assert_true(in_posts);
    lines_free(&lines);
}

static void
assert_every_line_is_kept(const char *folder)
{
    char *const paths[] = {strdup(folder), NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_path);
    struct buf posts = {0};

    read_posts(&posts);
    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            assert_lines_are_kept(entry->fts_accpath, buf_text(&posts));
    fts_close(tree);
    free(paths[0]);
    buf_free(&posts);
}

static void
writes_posts_once(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt",
               "We are hands.\n\n" LABEL WEAVERS FISHERS "04 May 2017\n\nR\u00e9sum\u00e9\n\nLost");
    assert_int_equal(import(scene, "a.txt"), 1);
    assert_string_equal(buf_text(&scene->err),
                        "a.txt:21: W1 text may be cut: \"Lost\": marked as cut: hint: complete 21 "
                        "\"Lost\"\n");
    assert_string_equal(buf_text(&scene->out), "new index.gmi: what the blog says of itself\n"
                                               "posts 3: 3 new, 0 changed, 0 unchanged, 0 kept\n"
                                               "labels 1, warnings 1, settled by hints 0\n");
    assert_holds("capsule/2017/05/weavers-meet.gmi",
                 "# Weavers meet\n2017-05-05 \u00b7 en\n\nThey met under the tree.\n\n"
                 "=> /label/fair-pay/ fair pay\n");
    assert_holds("capsule/2017/05/resume.gmi",
                 "# R\u00e9sum\u00e9\n2017-05-04 \u00b7 en\n\nLost\n\n[The captured text ends "
                 "here.]\n\n=> /label/fair-pay/ fair pay\n");
    assert_holds("capsule/index.gmi", "# Hands\n## Work in Asia\n\nWe are hands.\n");
    assert_true(exists(index_path));
    assert_nothing_to_do(scene, "a.txt");
    assert_string_equal(buf_text(&scene->out),
                        "posts 3: 0 new, 0 changed, 3 unchanged, 0 kept\n"
                        "labels 1, warnings 1 (not repeated), settled by hints 0\n");
}

static void
writes_nothing_when_checking(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", AMBIGUOUS);
    scene->options.check = true;
    assert_int_equal(import(scene, "a.txt"), 1);
    assert_false(exists(root));
    assert_string_equal(
        buf_text(&scene->err),
        "a.txt:7: A2 possible title: \"Weavers of Asia\" (next block 8 chars): kept "
        "as body: hint: title 7 \"Weavers of Asia\"\n");
    assert_string_equal(buf_text(&scene->out), "nothing is written, this is a check\n"
                                               "posts 1: 1 new, 0 changed, 0 unchanged, 0 kept\n"
                                               "labels 0, warnings 1, settled by hints 0\n");
    assert_int_equal(mkdir(root, 0755), 0);
    assert_int_equal(import(scene, "a.txt"), 1);
    assert_int_equal(rmdir(root), 0); /* still empty */
}

static void
refuses_strictly(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", AMBIGUOUS);
    scene->options.strict = true;
    assert_int_equal(import(scene, "a.txt"), 2);
    assert_non_null(strstr(buf_text(&scene->err),
                           "inspir: cannot import strictly: 1 finding without a hint\n"));
    assert_false(exists(root));
    write_hints("a.txt.hints", "a.txt", "body 7 \"Weavers of Asia\"\n");
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_string_equal(buf_text(&scene->err), "");
    assert_string_equal(buf_text(&scene->out), "posts 1: 1 new, 0 changed, 0 unchanged, 0 kept\n"
                                               "labels 0, warnings 0, settled by hints 1\n");
}

static void
takes_hints_from_both_places(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", AMBIGUOUS);
    write_hints("a.txt.hints", "a.txt", "title 7 \"Weavers of Asia\"\n");
    write_hints("more", "a.txt",
                "post 3 lang=nl labels=\"Fair pay, fair  PAY, fair-pay\" path=/2016/12/w.html "
                "author=\"A. Weaver\"\n");
    scene->hints[0] = "more";
    scene->hints[1] = "a.txt.hints";
    scene->options.hint_count = 2;
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_holds("capsule/2016/12/w.gmi",
                 "# Weavers meet\n2017-05-05 \u00b7 nl \u00b7 by A. Weaver\n\nText.\n\n"
                 "=> /label/fair-pay/ Fair pay\n=> /label/fair-pay-2/ fair-pay\n");
    assert_holds("capsule/2017/05/weavers-of-asia.gmi",
                 "# Weavers of Asia\n2017-05-05 \u00b7 en\n\nRead on.\n");
    assert_nothing_to_do(scene, "a.txt");
}

static void
refuses_hints_that_do_not_fit(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", AMBIGUOUS);
    write_hints("a.txt.hints", "a.txt", "title 7 \"Weavers of Africa\"\n");
    assert_int_equal(import(scene, "a.txt"), 65);
    assert_string_equal(buf_text(&scene->err), "inspir: cannot import a.txt: a.txt.hints:2: title "
                                               "7: the line says \"Weavers of Asia\"\n");
    write_file("a.txt", WEAVERS);
    assert_int_equal(import(scene, "a.txt"), 65);
    assert_string_equal(buf_text(&scene->err), "inspir: cannot import a.txt.hints:1: none of the "
                                               "captures has this sha256\n");
    assert_int_equal(remove("a.txt.hints"), 0);
    scene->hints[0] = "none.hints";
    scene->options.hint_count = 1;
    assert_int_equal(import(scene, "a.txt"), 65);
    assert_string_equal(buf_text(&scene->err),
                        "inspir: cannot import none.hints: No such file or directory\n");
    assert_false(exists(root));
}

/* R10 */
static void
lets_a_hint_choose_between_texts(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", WEAVERS FISHERS);
    write_file("b.txt", "05 May 2017\n\nWeavers  Meet\n\nThey met at noon.\n");
    assert_int_equal(import(scene, "a.txt b.txt"), 65);
    assert_string_equal(
        buf_text(&scene->err),
        "a.txt:3: A4 two texts of one post: \"Weavers meet\" (also b.txt:3): nothing is imported: "
        "hint: keep 3 \"Weavers meet\"\n"
        "b.txt:3: A4 two texts of one post: \"Weavers Meet\" (also a.txt:3): nothing is imported: "
        "hint: keep 3 \"Weavers Meet\"\n"
        "inspir: cannot import 1 post with two texts: a hint must choose\n");
    assert_false(exists(root));
    write_hints("b.txt.hints", "b.txt", "keep 3 \"Weavers Meet\"\n");
    assert_int_equal(import(scene, "a.txt b.txt"), 0);
    assert_holds("capsule/2017/05/weavers-meet.gmi",
                 "# Weavers Meet\n2017-05-05 \u00b7 en\n\nThey met at noon.\n");
    write_hints("a.txt.hints", "a.txt", "keep 3 \"Weavers meet\"\n");
    assert_int_equal(import(scene, "a.txt b.txt"), 65);
    assert_string_equal(buf_text(&scene->err), "inspir: cannot import b.txt.hints:2: keep 3: "
                                               "another text of this post is kept already\n");
}

static void
refuses_bad_sources(void **state)
{
    static const struct {
        const char *text, *source, *why;
    } rows[] = {
        {"", "a.txt", "a.txt: the file is empty"},
        {"\n", "a.txt", "a.txt: not a text capture: no date header"},
        {"<?xml version='1.0'?>", "a.txt",
         "a.txt: line 1: not well-formed XML: Extra content at the end of the document"},
        {"<html>", "a.txt", "a.txt: line 1: the page is cut off: it has no </html>"},
        {"05 May 2017\n\n\xff\n", "a.txt", "a.txt: byte 13: not UTF-8"},
        {"05 May 2017\n\n", "a.txt", "a.txt: line 1: empty date block"},
        {WEAVERS, "a.txt b.txt", "b.txt: No such file or directory"},
        {WEAVERS, "a.txt http://127.0.0.1/",
         "http://127.0.0.1/feeds/posts/default?redirect=false: an address of a private network, "
         "which [import] private_hosts does not name"},
        {WEAVERS, "a.txt empty", "empty: nothing of a blog in this folder"},
    };
    struct scene *scene = *state;

    assert_int_equal(mkdir("empty", 0755), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf expected = {0};

        write_file("a.txt", rows[i].text);
        buf_format(&expected, "inspir: cannot import %s\n", rows[i].why);
        assert_int_equal(import(scene, rows[i].source), 65);
        assert_string_equal(buf_text(&scene->err), buf_text(&expected));
        assert_string_equal(buf_text(&scene->out), "");
        assert_false(exists(root));
        buf_free(&expected);
    }
}

static void
refuses_what_it_cannot_do(void **state)
{
    struct scene *scene = *state;
    struct failure why;
    int folder;

    write_file("a.txt", WEAVERS);
    write_file(root, "a file\n");
    assert_int_equal(import(scene, "a.txt"), 73);
    assert_int_equal(remove(root), 0);

    assert_int_equal(mkdir(root, 0755), 0);
    folder = file_open_folder(root, &why);
    assert_true(file_lock(folder));
    assert_int_equal(import(scene, "a.txt"), 75);
    assert_string_equal(buf_text(&scene->err),
                        "inspir: cannot import into capsule: another import is running\n");
    close(folder);
    write_file("capsule/2017", "in the way\n");
    assert_int_equal(import(scene, "a.txt"), 73);
    assert_int_equal(remove("capsule/2017"), 0);
    write_file("capsule/.ledger.tsv", "nonsense\n");
    assert_int_equal(import(scene, "a.txt"), 65);
}

static void
writes_a_report(void **state)
{
    struct scene *scene = *state;
    struct buf expected = {0};

    write_file("a.txt", AMBIGUOUS);
    write_file("report", "old\n");
    scene->options.report = "report";
    assert_int_equal(import(scene, "a.txt"), 1);
    buf_format(
        &expected, "a.txt: sha256 = %s\n%s%s", digest_of(STR(AMBIGUOUS)).hex,
        "a.txt:7: A2 possible title: \"Weavers of Asia\" (next block 8 chars): kept as body: "
        "hint: title 7 \"Weavers of Asia\"\n",
        "posts 1: 1 new, 0 changed, 0 unchanged, 0 kept\n"
        "labels 0, warnings 1, settled by hints 0\n");
    assert_holds("report", buf_text(&expected));
    buf_free(&expected);
    write_file("a.txt", "<html>");
    assert_int_equal(import(scene, "a.txt"), 65);
    assert_holds("report", "cannot import a.txt: line 1: the page is cut off: it has no </html>\n");
    scene->options.report = "nowhere/report";
    write_file("a.txt", AMBIGUOUS);
    assert_int_equal(import(scene, "a.txt"), 73);
}

/* The captures that this program was first made for; they are not part of it. */
static void
reads_the_first_captures(void **state)
{
    struct scene *scene = *state;
    const char *start = getenv("PWD");
    struct buf seeds = {0}, ours = {0};

    buf_format(&seeds, "%s/../shared/seeds", start ? start : ".");
    if (!start || !exists(buf_text(&seeds))) {
        print_message("skipped: there is no ../shared/seeds\n");
        buf_free(&seeds);
        skip();
    }
    assert_int_equal(import(scene, buf_text(&seeds)), 1);
    assert_non_null(strstr(buf_text(&scene->out),
                           "posts 25: 25 new, 0 changed, 0 unchanged, 0 kept\n"
                           "labels 1, warnings 7, settled by hints 0\n"));
    assert_every_line_is_kept(buf_text(&seeds));
    assert_occurs("· nl\n", 1);
    assert_occurs("\n=> /label/capacity-strengthening/ capacity strengthening\n", 12);
    assert_occurs("\n2017-11-20 ", 3);
    assert_occurs("\n[The captured text ends here.]\n", 1);
    assert_nothing_to_do(scene, buf_text(&seeds));

    /* the digests of these posts that come with the program are the same posts */
    buf_format(&ours, "%s/capsule", start);
    scene->config.blog.root = ours.ptr;
    scene->options.check = true;
    import(scene, buf_text(&seeds));
    assert_non_null(strstr(buf_text(&scene->out), "0 new, 0 changed, 0 unchanged, 25 kept\n"));
    buf_free(&seeds);
    buf_free(&ours);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_posts_once),
        TEST(writes_nothing_when_checking),
        TEST(refuses_strictly),
        TEST(takes_hints_from_both_places),
        TEST(refuses_hints_that_do_not_fit),
        TEST(lets_a_hint_choose_between_texts),
        TEST(refuses_bad_sources),
        TEST(refuses_what_it_cannot_do),
        TEST(writes_a_report),
        TEST(reads_the_first_captures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
