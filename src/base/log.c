#include "base/log.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <unistr.h>

enum { LOG_FILE_MODE = 0640 };

static _Atomic bool *
share_flag(void)
{
    void *flag =
        mmap(NULL, sizeof(_Atomic bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return flag != MAP_FAILED ? flag : NULL;
}

/* A former process may have met a full disk, or its end, in the middle of a line. */
static bool
is_torn(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char last = '\n';

    if (fd < 0)
        return false;
    if (lseek(fd, -1, SEEK_END) < 0 || read(fd, &last, 1) != 1)
        last = '\n'; /* empty, or no file that has an end */
    close(fd);
    return last != '\n';
}

bool
log_open(struct log *log, const char *target, struct failure *why)
{
    *log = (struct log){.fd = STDERR_FILENO};
    if (strcmp(target, "stderr") == 0)
        return true;
    if (strcmp(target, "syslog") == 0) {
        log->fd = -1;
        closelog(); /* a reload connects to a syslog that was restarted; the sandbox cannot */
        openlog("inspir", LOG_PID | LOG_NDELAY, LOG_DAEMON);
        return true;
    }
    log->fd = open(target, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, LOG_FILE_MODE);
    log->timestamp = true;
    if (log->fd < 0)
        return fail_errno(why, "cannot open the log %s", target);
    log->torn = share_flag();
    if (!log->torn)
        return fail_errno(why, "cannot share the log %s", target);
    atomic_store(log->torn, is_torn(target));
    return true;
}

/* The way to syslog is the whole process's: whoever opened it last needs it still. */
void
log_close(struct log *log)
{
    if (log->fd > STDERR_FILENO)
        close(log->fd);
    if (log->torn)
        munmap((void *)log->torn, sizeof *log->torn);
    *log = (struct log){.fd = STDERR_FILENO};
}

static void
put_time(struct buf *line)
{
    char text[sizeof "2017-12-05T12:00:00Z "];
    struct tm utc;
    time_t now = time(NULL);

    if (gmtime_r(&now, &utc) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ ", &utc) > 0)
        buf_put(line, str_of(text));
}

/* A full disk must not stop the server. */
static void
put_line(const struct log *log, struct str line, bool was_torn)
{
    ssize_t put = write(log->fd, line.ptr, line.len);

    if (log->torn && (put > 0 || was_torn) && put < (ssize_t)line.len)
        atomic_store(log->torn, true);
}

void
log_line(const struct log *log, const char *format, ...)
{
    bool was_torn = log->torn && atomic_exchange(log->torn, false);
    struct buf event = {0}, line = {0};
    va_list values;

    va_start(values, format);
    buf_format_list(&event, format, values);
    va_end(values);
    if (was_torn)
        buf_byte(&line, '\n');
    if (log->timestamp)
        put_time(&line);
    log_escape_text(&line, buf_str(&event));
    buf_free(&event);
    buf_byte(&line, '\n');
    if (log->fd == -1)
        syslog(LOG_INFO, "%s", buf_text(&line));
    else
        put_line(log, buf_str(&line), was_torn);
    buf_free(&line);
}

static void
put_hex(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_format(out, "\\x%02x", (unsigned char)bytes.ptr[i]);
}

void
log_escape(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char byte = bytes.ptr[i];

        if (byte >= 0x21 && byte <= 0x7e && byte != '\\')
            buf_byte(out, byte);
        else
            put_hex(out, (struct str){&byte, 1});
    }
}

void
log_escape_text(struct buf *out, struct str text)
{
    while (text.len > 0) {
        ucs4_t c;
        int len = u8_mbtoucr(&c, (const uint8_t *)text.ptr, text.len);
        struct str character = str_head(text, len > 0 ? (size_t)len : 1);

        if (len < 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            put_hex(out, character);
        else
            buf_put(out, character);
        text = str_after(text, character.len);
    }
}
