#include "text/utf8.h"

#include <stdbool.h>

static bool
is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Of three bytes: not U+0000 to U+07FF, which are written shorter, U+1680, which is a space, U+2000
 * to U+3FFF, nor U+D000 to U+FFFF with their surrogates and marks of byte order. */
static bool
is_usual(unsigned char first, unsigned char second)
{
    return is_continuation(second) && (first == 0xe0   ? second >= 0xa0
                                       : first == 0xe1 ? second != 0x9a
                                                       : first >= 0xe4 && first <= 0xec);
}

size_t
utf8_usual_len(struct str text)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t at = 0;

    while (at + 1 < text.len) {
        if (bytes[at] >= 0xc3 && bytes[at] <= 0xdf && is_continuation(bytes[at + 1]))
            at += 2;
        else if (at + 2 < text.len && is_usual(bytes[at], bytes[at + 1]) &&
                 is_continuation(bytes[at + 2]))
            at += 3;
        else
            break;
    }
    return at;
}
