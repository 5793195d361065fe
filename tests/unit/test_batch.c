#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include "scene.h"

#include "base/batch.h"

/* A batch with two files, of which the first is there already. */
static int
begin(struct batch *batch)
{
    struct failure why;
    int root_fd;

    mkdir(root, 0755);
    write_file("capsule/2017/a.gmi", "old\n");
    root_fd = file_open_folder(root, &why);
    batch_open(batch, root_fd);
    assert_true(batch_add(batch, "2017/a.gmi", STR("new\n"), &why));
    assert_true(batch_add(batch, "2018/01/b.gmi", STR("b"), &why));
    assert_true(batch_append(batch, STR("c\n"), &why));
    assert_holds("capsule/2017/a.gmi", "old\n");
    return root_fd;
}

static void
puts_all_into_place(void **state)
{
    struct batch batch;
    struct failure why;
    int fd = begin(&batch);

    (void)state;
    assert_true(batch_commit(&batch, &why));
    batch_close(&batch);
    assert_holds("capsule/2017/a.gmi", "new\n");
    assert_holds("capsule/2018/01/b.gmi", "bc\n");
    assert_false(exists("capsule/" BATCH_NAME));
    close(fd);
}

static void
gives_up_what_is_not_committed(void **state)
{
    struct batch batch;
    int fd = begin(&batch);

    (void)state;
    batch_close(&batch);
    assert_holds("capsule/2017/a.gmi", "old\n");
    assert_false(exists("capsule/2018"));
    assert_false(exists("capsule/" BATCH_NAME));
    close(fd);
}

/* What is left of an import that was killed before, or after, its batch was final. */
static void
recovers(void **state)
{
    struct batch batch;
    struct failure why;
    int fd = begin(&batch);

    (void)state;
    assert_true(batch_recover(fd, &why));
    assert_holds("capsule/2017/a.gmi", "old\n");
    assert_false(exists("capsule/" BATCH_NAME));
    close(batch.folder);
    buf_free(&batch.list);
    close(fd);

    fd = begin(&batch);
    write_file("capsule/" BATCH_NAME "/list", "2017/a.gmi\n2018/01/b.gmi\n");
    assert_int_equal(remove("capsule/" BATCH_NAME "/0"), 0); /* is in its place already */
    write_file("capsule/2017/a.gmi", "new\n");
    assert_true(batch_recover(fd, &why));
    assert_holds("capsule/2017/a.gmi", "new\n");
    assert_holds("capsule/2018/01/b.gmi", "bc\n");
    assert_false(exists("capsule/" BATCH_NAME));
    assert_true(batch_recover(fd, &why)); /* nothing is left */
    close(batch.folder);
    buf_free(&batch.list);
    close(fd);
}

static void
sees_what_is_in_the_way(void **state)
{
    static const struct {
        const char *path, *link;
    } rows[] = {{"capsule/2018", NULL}, {"capsule/2018", "elsewhere"}, {"capsule/2018/01", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct batch batch;
        struct failure why;
        int fd = begin(&batch);

        if (rows[i].link)
            assert_int_equal(symlink(rows[i].link, rows[i].path), 0);
        else
            write_file(rows[i].path, "in the way\n");
        assert_false(batch_commit(&batch, &why));
        batch_close(&batch);
        assert_holds("capsule/2017/a.gmi", "old\n");
        assert_false(exists("capsule/" BATCH_NAME));
        assert_int_equal(remove(rows[i].path), 0);
        close(fd);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(puts_all_into_place),
        TEST(gives_up_what_is_not_committed),
        TEST(recovers),
        TEST(sees_what_is_in_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
