#include "import/webpage.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unistr.h>

#include "base/mem.h"
#include "import/dayname.h"
#include "import/jsonld.h"
#include "import/oldpath.h"
#include "import/permalink.h"
#include "import/tag.h"
#include "import/webpage_scan.h"

enum { HEAD_MAX = 1024 }; /* bytes in which <!DOCTYPE html or <html must begin */

/* One entry, decoded; what was found in the page is still as it stands there. */
struct decoded {
    struct buf title, author, author_uri, address, related, labels;
    struct str *label_list;
    struct jsonld json;
};

struct job {
    const struct webpage *page;
    const struct webpage_reader *reader;
    struct failure *why;
    struct str root;  /* scheme://host of the blog; empty when the page does not tell */
    struct buf label; /* that all posts of the page have; empty: of none */
    size_t bodies;    /* posts with a body: pages of one may use what is said of the page */
    struct decoded decoded;
    struct buf *addresses; /* of the posts that are delivered, for their comments */
};

static void
decoded_clear(struct decoded *decoded)
{
    struct buf *const fields[] = {&decoded->title,   &decoded->author,  &decoded->author_uri,
                                  &decoded->address, &decoded->related, &decoded->labels};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        buf_free(fields[i]);
    free(decoded->label_list);
    jsonld_free(&decoded->json);
    *decoded = (struct decoded){0};
}

bool
webpage_is_html(struct str head)
{
    static const struct str begins[] = {{"<!doctype html", 14}, {"<html", 5}, {"<head", 5}};

    head = str_head(head, HEAD_MAX);
    str_skip(&head, STR("\xef\xbb\xbf"));
    for (head = str_trim(head); head.len > 0; head = str_trim(head)) {
        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
            if (str_eq_nocase(str_head(head, begins[i].len), begins[i]))
                return true;
        /* "<!-- saved from url=(0042)http://… -->" of browsers, "<?xml … ?>" of XHTML */
        if (!str_starts(head, STR("<!--")) && !str_starts(head, STR("<?xml ")))
            return false;
        str_cut(&head, '>');
    }
    return false;
}

/* What the page says of its only post, in the post's own words or those of its head. */
static void
read_json(struct job *job, const struct webpage_post *post)
{
    const struct webpage *page = job->page;
    bool found = jsonld_read(&job->decoded.json, post->json);

    for (size_t i = 0; !found && job->bodies == 1 && i < page->script_count; i++) {
        jsonld_free(&job->decoded.json);
        found = jsonld_read(&job->decoded.json, page->scripts[i]);
    }
}

/* Where the post is, by what is trusted most: mirrors rewrite links, but not the rest. */
static void
find_address(struct job *job, const struct webpage_post *post)
{
    bool is_only = job->bodies == 1;
    struct str none = {0}, path;
    struct str places[] = {
        post->url,        buf_str(&job->decoded.json.address),   is_only ? job->page->og_url : none,
        post->stamp_href, is_only ? job->page->canonical : none, post->title_href,
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct buf *address = &job->decoded.address;
        struct str root = permalink_root(places[i]);

        if (!permalink_find(places[i], &path))
            continue;
        tag_put_text(address, root.len > 0 ? root : job->root);
        buf_byte(address, '/');
        tag_put_text(address, path);
        return;
    }
}

/* A title that leads elsewhere is a link that the author gave the post. */
static void
find_related(struct job *job, const struct webpage_post *post)
{
    struct str path, root = permalink_root(post->title_href);

    if (root.len > 0 && !str_eq(root, job->root) && !permalink_find(post->title_href, &path))
        tag_put_text(&job->decoded.related, post->title_href);
}

static void
find_title(struct job *job, const struct webpage_post *post)
{
    struct buf *title = &job->decoded.title;

    tag_put_text(title, post->title);
    if (post->title.ptr)
        return;
    tag_put_text(title, buf_str(&job->decoded.json.headline));
    if (title->len > 0 || job->bodies > 1)
        return;
    /* of posts without a title this is the one of the blog */
    tag_put_text(title, job->page->og_title);
    if (str_starts(job->page->feed_title, job->page->og_title))
        buf_truncate(title, 0);
}

static void
find_author(struct job *job, const struct webpage_post *post)
{
    struct decoded *decoded = &job->decoded;

    tag_put_text(&decoded->author, post->author);
    if (decoded->author.len == 0)
        tag_put_text(&decoded->author, buf_str(&decoded->json.author));
    if (permalink_root(post->author_uri).len > 0)
        tag_put_text(&decoded->author_uri, post->author_uri);
}

/* A page of a label lists posts that have it, whatever its theme shows with them. */
static void
find_label(struct job *job)
{
    const struct str places[] = {job->page->og_url, job->page->canonical};

    for (size_t i = 0; i < sizeof places / sizeof *places && job->label.len == 0; i++) {
        struct buf address = {0};

        tag_put_text(&address, places[i]);
        oldpath_put_label(&job->label, buf_str(&address));
        buf_free(&address);
    }
}

static size_t
add_label(struct buf *labels, struct str label)
{
    if (label.len == 0)
        return 0;
    buf_put(labels, label);
    buf_byte(labels, '\0');
    return 1;
}

/* In the order of the page. */
static size_t
find_labels(struct job *job, const struct webpage_post *post)
{
    struct decoded *decoded = &job->decoded;
    size_t count = add_label(&decoded->labels, buf_str(&job->label));
    struct str rest;

    for (size_t i = 0; i < post->label_count; i++) {
        struct buf label = {0};

        tag_put_text(&label, job->page->labels[post->label_start + i]);
        count += add_label(&decoded->labels, buf_str(&label));
        buf_free(&label);
    }
    decoded->label_list = mem_new((count + 1) * sizeof *decoded->label_list);
    rest = buf_str(&decoded->labels);
    for (size_t i = 0; i < count; i++)
        decoded->label_list[i] = str_cut(&rest, '\0');
    return count;
}

static void
find_times(struct job *job, const struct webpage_post *post, struct blog_entry *entry)
{
    struct buf day = {0};
    struct str path = {0};
    int year = 0, month = 0;

    if (!instant_parse(post->updated, &entry->updated))
        instant_parse(buf_str(&job->decoded.json.modified), &entry->updated);
    if (instant_parse(post->published, &entry->published) ||
        instant_parse(buf_str(&job->decoded.json.published), &entry->published))
        return;
    if (permalink_find(entry->address, &path))
        permalink_month(path, &year, &month);
    tag_put_text(&day, post->day);
    entry->published.known =
        dayname_parse(buf_str(&day), year, month, &entry->published.moment.date);
    buf_free(&day);
}

static bool
deliver_post(struct job *job, const struct webpage_post *post)
{
    struct blog_entry entry = {
        .kind = ENTRY_POST,
        .status = ENTRY_LIVE,
        .id = post->id,
        .html = str_trim(post->html),
        .is_summary = post->is_summary,
        .is_partial = post->is_partial,
        .is_saved = true,
        .line = post->line,
    };
    struct str path = {0};
    bool done;

    read_json(job, post);
    find_address(job, post);
    find_related(job, post);
    find_title(job, post);
    find_author(job, post);
    entry.address = buf_str(&job->decoded.address);
    buf_put(&job->addresses[post - job->page->posts], entry.address);
    entry.related = buf_str(&job->decoded.related);
    entry.title = buf_str(&job->decoded.title);
    entry.author = author_name(buf_str(&job->decoded.author));
    entry.author_uri = buf_str(&job->decoded.author_uri);
    entry.label_count = find_labels(job, post);
    entry.labels = job->decoded.label_list;
    find_times(job, post, &entry);
    /* pages of a blog have no date, and posts nearly always one */
    permalink_find(entry.address, &path);
    if (permalink_is_page(path) ||
        (path.len == 0 && job->bodies == 1 && !entry.published.known && post->day.len == 0))
        entry.kind = ENTRY_PAGE;
    done = job->reader->on_entry(job->reader->ctx, &entry, job->why);
    decoded_clear(&job->decoded);
    return done;
}

/* Milliseconds since 1970, as an instant in UTC. */
static void
instant_of_millis(struct str digits, struct instant *instant)
{
    unsigned long millis;
    struct tm utc;
    time_t seconds;

    if (!str_number(digits, 9999999999999, &millis))
        return;
    seconds = (time_t)(millis / 1000);
    gmtime_r(&seconds, &utc);
    *instant = (struct instant){
        .moment = {.date = {utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday},
                   .has_time = true,
                   .minute_of_day = utc.tm_hour * 60 + utc.tm_min},
        .milliseconds = utc.tm_sec * 1000 + (int)(millis % 1000),
        .known = true,
    };
}

static bool
deliver_comment(struct job *job, const struct webpage_comment *comment)
{
    struct decoded *decoded = &job->decoded;
    struct blog_entry entry = {
        .kind = ENTRY_COMMENT,
        .status = ENTRY_LIVE,
        .id = comment->id,
        .html = str_trim(comment->html),
        .post_id = job->page->posts[comment->post].id,
        .address = buf_str(&job->addresses[comment->post]),
        .reply_to = comment->parent,
        .is_removed = comment->is_removed,
        .is_saved = true,
        .line = comment->line,
    };
    bool done;

    tag_put_text(&decoded->author, comment->name);
    if (permalink_root(comment->uri).len > 0)
        tag_put_text(&decoded->author_uri, comment->uri);
    entry.author = author_name(buf_str(&decoded->author));
    entry.author_uri = buf_str(&decoded->author_uri);
    instant_of_millis(comment->millis, &entry.published);
    done = job->reader->on_entry(job->reader->ctx, &entry, job->why);
    decoded_clear(decoded);
    return done;
}

static bool
deliver(struct job *job)
{
    const struct webpage *page = job->page;

    for (size_t i = 0; i < page->post_count; i++)
        if (page->posts[i].html.ptr && !deliver_post(job, &page->posts[i]))
            return false;
    for (size_t i = 0; i < page->comment_count; i++)
        if (!deliver_comment(job, &page->comments[i]))
            return false;
    return true;
}

static void
put_missing(struct buf *out, struct str html)
{
    if (out->len == 0)
        tag_put_text(out, html);
}

static void
describe_blog(const struct job *job, struct blog *blog)
{
    const struct webpage *page = job->page;
    struct str title = page->feed_title;

    str_chop(&title, STR(" - Atom"));
    put_missing(&blog->title, title);
    put_missing(&blog->description, page->description);
    put_missing(&blog->locale, page->language);
    if (blog->id.len == 0 && page->blog_id.len > 0) {
        buf_put(&blog->id, STR("tag:blogger.com,1999:blog-"));
        tag_put_text(&blog->id, page->blog_id);
    }
    if (blog->address.len == 0 && job->root.len > 0) {
        tag_put_text(&blog->address, job->root);
        buf_byte(&blog->address, '/');
    }
}

static struct str
find_root(const struct webpage *page)
{
    const struct str places[] = {page->og_url, page->canonical, page->feed_href};
    struct str root = {0}, path;

    for (size_t i = 0; root.len == 0 && i < sizeof places / sizeof *places; i++)
        root = permalink_root(places[i]);
    for (size_t i = 0; root.len == 0 && i < page->post_count; i++)
        root = permalink_root(page->posts[i].url);
    for (size_t i = 0; root.len == 0 && i < page->post_count; i++)
        if (permalink_find(page->posts[i].title_href, &path))
            root = permalink_root(page->posts[i].title_href);
    return root;
}

static bool
check_bytes(struct str html, struct failure *why)
{
    const uint8_t *wrong = u8_check((const uint8_t *)html.ptr, html.len);
    const char *nul = html.len > 0 ? memchr(html.ptr, '\0', html.len) : NULL;

    if (html.len > WEBPAGE_MAX)
        return fail(why, "a page larger than %d MiB", WEBPAGE_MAX >> 20);
    if (wrong)
        return fail(why, "not UTF-8 at byte %td", (const char *)wrong - html.ptr);
    return !nul || fail(why, "a NUL at byte %td", nul - html.ptr);
}

static bool
read_page(struct job *job, struct blog *blog, struct failure *why)
{
    const struct webpage *page = job->page;
    bool done;

    for (size_t i = 0; i < page->post_count; i++)
        job->bodies += page->posts[i].html.ptr != NULL;
    if (!page->is_blogger)
        return fail(why, "not a page of a Blogger blog");
    if (job->bodies == 0)
        return fail(why, "holds no posts");
    job->root = find_root(page);
    describe_blog(job, blog);
    find_label(job);
    job->addresses = mem_new(page->post_count * sizeof *job->addresses);
    done = deliver(job);
    for (size_t i = 0; i < page->post_count; i++)
        buf_free(&job->addresses[i]);
    free(job->addresses);
    buf_free(&job->label);
    return done;
}

bool
webpage_read(struct str html, const struct webpage_reader *reader, struct blog *blog,
             struct failure *why)
{
    struct webpage page = {0};
    struct job job = {.page = &page, .reader = reader, .why = why};
    bool done =
        check_bytes(html, why) && webpage_scan(&page, html, why) && read_page(&job, blog, why);

    webpage_free(&page);
    return done;
}
