#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "scene.h"

static void
append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
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
                        "kept 2017/05/weavers-meet.gmi: edited by hand: the blog's is "
                        ".new/2017/05/weavers-meet.gmi\n"
                        "kept index.gmi: edited by hand: the blog's is .new/index.gmi\n"
                        "posts 3: 1 new, 1 changed, 0 unchanged, 1 kept\n"
                        "labels 0, warnings 0, settled by hints 0\n");
    assert_holds("capsule/2017/05/weavers-meet.gmi",
                 "# Weavers meet\n2017-05-05 \u00b7 en\n\nThey met under the tree.\nMore.\n");
    assert_holds("capsule/2017/05/fishers-sing.gmi",
                 "# Fishers sing\n2017-05-04 \u00b7 en\n\nThey sang at noon.\n");
    assert_holds("capsule/.new/index.gmi", "# Hands\n## Work in Asia\n\nWe were hands.\n");
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unites_captures),
        TEST(adds_a_label_later),
        TEST(keeps_the_order_of_one_date),
        TEST(keeps_what_hands_changed),
        TEST(knows_posts_written_by_hand),
        TEST(changes_nothing_where_all_is_by_hand),
        TEST(numbers_posts_of_one_slug),
        TEST(takes_the_longer_of_two_texts),
        TEST(completes_an_import_that_was_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
