#include "base/base64.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

enum { DIGITS = 4, BYTES = 3 }; /* four digits stand for three bytes */

/* Its digits without white space and padding; false when there is padding between them. */
static bool
put_digits(struct buf *digits, struct str text)
{
    size_t padding = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (strchr(" \t\r\n\f", text.ptr[i]) && text.ptr[i] != '\0')
            continue;
        if (text.ptr[i] == '=')
            padding++;
        else if (padding > 0)
            return false;
        else
            buf_byte(digits, text.ptr[i]);
    }
    return digits->len < INT_MAX - DIGITS && padding < BYTES && digits->len % DIGITS != 1 &&
           (padding == 0 || (digits->len + padding) % DIGITS == 0);
}

bool
base64_decode(struct buf *out, struct str text)
{
    struct buf digits = {0};
    bool done = put_digits(&digits, text);
    size_t missing = (DIGITS - digits.len % DIGITS) % DIGITS;

    for (size_t i = 0; i < missing; i++)
        buf_byte(&digits, '=');
    if (done && digits.len > 0) {
        unsigned char *room = (unsigned char *)buf_room(out, digits.len / DIGITS * BYTES);
        int len = EVP_DecodeBlock(room, (const unsigned char *)digits.ptr, (int)digits.len);

        done = len >= 0;
        if (done)
            out->len += (size_t)len - missing;
        out->ptr[out->len] = '\0';
    }
    buf_free(&digits);
    return done;
}
