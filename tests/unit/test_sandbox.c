#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <linux/openat2.h>
#include <seccomp.h>

#include "base/file.h"
#include "base/mem.h"
#include "serve/sandbox.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Exit statuses of a child; others are the errno of its act. */
enum { DONE = 0, NOT_CONFINED = 200, NOT_PREPARED };

static char no_user[] = "", ini[] = "inspir.ini";

/* A folder with one file and one folder in it, and a file beside it. */
struct place {
    char path[32];
    int root;
};

static int
open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct failure why;

    assert_non_null(place);
    strcpy(place->path, "/tmp/inspir-sandbox-XXXXXX");
    assert_non_null(mkdtemp(place->path));
    assert_int_equal(chdir(place->path), 0);
    place->root = file_open_folder(".", &why);
    assert_true(file_write_beneath(place->root, "outside", STR("outside\n"), &why));
    assert_true(file_write_beneath(place->root, "capsule/a/b", STR("inside\n"), &why));
    close(place->root);
    place->root = file_open_folder("capsule", &why);
    assert_true(place->root >= 0);
    *state = place;
    return 0;
}

static int
close_place(void **state)
{
    struct place *place = *state;

    close(place->root);
    assert_int_equal(unlink("capsule/a/b") | rmdir("capsule/a") | rmdir("capsule"), 0);
    assert_int_equal(unlink("outside") | chdir("/") | rmdir(place->path), 0);
    free(place);
    return 0;
}

static struct config
config_of(enum sandbox_mode mode)
{
    struct config config = {.path = ini};

    config.server.user = no_user;
    config.server.sandbox = mode;
    return config;
}

/* What an older kernel would answer. */
static bool
hide_landlock(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter &&
                seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset),
                                 0) == 0 &&
                seccomp_load(filter) == 0;

    seccomp_release(filter);
    return done;
}

static bool
has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* Each act is done in the sandbox; DONE or an errno. */
static int
result(bool done)
{
    return done ? DONE : errno;
}

static int
read_file(int root)
{
    struct buf bytes = {0};
    struct failure why;
    bool done = file_read_beneath(root, "a/b", 100, &bytes, &why) &&
                str_eq(buf_str(&bytes), STR("inside\n"));

    buf_free(&bytes);
    return done ? DONE : EIO;
}

static int
open_folder(int root)
{
    return result(file_open_beneath(root, "a") >= 0);
}

static int
climb(int root)
{
    return result(file_open_beneath(root, "../outside") >= 0);
}

static int
open2(int root, const char *path, unsigned flags)
{
    const struct open_how how = {.flags = flags};

    return result(syscall(SYS_openat2, root, path, &how, sizeof how) >= 0);
}

static int
write_outside(int root)
{
    return open2(root, "../outside", O_WRONLY);
}

static int
write_inside(int root)
{
    return open2(root, "a/b", O_WRONLY);
}

static int
truncate_inside(int root)
{
    return open2(root, "a/b", O_RDONLY | O_TRUNC);
}

static int
write_by_name(int root)
{
    return result(openat(root, "a/b", O_WRONLY) >= 0);
}

static int
truncate_by_name(int root)
{
    return result(openat(root, "a/b", O_RDONLY | O_TRUNC) >= 0);
}

static int
make_socket(int root)
{
    (void)root;
    return result(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int
change_folder(int root)
{
    (void)root;
    return result(chdir("/") == 0);
}

static int
fail_an_assertion(int root)
{
    (void)root;
    abort();
}

/* What the libraries do now and then. */
static int
by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 1);
}

static int
live(int root)
{
    enum { MUCH = 4 << 20, MORE = 8 << 20 }; /* bytes: maps memory, and moves it */
    struct tm broken_down;
    time_t now = time(NULL);
    char *memory = mem_new(MUCH);
    bool is_sorted;

    (void)root;
    memset(memory, 'x', MUCH);
    memory[0] = 'y';
    qsort(memory, MUCH, 1, by_bytes);
    is_sorted = memory[MUCH - 1] == 'y';
    memory = mem_grow(memory, MORE, 1);
    free(memory);
    return is_sorted && localtime_r(&now, &broken_down) ? DONE : EIO;
}

/* Its socket was not opened before, and cannot be now: the line is lost, nothing else. */
static int
write_to_syslog(int root)
{
    (void)root;
    syslog(LOG_DEBUG, "a line of test_sandbox");
    return DONE;
}

struct row {
    const char *name;
    enum sandbox_mode mode;
    bool without_landlock;
    int (*act)(int root);
    int status, signal; /* how the child ends */
};

static _Noreturn void
be_child(const struct row *row, int root)
{
    const struct config config = config_of(row->mode);
    const struct site site = {.config = &config, .root = root, .books = -1};
    const struct log log = {.fd = STDERR_FILENO};
    struct failure why;

    if (row->without_landlock && !hide_landlock())
        _exit(NOT_PREPARED);
    if (!sandbox_worker(&config, &site, &log, &why)) {
        fprintf(stderr, "%s\n", why.text);
        _exit(NOT_CONFINED);
    }
    exit(row->act(root)); /* and what is done at exit must be allowed, too */
}

static void
confines(void **state)
{
    const struct place *place = *state;
    static const struct row rows[] = {
        {"reads the capsule", SANDBOX_REQUIRE, false, read_file, DONE, 0},
        {"tells folders", SANDBOX_REQUIRE, false, open_folder, EISDIR, 0},
        {"does not climb", SANDBOX_REQUIRE, false, climb, EXDEV, 0},
        {"writes nothing outside", SANDBOX_REQUIRE, false, write_outside, EACCES, 0},
        {"writes nothing inside", SANDBOX_REQUIRE, false, write_inside, EACCES, 0},
        {"truncates nothing", SANDBOX_REQUIRE, false, truncate_inside, EACCES, 0},
        {"makes no socket", SANDBOX_REQUIRE, false, make_socket, EACCES, 0},
        {"dies of an unknown call", SANDBOX_REQUIRE, false, change_folder, 0, SIGSYS},
        {"can abort", SANDBOX_REQUIRE, false, fail_an_assertion, 0, SIGABRT},
        {"lives", SANDBOX_REQUIRE, false, live, DONE, 0},
        {"survives the loss of syslog", SANDBOX_REQUIRE, false, write_to_syslog, DONE, 0},

        {"try: reads", SANDBOX_TRY, false, read_file, DONE, 0},
        {"try: writes nothing", SANDBOX_TRY, false, write_inside, EACCES, 0},
        {"try: an unknown call fails", SANDBOX_TRY, false, change_folder, EPERM, 0},

        {"no Landlock: reads", SANDBOX_TRY, true, read_file, DONE, 0},
        {"no Landlock: tells folders", SANDBOX_TRY, true, open_folder, EISDIR, 0},
        {"no Landlock: does not climb", SANDBOX_TRY, true, climb, EXDEV, 0},
        {"no Landlock: openat2", SANDBOX_TRY, true, write_inside, ENOSYS, 0},
        {"no Landlock: writes nothing", SANDBOX_TRY, true, write_by_name, EPERM, 0},
        {"no Landlock: truncates nothing", SANDBOX_TRY, true, truncate_by_name, EPERM, 0},

        {"off: writes", SANDBOX_OFF, false, write_inside, DONE, 0},
        {"off: makes sockets", SANDBOX_OFF, false, make_socket, DONE, 0},
        {"off: goes where it likes", SANDBOX_OFF, false, change_folder, DONE, 0},
    };

    if (!has_landlock())
        skip();
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0)
            be_child(&rows[i], place->root);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (rows[i].signal ? !WIFSIGNALED(status) || WTERMSIG(status) != rows[i].signal
                           : !WIFEXITED(status) || WEXITSTATUS(status) != rows[i].status)
            fail_msg("%s: status %#x", rows[i].name, (unsigned)status);
    }
}

/* In a child, for no filter can be taken off again: what sandbox_check says of a kernel. */
static _Noreturn void
be_checked(enum sandbox_mode mode, bool without_landlock, int words_fd)
{
    const struct config config = config_of(mode);
    const struct log log = {.fd = words_fd};
    struct failure why = {0};
    bool served;

    if (without_landlock && !hide_landlock())
        _exit(NOT_PREPARED);
    served = sandbox_check(&config, &log, &why);
    dprintf(words_fd, "%s", why.text);
    _exit(served ? DONE : NOT_CONFINED);
}

static void
checks(void **state)
{
    static const struct {
        enum sandbox_mode mode;
        bool without_landlock;
        int status;
        const char *words;
    } rows[] = {
        {SANDBOX_REQUIRE, false, DONE, ""},
        {SANDBOX_TRY, false, DONE, ""},
        {SANDBOX_OFF, true, DONE, ""},
        {SANDBOX_TRY, true, DONE,
         "inspir: [server] sandbox = try: this system has no Landlock, which leaves more to "
         "whoever "
         "takes over a worker\n"},
        {SANDBOX_REQUIRE, true, NOT_CONFINED,
         "inspir.ini: [server] sandbox: this system has no Landlock"},
    };

    (void)state;
    if (!has_landlock())
        skip();
    for (size_t i = 0; i < COUNT(rows); i++) {
        char words[FAILURE_MAX] = "";
        int status, ends[2];
        pid_t pid;

        assert_int_equal(pipe(ends), 0);
        fflush(NULL);
        pid = fork();
        if (pid == 0)
            be_checked(rows[i].mode, rows[i].without_landlock, ends[1]);
        close(ends[1]);
        assert_true(read(ends[0], words, sizeof words - 1) >= 0);
        close(ends[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_string_equal(words, rows[i].words);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == rows[i].status);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(confines, open_place, close_place),
        cmocka_unit_test(checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
