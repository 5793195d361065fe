#include "text/html_names.h"

#include <stdlib.h>

struct name {
    struct str name;
    int meaning;
};

/* In the order of str_compare, spelled as in text/html_source.h. */
static const struct name tags[] = {
    {{"a", 1}, HTML_LINK},
    {{"address", 7}, HTML_BLOCK},
    {{"article", 7}, HTML_BLOCK},
    {{"aside", 5}, HTML_BLOCK},
    {{"audio", 5}, HTML_AUDIO},
    {{"blockquote", 10}, HTML_QUOTE},
    {{"br", 2}, HTML_BREAK},
    {{"button", 6}, HTML_DROP},
    {{"caption", 7}, HTML_TABLE_TITLE},
    {{"center", 6}, HTML_BLOCK},
    {{"datalist", 8}, HTML_DROP},
    {{"dd", 2}, HTML_DETAIL},
    {{"details", 7}, HTML_BLOCK},
    {{"dir", 3}, HTML_UL},
    {{"div", 3}, HTML_BLOCK},
    {{"dl", 2}, HTML_PARAGRAPH},
    {{"dt", 2}, HTML_PART},
    {{"embed", 5}, HTML_EMBED},
    {{"fieldset", 8}, HTML_PART},
    {{"figcaption", 10}, HTML_CAPTION},
    {{"figure", 6}, HTML_FIGURE},
    {{"footer", 6}, HTML_BLOCK},
    {{"form", 4}, HTML_FORM},
    {{"h1", 2}, HTML_HEADING_2},
    {{"h2", 2}, HTML_HEADING_2},
    {{"h3", 2}, HTML_HEADING_3},
    {{"h4", 2}, HTML_HEADING_3},
    {{"h5", 2}, HTML_HEADING_3},
    {{"h6", 2}, HTML_HEADING_3},
    {{"header", 6}, HTML_BLOCK},
    {{"hgroup", 6}, HTML_PART},
    {{"hr", 2}, HTML_RULE},
    {{"iframe", 6}, HTML_IFRAME},
    {{"img", 3}, HTML_IMAGE},
    {{"input", 5}, HTML_DROP},
    {{"legend", 6}, HTML_PART},
    {{"li", 2}, HTML_ITEM},
    {{"link", 4}, HTML_DROP},
    {{"main", 4}, HTML_BLOCK},
    {{"menu", 4}, HTML_UL},
    {{"meta", 4}, HTML_DROP},
    {{"nav", 3}, HTML_BLOCK},
    {{"noscript", 8}, HTML_DROP},
    {{"object", 6}, HTML_EMBED},
    {{"optgroup", 8}, HTML_DROP},
    {{"option", 6}, HTML_DROP},
    {{"p", 1}, HTML_PARAGRAPH},
    {{"param", 5}, HTML_PARAM},
    {{"pre", 3}, HTML_PRE},
    {{"script", 6}, HTML_DROP},
    {{"section", 7}, HTML_BLOCK},
    {{"select", 6}, HTML_DROP},
    {{"source", 6}, HTML_SOURCE},
    {{"strong", 6}, HTML_BOLD},
    {{"style", 5}, HTML_DROP},
    {{"sub", 3}, HTML_SUB},
    {{"summary", 7}, HTML_PART},
    {{"sup", 3}, HTML_SUP},
    {{"svg", 3}, HTML_DROP},
    {{"table", 5}, HTML_TABLE},
    {{"tbody", 5}, HTML_PART},
    {{"td", 2}, HTML_CELL},
    {{"template", 8}, HTML_DROP},
    {{"textarea", 8}, HTML_PRE},
    {{"tfoot", 5}, HTML_PART},
    {{"th", 2}, HTML_HEAD_CELL},
    {{"thead", 5}, HTML_PART},
    {{"title", 5}, HTML_DROP},
    {{"tr", 2}, HTML_ROW},
    {{"video", 5}, HTML_VIDEO},
    {{"x-b", 3}, HTML_BOLD},
    {{"x-end", 5}, HTML_PART},
    {{"x-ol", 4}, HTML_OL},
    {{"x-u", 3}, HTML_BOLD},
    {{"x-ul", 4}, HTML_UL},
    {{"xml", 3}, HTML_DROP},
};

/* In the order of str_compare. */
static const struct name attrs[] = {
    {{"alt", 3}, HTML_ALT},         {{"class", 5}, HTML_CLASS},   {{"colspan", 7}, HTML_COLSPAN},
    {{"data", 4}, HTML_DATA},       {{"height", 6}, HTML_HEIGHT}, {{"hidden", 6}, HTML_HIDDEN},
    {{"href", 4}, HTML_HREF},       {{"name", 4}, HTML_NAME},     {{"role", 4}, HTML_ROLE},
    {{"rowspan", 7}, HTML_ROWSPAN}, {{"src", 3}, HTML_SRC},       {{"start", 5}, HTML_START},
    {{"style", 5}, HTML_STYLE},     {{"title", 5}, HTML_TITLE},   {{"value", 5}, HTML_VALUE},
    {{"width", 5}, HTML_WIDTH},
};

static int
compare_names(const void *key, const void *element)
{
    return str_compare(*(const struct str *)key, ((const struct name *)element)->name);
}

static int
find(struct str name, const struct name *names, size_t count, int otherwise)
{
    const struct name *found = bsearch(&name, names, count, sizeof *names, compare_names);

    return found ? found->meaning : otherwise;
}

enum html_tag
html_tag_of(struct str name)
{
    /* what a word processor keeps about itself, as in w:WordDocument and w:LsdException */
    if (str_starts(name, STR("w:")))
        return HTML_DROP;
    return (enum html_tag)find(name, tags, sizeof tags / sizeof *tags, HTML_INLINE);
}

enum html_attr
html_attr_of(struct str name)
{
    return (enum html_attr)find(name, attrs, sizeof attrs / sizeof *attrs, HTML_ATTR_NONE);
}
