#include "import/live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/labels.h"
#include "import/lines.h"
#include "text/uri.h"

enum { FEEDS_MAX = 3, HEAD = 64 };

/* The feeds of a blog. Without redirect=false Blogger sends readers of the first one to another
 * host, if the blog asks for that, which has neither links to further parts nor all posts. */
static const char *const feed_paths[FEEDS_MAX] = {
    "/feeds/posts/default?redirect=false",
    "/feeds/pages/default",
    "/feeds/comments/default",
};

struct feed {
    struct buf address;
    struct buf etag, modified; /* of the first answer: what changes after it is brought next time */
    bool is_needed;            /* what it lacks ends the import */
};

struct crawl {
    struct live *live;
    struct fetcher *fetcher;
    struct feed feeds[FEEDS_MAX];
    size_t feed_count;
    struct buf hosts;                /* that a link may lead to, each with a line break behind it */
    struct label_list ids;           /* of the entries that were met: kind and id */
    size_t posts, summaries, shorts; /* shorts: full bodies that look like summaries */
    size_t parts;                    /* of the feed that is read now */
    unsigned long total;             /* what it says it has */
    bool is_complete;
};

/* One part of a feed. */
struct part {
    struct crawl *crawl;
    struct blog blog;
    size_t fresh; /* entries that were not met before */
};

/* False when the entry was met before. */
static bool
add_id(struct label_list *ids, const struct blog_entry *entry)
{
    size_t before = ids->count;
    struct buf key = {0};

    buf_format(&key, "%d ", (int)entry->kind);
    buf_put(&key, entry->id);
    label_list_add(ids, buf_str(&key));
    buf_free(&key);
    return ids->count > before;
}

/* --- addresses --- */

bool
live_is_address(struct str text)
{
    struct uri uri = uri_split(text);

    return uri.host.len > 0 &&
           (str_eq_nocase(uri.scheme, STR("http")) || str_eq_nocase(uri.scheme, STR("https")));
}

static void
find_feeds(struct crawl *crawl, struct str address)
{
    struct uri uri = uri_split(address);
    struct str path = uri.path;

    if (str_starts(path, STR("/feeds/"))) {
        size_t end = uri.has_fragment ? (size_t)(uri.fragment.ptr - address.ptr) - 1 : address.len;

        crawl->feed_count = 1;
        buf_put(&crawl->feeds[0].address, str_head(address, end));
    } else {
        crawl->feed_count = FEEDS_MAX;
        for (size_t i = 0; i < FEEDS_MAX; i++)
            uri_resolve(&crawl->feeds[i].address, address, str_of(feed_paths[i]));
    }
    crawl->feeds[0].is_needed = true;
}

static struct str
plain_host(struct str address)
{
    struct str host = uri_split(address).host;

    str_skip(&host, STR("www."));
    return host;
}

static bool
host_is_ours(const struct crawl *crawl, struct str host)
{
    struct str rest = buf_str(&crawl->hosts);
    bool found = str_eq_nocase(host, STR("blogger.com"));

    while (rest.len > 0)
        found |= str_eq_nocase(host, str_line(&rest));
    return found;
}

/* The blog's own host, and where it redirects to. */
static void
add_host(struct crawl *crawl, struct str address)
{
    struct str host = plain_host(address);

    if (host_is_ours(crawl, host))
        return;
    buf_put(&crawl->hosts, host);
    buf_byte(&crawl->hosts, '\n');
}

/* Puts the address of the next part in place of this one's; empty when there is none. */
static bool
follow(const struct crawl *crawl, struct buf *address, const struct buf *next, struct failure *why)
{
    struct buf target = {0};
    bool is_ours;

    if (next->len == 0) {
        buf_truncate(address, 0);
        return true;
    }
    uri_resolve(&target, buf_str(address), buf_str(next));
    is_ours = host_is_ours(crawl, plain_host(buf_str(&target)));
    if (!is_ours)
        fail(why, "%s: leads on to another host: %s", buf_text(address), buf_text(&target));
    buf_free(address);
    *address = target;
    return is_ours;
}

/* --- reading a part --- */

static void
judge_body(struct crawl *crawl, const struct blog_entry *entry)
{
    bool has_markup = !entry->is_plain && str_has(entry->html, '<');

    if (entry->kind != ENTRY_POST)
        return;
    crawl->posts++;
    if (entry->is_summary)
        crawl->summaries++;
    else if (!has_markup && line_length(entry->html) < LIVE_SUMMARY_MAX)
        crawl->shorts++;
}

static bool
on_entry(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    struct part *part = ctx;

    if (!add_id(&part->crawl->ids, entry))
        return true;
    part->fresh++;
    judge_body(part->crawl, entry);
    return part->crawl->ids.count <= LIVE_ENTRIES_MAX ||
           fail(why, "more than %d entries", LIVE_ENTRIES_MAX);
}

static bool
read_part(struct part *part, struct failure *why)
{
    const struct blogger_reader reader = {on_entry, part};
    int fd = part->crawl->live->stash.page;
    char head[HEAD];
    ssize_t got = pread(fd, head, sizeof head, 0);

    if (got < 0 || lseek(fd, 0, SEEK_SET) != 0)
        return fail_errno(why, "cannot read a temporary file");
    if (!blogger_is_xml((struct str){head, (size_t)got}))
        return fail(why, "not a feed; is the blog public?");
    return blogger_read(fd, &reader, &part->blog, why);
}

/* What a feed says of the blog itself; the first one is believed. */
static void
take_blog(struct live *live, struct blog *blog)
{
    if (live->blog.id.len > 0)
        return;
    blog_free(&live->blog);
    live->blog = *blog;
    *blog = (struct blog){0};
    buf_free(&live->blog.next);
    live->blog.is_full = false;
}

/* --- bringing a feed --- */

static bool
bring(struct crawl *crawl, const struct fetch_request *request, struct fetch_answer *answer,
      struct failure *why)
{
    struct fetch_request full = *request;

    full.bytes_max = LIVE_PART_MAX;
    full.seconds_max = LIVE_PART_S;
    if (!fetch_to(crawl->fetcher, &full, &crawl->live->stash, answer, why))
        return false;
    add_host(crawl, buf_str(&answer->address));
    return true;
}

/* Keeps the part that was just brought, if there is anything new in it, and finds the next one. */
static bool
take_part(struct crawl *crawl, struct buf *address, struct failure *why)
{
    struct part part = {.crawl = crawl};
    bool done = read_part(&part, why) || fail_in(why, "%s", buf_text(address));

    if (done && part.fresh > 0)
        done = stash_keep(&crawl->live->stash, why) && follow(crawl, address, &part.blog.next, why);
    if (done && part.fresh == 0)
        buf_truncate(address, 0);
    if (part.blog.total > 0)
        crawl->total = part.blog.total;
    take_blog(crawl->live, &part.blog);
    blog_free(&part.blog);
    crawl->parts++;
    return done;
}

/* All parts from this address on, until nothing is new. The first may be brought already. */
static bool
take_parts(struct crawl *crawl, struct buf *address, struct failure *why)
{
    bool done = take_part(crawl, address, why);

    for (size_t parts = 1; done && address->len > 0; parts++) {
        struct fetch_request request = {.address = buf_text(address)};
        struct fetch_answer answer = {0};

        if (parts == LIVE_PARTS_MAX)
            return fail(why, "%s: more than %d parts", buf_text(address), LIVE_PARTS_MAX);
        done = bring(crawl, &request, &answer, why);
        if (done && answer.status != FETCH_OK)
            done = fail(why, "%s: the server answers %ld", buf_text(address), answer.status);
        if (done)
            done = take_part(crawl, address, why);
        fetch_answer_free(&answer);
    }
    return done;
}

/* What was published while we read is on the first part by now. */
static bool
read_again(struct crawl *crawl, const struct feed *feed, struct failure *why)
{
    struct fetch_request request = {
        .address = buf_text(&feed->address),
        .etag = buf_text(&feed->etag),
        .modified = buf_text(&feed->modified),
    };
    struct fetch_answer answer = {0};
    bool done = bring(crawl, &request, &answer, why);

    if (done && answer.status == FETCH_OK)
        done = take_parts(crawl, &answer.address, why);
    else if (done && answer.status != FETCH_UNCHANGED)
        done = fail(why, "%s: the server answers %ld", buf_text(&feed->address), answer.status);
    fetch_answer_free(&answer);
    return done;
}

static void
compare_total(struct crawl *crawl, const struct feed *feed, size_t entries)
{
    crawl->is_complete &= entries == crawl->total;
    if (crawl->total > 0 && entries != crawl->total)
        buf_format(&crawl->live->remarks, "%s: says that it has %lu entries, but %zu came\n",
                   buf_text(&feed->address), crawl->total, entries);
}

static bool
lack_feed(struct crawl *crawl, const struct feed *feed, long status, struct failure *why)
{
    if (feed->is_needed)
        return fail(why, "%s: the server answers %ld; is the blog public?",
                    buf_text(&feed->address), status);
    crawl->is_complete = false;
    buf_format(&crawl->live->remarks, "%s: left out: the server answers %ld\n",
               buf_text(&feed->address), status);
    return true;
}

static bool
take_feed(struct crawl *crawl, struct feed *feed, struct failure *why)
{
    struct fetch_request request = {.address = buf_text(&feed->address)};
    struct fetch_answer answer = {0};
    size_t before = crawl->ids.count;
    bool done = bring(crawl, &request, &answer, why);

    crawl->parts = 0;
    crawl->total = 0;
    if (done && answer.status != FETCH_OK) {
        done = lack_feed(crawl, feed, answer.status, why);
    } else if (done) {
        buf_put(&feed->etag, buf_str(&answer.etag));
        buf_put(&feed->modified, buf_str(&answer.modified));
        done = take_parts(crawl, &answer.address, why) &&
               (crawl->parts == 1 || read_again(crawl, feed, why));
        if (done)
            compare_total(crawl, feed, crawl->ids.count - before);
    }
    fetch_answer_free(&answer);
    return done;
}

/* --- the whole --- */

/* Whether a feed is what it was; not when nobody knows what it was. */
static bool
ask_unchanged(struct crawl *crawl, const struct feed *feed, const struct fetched *fetched,
              bool *unchanged, struct failure *why)
{
    struct fetched_row row;
    struct fetch_request request = {.address = buf_text(&feed->address)};
    struct fetch_answer answer = {0};
    bool done;

    *unchanged = false;
    if (!fetched_find(fetched, buf_str(&feed->address), &row))
        return true;
    request.etag = row.etag.ptr;
    request.modified = row.modified.ptr;
    done = bring(crawl, &request, &answer, why);
    *unchanged = done && answer.status == FETCH_UNCHANGED;
    fetch_answer_free(&answer);
    return done;
}

/* Feeds lean on each other, comments on their posts: all are brought, or none. */
static bool
compare_fetched(struct crawl *crawl, const struct fetched *fetched, struct failure *why)
{
    bool unchanged = fetched != NULL, done = true;

    for (size_t i = 0; done && unchanged && i < crawl->feed_count; i++)
        done = ask_unchanged(crawl, &crawl->feeds[i], fetched, &unchanged, why);
    crawl->live->is_unchanged = done && unchanged;
    return done;
}

/* The owner of a blog can have its feed cut; who imports that loses the posts (IMPORT 1.3). */
static bool
refuse_summaries(const struct crawl *crawl, const struct live_request *request, struct failure *why)
{
    if (crawl->posts == 0 || crawl->summaries + crawl->shorts < crawl->posts)
        return true;
    if (!request->allow_summary)
        return fail(why,
                    "%s: the feed holds only summaries of its %zu posts; import an export, "
                    "have the blog's site feed set to full, or give --allow-summary",
                    request->address, crawl->posts);
    buf_format(&crawl->live->remarks, "%s: the feed holds only summaries of its %zu posts\n",
               request->address, crawl->posts);
    return true;
}

static void
remember_tags(const struct crawl *crawl, struct fetched *fetched)
{
    for (size_t i = 0; fetched && i < crawl->feed_count; i++)
        fetched_put(fetched, &(struct fetched_row){
                                 .address = buf_str(&crawl->feeds[i].address),
                                 .etag = buf_str(&crawl->feeds[i].etag),
                                 .modified = buf_str(&crawl->feeds[i].modified),
                             });
}

static void
free_crawl(struct crawl *crawl)
{
    for (size_t i = 0; i < FEEDS_MAX; i++) {
        buf_free(&crawl->feeds[i].address);
        buf_free(&crawl->feeds[i].etag);
        buf_free(&crawl->feeds[i].modified);
    }
    buf_free(&crawl->hosts);
    label_list_free(&crawl->ids);
}

bool
live_fetch(struct live *live, struct fetcher *fetcher, const struct live_request *request,
           struct fetched *fetched, struct failure *why)
{
    struct crawl crawl = {.live = live, .fetcher = fetcher, .is_complete = true};
    bool done;

    *live = (struct live){0};
    if (!stash_open(&live->stash, why))
        return false;
    find_feeds(&crawl, str_of(request->address));
    add_host(&crawl, str_of(request->address));
    done = compare_fetched(&crawl, fetched, why);
    if (done && !live->is_unchanged) {
        done = take_feed(&crawl, &crawl.feeds[0], why) && refuse_summaries(&crawl, request, why);
        for (size_t i = 1; done && i < crawl.feed_count; i++)
            done = take_feed(&crawl, &crawl.feeds[i], why);
        live->entries = crawl.ids.count;
        live->blog.is_full = crawl.feed_count == FEEDS_MAX && crawl.is_complete;
        if (done)
            remember_tags(&crawl, fetched);
    }
    free_crawl(&crawl);
    return done;
}

struct filter {
    const struct blogger_reader *reader;
    struct label_list ids;
};

static bool
pass_new(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    struct filter *filter = ctx;

    return !add_id(&filter->ids, entry) ||
           filter->reader->on_entry(filter->reader->ctx, entry, why);
}

bool
live_replay(struct live *live, const struct blogger_reader *reader, struct failure *why)
{
    struct filter filter = {.reader = reader};
    const struct blogger_reader passing = {pass_new, &filter};
    bool done = true;

    for (size_t i = 0; done && i < live->stash.count; i++) {
        struct blog blog = {0};

        done = stash_show(&live->stash, i, why) &&
               blogger_read(live->stash.page, &passing, &blog, why);
        blog_free(&blog);
    }
    label_list_free(&filter.ids);
    return done;
}

void
live_free(struct live *live)
{
    blog_free(&live->blog);
    buf_free(&live->remarks);
    stash_close(&live->stash);
}
