#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/child.h"

#include <cmocka.h>

enum { LARGE = 1 << 20 /* bytes, more than a pipe holds */ };

static bool
find_out(void *ctx, struct buf *findings, struct failure *why)
{
    (void)why;
    buf_put(findings, str_of(ctx));
    return true;
}

static bool
find_much(void *ctx, struct buf *findings, struct failure *why)
{
    (void)ctx, (void)why;
    for (size_t i = 0; i < LARGE; i++)
        buf_byte(findings, (char)i);
    return true;
}

static bool
find_nothing(void *ctx, struct buf *findings, struct failure *why)
{
    buf_put(findings, STR("half of it"));
    return (fail)(why, "%s is not there", (const char *)ctx);
}

static bool
die(void *ctx, struct buf *findings, struct failure *why)
{
    (void)ctx, (void)findings, (void)why;
    raise(SIGKILL);
    return true;
}

static bool
change(void *ctx, struct buf *findings, struct failure *why)
{
    (void)findings, (void)why;
    *(int *)ctx = 1;
    return true;
}

static void
test_findings_come_back(void **state)
{
    char text[] = "certificates\0and more";
    struct buf findings = {0};
    struct failure why = {""};
    bool died = false;

    (void)state;
    buf_put(&findings, STR("before "));
    assert_true(child_run(&(struct errand){find_out, NULL, text}, &findings, &died, &why));
    assert_string_equal(buf_text(&findings), "before certificates");
    buf_truncate(&findings, 0);
    assert_true(child_run(&(struct errand){find_much, NULL, NULL}, &findings, &died, &why));
    assert_int_equal(findings.len, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        assert_int_equal(findings.ptr[i], (char)i);
    buf_free(&findings);
}

static void
test_failures_come_back(void **state)
{
    char name[] = "key.pem";
    struct buf findings = {0};
    struct failure why = {""};
    bool died = false;

    (void)state;
    assert_false(child_run(&(struct errand){find_nothing, NULL, name}, &findings, &died, &why));
    assert_string_equal(why.text, "key.pem is not there");
    assert_false(died);
    assert_false(child_run(&(struct errand){die, NULL, NULL}, &findings, &died, &why));
    assert_string_equal(why.text, "a process ended before its work was done");
    assert_true(died);
    assert_int_equal(findings.len, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

/* The reason for all of it. */
static void
test_nothing_else_comes_back(void **state)
{
    struct buf findings = {0};
    struct failure why = {""};
    bool died = false;
    int mark = 0;

    (void)state;
    assert_true(child_run(&(struct errand){change, NULL, &mark}, &findings, &died, &why));
    assert_int_equal(mark, 0);
    assert_int_equal(findings.len, 0);
}

/* Who is told to end meanwhile does not wait for the work. */
static bool
wait_for_ever(void *ctx, struct buf *findings, struct failure *why)
{
    (void)ctx, (void)findings, (void)why;
    kill(getppid(), SIGTERM);
    while (pause() != 0)
        continue;
    return true;
}

static void
test_order_to_end(void **state)
{
    const struct timespec at_once = {0};
    struct buf findings = {0};
    struct failure why = {""};
    bool died = false;
    sigset_t term;

    (void)state;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    assert_false(child_must_stop());
    assert_false(child_run(&(struct errand){wait_for_ever, NULL, NULL}, &findings, &died, &why));
    assert_string_equal(why.text, "told to end meanwhile");
    assert_true(child_must_stop());
    assert_int_equal(sigtimedwait(&term, NULL, &at_once), SIGTERM);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
}

static bool
wait_for_word(void *ctx, struct buf *findings, struct failure *why)
{
    const int *ends = ctx;
    char byte;

    (void)findings, (void)why;
    return read(ends[READ_END], &byte, 1) == 1;
}

static void
send_word(void *ctx)
{
    const int *ends = ctx;

    assert_int_equal(write(ends[WRITE_END], "", 1), 1);
}

/* Who waits has something else to do: here, what the child waits for. */
static void
test_meanwhile(void **state)
{
    int ends[PIPE_ENDS];
    const struct errand errand = {wait_for_word, send_word, ends};
    struct buf findings = {0};
    struct failure why = {""};
    bool died = false;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(child_run(&errand, &findings, &died, &why));
    close(ends[READ_END]);
    close(ends[WRITE_END]);
}

static void
test_ready(void **state)
{
    static const struct {
        size_t len;
        bool is_ready;
    } rows[] = {{1, true}, {0, false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int ends[PIPE_ENDS];

        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[WRITE_END], "", rows[i].len), rows[i].len);
        close(ends[WRITE_END]);
        assert_int_equal(child_await_ready(ends[READ_END], NULL, NULL), rows[i].is_ready);
        close(ends[READ_END]);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings_come_back),
        cmocka_unit_test(test_failures_come_back),
        cmocka_unit_test(test_nothing_else_comes_back),
        cmocka_unit_test(test_order_to_end),
        cmocka_unit_test(test_meanwhile),
        cmocka_unit_test(test_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
