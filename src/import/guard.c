#include "import/guard.h"

#include "text/gemtext.h"

enum {
    WHOLE_MAX = 100, /* characters of a line that guard_put quotes whole */
    BEGINNING = 60,  /* characters that it quotes of a longer one */
};

static const struct str ellipsis = {"\xe2\x80\xa6", 3};

/* The first characters of a text, all of it when it has no more. */
static struct str
first_characters(struct str text, size_t count)
{
    size_t len = 0;

    while (count-- > 0 && len < text.len)
        for (len++; len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80; len++)
            ;
    return str_head(text, len);
}

void
guard_put(struct buf *out, struct str text)
{
    bool whole = first_characters(text, WHOLE_MAX).len == text.len;
    struct str shown = whole ? text : str_trim(first_characters(text, BEGINNING));

    buf_byte(out, '"');
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.ptr[i] == '"' || shown.ptr[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, shown.ptr[i]);
    }
    if (!whole)
        buf_put(out, ellipsis);
    buf_byte(out, '"');
}

bool
guard_holds(struct str guard, struct str text)
{
    struct buf clean = {0};
    struct str wanted;
    bool holds;

    gemtext_clean(&clean, guard);
    wanted = buf_str(&clean);
    holds = str_eq(wanted, text);
    if (!holds && str_chop(&wanted, ellipsis))
        holds =
            first_characters(wanted, GUARD_MIN - 1).len < wanted.len && str_starts(text, wanted);
    buf_free(&clean);
    return holds;
}
