#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours, not cmocka's macro */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/file.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A folder of the test's own; "outside" stands beside it. */
struct place {
    char path[64];
    int outside, root;
};

static void
write_file(int folder, const char *path, const char *text)
{
    struct failure why;

    assert_true(file_write_beneath(folder, path, str_of(text), &why));
}

static void
assert_file(int folder, const char *path, const char *text)
{
    struct buf bytes = {0};
    struct failure why;

    assert_true(file_read_beneath(folder, path, 100, &bytes, &why));
    assert_string_equal(buf_text(&bytes), text);
    buf_free(&bytes);
}

static int
make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct failure why;

    snprintf(place->path, sizeof place->path, "/tmp/test_file_XXXXXX");
    if (!mkdtemp(place->path))
        return -1;
    place->outside = file_open_folder(place->path, &why);
    write_file(place->outside, "secret", "secret");
    write_file(place->outside, "root/a/b", "inside");
    place->root = openat(place->outside, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = place;
    return place->outside < 0 || place->root < 0;
}

static int
remove_entry(const char *path, const struct stat *info, int flag, struct FTW *at)
{
    (void)info;
    (void)flag;
    (void)at;
    return remove(path);
}

static int
remove_place(void **state)
{
    struct place *place = *state;
    int result;

    close(place->root);
    close(place->outside);
    result = nftw(place->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(place);
    return result;
}

static void
opens_only_beneath(void **state)
{
    static const struct {
        const char *path;
        int errors[3];
    } refused[] = {
        {"none", {ENOENT}},
        {"a/none", {ENOENT}},
        {"a/b/c", {ENOTDIR}},
        {"a", {EISDIR}},
        {"", {EISDIR}},
        {".", {EISDIR}},
        {"..", {EXDEV}},
        {"../secret", {EXDEV}},
        {"a/../../secret", {EXDEV}},
        {"/etc/passwd", {EXDEV, ENOENT}},
        {"link", {EXDEV, ELOOP}},
        {"up/secret", {EXDEV, ELOOP, ENOTDIR}},
        {"inner/b", {EXDEV, ELOOP, ENOTDIR}},
        {"fifo", {ENOENT}},
    };
    struct place *place = *state;
    int fd;

    assert_int_equal(symlinkat("../secret", place->root, "link"), 0);
    assert_int_equal(symlinkat("..", place->root, "up"), 0);
    assert_int_equal(symlinkat("a", place->root, "inner"), 0);
    assert_int_equal(mkfifoat(place->root, "fifo", 0600), 0);

    fd = file_open_beneath(place->root, "a/b");
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    for (size_t i = 0; i < COUNT(refused); i++) {
        const int *errors = refused[i].errors;

        assert_int_equal(file_open_beneath(place->root, refused[i].path), FILE_OPEN_FAILED);
        assert_true(errno == errors[0] || errno == errors[1] || errno == errors[2]);
    }
}

/* Kernels before 5.6 and many sandboxes have no openat2. */
static void
opens_only_beneath_without_openat2(void **state)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT(rules), .filter = rules};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        skip();
    assert_int_equal(syscall(SYS_openat2, -1, "", NULL, 0), -1);
    assert_int_equal(errno, ENOSYS);
    opens_only_beneath(state);
}

/* Where else the file is read does not matter, and is not changed. */
static void
reads_the_start(void **state)
{
    struct place *place = *state;
    struct buf bytes = {0};
    struct failure why;
    char rest[8];
    int fd = file_open_beneath(place->root, "a/b"), folder = file_open_folder(place->path, &why);

    assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
    assert_true(file_read_start(fd, 3, &bytes));
    assert_string_equal(buf_text(&bytes), "ins");
    assert_true(file_read_start(fd, 100, &bytes));
    assert_string_equal(buf_text(&bytes), "insinside");
    assert_int_equal(file_read_part(fd, rest, sizeof rest), 2);
    assert_false(file_read_start(folder, 3, &bytes));
    assert_int_equal(errno, EISDIR);
    assert_string_equal(buf_text(&bytes), "insinside");
    close(folder);
    close(fd);
    buf_free(&bytes);
}

static void
reads_up_to_a_limit(void **state)
{
    struct place *place = *state;
    struct buf bytes = {0};
    struct failure why;
    char path[128];

    buf_put(&bytes, STR("before "));
    assert_true(file_read_beneath(place->root, "a/b", 6, &bytes, &why));
    assert_string_equal(buf_text(&bytes), "before inside");
    assert_false(file_read_beneath(place->root, "a/b", 5, &bytes, &why));
    assert_string_equal(why.text, "a/b: larger than 5 bytes");
    assert_false(file_read_beneath(place->root, "none", 5, &bytes, &why));
    assert_string_equal(why.text, "none: No such file or directory");

    buf_truncate(&bytes, 0);
    snprintf(path, sizeof path, "%s/secret", place->path);
    assert_true(file_read(path, 6, &bytes, &why));
    assert_string_equal(buf_text(&bytes), "secret");
    assert_false(file_read(path, 5, &bytes, &why));
    assert_false(file_read(place->path, 100, &bytes, &why));
    buf_free(&bytes);
}

static void
writes_whole_files(void **state)
{
    struct place *place = *state;
    int old = file_open_beneath(place->root, "a/b");
    char bytes[16] = "";
    struct stat info;

    write_file(place->root, "a/b", "new");
    assert_file(place->root, "a/b", "new");
    /* who has the old file open keeps it whole */
    assert_int_equal(read(old, bytes, sizeof bytes), 6);
    assert_string_equal(bytes, "inside");
    close(old);

    write_file(place->root, "2017/12/x.gmi", "");
    assert_file(place->root, "2017/12/x.gmi", "");
    assert_int_equal(fstatat(place->root, "2017/12/x.gmi", &info, 0), 0);
    assert_int_equal(info.st_mode & ~(mode_t)0666, S_IFREG);
    assert_int_not_equal(fstatat(place->root, ".inspir.tmp", &info, 0), 0);

    write_file(place->root, ".inspir.tmp", "left by a crash");
    write_file(place->root, "a/b", "newer");
    assert_file(place->root, "a/b", "newer");
}

static void
writes_only_beneath(void **state)
{
    static const char *const refused[] = {
        "../x", "a/../../x", "..", "/tmp/x", "up/x", "a/b/x", "a", "a/", "", "2017/..",
    };
    struct place *place = *state;
    char too_long[FILE_PATH_MAX + 2];
    struct failure why;
    struct stat info;

    assert_int_equal(symlinkat("..", place->root, "up"), 0);
    assert_int_equal(symlinkat("../secret", place->root, "link"), 0);
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_false(file_write_beneath(place->root, refused[i], STR("x"), &why));
        assert_true(str_starts(str_of(why.text), STR("cannot write ")));
    }
    memset(too_long, '/', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    assert_false(file_write_beneath(place->root, too_long, STR("x"), &why));
    assert_int_not_equal(fstatat(place->outside, "x", &info, 0), 0);
    assert_int_not_equal(fstatat(place->root, ".inspir.tmp", &info, 0), 0);

    /* a link is replaced, what it points to stays */
    write_file(place->root, "link", "mine");
    assert_file(place->root, "link", "mine");
    assert_file(place->outside, "secret", "secret");
}

static void
locks_once(void **state)
{
    struct place *place = *state;
    struct failure why;
    int other = file_open_folder(place->path, &why);

    assert_true(file_lock(place->outside));
    assert_false(file_lock(other));
    assert_int_equal(errno, EWOULDBLOCK);
    close(place->outside);
    assert_true(file_lock(other));
    place->outside = other;
}

static void
opens_folders(void **state)
{
    struct place *place = *state;
    struct failure why;
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/here", place->path);
    assert_int_equal(symlinkat("root", place->outside, "here"), 0);
    fd = file_open_folder(path, &why);
    assert_true(fd >= 0);
    close(fd);
    snprintf(path, sizeof path, "%s/secret", place->path);
    assert_int_equal(file_open_folder(path, &why), FILE_OPEN_FAILED);
    assert_true(str_ends(str_of(why.text), STR("secret: Not a directory")));
}

struct visit {
    struct buf seen;
    size_t left; /* files until the walk is stopped */
};

static bool
on_file(void *ctx, const struct file_info *info)
{
    struct visit *visit = ctx;

    buf_format(&visit->seen, "%s %llu\n", info->path, (unsigned long long)info->size);
    assert_true(info->mtime_ns > INT64_C(1500000000) * 1000000000);
    return --visit->left > 0;
}

static void
walks_in_order(void **state)
{
    struct place *place = *state;
    struct visit all = {.left = 100}, two = {.left = 2};
    struct failure why;

    write_file(place->root, "a/.hidden", "x");
    write_file(place->root, ".git/x", "x");
    write_file(place->root, "a/c/d", "four");
    write_file(place->root, "B", "1");
    write_file(place->root, "\xc3\xa9", "");
    write_file(place->root, "z", "22");
    assert_int_equal(symlinkat("z", place->root, "link"), 0);
    assert_int_equal(symlinkat("..", place->root, "up"), 0);
    assert_int_equal(mkfifoat(place->root, "fifo", 0600), 0);

    assert_true(file_walk(place->root, on_file, &all, &why));
    assert_string_equal(buf_text(&all.seen), "B 1\na/b 6\na/c/d 4\nz 2\n\xc3\xa9 0\n");
    assert_true(file_walk(place->root, on_file, &two, &why));
    assert_string_equal(buf_text(&two.seen), "B 1\na/b 6\n");
    buf_free(&all.seen);
    buf_free(&two.seen);
}

static void
walks_so_deep(void **state)
{
    struct place *place = *state;
    struct visit visit = {.left = 100};
    struct buf path = {0};
    struct failure why;

    buf_put(&path, STR("a/"));
    for (int depth = 1; depth < FILE_DEPTH_MAX; depth++)
        buf_put(&path, STR("d/"));
    buf_byte(&path, 'f');
    write_file(place->root, buf_text(&path), "");
    buf_truncate(&path, path.len - 1);
    buf_put(&path, STR("too/deep"));
    write_file(place->root, buf_text(&path), "");

    assert_true(file_walk(place->root, on_file, &visit, &why));
    assert_true(str_ends(buf_str(&visit.seen), STR("d/f 0\n")));
    assert_null(strstr(buf_text(&visit.seen), "deep"));
    buf_free(&visit.seen);
    buf_free(&path);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

static void
walks_past_what_it_may_not_read(void **state)
{
    struct place *place = *state;
    struct visit visit = {.left = 100};
    struct failure why;
    bool is_root = geteuid() == 0, done;

    write_file(place->root, "lost/x", "x");
    write_file(place->root, "z", "22");
    assert_int_equal(fchmodat(place->root, "lost", 0, 0), 0);
    assert_int_equal(fchmod(place->root, 0755), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    done = file_walk(place->root, on_file, &visit, &why);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(fchmodat(place->root, "lost", 0700, 0), 0);
    assert_true(done);
    assert_non_null(strstr(buf_text(&visit.seen), "z 2\n"));
    assert_null(strstr(buf_text(&visit.seen), "lost"));
    buf_free(&visit.seen);
}

int
main(void)
{
    /* the last one changes the process for good */
    const struct CMUnitTest tests[] = {
        IN_PLACE(opens_only_beneath),
        IN_PLACE(reads_the_start),
        IN_PLACE(reads_up_to_a_limit),
        IN_PLACE(writes_whole_files),
        IN_PLACE(writes_only_beneath),
        IN_PLACE(locks_once),
        IN_PLACE(opens_folders),
        IN_PLACE(walks_in_order),
        IN_PLACE(walks_so_deep),
        IN_PLACE(walks_past_what_it_may_not_read),
        IN_PLACE(opens_only_beneath_without_openat2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
