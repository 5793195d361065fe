#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum {
    BUF_FIRST = 64,
    BUF_LARGE = 64 << 10, /* from here on room is spared rather than time */
    BUF_REUSED_MAX = 16 << 10,
    FORMAT_FIRST = 32, /* bytes that most formatted texts fit in */
    NUMBER_DIGITS_MAX = 18,
};

struct str
str_of(const char *text)
{
    return (struct str){text ? text : "", text ? strlen(text) : 0};
}

bool
str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

int
str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);

    if (order != 0 || a.len == b.len)
        return order;
    return a.len < b.len ? -1 : 1;
}

bool
str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_after(s, s.len - suffix.len), suffix);
}

bool
str_has(struct str s, char byte)
{
    return s.len > 0 && memchr(s.ptr, byte, s.len) != NULL;
}

bool
str_has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    return false;
}

bool
str_skip(struct str *s, struct str prefix)
{
    if (!str_starts(*s, prefix))
        return false;
    *s = str_after(*s, prefix.len);
    return true;
}

bool
str_chop(struct str *s, struct str suffix)
{
    if (!str_ends(*s, suffix))
        return false;
    s->len -= suffix.len;
    return true;
}

struct str
str_after(struct str s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return (struct str){n == 0 ? s.ptr : s.ptr + n, s.len - n};
}

struct str
str_head(struct str s, size_t n)
{
    return (struct str){s.ptr, n < s.len ? n : s.len};
}

struct str
str_head_utf8(struct str s, size_t n)
{
    if (s.len <= n)
        return s;
    while (n > 0 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
        n--;
    return str_head(s, n);
}

struct str
str_cut(struct str *rest, char sep)
{
    struct str all = *rest;
    const char *found = all.len > 0 ? memchr(all.ptr, sep, all.len) : NULL;
    size_t len = found ? (size_t)(found - all.ptr) : all.len;

    *rest = str_after(all, len + 1);
    return str_head(all, len);
}

struct str
str_line(struct str *rest)
{
    struct str line = str_cut(rest, '\n');

    str_chop(&line, STR("\r"));
    return line;
}

bool
str_has_line(struct str lines, struct str line)
{
    while (lines.len > 0)
        if (str_eq(str_line(&lines), line))
            return true;
    return false;
}

size_t
str_count_lines(struct str lines)
{
    size_t count = 0;

    for (; lines.len > 0; count++)
        str_line(&lines);
    return count;
}

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct str
str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = str_after(s, 1);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool
str_number(struct str digits, unsigned long max, unsigned long *number)
{
    unsigned long long value = 0; /* 18 digits fit, whatever a long is */

    if (digits.len == 0 || digits.len > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned long long)(digits.ptr[i] - '0');
    }
    if (value > max)
        return false;
    *number = (unsigned long)value;
    return true;
}

char *
buf_room(struct buf *buf, size_t n)
{
    size_t needed = buf->len + n + 1;

    if (needed > buf->cap) {
        size_t cap = buf->cap < BUF_FIRST   ? BUF_FIRST
                     : buf->cap < BUF_LARGE ? buf->cap * 2
                                            : buf->cap + buf->cap / 2;

        buf->cap = cap < needed ? needed : cap;
        buf->ptr = mem_grow(buf->ptr, buf->cap, 1);
    }
    buf->ptr[buf->len] = '\0';
    return buf->ptr + buf->len;
}

void
buf_put(struct buf *buf, struct str s)
{
    if (s.len == 0)
        return;
    memcpy(buf_room(buf, s.len), s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

void
buf_byte(struct buf *buf, char byte)
{
    buf_put(buf, (struct str){&byte, 1});
}

void
buf_format_list(struct buf *buf, const char *format, va_list values)
{
    va_list again;
    size_t room;
    int len;

    va_copy(again, values);
    buf_room(buf, FORMAT_FIRST);
    room = buf->cap - buf->len;
    len = vsnprintf(buf->ptr + buf->len, room, format, values);
    if (len > 0 && (size_t)len >= room)
        vsnprintf(buf_room(buf, (size_t)len), (size_t)len + 1, format, again);
    va_end(again);
    buf->len += len > 0 ? (size_t)len : 0;
    buf->ptr[buf->len] = '\0';
}

void
buf_format(struct buf *buf, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    buf_format_list(buf, format, values);
    va_end(values);
}

struct str
buf_str(const struct buf *buf)
{
    return (struct str){buf->ptr ? buf->ptr : "", buf->len};
}

const char *
buf_text(const struct buf *buf)
{
    return buf->ptr ? buf->ptr : "";
}

void
buf_truncate(struct buf *buf, size_t len)
{
    if (len >= buf->len)
        return;
    buf->len = len;
    buf->ptr[len] = '\0';
}

void
buf_reuse(struct buf *buf)
{
    if (buf->cap > BUF_REUSED_MAX)
        buf_free(buf);
    buf_truncate(buf, 0);
}

void
buf_free(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){0};
}
