#include "import/permalink.h"

#include <string.h>

#include "base/date.h"

enum { MONTH_LEN = 8 }; /* of "2017/11/" */

bool
permalink_month(struct str path, int *year, int *month)
{
    unsigned long years, months;
    bool has_form = path.len > MONTH_LEN && path.ptr[4] == '/' && path.ptr[7] == '/' &&
                    str_number(str_head(path, 4), YEAR_MAX, &years) &&
                    str_number(str_head(str_after(path, 5), 2), 12, &months);

    if (!has_form || years < YEAR_MIN || months == 0)
        return false;
    *year = (int)years;
    *month = (int)months;
    return true;
}

bool
permalink_is_page(struct str path)
{
    return str_starts(path, STR("p/"));
}

/* Without the query and the fragment; mirrors escape the '?' and put .html behind. */
static struct str
drop_query(struct str address)
{
    struct str rest = address;
    const char *escaped;

    rest = str_cut(&rest, '#');
    rest = str_cut(&rest, '?');
    escaped = rest.len > 0 ? memmem(rest.ptr, rest.len, "%3F", 3) : NULL;
    return escaped ? str_head(rest, (size_t)(escaped - rest.ptr)) : rest;
}

/* Where the last part of the path begins that a number of slashes are in. */
static size_t
find_tail(struct str path, int slashes)
{
    size_t at = path.len;

    for (; at > 0; at--)
        if (path.ptr[at - 1] == '/' && slashes-- == 0)
            break;
    return at;
}

bool
permalink_find(struct str address, struct str *path)
{
    struct str all = drop_query(str_trim(address)), name;
    int year, month;

    name = str_after(all, find_tail(all, 0));
    if (name.len <= sizeof ".html" - 1 || !str_ends(name, STR(".html")))
        return false;
    *path = str_after(all, find_tail(all, 1));
    if (permalink_is_page(*path))
        return true;
    *path = str_after(all, find_tail(all, 2));
    return permalink_month(*path, &year, &month);
}

struct str
permalink_root(struct str address)
{
    struct str rest = str_trim(address), whole = rest;

    if (!str_skip(&rest, STR("https://")) && !str_skip(&rest, STR("http://")))
        return STR("");
    for (const char *c = "/?#"; *c; c++) {
        struct str after = rest;

        rest = str_cut(&after, *c);
    }
    return str_head(whole, (size_t)(rest.ptr + rest.len - whole.ptr));
}
