#ifndef FUZZ_SECRET_H
#define FUZZ_SECRET_H

/* What stands in files that no answer may show. */

#include <string.h>

#include "text/uri.h"

#define SECRET "SENTINEL"

static inline bool
shows_secret(struct str text)
{
    return text.len > 0 && memmem(text.ptr, text.len, SECRET, sizeof SECRET - 1);
}

/* A search says what was searched for, decoded and without what is no text; who knows the secret
 * learns nothing from that. */
static inline bool
tells_secret(struct str sent)
{
    struct buf words = {0}, letters = {0};
    bool tells;

    uri_decode(&words, sent);
    for (size_t i = 0; i < words.len; i++)
        if (words.ptr[i] >= 'A' && words.ptr[i] <= 'Z')
            buf_byte(&letters, words.ptr[i]);
    tells = shows_secret(buf_str(&letters));
    buf_free(&words);
    buf_free(&letters);
    return tells;
}

#endif
