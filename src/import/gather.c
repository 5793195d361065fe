#include "import/gather.h"

#include <fcntl.h>
#include <unistd.h>

#include "import/blogger.h"
#include "text/html.h"

struct gatherer {
    struct intake *intake;
    struct gathered *gathered;
};

static bool
stop(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    (void)ctx;
    (void)entry;
    (void)why;
    return false;
}

static int
open_source(const char *name, struct failure *why)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        fail_errno(why, "%s", name);
    return fd;
}

/* The hosts of a blog must be known before its first link is seen, and any source may say them. */
static void
learn_hosts(struct intake *intake, int fd)
{
    struct blogger_reader reader = {.on_entry = stop};
    struct blog blog = {0};
    struct failure ignored;

    blogger_read(fd, &reader, &blog, &ignored);
    hosts_add(&intake->hosts, buf_str(&blog.address));
    blog_free(&blog);
}

static void
take_blog(struct gatherer *gatherer, const struct blog *blog)
{
    struct gathered *gathered = gatherer->gathered;

    gathered->is_full |= blog->is_full;
    if (gathered->description.len == 0 && blog->description.len > 0)
        html_to_gemtext(&gathered->description, buf_str(&blog->description),
                        &(struct html_context){0}, NULL);
}

/* An open file of Blogger's XML. */
static bool
read_feed(struct gatherer *gatherer, int fd, const char *name, struct failure *why)
{
    struct intake *intake = gatherer->intake;
    struct blogger_reader reader = {.on_entry = intake_take, .ctx = intake};
    struct blog blog = {0};
    bool done;

    intake->blog = &blog;
    intake->source = name;
    done = blogger_read(fd, &reader, &blog, why) || fail_in(why, "%s", name);
    if (done)
        take_blog(gatherer, &blog);
    intake->blog = NULL;
    blog_free(&blog);
    return done;
}

static bool
learn_source(struct intake *intake, const struct source *source, struct failure *why)
{
    int fd;

    if (source->kind != SOURCE_FEED)
        return true;
    fd = open_source(source->name, why);
    if (fd < 0)
        return false;
    learn_hosts(intake, fd);
    close(fd);
    return true;
}

static bool
read_source(struct gatherer *gatherer, const struct source *source, struct failure *why)
{
    int fd;
    bool done;

    if (source->kind == SOURCE_CAPTURE)
        return true;
    if (source->kind != SOURCE_FEED)
        return fail(why, "%s: this version reads text captures and Blogger's XML", source->name);
    fd = open_source(source->name, why);
    done = fd >= 0 && read_feed(gatherer, fd, source->name, why);
    if (fd >= 0)
        close(fd);
    return done;
}

bool
gather_sources(struct intake *intake, const struct sources *sources, struct gathered *gathered,
               struct failure *why)
{
    struct gatherer gatherer = {.intake = intake, .gathered = gathered};

    hosts_add_list(&intake->hosts, &intake->config->blog.old_hosts);
    for (size_t i = 0; i < sources->count; i++)
        if (!learn_source(intake, &sources->items[i], why))
            return false;
    for (size_t i = 0; i < sources->count; i++)
        if (!read_source(&gatherer, &sources->items[i], why))
            return false;
    return true;
}

void
gather_free(struct gathered *gathered)
{
    buf_free(&gathered->description);
}
