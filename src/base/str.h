#ifndef BASE_STR_H
#define BASE_STR_H

/*
 * Text in two shapes. A `str` is a slice of bytes that somebody else owns: it is never freed and
 * may hold NUL. A `buf` grows and is owned by whoever declared it; `{0}` is an empty one.
 * Invariant: a buf with a pointer has a NUL after its last byte, which len does not count.
 * Appending cannot fail.
 */

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

struct str {
    const char *ptr;
    size_t len;
};

struct buf {
    char *ptr;
    size_t len, cap;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* The slice of a C string; NULL gives the empty slice. */
struct str str_of(const char *text);

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
int str_compare(struct str a, struct str b);    /* by bytes, like memcmp */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has(struct str s, char byte);
bool str_has_control(struct str s); /* C0 or DEL */

/* Drops the prefix (suffix) if it is there and says whether it was. */
bool str_skip(struct str *s, struct str prefix);
bool str_chop(struct str *s, struct str suffix);

/* What is left after the first n bytes; the first n bytes. n may exceed the length. */
struct str str_after(struct str s, size_t n);
struct str str_head(struct str s, size_t n);
struct str str_head_utf8(struct str s, size_t n); /* without half a character at the end */

/* The piece before the first sep; *rest becomes what follows it (empty when there is none). */
struct str str_cut(struct str *rest, char sep);

/* The next line without its LF or CRLF; *rest becomes what follows. */
struct str str_line(struct str *rest);
bool str_has_line(struct str lines, struct str line);
size_t str_count_lines(struct str lines);

/* Without leading and trailing space, tab, CR and LF. */
struct str str_trim(struct str s);

/* A decimal number of 1 to 18 digits and nothing else, at most max. */
bool str_number(struct str digits, unsigned long max, unsigned long *number);

void buf_put(struct buf *buf, struct str s);
void buf_byte(struct buf *buf, char byte);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_format_list(struct buf *buf, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* Room for n more bytes (and the NUL) at the returned place; raise len by what was written. */
char *buf_room(struct buf *buf, size_t n);

/* The text as a slice, valid until the next append; and as a C string, never NULL. */
struct str buf_str(const struct buf *buf);
const char *buf_text(const struct buf *buf);

/* Shortened to len bytes; longer than it is changes nothing. */
void buf_truncate(struct buf *buf, size_t len);
/* Emptied, for a text that may need its memory again; too much of that is given back. */
void buf_reuse(struct buf *buf);
void buf_free(struct buf *buf);

#endif
