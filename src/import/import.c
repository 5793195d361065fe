#include "import/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "import/entry.h"
#include "import/findings.h"
#include "import/merge.h"
#include "import/plan.h"
#include "import/sources.h"
#include "site/indexer.h"

enum {
    STATUS_WARNINGS = 1,
    STATUS_REFUSED = 2,
    ROOT_MODE = 0755,
    PROGRESS_STEPS = 100, /* how often the progress line changes at most */
};

struct import {
    const struct config *config;
    const struct import_options *options;
    struct sources sources;
    struct findings findings;
    struct entries entries;
    struct plan plan;
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

/* Everything in memory: sources read, split and merged. Findings are of use also on failure. */
static bool
read_entries(struct import *import)
{
    struct sources *sources = &import->sources;

    if (!sources_open(sources, import->options, &import->why))
        return false;
    for (size_t i = 0; i < sources->capture_count; i++)
        if (!capture_split(&sources->captures[i], &import->findings, &import->why)) {
            findings_free(&import->findings);
            return fail_in(&import->why, "%s", sources->captures[i].name);
        }
    if (!merge_captures(&import->entries, sources->captures, sources->capture_count,
                        &import->findings, &import->why))
        return false;
    entries_tell_languages(&import->entries, import->config->blog.language);
    return true;
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
    if (check || file_lock(import->root))
        return EXIT_SUCCESS;
    if (errno == EWOULDBLOCK) {
        fail(&import->why, "into %s: another import is running", root);
        return refuse(import, EX_TEMPFAIL);
    }
    fail_errno(&import->why, "into %s", root);
    return refuse(import, EX_OSERR);
}

static bool
make_plan(struct import *import)
{
    struct buf description = {0};
    bool done;

    for (size_t i = 0; i < import->sources.capture_count && description.len == 0; i++)
        capture_put_description(&description, &import->sources.captures[i]);
    done = plan_open(&import->plan, import->root, &import->why) &&
           plan_entries(&import->plan, &import->entries, &import->why) &&
           plan_about(&import->plan, import->config, buf_str(&description), &import->why);
    buf_free(&description);
    return done;
}

static void
on_post(void *ctx, size_t done, size_t all)
{
    const struct import *import = ctx;
    size_t step = all / PROGRESS_STEPS + 1;

    if (import->has_progress && (done == all || done % step == 0))
        fprintf(stderr, done == all ? "\r\033[K" : "\rwriting post %zu of %zu", done, all);
}

static void
on_index_warning(void *ctx, const char *sentence)
{
    struct import *import = ctx;

    fprintf(stderr, "inspir: %s\n", sentence);
    import->index_warnings++;
}

/* Files, ledger, index, in this order. */
static bool
write_all(struct import *import)
{
    struct index_report report = {.warn = on_index_warning, .ctx = import};

    if (!plan_write(&import->plan, on_post, import, &import->why)) {
        if (import->has_progress)
            fputs("\r\033[K", stderr);
        return false;
    }
    return (!import->news && index_is_current(import->config)) ||
           index_build(import->config, &report, &import->why);
}

static void
put_note(struct buf *out, const struct plan_item *item)
{
    if (!item->note)
        return;
    buf_put(out, item->change == CHANGE_KEPT ? STR("kept ") : STR("new "));
    log_escape_text(out, buf_str(&item->path));
    buf_format(out, ": %s\n", item->note);
}

static size_t
count_labels(const struct ledger *ledger)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++)
        count += str_starts(ledger->rows[i].id, STR("label:"));
    return count;
}

/* What was done, or would be. */
static void
put_summary(const struct import *import, struct buf *out)
{
    const struct plan *plan = &import->plan;

    for (size_t i = 0; i < plan->count; i++)
        put_note(out, &plan->items[i]);
    put_note(out, &plan->about);
    if (import->options->check)
        buf_put(out, STR("nothing is written, this is a check\n"));
    buf_format(out, "posts %zu: %zu new, %zu changed, %zu unchanged, %zu kept\n", plan->count,
               plan_count(plan, CHANGE_NEW), plan_count(plan, CHANGE_REWRITTEN),
               plan_count(plan, CHANGE_NONE), plan_count(plan, CHANGE_KEPT));
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

/* The entries are there: decides what becomes of them, and does it. */
static int
carry_out(struct import *import)
{
    struct buf summary = {0};
    int status = open_root(import);

    if (status != EXIT_SUCCESS)
        return status;
    if (!make_plan(import))
        return refuse(import, EX_DATAERR);
    import->news = plan_has_work(&import->plan);
    if (is_telling(import))
        print_findings(import);
    put_summary(import, &summary);
    if ((!import->options->check && !write_all(import)) || !write_report(import, buf_str(&summary)))
        status = refuse(import, EX_CANTCREAT);
    else if (!import->options->quiet)
        fputs(buf_text(&summary), stdout);
    buf_free(&summary);
    if (status == EXIT_SUCCESS && is_telling(import) && import->findings.count > 0)
        status = STATUS_WARNINGS;
    return status == EXIT_SUCCESS && import->index_warnings > 0 ? STATUS_WARNINGS : status;
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

int
import_run(const struct config *config, const struct import_options *options)
{
    struct import import = {.config = config, .options = options, .root = -1};
    int status;

    import.plan.root = -1;
    import.has_progress = !options->quiet && isatty(STDERR_FILENO);
    if (!read_entries(&import)) {
        status = refuse_with_findings(&import, EX_DATAERR);
    } else if (options->strict && import.findings.unclear > 0) {
        fail(&import.why, "strictly: %zu finding%s without a hint", import.findings.unclear,
             import.findings.unclear == 1 ? "" : "s");
        status = refuse_with_findings(&import, STATUS_REFUSED);
    } else {
        status = carry_out(&import);
    }
    plan_close(&import.plan);
    entries_free(&import.entries);
    findings_free(&import.findings);
    sources_close(&import.sources);
    if (import.root >= 0)
        close(import.root);
    return status;
}
