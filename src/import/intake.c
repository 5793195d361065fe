#include "import/intake.h"

#include <stdlib.h>

#include <libxml/parser.h>

#include "base/mem.h"
#include "import/live.h"

enum { JOB_WEIGHT = 4096 /* bytes that a job needs beside its text */ };

/* A document that waits for its conversion, and the entry that it becomes. */
struct job {
    const struct converter *converter;
    struct blog_entry from; /* points into texts */
    struct buf texts;
    struct str *labels;
    struct entry entry;
    bool is_dated;
};

static void
free_job(void *ctx)
{
    struct job *job = ctx;

    buf_free(&job->texts);
    free(job->labels);
    entry_free(&job->entry);
    free(job);
}

static void
clear_job(void *ctx)
{
    struct job *job = ctx;

    entry_clear(&job->entry);
    buf_reuse(&job->texts);
}

static void
convert_job(void *ctx)
{
    struct job *job = ctx;

    job->is_dated = convert_entry(job->converter, &job->from, &job->entry);
}

static bool
add_entry(struct intake *intake, const struct job *job, struct failure *why)
{
    const struct entry *entry = &job->entry;

    if (!job->is_dated) {
        buf_format(&intake->remarks, "%s:%zu: no date: \"%.*s\": left out\n", intake->source,
                   job->from.line, (int)entry->title.len, buf_text(&entry->title));
        return true;
    }
    label_list_add(&intake->labels, buf_str(&entry->labels));
    if (entry->status == ENTRY_LIVE && entry->kind != ENTRY_COMMENT)
        label_list_add(&intake->authors, buf_str(&entry->author));
    return entries_add(intake->entries, entry, why);
}

static bool
take_job(void *ctx, void *done, struct failure *why)
{
    return add_entry(ctx, done, why);
}

/* The slice moves to a copy; texts has room for all of them, so that none moves again. */
static void
keep(struct buf *texts, struct str *slice)
{
    size_t at = texts->len;

    buf_put(texts, *slice);
    *slice = str_after(buf_str(texts), at);
}

static struct job *
new_job(const struct intake *intake, const struct blog_entry *from)
{
    struct job *spare = crew_spare(intake->crew), *job = spare ? spare : mem_new(sizeof *job);
    struct blog_entry *copy = &job->from;
    struct str *const slices[] = {&copy->id,         &copy->title,   &copy->author,
                                  &copy->author_uri, &copy->address, &copy->related,
                                  &copy->html,       &copy->post_id, &copy->reply_to};
    enum { SLICES = sizeof slices / sizeof slices[0] };
    size_t room = 0;

    *copy = *from;
    job->converter = &intake->converter;
    job->labels = mem_grow(job->labels, from->label_count + 1, sizeof *job->labels);
    for (size_t i = 0; i < SLICES; i++)
        room += slices[i]->len;
    for (size_t i = 0; i < from->label_count; i++)
        room += from->labels[i].len;
    buf_room(&job->texts, room);
    for (size_t i = 0; i < SLICES; i++)
        keep(&job->texts, slices[i]);
    for (size_t i = 0; i < from->label_count; i++) {
        job->labels[i] = from->labels[i];
        keep(&job->texts, &job->labels[i]);
    }
    copy->labels = job->labels;
    return job;
}

static enum entry_status
status_of(const struct intake *intake, const struct blog_entry *from)
{
    if (from->status == ENTRY_LIVE && from->published.known &&
        moment_seconds(from->published.moment) > intake->now)
        return ENTRY_SCHEDULED;
    return from->status;
}

static bool
is_wanted(const struct intake *intake, enum entry_status status)
{
    return status == ENTRY_LIVE || (status == ENTRY_DRAFT && intake->drafts);
}

/* What is known when the first document of a source comes. */
static void
prepare(struct intake *intake)
{
    const struct name_list *hosts = &intake->config->blog.old_hosts;
    struct converter *converter = &intake->converter;
    struct str number = blog_number(buf_str(&intake->blog->id));
    struct crew_trade trade = {
        .work = convert_job, .take = take_job, .clear = clear_job, .drop = free_job, .ctx = intake};

    xmlInitParser(); /* before there are threads, as libxml2 wants it */
    if (!intake->crew)
        intake->crew = crew_open(&trade, intake->config->import.fetch_media);
    converter->hosts = &intake->hosts;
    if (!converter->lexicon)
        converter->lexicon = language_lexicon(intake->config->blog.language);
    converter->is_utc = intake->blog->is_takeout;
    converter->album = &intake->album;
    buf_truncate(&converter->source, 0);
    if (number.len > 0) {
        buf_put(&converter->source, STR("blog:"));
        buf_put(&converter->source, number);
    }
    buf_truncate(&converter->root, 0);
    if (live_is_address(buf_str(&intake->blog->address)))
        buf_put(&converter->root, buf_str(&intake->blog->address));
    else if (hosts->count > 0)
        buf_format(&converter->root, "https://%s/", hosts->items[0]);
}

void
intake_begin(struct intake *intake, const char *source, const struct blog *blog)
{
    intake->source = source;
    intake->blog = blog;
    intake->is_prepared = false;
}

bool
intake_end(struct intake *intake, struct failure *why)
{
    return !intake->crew || crew_finish(intake->crew, why);
}

bool
intake_take(void *ctx, const struct blog_entry *from, struct failure *why)
{
    struct intake *intake = ctx;
    enum entry_status status = status_of(intake, from);
    struct job *job;

    intake->counts[from->kind][status]++;
    if (!is_wanted(intake, status))
        return true;
    if (!intake->is_prepared)
        prepare(intake);
    intake->is_prepared = true;
    job = new_job(intake, from);
    job->entry.status = status;
    return crew_give(intake->crew, job, job->texts.len + JOB_WEIGHT, why);
}

void
intake_settle(struct intake *intake)
{
    crew_close(intake->crew);
    intake->crew = NULL;
}

void
intake_free(struct intake *intake)
{
    intake_settle(intake);
    hosts_free(&intake->hosts);
    album_close(&intake->album);
    label_list_free(&intake->labels);
    label_list_free(&intake->authors);
    free(intake->converter.lexicon);
    buf_free(&intake->converter.root);
    buf_free(&intake->converter.source);
    buf_free(&intake->remarks);
}
