/*
 * What a terminal or a reader of the log is shown of bytes from anywhere: log_escape gives visible
 * ASCII from which the bytes can be told again; text for a person, failures and lines of the log
 * hold no control characters, and are UTF-8.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <unistr.h>

#include "base/fail.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TEXT_MAX = 1 << 14 };

static unsigned
digit(char byte)
{
    return (unsigned)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
}

/* Visible ASCII, from which the bytes come back. */
static void
check_escape(struct str bytes)
{
    struct buf shown = {0}, again = {0};

    log_escape(&shown, bytes);
    for (size_t i = 0; i < shown.len; i++) {
        assert(shown.ptr[i] >= 0x21 && shown.ptr[i] <= 0x7e);
        if (shown.ptr[i] != '\\') {
            buf_byte(&again, shown.ptr[i]);
            continue;
        }
        assert(i + 3 < shown.len && shown.ptr[i + 1] == 'x');
        buf_byte(&again, (char)(digit(shown.ptr[i + 2]) << 4 | digit(shown.ptr[i + 3])));
        i += 3;
    }
    assert(str_eq(buf_str(&again), bytes));
    buf_free(&shown);
    buf_free(&again);
}

static void
check_person(struct str text)
{
    assert(u8_check((const uint8_t *)text.ptr, text.len) == NULL);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        assert(byte >= ' ' && byte != 0x7f);
        assert(byte != 0xc2 || (unsigned char)text.ptr[i + 1] >= 0xa0); /* C1 */
    }
}

static void
check_text(struct str bytes)
{
    struct buf shown = {0}, again = {0};

    log_escape_text(&shown, bytes);
    check_person(buf_str(&shown));
    log_escape_text(&again, buf_str(&shown)); /* nothing is left to be escaped */
    assert(str_eq(buf_str(&again), buf_str(&shown)));
    buf_free(&shown);
    buf_free(&again);
}

/* Cut where it is too long, but never within a character. */
static void
check_failure(struct str bytes)
{
    struct failure why;

    fail(&why, "cannot: %.*s", (int)bytes.len, bytes.ptr);
    check_person(str_of(why.text));
    fail_in(&why, "%.*s", (int)bytes.len, bytes.ptr);
    check_person(str_of(why.text));
}

/* One line, whatever it is about. */
static void
check_line(struct str bytes)
{
    const struct log log = {.fd = memfd_create("log", MFD_CLOEXEC), .timestamp = true};
    struct buf line = {0};
    ssize_t got;

    assert(log.fd >= 0);
    log_line(&log, "%.*s", (int)bytes.len, bytes.ptr);
    got = pread(log.fd, buf_room(&line, 4 * TEXT_MAX + 64), 4 * TEXT_MAX + 64, 0);
    assert(got > 0 && line.ptr[got - 1] == '\n');
    check_person((struct str){line.ptr, (size_t)got - 1});
    buf_free(&line);
    close(log.fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str all = {(const char *)bytes, size};

    if (size > TEXT_MAX)
        return 0;
    check_escape(all);
    check_text(all);
    check_failure(all);
    check_line(all);
    return 0;
}
