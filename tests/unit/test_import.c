#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "import/import.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

enum { ARGUMENTS_MAX = 8, OUTPUT_MAX = 1 << 20 };

#define WEAVERS   "05 May 2017\n\nWeavers meet\n\nThey met under the tree.\n\n"
#define FISHERS   "04 May 2017\n\nFishers sing\n\nThey sang at the lake.\n\n"
#define POTTERS   "03 May 2017\n\nPotters rest\n\nThey rested for a day.\n\n"
#define LABEL     "Showing posts with label fair pay. Show all posts\n\n"
#define AMBIGUOUS "05 May 2017\n\nWeavers meet\n\nText.\n\nWeavers of Asia\n\nRead on.\n"

/* A folder with sources and a capsule, and what the last import said. */
struct scene {
    char folder[32];
    struct config config;
    struct import_options options;
    const char *hints[ARGUMENTS_MAX], *sources[ARGUMENTS_MAX];
    int status;
    struct buf out, err;
};

static char title[] = "Hands", subtitle[] = "Work in Asia", root[] = "capsule",
            index_path[] = "capsule/.index.db";

static int
open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    strcpy(scene->folder, "/tmp/inspir-import-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    assert_int_equal(chdir(scene->folder), 0);
    scene->config.blog.title = title;
    scene->config.blog.subtitle = subtitle;
    scene->config.blog.root = root;
    scene->config.blog.index = index_path;
    strcpy(scene->config.blog.language, "en");
    scene->options.hints = scene->hints;
    scene->options.sources = scene->sources;
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;
    char *const paths[] = {scene->folder, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info != FTS_D)
            remove(entry->fts_path);
    fts_close(tree);
    buf_free(&scene->out);
    buf_free(&scene->err);
    free(scene);
    return 0;
}

static void
write_file(const char *path, const char *text)
{
    int folder;
    struct failure why;

    folder = file_open_folder(".", &why);
    assert_true(file_write_beneath(folder, path, str_of(text), &why));
    close(folder);
}

static void
append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool
exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void
assert_holds(const char *path, const char *text)
{
    struct buf bytes = {0};
    struct failure why;

    if (!file_read(path, OUTPUT_MAX, &bytes, &why))
        fail_msg("%s", why.text);
    assert_string_equal(buf_text(&bytes), text);
    buf_free(&bytes);
}

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

static int
by_path(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Every file of the capsule with its number, size and time, ledger and index included. */
static void
put_snapshot(struct buf *out)
{
    char *const paths[] = {root, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_path);

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            buf_format(out, "%s %ju %jd %jd.%09ld\n", entry->fts_path,
                       (uintmax_t)entry->fts_statp->st_ino, (intmax_t)entry->fts_statp->st_size,
                       (intmax_t)entry->fts_statp->st_mtim.tv_sec,
                       entry->fts_statp->st_mtim.tv_nsec);
    fts_close(tree);
}

static int
redirect(FILE *stream, int target)
{
    int saved = dup(target);

    fflush(NULL);
    dup2(fileno(stream), target);
    return saved;
}

static void
restore(FILE *stream, int target, int saved, struct buf *text)
{
    char chunk[4096];
    size_t got;

    fflush(NULL);
    dup2(saved, target);
    close(saved);
    rewind(stream);
    buf_truncate(text, 0);
    while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
        buf_put(text, (struct str){chunk, got});
    fclose(stream);
}

/* Imports the sources, separated by spaces. */
static int
import(struct scene *scene, const char *sources)
{
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out, saved_err;
    struct buf names = {0};
    struct str rest;

    assert_non_null(out);
    assert_non_null(err);
    buf_put(&names, str_of(sources));
    rest = buf_str(&names);
    for (scene->options.source_count = 0; rest.len > 0; scene->options.source_count++) {
        struct str name = str_cut(&rest, ' ');

        assert_true(scene->options.source_count < ARGUMENTS_MAX);
        names.ptr[name.ptr + name.len - names.ptr] = '\0';
        scene->sources[scene->options.source_count] = name.ptr;
    }
    saved_out = redirect(out, STDOUT_FILENO);
    saved_err = redirect(err, STDERR_FILENO);
    scene->status = import_run(&scene->config, &scene->options);
    restore(out, STDOUT_FILENO, saved_out, &scene->out);
    restore(err, STDERR_FILENO, saved_err, &scene->err);
    buf_free(&names);
    return scene->status;
}

/* An import that changes neither bytes nor times nor says anything on standard error. */
static void
assert_nothing_to_do(struct scene *scene, const char *sources)
{
    struct buf before = {0}, after = {0};

    put_snapshot(&before);
    assert_int_equal(import(scene, sources), 0);
    put_snapshot(&after);
    assert_string_equal(buf_text(&after), buf_text(&before));
    assert_string_equal(buf_text(&scene->err), "");
    buf_free(&before);
    buf_free(&after);
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
unites_captures(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", LABEL WEAVERS POTTERS);
    write_file("b.txt", WEAVERS FISHERS);
    assert_int_equal(import(scene, "b.txt a.txt"), 0);
    assert_string_equal(buf_text(&scene->out), "posts 3: 3 new, 0 changed, 0 unchanged, 0 kept\n"
                                               "labels 1, warnings 0, settled by hints 0\n");
    assert_nothing_to_do(scene, "a.txt b.txt");
    assert_nothing_to_do(scene, "a.txt");
    assert_nothing_to_do(scene, "b.txt"); /* which does not know the label */
    assert_nothing_to_do(scene, ".");
    assert_nothing_to_do(scene, "a.txt a.txt ./a.txt");
}

static void
adds_a_label_later(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", LABEL WEAVERS);
    write_file("b.txt", WEAVERS);
    assert_int_equal(import(scene, "b.txt"), 0);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_string_equal(buf_text(&scene->out), "posts 1: 0 new, 1 changed, 0 unchanged, 0 kept\n"
                                               "labels 1, warnings 0, settled by hints 0\n");
    assert_nothing_to_do(scene, "b.txt");
    assert_nothing_to_do(scene, "a.txt");
}

/* R6 */
static void
keeps_the_order_of_one_date(void **state)
{
    struct scene *scene = *state;
    struct buf ledger = {0};
    struct failure why;

    write_file("a.txt", "05 May 2017\n\nThird\n\nc.\n\n05 May 2017\n\nSecond\n\nb.\n\n"
                        "05 May 2017\n\nFirst\n\na.\n");
    write_file("b.txt", "05 May 2017\n\nThird\n\nc.\n\n05 May 2017\n\nFirst\n\na.\n");
    assert_int_equal(import(scene, "b.txt"), 0);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_int_equal(import(scene, "b.txt"), 0);
    assert_true(file_read("capsule/.ledger.tsv", OUTPUT_MAX, &ledger, &why));
    assert_non_null(strstr(buf_text(&ledger), "/2017/05/third.html\tlive\t2\t"));
    assert_non_null(strstr(buf_text(&ledger), "/2017/05/second.html\tlive\t1\t"));
    assert_non_null(strstr(buf_text(&ledger), "/2017/05/first.html\tlive\t0\t"));
    buf_free(&ledger);
}

static void
keeps_what_hands_changed(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", "We are hands.\n\n" WEAVERS FISHERS POTTERS);
    assert_int_equal(import(scene, "a.txt"), 0);
    append("capsule/2017/05/weavers-meet.gmi", "More.\n");
    append("capsule/index.gmi", "More.\n");
    assert_int_equal(remove("capsule/2017/05/potters-rest.gmi"), 0);
    write_file("a.txt", "We were hands.\n\n05 May 2017\n\nWeavers meet\n\nThey met at noon.\n\n"
                        "04 May 2017\n\nFishers sing\n\nThey sang at noon.\n\n" POTTERS);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_string_equal(buf_text(&scene->out),
                        "new 2017/05/potters-rest.gmi: was deleted, is written anew\n"
                        "kept 2017/05/weavers-meet.gmi: edited by hand\n"
                        "kept index.gmi: edited by hand\n"
                        "posts 3: 1 new, 1 changed, 0 unchanged, 1 kept\n"
                        "labels 0, warnings 0, settled by hints 0\n");
    assert_holds("capsule/2017/05/weavers-meet.gmi",
                 "# Weavers meet\n2017-05-05 \u00b7 en\n\nThey met under the tree.\nMore.\n");
    assert_holds("capsule/2017/05/fishers-sing.gmi",
                 "# Fishers sing\n2017-05-04 \u00b7 en\n\nThey sang at noon.\n");
    assert_nothing_to_do(scene, "a.txt");
}

static void
knows_posts_written_by_hand(void **state)
{
    struct scene *scene = *state;
    static const char by_hand[] = "# WEAVERS  meet\n2017-05-05\n\nA digest.\n";

    write_file("capsule/2016/01/elsewhere.gmi", by_hand);
    write_file("capsule/2017/05/fishers-sing.gmi", "# Fishers sing\n2017-05-09\n\nOthers.\n");
    write_file("capsule/2017/05/not-a-post.gmi", "Notes.\n");
    write_file("capsule/index.gmi", "# Ours\n");
    write_file("a.txt", "We are hands.\n\n" WEAVERS FISHERS);
    assert_int_equal(import(scene, "a.txt"), 1); /* not-a-post.gmi */
    assert_string_equal(buf_text(&scene->out), "kept 2016/01/elsewhere.gmi: written by hand\n"
                                               "posts 2: 1 new, 0 changed, 0 unchanged, 1 kept\n"
                                               "labels 0, warnings 0, settled by hints 0\n");
    assert_holds("capsule/2016/01/elsewhere.gmi", by_hand);
    assert_holds("capsule/2017/05/fishers-sing.gmi", "# Fishers sing\n2017-05-09\n\nOthers.\n");
    assert_holds("capsule/2017/05/fishers-sing-2.gmi",
                 "# Fishers sing\n2017-05-04 \u00b7 en\n\nThey sang at the lake.\n");
    assert_holds("capsule/index.gmi", "# Ours\n");
    assert_nothing_to_do(scene, "a.txt");
}

static void
changes_nothing_where_all_is_by_hand(void **state)
{
    struct scene *scene = *state;

    write_file("capsule/2017/05/weavers.gmi", "# Weavers meet\n2017-05-05\n\nA digest.\n");
    write_file("a.txt", LABEL WEAVERS);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_false(exists("capsule/.ledger.tsv"));
    assert_false(exists("capsule/2017/05/weavers-meet.gmi"));
    assert_nothing_to_do(scene, "a.txt");
}

/* The oldest has the plain address, whatever the order of the file; a name is never reused. */
static void
numbers_posts_of_one_slug(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", "05 May 2017\n\nRice?\n\nc.\n\n05 May 2017\n\nRice!\n\nb.\n\n"
                        "04 May 2017\n\nRice\n\na.\n\n04 May 2017\n\nIndex\n\nx.\n\n"
                        "03 May 2017\n\n\u7c73\n\nd.\n");
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_holds("capsule/2017/05/rice.gmi", "# Rice\n2017-05-04 \u00b7 en\n\na.\n");
    assert_holds("capsule/2017/05/rice-2.gmi", "# Rice!\n2017-05-05 \u00b7 en\n\nb.\n");
    assert_holds("capsule/2017/05/rice-3.gmi", "# Rice?\n2017-05-05 \u00b7 en\n\nc.\n");
    assert_holds("capsule/2017/05/index-2.gmi", "# Index\n2017-05-04 \u00b7 en\n\nx.\n");
    assert_holds("capsule/2017/05/post.gmi", "# \u7c73\n2017-05-03 \u00b7 en\n\nd.\n");
    write_file("b.txt", "03 May 2017\n\nRice.\n\nz.\n");
    assert_int_equal(import(scene, "b.txt"), 0);
    assert_holds("capsule/2017/05/rice-4.gmi", "# Rice.\n2017-05-03 \u00b7 en\n\nz.\n");
    assert_nothing_to_do(scene, "a.txt b.txt");
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
takes_the_longer_of_two_texts(void **state)
{
    struct scene *scene = *state;

    write_file("a.txt", FISHERS "03 May 2017\n\nPotters rest\n\nThey rested");
    write_file("b.txt", FISHERS POTTERS);
    assert_int_equal(import(scene, "a.txt b.txt"), 1);
    assert_string_equal(buf_text(&scene->err),
                        "a.txt:9: A4 two texts of one post: \"Potters rest\" (also b.txt:9): the "
                        "longer is kept: hint: keep 9 \"Potters rest\"\n");
    assert_holds("capsule/2017/05/potters-rest.gmi",
                 "# Potters rest\n2017-05-03 \u00b7 en\n\nThey rested for a day.\n");
    scene->options.quiet = true;
    assert_int_equal(import(scene, "a.txt"), 0); /* alone it does not cut the post again */
    assert_holds("capsule/2017/05/potters-rest.gmi",
                 "# Potters rest\n2017-05-03 \u00b7 en\n\nThey rested for a day.\n");
    assert_string_equal(buf_text(&scene->out), "");
}

static void
completes_an_import_that_was_cut_short(void **state)
{
    struct scene *scene = *state;
    struct buf ledger = {0}, old_ledger = {0};
    struct failure why;

    write_file("a.txt", LABEL WEAVERS FISHERS);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_true(file_read("capsule/.ledger.tsv", OUTPUT_MAX, &ledger, &why));

    /* the posts, or some of them, were there before the ledger */
    assert_int_equal(remove("capsule/.ledger.tsv"), 0);
    assert_int_equal(remove("capsule/2017/05/fishers-sing.gmi"), 0);
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_string_equal(buf_text(&scene->out), "posts 2: 1 new, 0 changed, 1 unchanged, 0 kept\n"
                                               "labels 1, warnings 0, settled by hints 0\n");
    assert_holds("capsule/.ledger.tsv", buf_text(&ledger));
    assert_nothing_to_do(scene, "a.txt");

    /* a post was rewritten before the ledger */
    buf_put(&old_ledger, buf_str(&ledger));
    write_file("a.txt", WEAVERS "04 May 2017\n\nFishers sing\n\nThey sang at noon.\n");
    assert_int_equal(import(scene, "a.txt"), 0);
    buf_truncate(&ledger, 0);
    assert_true(file_read("capsule/.ledger.tsv", OUTPUT_MAX, &ledger, &why));
    write_file("capsule/.ledger.tsv", buf_text(&old_ledger));
    assert_int_equal(import(scene, "a.txt"), 0);
    assert_string_equal(buf_text(&scene->out), "posts 2: 0 new, 0 changed, 2 unchanged, 0 kept\n"
                                               "labels 1, warnings 0, settled by hints 0\n");
    assert_holds("capsule/.ledger.tsv", buf_text(&ledger));
    buf_free(&ledger);
    buf_free(&old_ledger);
}

static void
refuses_bad_sources(void **state)
{
    static const struct {
        const char *text, *source, *why;
    } rows[] = {
        {"", "a.txt", "a.txt: not a text capture: no date header"},
        {"<?xml version='1.0'?>", "a.txt", "a.txt: not a text capture: it begins like XML"},
        {"<html>", "a.txt", "a.txt: not a text capture: it begins like HTML"},
        {"05 May 2017\n\n\xff\n", "a.txt", "a.txt: byte 13: not UTF-8"},
        {"05 May 2017\n\n", "a.txt", "a.txt: line 1: empty date block"},
        {WEAVERS, "a.txt b.txt", "b.txt: No such file or directory"},
        {WEAVERS, "a.txt https://example.org/",
         "https://example.org/: an address: this version reads files with text captures"},
        {WEAVERS, "a.txt empty", "empty: no *.txt file in this folder"},
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

    write_file("a.txt", AMBIGUOUS);
    write_file("report", "old\n");
    scene->options.report = "report";
    assert_int_equal(import(scene, "a.txt"), 1);
    assert_holds("report", "a.txt:7: A2 possible title: \"Weavers of Asia\" (next block 8 chars): "
                           "kept as body: hint: title 7 \"Weavers of Asia\"\n"
                           "posts 1: 1 new, 0 changed, 0 unchanged, 0 kept\n"
                           "labels 0, warnings 1, settled by hints 0\n");
    write_file("a.txt", "");
    assert_int_equal(import(scene, "a.txt"), 65);
    assert_holds("report", "cannot import a.txt: not a text capture: no date header\n");
    scene->options.report = "nowhere/report";
    write_file("a.txt", AMBIGUOUS);
    assert_int_equal(import(scene, "a.txt"), 73);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_posts_once),
        TEST(unites_captures),
        TEST(adds_a_label_later),
        TEST(keeps_the_order_of_one_date),
        TEST(keeps_what_hands_changed),
        TEST(knows_posts_written_by_hand),
        TEST(changes_nothing_where_all_is_by_hand),
        TEST(numbers_posts_of_one_slug),
        TEST(writes_nothing_when_checking),
        TEST(refuses_strictly),
        TEST(takes_hints_from_both_places),
        TEST(refuses_hints_that_do_not_fit),
        TEST(lets_a_hint_choose_between_texts),
        TEST(takes_the_longer_of_two_texts),
        TEST(completes_an_import_that_was_cut_short),
        TEST(refuses_bad_sources),
        TEST(refuses_what_it_cannot_do),
        TEST(writes_a_report),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
