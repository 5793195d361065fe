#include "base/fail.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

/* A sentence may quote bytes from outside: whatever could move a terminal's cursor is escaped. */
static bool
set_text(struct failure *why, const struct buf *sentence)
{
    struct buf clean = {0};
    size_t len;

    log_escape_text(&clean, buf_str(sentence));
    len = str_head(buf_str(&clean), sizeof why->text - 1).len;
    while (len > 0 && len < clean.len && ((unsigned char)clean.ptr[len] & 0xc0) == 0x80)
        len--; /* to the first byte of the character that is cut */
    memcpy(why->text, buf_text(&clean), len);
    why->text[len] = '\0';
    buf_free(&clean);
    return false;
}

bool
fail(struct failure *why, const char *format, ...)
{
    struct buf sentence = {0};
    va_list values;

    va_start(values, format);
    buf_format_list(&sentence, format, values);
    va_end(values);
    set_text(why, &sentence);
    buf_free(&sentence);
    return false;
}

bool
fail_errno(struct failure *why, const char *format, ...)
{
    int error = errno;
    struct buf sentence = {0};
    va_list values;

    va_start(values, format);
    buf_format_list(&sentence, format, values);
    va_end(values);
    buf_format(&sentence, ": %s", strerror(error));
    set_text(why, &sentence);
    buf_free(&sentence);
    return false;
}

bool
fail_in(struct failure *why, const char *format, ...)
{
    struct buf sentence = {0};
    va_list values;

    va_start(values, format);
    buf_format_list(&sentence, format, values);
    va_end(values);
    buf_format(&sentence, ": %s", why->text);
    set_text(why, &sentence);
    buf_free(&sentence);
    return false;
}
