#include "import/webpage_scan.h"

#include <stdlib.h>

#include "import/permalink.h"
#include "import/webpage_facts.h"

static struct str
between(const char *begin, const char *end)
{
    return (struct str){begin, (size_t)(end - begin)};
}

static struct str
behind(const struct scan *scan, const char *at)
{
    return between(at, scan->html.ptr + scan->html.len);
}

static const char *
end_of(struct str s)
{
    return s.ptr + s.len;
}

/* The theme closes a body with an empty div; what is found in it is the body. */
static void
end_body(struct scan *scan, struct str body)
{
    struct str marker = scan->marker;
    struct webpage_post *post = scan_last_post(scan);
    bool is_marked = marker.len > 0 && marker.ptr >= body.ptr && end_of(marker) <= end_of(body) &&
                     str_trim(between(end_of(marker), end_of(body))).len == 0;

    post->html = is_marked ? between(body.ptr, marker.ptr) : body;
    scan->may_go_on = !is_marked;
    scan->bodied = scan->page->post_count;
}

static void
end_day(struct scan *scan, struct str day)
{
    struct webpage_post *post = scan_last_post(scan);

    scan->day = day;
    if (post && scan->inside[ROLE_POST] > 0 && (!post->html.ptr || post->day.len == 0))
        post->day = day;
}

/* The first line of text that is not blank. */
static struct str
first_line(struct str html)
{
    struct tag_reader reader = {.rest = html};
    struct tag tag;

    while (tag_next(&reader, &tag)) {
        struct str text = tag.kind == TAG_TEXT ? str_trim(tag.source) : STR("");

        if (text.len > 0)
            return str_line(&text);
    }
    return STR("");
}

static void
end_role(struct scan *scan, enum role role, struct str inner)
{
    struct webpage_comment *comment = scan_current_comment(scan);

    switch (role) {
    case ROLE_DESCRIPTION:
        scan_set(&scan->page->description, inner);
        break;
    case ROLE_DATE:
        end_day(scan, inner);
        break;
    case ROLE_TITLE:
        scan_last_post(scan)->title = inner;
        break;
    case ROLE_BODY:
        end_body(scan, inner);
        break;
    case ROLE_AUTHOR:
        scan_set(&scan_last_post(scan)->author, inner);
        break;
    case ROLE_LABEL:
        scan_new_label(scan, inner);
        break;
    case ROLE_COMMENT_HEAD:
        if (comment && comment->name.len == 0) /* no link: "Name\nsaid..." */
            comment->name = first_line(inner);
        break;
    case ROLE_COMMENT_NAME:
        if (comment)
            scan_set(&comment->name, inner);
        break;
    case ROLE_COMMENT_BODY:
        if (comment && !comment->html.ptr)
            comment->html = inner;
        break;
    default:
        break;
    }
}

/* Ends the open elements above a depth. One whose own tag begins what ends it holds nothing: a link
 * of a label may be marked as a post as well. */
static void
pop(struct scan *scan, size_t depth, const char *at)
{
    while (scan->depth > depth) {
        struct open *open = &scan->open[scan->depth - 1];

        end_role(scan, open->role, between(open->begin, at > open->begin ? at : open->begin));
        scan->inside[open->role]--;
        scan->depth--;
    }
}

/* The depth below the lowest open element of a role; the whole depth when there is none. */
static size_t
depth_below(const struct scan *scan, enum role role)
{
    size_t i = 0;

    while (i < scan->depth && scan->open[i].role != role)
        i++;
    return i;
}

static bool
begin_post(struct scan *scan, const struct tag *tag)
{
    const struct webpage_post *post = scan_last_post(scan);

    if (scan->inside[ROLE_COMMENT] > 0 || scan->inside[ROLE_COMMENT_HEAD] > 0)
        return false;
    if (!post)
        return scan_new_post(scan, tag) != NULL;
    if (!post->title.ptr && !post->html.ptr && post->id.len == 0 && post->stamp_href.len == 0)
        return true; /* an element within the one that began the post */
    pop(scan, depth_below(scan, ROLE_POST), tag->source.ptr);
    return scan_new_post(scan, tag) != NULL;
}

/* Themes without an element around a post begin one with its title, or its body. */
static bool
begin_title(struct scan *scan, const struct tag *tag)
{
    const struct webpage_post *post = scan_last_post(scan);
    bool is_taken = !post || post->title.ptr || post->html.ptr;

    if (scan->inside[ROLE_COMMENT] > 0)
        return false;
    if (scan->inside[ROLE_POST] > 0)
        return !is_taken;
    return !is_taken || scan_new_post(scan, tag);
}

static bool
begin_body(struct scan *scan, const struct tag *tag)
{
    struct str id = tag_attribute(tag, "id"), digits = {0};
    struct webpage_post *post = scan_last_post(scan);
    bool is_post = role_number(id, STR("post-body-"), &digits);
    bool is_snippet = role_number(id, STR("post-snippet-"), &digits);

    if (scan->inside[ROLE_COMMENT] > 0)
        return false;
    if (scan->inside[ROLE_POST] > 0 && post->html.ptr &&
        (digits.len == 0 || str_eq(digits, post->id)))
        return false;
    if (!post || post->html.ptr)
        post = scan_new_post(scan, tag);
    if (!post)
        return false;
    scan->page->is_blogger |= is_post || is_snippet;
    post->is_summary = is_snippet; /* themes since 2017: some words of the post without markup */
    if (digits.len > 0)
        post->id = digits;
    return true;
}

/* Whether an element with a role begins here. */
static bool
begins(struct scan *scan, enum role role, const struct tag *tag)
{
    struct webpage_comment *comment = scan_current_comment(scan);
    struct webpage_post *post = scan_last_post(scan);
    struct str digits;

    if (scan->inside[role] > 0 && role != ROLE_POST && role != ROLE_COMMENT)
        return false; /* only these two nest */
    switch (role) {
    case ROLE_POST:
        return begin_post(scan, tag);
    case ROLE_TITLE:
        return begin_title(scan, tag);
    case ROLE_BODY:
        return begin_body(scan, tag);
    case ROLE_COMMENT:
        return role_number(tag_attribute(tag, "id"), STR("c"), &digits) &&
               scan_new_comment(scan, tag);
    case ROLE_COMMENT_HEAD:
        return scan_new_comment(scan, tag);
    case ROLE_COMMENT_NAME:
    case ROLE_COMMENT_BODY:
        return comment != NULL;
    case ROLE_AUTHOR:
        return post && !comment;
    case ROLE_JUMP:
        if (post)
            post->is_partial = true;
        return post != NULL;
    default:
        return role != ROLE_NONE;
    }
}

/* Elements that never have an end tag. */
static bool
is_void(const struct tag *tag)
{
    static const char *const names[] = {"area",  "base", "br",   "col",   "embed",  "hr", "img",
                                        "input", "link", "meta", "param", "source", "wbr"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tag_is(tag, names[i]))
            return true;
    return tag->content.ptr != NULL; /* its end is part of it */
}

/* An empty div that clears floats; themes end each body with one. */
static bool
is_marker(const struct scan *scan, const struct tag *tag)
{
    struct str style = tag_attribute(tag, "style");
    struct str left = str_cut(&style, ':');

    str_chop(&style, STR(";"));
    return tag_is(tag, "div") && str_eq(str_trim(left), STR("clear")) &&
           str_eq(str_trim(style), STR("both")) &&
           str_starts(behind(scan, end_of(tag->source)), STR("</div>"));
}

/* Remembers a marker. True when it ends a body whatever is still open: it is written as only
 * themes write it, and another div ends right behind it. */
static bool
note_marker(struct scan *scan, const struct tag *tag)
{
    struct str end = behind(scan, end_of(tag->source));

    if (!is_marker(scan, tag))
        return false;
    str_skip(&end, STR("</div>"));
    scan->marker = between(tag->source.ptr, end.ptr);
    while (end.len > 0 && str_has(STR(" \t\r\n"), end.ptr[0]))
        end = str_after(end, 1);
    return str_eq(tag->source, STR("<div style='clear: both;'>")) && str_starts(end, STR("</div"));
}

/* An end tag too few in a body would make the rest of the page a part of it. */
static void
close_body(struct scan *scan)
{
    size_t depth = depth_below(scan, ROLE_BODY);
    struct str name = scan->open[depth].name;
    size_t unclosed = tag_is(&(struct tag){.name = name}, "div") ? scan->open[depth].same - 1 : 0;

    pop(scan, depth, end_of(scan->marker));
    for (size_t i = 0; i < depth; i++)
        if (str_eq_nocase(scan->open[i].name, name) && scan->open[i].same >= unclosed)
            scan->open[i].same -= unclosed;
}

static void
start_in_body(struct scan *scan, const struct tag *tag)
{
    struct webpage_post *post = scan_last_post(scan);
    struct str href = tag_attribute(tag, "href"), path;

    if (note_marker(scan, tag))
        close_body(scan);
    else if (tag_is(tag, "a"))
        /* on pages of many posts the title is a link, and themes add one that reads on */
        post->is_partial |= str_ends(href, STR("#more")) ||
                            (str_eq(href, post->title_href) && permalink_find(href, &path));
}

/* An end tag too many in a body ended it early; what follows up to the marker belongs to it. */
static void
extend_body(struct scan *scan, const struct tag *tag)
{
    struct webpage_post *post = scan_last_post(scan);

    if (note_marker(scan, tag))
        post->html.len = (size_t)(scan->marker.ptr - post->html.ptr);
    else if (!tag_attribute(tag, "class").ptr && !tag_attribute(tag, "id").ptr)
        return;
    scan->may_go_on = false;
}

/* False when the tag is of no account. */
static bool
start_in_widget(struct scan *scan, const struct tag *tag)
{
    if (role_is_widget(tag))
        pop(scan, depth_below(scan, ROLE_WIDGET), tag->source.ptr);
    else if (role_of(tag) == ROLE_DESCRIPTION)
        scan_push(scan, ROLE_DESCRIPTION, tag);
    return role_is_widget(tag);
}

static void
on_start(struct scan *scan, const struct tag *tag)
{
    enum role role;

    for (size_t i = 0; i < scan->depth; i++)
        scan->open[i].same += str_eq_nocase(scan->open[i].name, tag->name);
    if (scan->inside[ROLE_WIDGET] > 0 && !start_in_widget(scan, tag))
        return;
    if (scan->inside[ROLE_BODY] > 0) {
        start_in_body(scan, tag);
        return;
    }
    if (scan->may_go_on)
        extend_body(scan, tag);
    if (scan->inside[ROLE_COMMENT_BODY] > 0) {
        scan_current_comment(scan)->is_removed |= tag_lists(tag, "class", STR("deleted-comment"));
        return;
    }
    webpage_take_facts(scan, tag);
    if (is_void(tag))
        return;
    role = role_of(tag);
    if (!scan->failed && begins(scan, role, tag))
        scan_push(scan, role, tag);
}

static void
on_end(struct scan *scan, const struct tag *tag)
{
    size_t i = scan->depth;

    scan->has_end |= tag_is(tag, "html");
    while (i > 0 && !str_eq_nocase(scan->open[i - 1].name, tag->name))
        i--;
    if (i > 0 && scan->open[i - 1].same == 0)
        pop(scan, i - 1, tag->source.ptr);
    for (i = 0; i < scan->depth; i++)
        if (scan->open[i].same > 0 && str_eq_nocase(scan->open[i].name, tag->name))
            scan->open[i].same--;
}

bool
webpage_scan(struct webpage *page, struct str html, struct failure *why)
{
    struct scan scan = {.page = page, .why = why, .html = html, .counted = html.ptr, .line = 1};
    struct tag_reader reader = {.rest = html};
    struct tag tag;

    *page = (struct webpage){0};
    while (!scan.failed && tag_next(&reader, &tag)) {
        if (tag.kind == TAG_START)
            on_start(&scan, &tag);
        else if (tag.kind == TAG_END)
            on_end(&scan, &tag);
    }
    if (scan.inside[ROLE_BODY] > 0)
        scan_refuse(&scan, end_of(html), "the page ends within a post");
    if (scan.inside[ROLE_COMMENT_BODY] > 0)
        scan_refuse(&scan, end_of(html), "the page ends within a comment");
    if (scan.has_begin && !scan.has_end)
        scan_refuse(&scan, end_of(html), "the page is cut off: it has no </html>");
    return !scan.failed;
}

void
webpage_free(struct webpage *page)
{
    free(page->posts);
    free(page->comments);
    free(page->labels);
    *page = (struct webpage){0};
}
