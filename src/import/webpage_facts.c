#include "import/webpage_facts.h"

#include <string.h>

#include "import/permalink.h"

static bool
holds(struct str text, struct str part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* What stands behind the first place of some text; a NULL pointer when it is not there. */
static struct str
behind(struct str text, struct str part)
{
    const char *found = text.len > 0 ? memmem(text.ptr, text.len, part.ptr, part.len) : NULL;

    return found ? str_after(text, (size_t)(found - text.ptr) + part.len) : (struct str){0};
}

static void
take_meta(struct scan *scan, const struct tag *tag)
{
    struct webpage_post *post = scan_last_post(scan);
    struct str content = tag_attribute(tag, "content"), item = tag_attribute(tag, "itemprop");
    struct str property = tag_attribute(tag, "property"), path;

    if (str_eq(property, STR("og:url")))
        scan_set(&scan->page->og_url, content);
    else if (str_eq(property, STR("og:title")))
        scan_set(&scan->page->og_title, content);
    else if (str_eq_nocase(tag_attribute(tag, "name"), STR("generator")))
        scan->page->is_blogger |= str_eq_nocase(content, STR("blogger"));
    else if (str_eq(item, STR("blogId")))
        scan_set(&scan->page->blog_id, content);
    else if (post && str_eq(item, STR("postId")) && post->id.len == 0)
        role_number(content, STR(""), &post->id);
    else if (post && scan->inside[ROLE_AUTHOR] > 0 && str_eq(item, STR("url")))
        scan_set(&post->author_uri, content);
    else if (post && permalink_find(content, &path))
        scan_set(&post->url, content);
}

static void
take_link(struct scan *scan, const struct tag *tag)
{
    struct webpage *page = scan->page;
    struct str href = tag_attribute(tag, "href"), type = tag_attribute(tag, "type");
    struct str feed = behind(href, STR("/feeds/"));

    page->is_blogger |= holds(href, STR("www.blogger.com/"));
    if (tag_lists(tag, "rel", STR("canonical")))
        scan_set(&page->canonical, href);
    if (tag_lists(tag, "rel", STR("service.post")))
        scan_set(&page->blog_id, str_cut(&feed, '/'));
    if (tag_lists(tag, "rel", STR("alternate")) && str_eq(type, STR("application/atom+xml")) &&
        !holds(href, STR("/comments/"))) {
        scan_set(&page->feed_title, tag_attribute(tag, "title"));
        scan_set(&page->feed_href, href);
    }
}

static void
take_script(struct scan *scan, const struct tag *tag)
{
    struct webpage *page = scan->page;

    page->is_blogger |= holds(tag_attribute(tag, "src"), STR("www.blogger.com/static/"));
    if (!str_eq_nocase(tag_attribute(tag, "type"), STR("application/ld+json")))
        return;
    if (scan->inside[ROLE_POST] > 0)
        scan_set(&scan_last_post(scan)->json, tag->content);
    else if (page->script_count < WEBPAGE_SCRIPTS_MAX)
        page->scripts[page->script_count++] = tag->content;
}

/* ?showComment=MILLIS#cID, in mirrors %3FshowComment=MILLIS.html#cID. */
static void
take_comment_time(struct webpage_comment *comment, struct str href)
{
    struct str digits = behind(href, STR("showComment="));
    size_t len = 0;

    while (len < digits.len && digits.ptr[len] >= '0' && digits.ptr[len] <= '9')
        len++;
    scan_set(&comment->millis, str_head(digits, len));
}

static void
take_comment_link(struct scan *scan, struct webpage_comment *comment, const struct tag *tag)
{
    struct str href = tag_attribute(tag, "href");
    bool in_head = scan->inside[ROLE_COMMENT_HEAD] > 0;

    take_comment_time(comment, href);
    if (scan->inside[ROLE_COMMENT_NAME] > 0)
        scan_set(&comment->uri, href);
    else if (in_head && href.len == 0 && comment->id.len == 0)
        role_number(tag_attribute(tag, "name"), STR("c"), &comment->id);
    else if (in_head && href.len > 0 && comment->name.len == 0) {
        comment->uri = href;
        scan_push(scan, ROLE_COMMENT_NAME, tag);
    }
}

static void
take_post_link(struct scan *scan, struct webpage_post *post, const struct tag *tag)
{
    struct str href = tag_attribute(tag, "href");

    if (post->id.len == 0)
        role_number(tag_attribute(tag, "name"), STR(""), &post->id);
    if (scan->inside[ROLE_TITLE] > 0)
        scan_set(&post->title_href, href);
    else if (scan->inside[ROLE_AUTHOR] > 0)
        scan_set(&post->author_uri, href);
    else if (tag_lists(tag, "class", STR("timestamp-link")))
        scan_set(&post->stamp_href, href);
    else if (tag_lists(tag, "rel", STR("tag")) && scan->inside[ROLE_LABEL] == 0 &&
             (scan->inside[ROLE_LABELS] > 0 || holds(href, STR("/search/label/"))))
        scan_push(scan, ROLE_LABEL, tag);
    post->is_partial |= post->html.ptr && str_ends(href, STR("#more"));
}

static void
take_times(struct webpage_post *post, const struct tag *tag)
{
    static const char *const places[] = {"datetime", "title", "content"};
    struct str item = tag_attribute(tag, "itemprop"), time = {0};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        scan_set(&time, tag_attribute(tag, places[i]));
    if (str_eq(item, STR("datePublished")) || tag_lists(tag, "class", STR("published")))
        scan_set(&post->published, time);
    if (str_eq(item, STR("dateModified")) || tag_lists(tag, "class", STR("updated")))
        scan_set(&post->updated, time);
}

void
webpage_take_facts(struct scan *scan, const struct tag *tag)
{
    struct webpage_post *post = scan_last_post(scan);
    struct webpage_comment *comment = scan_current_comment(scan);

    if (tag_is(tag, "html")) {
        scan->has_begin = true;
        scan_set(&scan->page->language, tag_attribute(tag, "lang"));
    } else if (tag_is(tag, "meta")) {
        take_meta(scan, tag);
    } else if (tag_is(tag, "link")) {
        take_link(scan, tag);
    } else if (tag_is(tag, "script")) {
        take_script(scan, tag);
    } else if (tag_is(tag, "a") && comment) {
        take_comment_link(scan, comment, tag);
    } else if (tag_is(tag, "a") && post) {
        take_post_link(scan, post, tag);
    }
    if (post && !comment)
        take_times(post, tag);
    if (comment)
        comment->is_removed |= tag_lists(tag, "class", STR("deleted-comment"));
}
