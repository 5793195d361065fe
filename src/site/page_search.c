/* What a search finds: a line for each post, as in any list, and for each page, and a piece of it
 * that shows why. */

#include <unistd.h>

#include "base/file.h"
#include "site/address.h"
#include "site/catalog_post.h"
#include "site/catalog_search.h"
#include "site/comments.h"
#include "site/listing.h"
#include "site/lone_page.h"
#include "site/page.h"
#include "site/post.h"
#include "site/prose.h"
#include "site/snippet.h"
#include "text/charset.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum {
    RESULTS_MAX = 1000, /* posts, the newest; nobody reads more, who wants less asks again */
    RESULTS_PAGE_MAX = 50,
    SEEN_MAX = 4 * RESULTS_MAX, /* posts: those in zones are passed over, but not without end */
    LOOK_MAX = 16 << 10,        /* bytes of a file that a snippet is looked for in */
    LOOK_PAGE_MAX = 128 << 10   /* and of all files of one page: some milliseconds */
};

/* What nobody needs to translate. */
#define SYNTAX " (label:… year:2017 lang:nl \"…\")"

/* A page of results, on its way to a reader. */
struct results {
    struct listing *listing;
    struct str typed; /* what was asked, in UTF-8 */
    struct search search;
    struct buf paths; /* of the posts of this page, a line each */
    size_t seen;      /* that were found, also in zones */
    bool may_be_more; /* it would have cost too much to find them */
    size_t look_left; /* bytes */
};

/* Results are longer than other lines, and each costs a look into its post. */
static size_t
page_size(const struct listing *listing)
{
    size_t size = listing_page_size(listing);

    return size < RESULTS_PAGE_MAX ? size : RESULTS_PAGE_MAX;
}

static size_t
page_count(const struct listing *listing)
{
    return listing->total == 0 ? 1 : (listing->total + page_size(listing) - 1) / page_size(listing);
}

/* The start of a file, as far as it may be looked at; empty when it cannot be read. */
static void
read_start(struct results *results, struct str path, struct buf *text)
{
    size_t max = results->look_left < LOOK_MAX ? results->look_left : LOOK_MAX;
    struct buf name = {0};
    int fd;

    buf_put(&name, str_after(path, 1));
    fd = max > 0 ? file_open_beneath(results->listing->site->root, buf_text(&name))
                 : FILE_OPEN_FAILED;
    if (fd >= 0) {
        file_read_start(fd, max, text);
        close(fd);
    }
    results->look_left -= text->len;
    buf_truncate(text, str_head_utf8(buf_str(text), text->len).len);
    buf_free(&name);
}

/* Of a page all is prose when it has not the form of a post. */
static void
put_post_prose(struct results *results, struct str path, struct buf *prose)
{
    struct buf text = {0}, utf8 = {0};
    struct post post = {0};
    struct failure why;
    bool has_form;

    read_start(results, path, &text);
    charset_read(&utf8, buf_str(&text));
    has_form = post_parse(buf_str(&utf8), &post, &why);
    prose_put(prose, has_form ? post.body : buf_str(&utf8));
    post_free(&post);
    buf_free(&utf8);
    buf_free(&text);
}

static void
put_comments_prose(struct results *results, struct str path, struct buf *prose)
{
    struct buf text = {0}, page = {0};
    uint64_t size;

    if (catalog_comments(results->listing->site->catalog, path, &size) > 0) {
        comments_put_path(&page, path);
        read_start(results, buf_str(&page), &text);
        prose_put_comments(prose, buf_str(&text));
    }
    buf_free(&text);
    buf_free(&page);
}

static void
on_gist(void *ctx, const struct gist *gist)
{
    snippet_put_start(ctx, gist->summary);
}

/* From the text, else from its comments; where only title or labels told, the post's summary. */
static void
put_snippet(struct results *results, struct str path)
{
    static void (*const sources[])(struct results *, struct str,
                                   struct buf *) = {put_post_prose, put_comments_prose};
    struct buf snippet = {0}, prose = {0};
    bool is_found = false;

    for (size_t i = 0; i < sizeof sources / sizeof sources[0] && !is_found; i++) {
        buf_truncate(&prose, 0);
        sources[i](results, path, &prose);
        is_found = snippet_put(&snippet, &results->search, buf_str(&prose));
    }
    if (!is_found)
        catalog_gist(results->listing->site->catalog, path, on_gist, &snippet);
    if (snippet.len > 0)
        gemtext_quote(results->listing->out, buf_str(&snippet));
    buf_free(&snippet);
    buf_free(&prose);
}

static bool
on_result(void *ctx, const struct entry *entry)
{
    struct results *results = ctx;

    listing_on_post(results->listing, entry);
    put_snippet(results, entry->path);
    return true;
}

/* Without a date, which would make a page an entry for subscribers. */
static bool
on_page(void *ctx, const struct entry *entry)
{
    struct results *results = ctx;
    const struct listing *listing = results->listing;

    listing_entry(listing->out, listing->site, entry, WORD_PLAIN);
    put_snippet(results, entry->path);
    return true;
}

/* Neither the post nor its comments are kept from this reader: a search that finds a post tells
 * what is in them. */
static bool
is_open(const struct config *config, struct str path)
{
    struct buf comments = {0};
    bool is_open;

    comments_put_path(&comments, path);
    is_open = !config_protects(config, path) && !config_protects(config, buf_str(&comments));
    buf_free(&comments);
    return is_open;
}

static bool
on_path(void *ctx, struct str path)
{
    struct results *results = ctx;
    struct listing *listing = results->listing;
    size_t begin = (listing->page - 1) * page_size(listing);

    results->may_be_more = results->seen == SEEN_MAX || listing->total == RESULTS_MAX;
    if (results->may_be_more)
        return false;
    results->seen++;
    if (!is_open(listing->site->config, path))
        return true;
    if (listing->total >= begin && listing->total - begin < page_size(listing)) {
        buf_put(&results->paths, path);
        buf_byte(&results->paths, '\n');
    }
    listing->total++;
    return true;
}

static void
put_line(const struct listing *listing, enum word word, size_t n)
{
    word_put(listing->out, listing->site->tongue, word, (struct blanks){.n = n});
    buf_byte(listing->out, '\n');
}

static void
put_head(const struct results *results)
{
    const struct listing *listing = results->listing;
    struct buf title = {0};

    word_put(&title, listing->site->tongue, WORD_SEARCH_OF,
             (struct blanks){.text = str_head_utf8(results->typed, SEARCH_TEXT_MAX)});
    listing_heading(listing, buf_str(&title));
    buf_free(&title);
    if (results->search.is_cut)
        put_line(listing, WORD_TOO_MANY_WORDS, 0);
    if (listing->total > 0 || !results->may_be_more)
        put_line(listing, listing->total > 0 ? WORD_RESULTS : WORD_NOTHING_FOUND, listing->total);
    if (results->may_be_more)
        put_line(listing, WORD_MAY_BE_MORE, 0);
}

/* A page of the same search by its number; the first has none. */
static void
put_turn(const struct results *results, size_t page, enum word word)
{
    const struct listing *listing = results->listing;
    struct buf target = {0}, label = {0};

    buf_put(&target, STR("/search"));
    if (page > 1)
        buf_format(&target, "/%zu", page);
    buf_byte(&target, '?');
    search_put_query(&target, str_head_utf8(results->typed, SEARCH_TEXT_MAX));
    word_put(&label, listing->site->tongue, word,
             (struct blanks){.n = page, .of = page_count(listing)});
    gemtext_link(listing->out, buf_str(&target), buf_str(&label));
    buf_free(&target);
    buf_free(&label);
}

static void
put_page(struct results *results)
{
    const struct listing *listing = results->listing;
    struct str paths = buf_str(&results->paths);

    put_head(results);
    if (paths.len > 0)
        gemtext_blank(listing->out);
    while (paths.len > 0) {
        struct str path = str_line(&paths);

        catalog_post_of(listing->site->catalog, path, on_result, results);
        catalog_page_of(listing->site->catalog, path, on_page, results);
    }
    gemtext_blank(listing->out);
    if (listing->page > 1)
        put_turn(results, listing->page - 1, WORD_PREVIOUS_PAGE);
    if (listing->page < page_count(listing))
        put_turn(results, listing->page + 1, WORD_NEXT_PAGE);
    listing_word(listing->out, listing->site, STR("/search"), WORD_SEARCH_AGAIN,
                 (struct blanks){0});
    listing_home(listing->out, listing->site);
}

/* False when the search has no such page. */
static bool
answer_words(struct listing *listing, struct str typed, struct response *response)
{
    struct results results = {.listing = listing, .typed = typed, .look_left = LOOK_PAGE_MAX};
    bool is_there;

    search_read(&results.search, typed);
    if (!catalog_search(listing->site->catalog, buf_str(&results.search.match), on_path, &results))
        results.may_be_more = true;
    is_there = listing->page <= page_count(listing);
    if (is_there) {
        page_begin(listing->site, response);
        listing->out = &response->page;
        put_page(&results);
    }
    search_free(&results.search);
    buf_free(&results.paths);
    return is_there;
}

static void
ask(const struct site *site, struct response *response)
{
    struct buf question = {0};

    buf_put(&question, word_text(site->tongue, WORD_SEARCH_WORDS));
    buf_put(&question, STR(SYNTAX));
    response_set(response, OUTCOME_INPUT, buf_str(&question));
    buf_free(&question);
}

static bool
search_answer(const struct listing *listing, const struct request *request,
              struct response *response)
{
    struct listing found = *listing;
    struct buf decoded = {0}, typed = {0};
    bool is_answered = true;

    found.page = 1;
    uri_decode(&decoded, str_of(request->query));
    charset_read(&typed, buf_str(&decoded));
    if ((found.name.len > 0 && !listing_read_page(found.name, &found.page)) ||
        (found.name.len == 0 && address_is_search(str_of(request->query))))
        is_answered = false;
    else if (str_trim(buf_str(&typed)).len > 0)
        is_answered = answer_words(&found, str_trim(buf_str(&typed)), response);
    else if (found.page > 1)
        response_move(response, OUTCOME_MOVED, STR("/search"));
    else
        ask(listing->site, response);
    buf_free(&decoded);
    buf_free(&typed);
    return is_answered;
}

const struct lone_page search_page = {"/search", search_answer};
const struct lone_page search_turn_page = {"/search/*", search_answer};
