/* Atom feeds of the newest posts: those that the first page of the same list shows. */

#include "site/catalog_post.h"
#include "site/lone_page.h"
#include "text/atom.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum {
    CATEGORIES_MAX = 32, /* labels of an entry */
    NOON_S = 12 * 60 * 60,
};

/* What a feed is about. */
struct channel {
    struct str folder; /* of the list that shows the same */
    struct str name;   /* of the label or the language; empty: all posts */
    struct selection which;
};

/* A feed on its way to a reader. */
struct feed {
    const struct site *site;
    const struct request *request;
    struct buf entries;
    struct moment updated;     /* of the entry that was changed last */
    const struct entry *entry; /* the one that is being written */
};

/* The same whatever the protocol, the port and the name of the host that was asked: an id stays. */
static void
put_id(struct buf *out, const struct site *site, struct str path)
{
    buf_put(out, STR("gemini://"));
    uri_put_host(out, str_of(site->config->gemini.hosts.items[0]));
    uri_put_path(out, path);
}

static void
put_address(struct buf *out, const struct feed *feed, struct str path)
{
    struct buf encoded = {0};

    if (feed->request->put_address) {
        uri_put_path(&encoded, path);
        feed->request->put_address(feed->request->asker, buf_str(&encoded), out);
    } else {
        put_id(out, feed->site, path);
    }
    buf_free(&encoded);
}

/* A post without a time is dated at noon, as everywhere in the feed. */
static int64_t
seconds_of(struct moment moment)
{
    return moment_seconds(moment) + (moment.has_time ? 0 : NOON_S);
}

/* What a zone protects is named, but not shown. */
static void
on_gist(void *ctx, const struct gist *gist)
{
    struct feed *feed = ctx;
    const struct entry *entry = feed->entry;
    bool is_hidden = config_protects(feed->site->config, entry->path);
    struct buf id = {0}, page = {0}, published = {0}, updated = {0};

    if (feed->updated.date.year == 0 || seconds_of(gist->updated) > seconds_of(feed->updated))
        feed->updated = gist->updated;
    put_id(&id, feed->site, entry->path);
    put_address(&page, feed, entry->path);
    moment_put_rfc3339(&published, gist->published);
    moment_put_rfc3339(&updated, gist->updated);
    atom_begin_entry(&feed->entries,
                     &(struct atom_entry){
                         .id = buf_str(&id),
                         .title = entry->title.len > 0
                                      ? entry->title
                                      : word_text(feed->site->tongue, WORD_UNTITLED),
                         .author = gist->author,
                         .language = entry->language,
                         .published = buf_str(&published),
                         .updated = buf_str(&updated),
                         .page = buf_str(&page),
                         .summary = is_hidden ? STR("") : gist->summary,
                     });
    buf_free(&id);
    buf_free(&page);
    buf_free(&published);
    buf_free(&updated);
}

static bool
on_label(void *ctx, const struct tally *tally)
{
    struct feed *feed = ctx;

    atom_category(&feed->entries, tally->slug, tally->name);
    return true;
}

static bool
on_post(void *ctx, const struct entry *entry)
{
    struct feed *feed = ctx;

    feed->entry = entry;
    catalog_gist(feed->site->catalog, entry->path, on_gist, feed);
    catalog_labels_of(feed->site->catalog, entry->path, CATEGORIES_MAX, on_label, feed);
    atom_end_entry(&feed->entries);
    return true;
}

static void
put_feed(struct buf *out, const struct feed *feed, const struct channel *channel)
{
    const struct config *config = feed->site->config;
    struct buf path = {0}, id = {0}, title = {0}, updated = {0}, self = {0}, page = {0};

    buf_put(&path, channel->folder);
    put_address(&page, feed, buf_str(&path));
    buf_put(&path, STR("atom.xml"));
    put_address(&self, feed, buf_str(&path));
    put_id(&id, feed->site, buf_str(&path));
    moment_put_rfc3339(&updated, feed->updated);
    buf_put(&title, str_of(config->blog.title));
    if (channel->name.len > 0)
        buf_format(&title, ": %.*s", (int)channel->name.len, channel->name.ptr);
    atom_begin(out, &(struct atom_feed){
                        .id = buf_str(&id),
                        .title = buf_str(&title),
                        .subtitle = str_of(config->blog.subtitle),
                        .language = str_of(config->blog.language),
                        .author = str_of(config->blog.author[0] ? config->blog.author
                                                                : config->blog.title),
                        .updated = buf_str(&updated),
                        .self = buf_str(&self),
                        .page = buf_str(&page),
                    });
    buf_put(out, buf_str(&feed->entries));
    atom_end(out);
    buf_free(&path);
    buf_free(&id);
    buf_free(&title);
    buf_free(&updated);
    buf_free(&self);
    buf_free(&page);
}

/* A list without posts has no feed, as it has no page. */
static bool
answer(const struct listing *listing, const struct request *request, const struct channel *channel,
       struct response *response)
{
    struct feed feed = {.site = listing->site, .request = request};

    catalog_posts(feed.site->catalog, &channel->which,
                  (struct stretch){.most = listing_page_size(listing)}, on_post, &feed);
    if (feed.entry) {
        response_set(response, OUTCOME_OK, STR("application/atom+xml"));
        put_feed(&response->page, &feed, channel);
    }
    buf_free(&feed.entries);
    return feed.entry != NULL;
}

static bool
feed_answer(const struct listing *listing, const struct request *request, struct response *response)
{
    return answer(listing, request, &(struct channel){.folder = STR("/")}, response);
}

static bool
label_feed_answer(const struct listing *listing, const struct request *request,
                  struct response *response)
{
    struct buf folder = {0}, name = {0};
    bool is_label = catalog_label_name(listing->site->catalog, listing->name, &name);

    buf_format(&folder, "/label/%.*s/", (int)listing->name.len, listing->name.ptr);
    is_label = is_label && answer(listing, request,
                                  &(struct channel){.folder = buf_str(&folder),
                                                    .name = buf_str(&name),
                                                    .which = {.label = listing->name}},
                                  response);
    buf_free(&folder);
    buf_free(&name);
    return is_label;
}

static bool
language_feed_answer(const struct listing *listing, const struct request *request,
                     struct response *response)
{
    struct buf folder = {0};
    bool is_language;

    buf_format(&folder, "/lang/%.*s/", (int)listing->name.len, listing->name.ptr);
    is_language = answer(listing, request,
                         &(struct channel){.folder = buf_str(&folder),
                                           .name = listing_language(listing->name),
                                           .which = {.language = listing->name}},
                         response);
    buf_free(&folder);
    return is_language;
}

const struct lone_page feed_page = {"/atom.xml", feed_answer};
const struct lone_page label_feed_page = {"/label/*/atom.xml", label_feed_answer};
const struct lone_page language_feed_page = {"/lang/*/atom.xml", language_feed_answer};
