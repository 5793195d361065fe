#include "text/idna.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include <idn2.h>
#include <unistr.h>

#include "text/uri.h"

static bool
is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* What UTS 46 maps to ASCII may be no letter: a full-width slash would end the host. The library's
 * own rule for this drops it, which makes another host of it. */
static bool
is_name(struct str labels)
{
    for (size_t i = 0; i < labels.len; i++)
        if (!isalnum((unsigned char)labels.ptr[i]) && !strchr("-._", labels.ptr[i]))
            return false;
    return labels.len > 0;
}

/* Appends what the library makes of a name; a name that it refuses appends nothing. */
static void
put_labels(struct buf *out, const char *name)
{
    char *labels = NULL;

    if (idn2_to_ascii_8z(name, &labels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
        is_name(str_of(labels)))
        buf_put(out, str_of(labels));
    idn2_free(labels);
}

bool
idna_put(struct buf *out, struct str host)
{
    struct buf name = {0};
    size_t before = out->len;

    if (host.len <= (size_t)3 * IDNA_HOST_MAX)
        uri_decode(&name, host);
    if (name.len <= IDNA_HOST_MAX && !is_ascii(buf_str(&name)) && !str_has(buf_str(&name), '\0') &&
        !u8_check((const uint8_t *)name.ptr, name.len))
        put_labels(out, buf_text(&name));
    buf_free(&name);
    return out->len > before;
}
