#include "import/record.h"

enum { MINUTE_MS = 60000, FRACTION_DIGITS = 3 };

void
blog_free(struct blog *blog)
{
    struct buf *const fields[] = {&blog->id,      &blog->title,  &blog->description,
                                  &blog->address, &blog->locale, &blog->time_zone,
                                  &blog->next};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        buf_free(fields[i]);
    *blog = (struct blog){0};
}

struct str
blog_number(struct str id)
{
    static const struct str mark = {"blog-", 5};
    size_t digits = 0;

    for (size_t i = 0; i < id.len; i++)
        if (str_starts(str_after(id, i), mark)) {
            id = str_after(id, i + mark.len);
            break;
        }
    while (digits < id.len && id.ptr[digits] >= '0' && id.ptr[digits] <= '9')
        digits++;
    return str_head(id, digits);
}

struct str
author_name(struct str name)
{
    struct str host = name, user = str_cut(&host, '@');

    return user.len > 0 && str_has(host, '.') && !str_has(name, ' ') ? user : name;
}

static bool
take_digits(struct str *rest, size_t digits, unsigned long max, unsigned long *number)
{
    bool taken = rest->len >= digits && str_number(str_head(*rest, digits), max, number);

    *rest = str_after(*rest, digits);
    return taken;
}

/* The fraction, cut to milliseconds. */
static bool
take_fraction(struct str *rest, int *milliseconds)
{
    int digits = 0;

    if (!str_skip(rest, STR(".")))
        return true;
    for (; rest->len > 0 && *rest->ptr >= '0' && *rest->ptr <= '9'; digits++) {
        if (digits < FRACTION_DIGITS)
            *milliseconds = *milliseconds * 10 + (*rest->ptr - '0');
        *rest = str_after(*rest, 1);
    }
    for (int missing = digits; missing < FRACTION_DIGITS; missing++)
        *milliseconds *= 10;
    return digits > 0;
}

static bool
take_offset(struct str *rest, int *minutes)
{
    bool west = str_starts(*rest, STR("-"));
    unsigned long hour, minute;

    *minutes = 0;
    if (str_skip(rest, STR("Z")) || str_skip(rest, STR("z")))
        return true;
    if (!west && !str_starts(*rest, STR("+")))
        return false;
    *rest = str_after(*rest, 1);
    if (!take_digits(rest, 2, 14, &hour))
        return false;
    str_skip(rest, STR(":"));
    if (!take_digits(rest, 2, 59, &minute))
        return false;
    *minutes = (int)(hour * 60 + minute) * (west ? -1 : 1);
    return true;
}

bool
instant_parse(struct str text, struct instant *instant)
{
    struct moment *moment = &instant->moment;
    unsigned long hour, minute, second;
    int fraction = 0;

    *instant = (struct instant){0};
    text = str_trim(text);
    if (!date_parse(str_head(text, 10), &moment->date))
        return false;
    text = str_after(text, 10);
    if (!str_skip(&text, STR("T")) && !str_skip(&text, STR("t")) && !str_skip(&text, STR(" ")))
        return false;
    if (!take_digits(&text, 2, 23, &hour) || !str_skip(&text, STR(":")) ||
        !take_digits(&text, 2, 59, &minute) || !str_skip(&text, STR(":")) ||
        !take_digits(&text, 2, 60, &second) || !take_fraction(&text, &fraction) ||
        !take_offset(&text, &moment->offset_minutes) || text.len > 0)
        return false;
    moment->has_time = true;
    moment->minute_of_day = (int)(hour * 60 + minute);
    instant->milliseconds = (int)second * 1000 + fraction;
    if (instant->milliseconds >= MINUTE_MS)
        instant->milliseconds = MINUTE_MS - 1; /* a leap second */
    instant->known = true;
    return true;
}
