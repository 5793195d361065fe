#include "import/oldpath.h"

#include <unictype.h>
#include <unistr.h>

#include "base/date.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum { MONTH_LEN = 8 /* of "2017/11/" */ };

static const struct str page_folder = {"p/", 2};
static const struct str label_folder = {"/search/label/", 14};
static const struct str ending = {".html", 5};

static bool
is_month(struct str path)
{
    unsigned long year, month;

    return path.len > MONTH_LEN && path.ptr[4] == '/' && path.ptr[7] == '/' &&
           str_number(str_head(path, 4), YEAR_MAX, &year) && year >= YEAR_MIN &&
           str_number(str_head(str_after(path, 5), 2), 12, &month) && month >= 1;
}

/* The name between the folder and the ending; false when it is none. */
static bool
find_name(struct str path, struct str *name)
{
    if (!str_skip(&path, STR("/")) || !str_chop(&path, ending))
        return false;
    if (str_starts(path, page_folder))
        *name = str_after(path, page_folder.len);
    else if (is_month(path))
        *name = str_after(path, MONTH_LEN);
    else
        return false;
    return name->len > 0 && !str_has(*name, '/');
}

bool
oldpath_put(struct buf *out, struct str address)
{
    struct str path = uri_split(str_trim(address)).path, name;
    struct buf decoded = {0};
    bool found = str_starts(path, STR("/")) && uri_path_decode(path, &decoded) == URI_PATH_OK;

    path = buf_str(&decoded);
    path = str_cut(&path, '?'); /* mirrors escape it, and put ".html" behind the query */
    found = found && find_name(path, &name);
    if (found)
        uri_put_path(out, path);
    buf_free(&decoded);
    return found;
}

static bool
is_name_character(ucs4_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_' || c == '.';
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                                                   UC_CATEGORY_MASK_N);
}

static bool
is_file_name(struct str name)
{
    if (name.len == 0 || name.len > OLDPATH_NAME_MAX || *name.ptr == '.' ||
        str_eq(name, STR("index")))
        return false;
    while (name.len > 0) {
        ucs4_t c;

        name = str_after(name, (size_t)u8_mbtouc(&c, (const uint8_t *)name.ptr, name.len));
        if (!is_name_character(c))
            return false;
    }
    return true;
}

bool
oldpath_put_base(struct buf *out, struct str old)
{
    struct buf decoded = {0};
    struct str name, base;
    bool valid = uri_path_decode(old, &decoded) == URI_PATH_OK &&
                 find_name(buf_str(&decoded), &name) && is_file_name(name);

    if (valid) {
        base = str_after(buf_str(&decoded), 1);
        str_chop(&base, ending);
        str_skip(&base, page_folder);
        buf_put(out, base);
    }
    buf_free(&decoded);
    return valid;
}

/* Blogger writes a space as '+' or "%20". */
bool
oldpath_put_label(struct buf *out, struct str address)
{
    struct str path = uri_split(str_trim(address)).path;
    struct buf spaced = {0}, decoded = {0};
    size_t start = out->len;

    if (str_skip(&path, label_folder))
        for (size_t i = 0; i < path.len; i++)
            buf_byte(&spaced, path.ptr[i] == '+' ? ' ' : path.ptr[i]);
    uri_decode(&decoded, buf_str(&spaced));
    if (decoded.len > 0 && !u8_check((const uint8_t *)decoded.ptr, decoded.len))
        gemtext_clean(out, buf_str(&decoded));
    buf_free(&spaced);
    buf_free(&decoded);
    return out->len > start;
}
