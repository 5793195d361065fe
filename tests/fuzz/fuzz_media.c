/*
 * Media types, by a name and by what a file begins with: always of the grammar that a header can
 * carry, and text where what was found can be read as text. The first line is the name.
 */

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "site/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TYPE_MAX = 127 }; /* bytes: more than any that libmagic knows */

static struct media_sniffer *sniffer;

static void
end_sniffer(void)
{
    media_sniffer_close(sniffer);
}

/* RFC 2045 5.1: what may stand in a type besides letters and digits; '/', ';', '=' and ' ' part
 * its words. */
static void
check_type(struct str type)
{
    struct str rest = type, major = str_cut(&rest, '/'), minor = str_cut(&rest, ';');

    assert(type.len <= TYPE_MAX && major.len > 0 && minor.len > 0);
    for (size_t i = 0; i < type.len; i++)
        assert(isalnum((unsigned char)type.ptr[i]) || memchr("!#$&-^_.+/;= ", type.ptr[i], 13));
    assert(!str_has(minor, ' ') && !str_has(minor, '/'));
    assert(rest.len == 0 || str_starts(rest, STR(" charset=")));
    assert(!media_is_gemtext(type) || media_is_text(type));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str rest = {(const char *)bytes, size}, name = str_line(&rest);
    const char *known = media_of_name(name), *told;
    struct failure why;

    if (!sniffer) {
        sniffer = media_sniffer_open(&why);
        assert(sniffer);
        atexit(end_sniffer);
    }
    if (known)
        check_type(str_of(known));
    told = media_of_bytes(sniffer, str_head(rest, MEDIA_SNIFF), &why);
    if (told)
        check_type(str_of(told));
    return 0;
}
