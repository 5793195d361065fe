#include "text/html_attribute.h"

#include <string.h>

bool
html_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

struct str
html_skip_blanks(struct str text)
{
    while (text.len > 0 && html_is_blank(text.ptr[0]))
        text = str_after(text, 1);
    return text;
}

/* Cuts a value off. One whose quote is never closed ends with the tag: its text is kept. */
static struct str
take_value(struct str *text)
{
    struct str value = html_skip_blanks(*text);
    const char *end = NULL;
    size_t len = 0;

    if (value.len > 0 && (value.ptr[0] == '"' || value.ptr[0] == '\'')) {
        end = memchr(value.ptr + 1, value.ptr[0], value.len - 1);
        if (end) {
            *text = str_after(value, (size_t)(end - value.ptr) + 1);
            return str_head(str_after(value, 1), (size_t)(end - value.ptr) - 1);
        }
        end = memchr(value.ptr, '>', value.len);
        *text = str_after(value, end ? (size_t)(end - value.ptr) : value.len);
        return STR("");
    }
    while (len < value.len && !html_is_blank(value.ptr[len]) && value.ptr[len] != '>')
        len++;
    *text = str_after(value, len);
    return str_head(value, len);
}

bool
html_take_attribute(struct str *text, struct html_raw_attribute *attribute)
{
    size_t len = 0;
    struct str after;

    while (text->len > 0 && (html_is_blank(text->ptr[0]) || text->ptr[0] == '/'))
        *text = str_after(*text, 1);
    if (text->len == 0 || text->ptr[0] == '>')
        return false;
    while (len < text->len && !html_is_blank(text->ptr[len]) &&
           (len == 0 || (text->ptr[len] != '=' && text->ptr[len] != '/')) && text->ptr[len] != '>')
        len++;
    attribute->name = str_head(*text, len);
    attribute->value = STR("");
    *text = str_after(*text, len);
    after = html_skip_blanks(*text);
    if (str_skip(&after, STR("="))) {
        attribute->value = take_value(&after);
        *text = after;
    }
    return true;
}
