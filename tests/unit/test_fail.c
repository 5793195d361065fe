#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#undef fail /* ours, not cmocka's macro */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
says_what_failed(void **state)
{
    struct failure why;

    (void)state;
    assert_false(fail(&why, "line %d: entry without an id", 212));
    assert_string_equal(why.text, "line 212: entry without an id");
    assert_false(fail_in(&why, "%s", "feed.atom"));
    assert_string_equal(why.text, "feed.atom: line 212: entry without an id");
    errno = ENOENT;
    assert_false(fail_errno(&why, "cannot open %s", "x"));
    assert_string_equal(why.text, "cannot open x: No such file or directory");
    fail(&why, "a\nb\x1b[31m\x7f%s",
         "\xc2\x9b"
         "c\xff");
    assert_string_equal(why.text, "a\\x0ab\\x1b[31m\\x7f\\xc2\\x9bc\\xff");
}

static void
cuts_long_sentences(void **state)
{
    struct failure why;
    char long_text[2 * FAILURE_MAX];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    fail(&why, "%s", long_text);
    assert_int_equal(strlen(why.text), FAILURE_MAX - 1);
    fail_in(&why, "here");
    assert_memory_equal(why.text, "here: xxx", 9);
    assert_int_equal(strlen(why.text), FAILURE_MAX - 1);
}

struct escape_row {
    struct str bytes;
    const char *escaped;
};

static void
check_escapes(void (*escape)(struct buf *, struct str), const struct escape_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};

        escape(&out, rows[i].bytes);
        assert_string_equal(buf_text(&out), rows[i].escaped);
        buf_free(&out);
    }
}

static void
escapes(void **state)
{
    static const struct escape_row bytes[] = {
        {{"", 0}, ""},
        {{"gemini://h/?q", 13}, "gemini://h/?q"},
        {{"a b\\c", 5}, "a\\x20b\\x5cc"},
        {{"\0\r\n\x7f\xc3\xa9", 6}, "\\x00\\x0d\\x0a\\x7f\\xc3\\xa9"},
    };
    static const struct escape_row texts[] = {
        {{"caf\xc3\xa9 \xe2\x82\xac", 9}, "caf\xc3\xa9 \xe2\x82\xac"},
        {{"a\0b\tc\x1b", 6}, "a\\x00b\\x09c\\x1b"},
        {{"\xc2\x85\xc2\xa0", 4}, "\\xc2\\x85\xc2\xa0"},
        {{"\x9b\xed\xa0\x80", 4}, "\\x9b\\xed\\xa0\\x80"},
        {{"cut \xe2\x82", 6}, "cut \\xe2\\x82"},
    };

    (void)state;
    check_escapes(log_escape, bytes, COUNT(bytes));
    check_escapes(log_escape_text, texts, COUNT(texts));
}

static void
writes_log_lines(void **state)
{
    char path[] = "/tmp/test_fail_XXXXXX";
    int fd = mkstemp(path);
    struct buf bytes = {0};
    struct failure why;
    struct str rest;
    struct log log;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_true(log_open(&log, path, &why));
    log_line(&log, "one %d", 1);
    log_line(&log, "two\n\x1b[2J");
    log_close(&log);
    assert_true(log_open(&log, path, &why));
    log_line(&log, "three");
    log_close(&log);

    assert_true(file_read(path, 1000, &bytes, &why));
    rest = buf_str(&bytes);
    for (size_t i = 0; i < 3; i++) {
        static const char *const ends[] = {"Z one 1", "Z two\\x0a\\x1b[2J", "Z three"};
        struct str line = str_line(&rest);

        assert_true(str_ends(line, str_of(ends[i])));
        assert_int_equal(line.len, strlen("2017-12-05T12:00:00Z ") - 2 + strlen(ends[i]));
    }
    assert_int_equal(rest.len, 0);
    buf_free(&bytes);
    unlink(path);
}

/* The disk was full, or the machine lost its power, in the middle of a line. */
static void
ends_a_torn_line(void **state)
{
    char path[] = "/tmp/test_fail_XXXXXX";
    int fd = mkstemp(path);
    struct buf bytes = {0};
    struct failure why;
    struct log log;

    (void)state;
    assert_int_equal(write(fd, "2017-12-0", 9), 9);
    close(fd);
    assert_true(log_open(&log, path, &why));
    log_line(&log, "one");
    log_line(&log, "two");
    log_close(&log);
    assert_true(file_read(path, 1000, &bytes, &why));
    assert_true(str_starts(buf_str(&bytes), STR("2017-12-0\n2")));
    assert_true(str_ends(buf_str(&bytes), STR("Z two\n")));
    assert_int_equal(bytes.len, strlen("2017-12-0\n") + 2 * strlen("2017-12-05T12:00:00Z one\n"));
    buf_free(&bytes);
    unlink(path);
}

static void
opens_other_logs(void **state)
{
    struct failure why;
    struct log log;

    (void)state;
    assert_true(log_open(&log, "stderr", &why));
    assert_int_equal(log.fd, STDERR_FILENO);
    assert_false(log.timestamp);
    log_close(&log);
    assert_true(log_open(&log, "syslog", &why));
    assert_int_equal(log.fd, -1);
    log_close(&log);
    assert_false(log_open(&log, "/tmp/no/such/folder/log", &why));
    assert_string_equal(why.text,
                        "cannot open the log /tmp/no/such/folder/log: No such file or directory");
}

/* NIST's example values for SHA-256 */
static void
digests(void **state)
{
    (void)state;
    assert_string_equal(digest_of(STR("abc")).hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(digest_of((struct str){NULL, 0}).hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_not_equal(digest_of((struct str){"a\0b", 3}).hex, digest_of(STR("a")).hex);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_failed), cmocka_unit_test(cuts_long_sentences),
        cmocka_unit_test(escapes),          cmocka_unit_test(writes_log_lines),
        cmocka_unit_test(ends_a_torn_line), cmocka_unit_test(opens_other_logs),
        cmocka_unit_test(digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
