#include "import/import.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/batch.h"
#include "base/file.h"
#include "base/log.h"
#include "base/timezone.h"
#include "import/findings.h"
#include "import/gather.h"
#include "import/merge.h"
#include "import/plan.h"
#include "import/sources.h"
#include "import/unite.h"
#include "import/variants.h"
#include "site/books.h"
#include "site/indexer.h"

enum {
    STATUS_WARNINGS = 1,
    STATUS_REFUSED = 2,
    ROOT_MODE = 0755,
    PROGRESS_STEPS = 100,  /* how often the progress line changes at most */
    ARENAS_MAX = 2,        /* heaps of the C library */
    MMAP_FROM = 256 << 10, /* bytes that get pages of their own */
    TRIM_FROM = 4 << 20,   /* free bytes at the end of a heap that go back */
    GROW_BY = 1 << 20,     /* bytes that a heap grows by at least */
};

struct import {
    const struct config *config;
    const struct import_options *options;
    struct sources sources;
    struct findings findings;
    struct entries entries;
    struct intake intake;
    struct gathered gathered;
    struct unite_counts united;
    struct plan plan;
    struct losses losses;
    int root;  /* of the capsule; -1: there is none */
    bool news; /* there is something to write */
    bool has_progress;
    size_t index_warnings;
    struct failure why;
};

static int
refuse(const struct import *import, int status)
{
    fprintf(stderr, "inspir: cannot import %s\n", import->why.text);
    return status;
}

/* Large texts come and go in several threads: what one has freed another should use. */
static void
keep_memory_low(void)
{
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    mallopt(M_MMAP_THRESHOLD, MMAP_FROM);
    mallopt(M_TRIM_THRESHOLD, TRIM_FROM);
    mallopt(M_TOP_PAD, GROW_BY);
}

static void
give_memory_back(void)
{
    malloc_trim(0);
}

/* Captures are split and merged. Findings are of use also on failure. */
static bool
read_captures(struct import *import)
{
    struct sources *sources = &import->sources;
    struct merge_input input = {.captures = sources->captures,
                                .count = sources->capture_count,
                                .language = import->config->blog.language,
                                .labels = &import->intake.labels};

    for (size_t i = 0; i < sources->capture_count; i++)
        if (!capture_split(&sources->captures[i], &import->findings, &import->why)) {
            findings_free(&import->findings);
            return fail_in(&import->why, "%s", sources->captures[i].name);
        }
    return merge_captures(&import->entries, &input, &import->findings, &import->why);
}

/* An import that finds nothing must not look like one that has nothing to do. */
static bool
check_count(struct import *import)
{
    const struct intake *intake = &import->intake;
    size_t drafts =
        intake->counts[ENTRY_POST][ENTRY_DRAFT] + intake->counts[ENTRY_PAGE][ENTRY_DRAFT];

    return import->entries.count > 0 || import->gathered.is_unchanged ||
           fail(&import->why, "anything: no post in these sources, but drafts: %zu", drafts);
}

/* Sources are read and judged to their ends before anything is done. */
static bool
read_entries(struct import *import)
{
    struct intake *intake = &import->intake;
    bool done;

    *intake = (struct intake){.entries = &import->entries,
                              .config = import->config,
                              .drafts = import->options->drafts,
                              .now = (int64_t)time(NULL)};
    album_open(&intake->album, import->config);
    done = entries_open(&import->entries, import->config->blog.root, &import->why) &&
           sources_open(&import->sources, import->options, &import->why) && read_captures(import) &&
           gather_sources(&import->gathered, intake, &import->sources, import->options,
                          &import->why) &&
           check_count(import) &&
           unite_entries(&import->entries, &intake->labels, &import->united, &import->why);
    give_memory_back();
    return done;
}

/* Findings are news: an import that has nothing to do does not repeat them. */
static bool
is_telling(const struct import *import)
{
    return import->options->check || import->news;
}

static void
print_findings(struct import *import)
{
    struct buf text = {0};

    findings_put(&import->findings, &text);
    buf_put(&text, buf_str(&import->intake.remarks));
    buf_put(&text, buf_str(&import->losses.shown));
    if (import->losses.news > LOSSES_SHOWN_MAX)
        buf_format(&text, "%zu more of these: see --report\n",
                   import->losses.news - LOSSES_SHOWN_MAX);
    fputs(buf_text(&text), stderr);
    buf_free(&text);
}

/* The folder of the capsule, locked; when only checking there may be none and nothing is made. */
static int
open_root(struct import *import)
{
    const char *root = import->config->blog.root;
    bool check = import->options->check;
    struct stat info;

    if (stat(root, &info) != 0 && errno == ENOENT) {
        if (check)
            return EXIT_SUCCESS;
        if (mkdir(root, ROOT_MODE) != 0 && errno != EEXIST) {
            fail_errno(&import->why, "into %s", root);
            return refuse(import, EX_CANTCREAT);
        }
    }
    import->root = file_open_folder(root, &import->why);
    if (import->root < 0)
        return fail_in(&import->why, "into %s", root), refuse(import, EX_CANTCREAT);
    if (check)
        return EXIT_SUCCESS;
    if (file_lock(import->root)) {
        if (batch_recover(import->root, &import->why))
            return EXIT_SUCCESS;
        return refuse(import, EX_CANTCREAT);
    }
    if (errno == EWOULDBLOCK) {
        fail(&import->why, "into %s: another import is running", root);
        return refuse(import, EX_TEMPFAIL);
    }
    fail_errno(&import->why, "into %s", root);
    return refuse(import, EX_OSERR);
}

static void
on_post(void *ctx, size_t done, size_t all)
{
    const struct import *import = ctx;
    size_t step = all / PROGRESS_STEPS + 1;

    if (import->has_progress && (done == all || done % step == 0))
        fprintf(stderr, done == all ? "\r\033[K" : "\rpost %zu of %zu", done, all);
}

static void
clear_progress(const struct import *import)
{
    if (import->has_progress)
        fputs("\r\033[K", stderr);
}

static bool
make_plan(struct import *import)
{
    struct buf description = {0};
    bool done;

    buf_put(&description, buf_str(&import->gathered.description));
    for (size_t i = 0; i < import->sources.capture_count && description.len == 0; i++)
        capture_put_description(&description, &import->sources.captures[i]);
    done = plan_open(&import->plan, import->root, &import->losses, &import->why);
    import->plan.full = buf_str(&import->gathered.full);
    import->plan.prune = import->options->prune;
    import->plan.writes = !import->options->check;
    import->plan.on_post = on_post;
    import->plan.ctx = import;
    import->plan.discussions.tongue = tongue_of(str_of(import->config->blog.language));
    done = done &&
           plan_entries(&import->plan, &import->entries, &import->intake.labels, &import->why) &&
           plan_about(&import->plan, import->config, buf_str(&description), &import->why);
    buf_free(&description);
    return done && (import->plan.count > 0 || import->gathered.is_unchanged ||
                    fail(&import->why,
                         "anything: no post, and comments of posts that are not in "
                         "the capsule: %zu",
                         import->losses.count));
}

static void
on_index_warning(void *ctx, const char *sentence)
{
    struct import *import = ctx;

    fprintf(stderr, "inspir: %s\n", sentence);
    import->index_warnings++;
}

static bool
make_variants(struct import *import)
{
    struct variants_report report;

    if (!variants_make(&import->plan, &report, &import->why))
        return fail_in(&import->why, "a smaller picture");
    if (report.pictures > 0 && !import->options->quiet)
        printf("smaller pictures %zu, of %zu pictures; unreadable %zu\n", report.made,
               report.pictures, report.failed);
    if (report.lacks_program && import->news)
        fputs("inspir: no smaller pictures are made: graphicsmagick is not installed\n", stderr);
    return true;
}

/* They can be made again at any time. */
static void
make_books(struct import *import)
{
    struct failure why;

    if (books_make(import->config, &why))
        return;
    fprintf(stderr, "inspir: cannot make the books: %s\n", why.text);
    import->index_warnings++;
}

/* Files, ledger, index, books, in this order. */
static bool
write_all(struct import *import)
{
    struct index_report report = {.warn = on_index_warning, .ctx = import};

    if (!album_write(&import->intake.album, import->root, &import->why) || !make_variants(import))
        return false;
    if (!plan_write(&import->plan, &import->why)) {
        clear_progress(import);
        return false;
    }
    /* what is gone need not be safe on disk, and the index of a large capsule needs the room */
    entries_close(&import->entries);
    if (!plan_commit(&import->plan, &import->why) ||
        !fetched_save(&import->gathered.fetched, import->root, &import->why))
        return false;
    plan_close(&import->plan);
    give_memory_back();
    if ((import->news || !index_is_current(import->config)) &&
        !index_build(import->config, &report, &import->why))
        return false;
    make_books(import);
    return true;
}

static void
put_note(struct buf *out, const struct plan_item *item)
{
    struct buf rival = {0};

    if (item->from) {
        buf_put(out, STR("moved "));
        log_escape_text(out, item->path);
        buf_put(out, STR(": from "));
        log_escape_text(out, str_of(item->from));
        buf_byte(out, '\n');
    }
    if (!item->note)
        return;
    buf_put(out, item->change == CHANGE_KEPT ? STR("kept ") : STR("new "));
    log_escape_text(out, item->path);
    buf_format(out, ": %s", item->note);
    if (item->has_rival) {
        plan_put_rival(&rival, item);
        buf_put(out, STR(": the blog's is "));
        log_escape_text(out, buf_str(&rival));
    }
    buf_byte(out, '\n');
    buf_free(&rival);
}

static size_t
count_labels(const struct ledger *ledger)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++)
        count += str_starts(ledger->rows[i].id, STR("label:"));
    return count;
}

static size_t
count_all(const struct plan *plan, enum document document)
{
    size_t count = 0;

    for (enum change change = 0; change < CHANGES; change++)
        count += plan_count(plan, document, change);
    return count;
}

static void
put_changes(const struct plan *plan, enum document document, const char *name, struct buf *out)
{
    size_t all = count_all(plan, document);

    if (all > 0 || document == DOCUMENT_POST)
        buf_format(
            out, "%s %zu: %zu new, %zu changed, %zu unchanged, %zu kept\n", name, all,
            plan_count(plan, document, CHANGE_NEW), plan_count(plan, document, CHANGE_REWRITTEN),
            plan_count(plan, document, CHANGE_NONE), plan_count(plan, document, CHANGE_KEPT));
}

/* What is read of a blog and is no file of its own. */
static void
put_others(const struct import *import, struct buf *out)
{
    static const struct {
        const char *name;
        enum entry_status status;
    } states[] = {
        {"drafts", ENTRY_DRAFT}, {"scheduled", ENTRY_SCHEDULED}, {"trashed", ENTRY_TRASHED}};
    const struct intake *intake = &import->intake;

    if (intake->authors.count > 0)
        buf_format(out, "authors %zu\n", intake->authors.count);
    if (intake->counts[ENTRY_COMMENT][ENTRY_LIVE] > 0)
        buf_format(out, "comments %zu\n", intake->counts[ENTRY_COMMENT][ENTRY_LIVE]);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        size_t count = 0;

        for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
            count += intake->counts[kind][states[i].status];
        if (count > 0 && !(states[i].status == ENTRY_DRAFT && intake->drafts))
            buf_format(out, "%s %zu, not published\n", states[i].name, count);
    }
    if (import->united.same > 0)
        buf_format(out, "found twice %zu, %zu of them with another text\n", import->united.same,
                   import->united.differed);
    if (import->losses.count > 0) {
        buf_put(out, STR("lost: "));
        losses_put_counts(&import->losses, out);
        buf_byte(out, '\n');
    }
}

/* What was done, or would be. All: also what earlier imports have told. */
static void
put_summary(const struct import *import, bool all, struct buf *out)
{
    const struct plan *plan = &import->plan;

    for (size_t i = 0; i < plan->count; i++)
        put_note(out, &plan->items[i]);
    put_note(out, &plan->about);
    departures_put(&plan->departures, all, out);
    if (import->options->check)
        buf_put(out, STR("nothing is written, this is a check\n"));
    if (import->gathered.is_unchanged)
        buf_put(out, STR("nothing new in the blog since it was imported\n"));
    put_changes(plan, DOCUMENT_POST, "posts", out);
    put_changes(plan, DOCUMENT_PAGE, "pages", out);
    put_changes(plan, DOCUMENT_COMMENTS, "pages of comments", out);
    put_changes(plan, DOCUMENT_DRAFT, "drafts", out);
    put_others(import, out);
    if (plan->departures.posts > 0)
        buf_format(out, "not in the export %zu, removed %zu%s\n", plan->departures.posts,
                   plan->departures.removed, plan->prune ? "" : ": see --prune");
    buf_format(out, "labels %zu, warnings %zu%s, settled by hints %zu\n",
               count_labels(&plan->ledger), import->findings.count,
               import->findings.count > 0 && !is_telling(import) ? " (not repeated)" : "",
               import->findings.settled);
}

/* The line with which a hints file for each capture begins. */
static void
put_digests(const struct import *import, struct buf *out)
{
    for (size_t i = 0; i < import->sources.capture_count; i++) {
        const struct capture *capture = &import->sources.captures[i];

        log_escape_text(out, str_of(capture->name));
        buf_format(out, ": sha256 = %s\n", capture->digest.hex);
    }
}

/* The file that --report names, replaced as a whole. */
static bool
write_report(struct import *import, struct str summary)
{
    const char *path = import->options->report, *slash = path ? strrchr(path, '/') : NULL;
    struct buf folder = {0}, text = {0};
    int fd;
    bool done;

    if (!path)
        return true;
    buf_put(&folder, slash ? str_head(str_of(path), (size_t)(slash - path) + 1) : STR("."));
    put_digests(import, &text);
    findings_put(&import->findings, &text);
    buf_put(&text, buf_str(&import->intake.remarks));
    buf_put(&text, buf_str(&import->losses.lines));
    buf_put(&text, summary);
    fd = file_open_folder(buf_text(&folder), &import->why);
    done =
        fd >= 0 && file_write_beneath(fd, slash ? slash + 1 : path, buf_str(&text), &import->why);
    if (fd >= 0)
        close(fd);
    buf_free(&folder);
    buf_free(&text);
    return done || fail_in(&import->why, "with a report");
}

static bool
has_warnings(const struct import *import)
{
    return import->findings.count > 0 || import->intake.remarks.len > 0 ||
           import->losses.news > 0 || import->plan.departures.news > 0;
}

/* Nothing is imported; the findings may say why. */
static int
refuse_with_findings(struct import *import, int status)
{
    struct buf sentence = {0};

    buf_format(&sentence, "cannot import %s\n", import->why.text);
    print_findings(import);
    refuse(import, status);
    if (!write_report(import, buf_str(&sentence)))
        status = refuse(import, EX_CANTCREAT);
    buf_free(&sentence);
    return status;
}

/* The entries are there: decides what becomes of them, and does it. */
static int
carry_out(struct import *import)
{
    struct buf summary = {0}, report = {0};
    int status = open_root(import);
    bool warned;

    if (status != EXIT_SUCCESS)
        return status;
    if (!make_plan(import)) {
        clear_progress(import);
        return refuse(import, import->plan.cannot_write ? EX_CANTCREAT : EX_DATAERR);
    }
    if (import->options->strict && import->losses.news > 0) {
        fail(&import->why, "strictly: %zu loss%s", import->losses.news,
             import->losses.news == 1 ? "" : "es");
        return refuse_with_findings(import, STATUS_REFUSED);
    }
    import->news = plan_has_work(&import->plan);
    if (is_telling(import))
        print_findings(import);
    warned = is_telling(import) && has_warnings(import);
    put_summary(import, false, &summary);
    put_summary(import, true, &report);
    if (!import->options->check && !write_all(import)) {
        fail_in(&import->why, "into %s", import->config->blog.root);
        status = refuse(import, EX_CANTCREAT);
    } else if (!write_report(import, buf_str(&report))) {
        status = refuse(import, EX_CANTCREAT);
    } else if (!import->options->quiet) {
        fputs(buf_text(&summary), stdout);
    }
    buf_free(&summary);
    buf_free(&report);
    warned |= import->index_warnings > 0;
    return status == EXIT_SUCCESS && warned ? STATUS_WARNINGS : status;
}

int
import_run(const struct config *config, const struct import_options *options)
{
    struct import import = {.config = config, .options = options, .root = -1};
    int status;

    keep_memory_low();
    import.plan.root = -1;
    import.entries.spool.fd = -1;
    if (!timezone_set(config->blog.timezone, &import.why)) {
        fail_in(&import.why, "timezone");
        return refuse(&import, EX_CONFIG);
    }
    import.has_progress = !options->quiet && isatty(STDERR_FILENO);
    if (!read_entries(&import)) {
        status = refuse_with_findings(&import,
                                      import.entries.spool.has_failed ? EX_CANTCREAT : EX_DATAERR);
    } else if (options->strict && import.findings.unclear > 0) {
        fail(&import.why, "strictly: %zu finding%s without a hint", import.findings.unclear,
             import.findings.unclear == 1 ? "" : "s");
        status = refuse_with_findings(&import, STATUS_REFUSED);
    } else {
        status = carry_out(&import);
    }
    plan_close(&import.plan);
    entries_close(&import.entries);
    intake_free(&import.intake);
    gather_free(&import.gathered);
    losses_free(&import.losses);
    findings_free(&import.findings);
    sources_close(&import.sources);
    if (import.root >= 0)
        close(import.root);
    return status;
}
