#include "import/gather.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "import/archive.h"
#include "import/blogger.h"
#include "import/live.h"
#include "import/webpage.h"
#include "text/html.h"

/* What is open of a source between the two times that it is read. */
struct opened {
    int fd; /* -1: none */
    struct live *live;
};

struct gatherer {
    struct gathered *gathered;
    struct intake *intake;
    const struct import_options *options;
    const struct sources *sources;
    struct opened *opened; /* one for each source */
    struct fetcher *fetcher;
    size_t bodies, summaries; /* of the source at hand */
};

static bool
stop(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)ctx;
    (void)entry;
    (void)why;
    return false;
}

static bool
take(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    struct gatherer *gatherer = ctx;

    if (entry->kind == ENTRY_POST)
        *(entry->is_summary ? &gatherer->summaries : &gatherer->bodies) += 1;
    return intake_take(gatherer->intake, entry, why);
}

static int
open_source(const char *name, struct failure *why)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        fail_errno(why, "%s", name);
    return fd;
}

static bool
read_page(const char *name, const struct webpage_reader *reader, struct blog *blog,
          struct failure *why)
{
    struct buf html = {0};
    bool done = file_read(name, WEBPAGE_MAX, &html, why) &&
                (webpage_read(buf_str(&html), reader, blog, why) || fail_in(why, "%s", name));

    buf_free(&html);
    return done;
}

/* The hosts of a blog must be known before its first link is seen, and any source may say them; a
 * source that cannot be read says so when its turn comes. */
static void
learn_feed(struct intake *intake, int fd)
{
    struct blogger_reader reader = {.on_entry = stop};
    struct blog blog = {0};
    struct failure ignored;

    blogger_read(fd, &reader, &blog, &ignored);
    hosts_add(&intake->hosts, buf_str(&blog.address));
    blog_free(&blog);
}

static void
learn_page(struct intake *intake, const char *name)
{
    struct webpage_reader reader = {.on_entry = stop};
    struct blog blog = {0};
    struct failure ignored;

    read_page(name, &reader, &blog, &ignored);
    hosts_add(&intake->hosts, buf_str(&blog.address));
    blog_free(&blog);
}

/* Nothing is brought when nothing is new: only where this would be all that the import does. */
static bool
is_alone(const struct gatherer *gatherer)
{
    return gatherer->sources->count == 1 && !gatherer->options->check &&
           gatherer->sources->items[0].kind == SOURCE_ADDRESS;
}

static bool
learn_address(struct gatherer *gatherer, struct opened *opened, const char *address,
              struct failure *why)
{
    struct intake *intake = gatherer->intake;
    const struct config *config = intake->config;
    struct live_request request = {.address = address,
                                   .allow_summary = gatherer->options->allow_summary};

    if (!gatherer->fetcher)
        gatherer->fetcher = fetcher_open(&config->import.private_hosts, why);
    if (!gatherer->fetcher)
        return false;
    opened->live = mem_new(sizeof *opened->live);
    if (!live_fetch(opened->live, gatherer->fetcher, &request,
                    is_alone(gatherer) ? &gatherer->gathered->fetched : NULL, why))
        return false;
    hosts_add(&intake->hosts, buf_str(&opened->live->blog.address));
    hosts_add(&intake->hosts, str_of(address));
    return true;
}

static bool
learn_source(struct gatherer *gatherer, size_t number, struct failure *why)
{
    const struct source *source = &gatherer->sources->items[number];
    struct opened *opened = &gatherer->opened[number];

    switch (source->kind) {
    case SOURCE_CAPTURE:
        return true;
    case SOURCE_PAGE:
        learn_page(gatherer->intake, source->name);
        return true;
    case SOURCE_ADDRESS:
        return learn_address(gatherer, opened, source->name, why);
    case SOURCE_FEED:
        opened->fd = open_source(source->name, why);
        break;
    case SOURCE_ARCHIVE:
        opened->fd = archive_open_feed((struct archive_place){source->name, source->archive}, why);
        break;
    }
    if (opened->fd < 0)
        return false;
    learn_feed(gatherer->intake, opened->fd);
    if (source->kind == SOURCE_FEED) { /* there may be more of them than files can be open */
        close(opened->fd);
        opened->fd = -1;
    }
    return true;
}

static void
take_blog(struct gathered *gathered, const struct blog *blog)
{
    if (blog->is_full)
        entry_add_name(&gathered->full, blog_number(buf_str(&blog->id)));
    if (gathered->description.len == 0 && blog->description.len > 0)
        html_to_gemtext(&gathered->description, buf_str(&blog->description),
                        &(struct html_context){0}, NULL);
}

/* A page that nobody named may be something else, such as the theme that Takeout adds. */
static bool
read_saved_page(struct gatherer *gatherer, const struct source *source, struct blog *blog,
                struct failure *why)
{
    struct webpage_reader reader = {.on_entry = take, .ctx = gatherer};

    if (read_page(source->name, &reader, blog, why))
        return true;
    if (!source->in_folder || gatherer->bodies > 0)
        return false;
    log_escape_text(&gatherer->intake->remarks, str_of(why->text));
    buf_put(&gatherer->intake->remarks, STR(": left out\n"));
    return true;
}

static bool
read_feed(struct gatherer *gatherer, struct opened *opened, const char *name, struct blog *blog,
          struct failure *why)
{
    struct blogger_reader reader = {.on_entry = take, .ctx = gatherer};

    if (opened->fd < 0)
        opened->fd = open_source(name, why);
    if (opened->fd < 0)
        return false;
    if (lseek(opened->fd, 0, SEEK_SET) != 0)
        return fail_errno(why, "%s", name);
    return blogger_read(opened->fd, &reader, blog, why) || fail_in(why, "%s", name);
}

static bool
read_live(struct gatherer *gatherer, struct live *live, struct failure *why)
{
    struct blogger_reader reader = {.on_entry = take, .ctx = gatherer};

    gatherer->gathered->is_unchanged |= live->is_unchanged;
    intake_begin(gatherer->intake, gatherer->intake->source, &live->blog);
    buf_put(&gatherer->intake->remarks, buf_str(&live->remarks));
    if (!live_replay(live, &reader, why))
        return false;
    take_blog(gatherer->gathered, &live->blog);
    return true;
}

static bool
check_bodies(const struct gatherer *gatherer, const char *name, struct failure *why)
{
    return gatherer->bodies > 0 || gatherer->summaries == 0 || gatherer->options->allow_summary ||
           fail(why, "%s: holds only summaries; --allow-summary takes them", name);
}

static bool
read_source(struct gatherer *gatherer, size_t number, struct failure *why)
{
    const struct source *source = &gatherer->sources->items[number];
    struct opened *opened = &gatherer->opened[number];
    struct intake *intake = gatherer->intake;
    struct blog blog = {0};
    bool done = true;

    intake_begin(intake, source->name, &blog);
    gatherer->bodies = gatherer->summaries = 0;
    if (source->kind == SOURCE_PAGE)
        done = read_saved_page(gatherer, source, &blog, why);
    else if (source->kind == SOURCE_ADDRESS)
        done = read_live(gatherer, opened->live, why);
    else if (source->kind != SOURCE_CAPTURE)
        done = read_feed(gatherer, opened, source->name, &blog, why) &&
               check_bodies(gatherer, source->name, why);
    done = done && intake_end(intake, why);
    if (done)
        take_blog(gatherer->gathered, &blog);
    if (opened->fd >= 0)
        close(opened->fd);
    opened->fd = -1;
    blog_free(&blog);
    return done;
}

static bool
read_all(struct gatherer *gatherer, struct failure *why)
{
    for (size_t i = 0; i < gatherer->sources->count; i++)
        if (!learn_source(gatherer, i, why))
            return false;
    for (size_t i = 0; i < gatherer->sources->count; i++)
        if (!read_source(gatherer, i, why))
            return false;
    return true;
}

/* All that the same feed becomes something else by. */
static struct digest
digest_settings(const struct config *config, const struct import_options *options)
{
    const struct name_list *hosts = &config->blog.old_hosts;
    struct digest digest;
    struct buf text = {0};

    buf_format(&text, "%s\n%s\n%s\n%s\n%s\n", INSPIR_VERSION, config->blog.title,
               config->blog.subtitle, config->blog.timezone, config->blog.language);
    buf_format(&text, "%d %u %d %d %d\n", config->import.fetch_media, config->import.max_image,
               options->drafts, options->prune, options->allow_summary);
    for (size_t i = 0; i < hosts->count; i++)
        buf_format(&text, "%s\n", hosts->items[i]);
    digest = digest_of(buf_str(&text));
    buf_free(&text);
    return digest;
}

/* What earlier imports fetched; a capsule that is not there yet has nothing. */
static bool
load_fetched(struct gathered *gathered, const char *root, struct failure *why)
{
    struct failure ignored;
    int fd = file_open_folder(root, &ignored);
    bool done = fd < 0 || fetched_load(&gathered->fetched, fd, why);

    if (fd >= 0)
        close(fd);
    return done;
}

bool
gather_sources(struct gathered *gathered, struct intake *intake, const struct sources *sources,
               const struct import_options *options, struct failure *why)
{
    struct gatherer gatherer = {
        .gathered = gathered, .intake = intake, .options = options, .sources = sources};
    struct digest settings = digest_settings(intake->config, options);
    bool done;

    gatherer.opened = mem_new((sources->count + 1) * sizeof *gatherer.opened);
    for (size_t i = 0; i < sources->count; i++)
        gatherer.opened[i].fd = -1;
    hosts_add_list(&intake->hosts, &intake->config->blog.old_hosts);
    done = load_fetched(gathered, intake->config->blog.root, why);
    if (is_alone(&gatherer))
        fetched_demand(&gathered->fetched, str_of(settings.hex));
    done = done && read_all(&gatherer, why);
    intake_settle(intake);
    if (is_alone(&gatherer))
        fetched_mark(&gathered->fetched, str_of(settings.hex));
    for (size_t i = 0; i < sources->count; i++) {
        if (gatherer.opened[i].fd >= 0)
            close(gatherer.opened[i].fd);
        if (gatherer.opened[i].live)
            live_free(gatherer.opened[i].live);
        free(gatherer.opened[i].live);
    }
    fetcher_close(gatherer.fetcher);
    free(gatherer.opened);
    return done;
}

void
gather_free(struct gathered *gathered)
{
    buf_free(&gathered->description);
    buf_free(&gathered->full);
    fetched_free(&gathered->fetched);
}
