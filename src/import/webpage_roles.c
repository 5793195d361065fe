#include "import/webpage_roles.h"

enum { NUMBER_MAX = 20 }; /* Blogger's ids have 8 to 19 digits */

struct class_role {
    const char *element; /* NULL: any */
    struct str word;
    enum role role;
};

/* The first row that fits wins. */
static const struct class_role rows[] = {
    {NULL, {"descriptionwrapper", 18}, ROLE_DESCRIPTION},
    {NULL, {"post-body", 9}, ROLE_BODY},
    {NULL, {"date-header", 11}, ROLE_DATE},
    {"h1", {"post-title", 10}, ROLE_TITLE},
    {"h2", {"post-title", 10}, ROLE_TITLE},
    {"h3", {"post-title", 10}, ROLE_TITLE},
    {"h1", {"entry-title", 11}, ROLE_TITLE},
    {"h2", {"entry-title", 11}, ROLE_TITLE},
    {"h3", {"entry-title", 11}, ROLE_TITLE},
    {NULL, {"jump-link", 9}, ROLE_JUMP},
    {NULL, {"post-labels", 11}, ROLE_LABELS},
    {NULL, {"fn", 2}, ROLE_AUTHOR},
    {"cite", {"user", 4}, ROLE_COMMENT_NAME},
    {NULL, {"comment-content", 15}, ROLE_COMMENT_BODY},
    {NULL, {"comment-body", 12}, ROLE_COMMENT_BODY},
    {"dt", {"comment-author", 14}, ROLE_COMMENT_HEAD},
    {NULL, {"comment", 7}, ROLE_COMMENT},
    {NULL, {"hentry", 6}, ROLE_POST},
    {NULL, {"post-outer", 10}, ROLE_POST},
    {"div", {"post", 4}, ROLE_POST},
    {"article", {"post", 4}, ROLE_POST},
    {NULL, {"entry-content", 13}, ROLE_BODY},
};

bool
role_is_widget(const struct tag *tag)
{
    return tag_lists(tag, "class", STR("widget"));
}

bool
role_number(struct str id, struct str prefix, struct str *digits)
{
    if (!str_skip(&id, prefix) || id.len == 0 || id.len > NUMBER_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return false;
    *digits = id;
    return true;
}

/* The first row that fits one word, before the row that was found for another word. */
static size_t
find_row(const struct tag *tag, struct str word, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (str_eq(word, rows[i].word) && (!rows[i].element || tag_is(tag, rows[i].element)))
            return i;
    return end;
}

enum role
role_of(const struct tag *tag)
{
    static const size_t count = sizeof rows / sizeof *rows;
    struct str classes = tag_attribute(tag, "class"), word, digits;
    size_t found = count;

    if (tag_is(tag, "html") || tag_is(tag, "body"))
        return ROLE_NONE; /* themes put the kind of the page there */
    if (role_is_widget(tag))
        return tag_lists(tag, "class", STR("Blog")) ? ROLE_NONE : ROLE_WIDGET;
    if (role_number(tag_attribute(tag, "id"), STR("post-body-"), &digits))
        return ROLE_BODY;
    while (tag_next_word(&classes, &word))
        found = find_row(tag, word, found);
    return found < count ? rows[found].role : ROLE_NONE;
}
