#include "import/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/uri.h"

enum { NAMES_FIRST = 16, HINTS_FIRST = 8 };

static bool
is_address(const char *source)
{
    const char *mark = strstr(source, "://");

    return mark && uri_is_scheme((struct str){source, (size_t)(mark - source)});
}

static bool
add_name(struct sources *sources, const char *name, struct failure *why)
{
    if (sources->name_count == SOURCES_MAX)
        return fail(why, "more than %d files", SOURCES_MAX);
    if (sources->name_count == sources->name_cap) {
        sources->name_cap = sources->name_cap ? sources->name_cap * 2 : NAMES_FIRST;
        sources->names = mem_grow(sources->names, sources->name_cap, sizeof *sources->names);
    }
    sources->names[sources->name_count++] = mem_copy(name, strlen(name));
    return true;
}

static int
is_text_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), STR(".txt"));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
add_folder(struct sources *sources, const char *folder, struct failure *why)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_text_file, by_name);
    bool done = count > 0;

    if (count < 0)
        fail_errno(why, "%s", folder);
    if (count == 0)
        fail(why, "%s: no *.txt file in this folder", folder);
    for (int i = 0; i < count; i++) {
        struct buf path = {0};

        buf_format(&path, "%s%s%s", folder, str_ends(str_of(folder), STR("/")) ? "" : "/",
                   entries[i]->d_name);
        done = done && add_name(sources, buf_text(&path), why);
        buf_free(&path);
        free(entries[i]);
    }
    free(entries);
    return done;
}

static bool
add_source(struct sources *sources, const char *source, struct failure *why)
{
    struct stat info;

    if (is_address(source))
        return fail(why, "%s: an address: this version reads files with text captures", source);
    if (stat(source, &info) != 0)
        return fail_errno(why, "%s", source);
    return S_ISDIR(info.st_mode) ? add_folder(sources, source, why)
                                 : add_name(sources, source, why);
}

static bool
is_known(const struct sources *sources, const struct capture *capture)
{
    for (size_t i = 0; i < sources->capture_count; i++)
        if (strcmp(sources->captures[i].digest.hex, capture->digest.hex) == 0)
            return true;
    return false;
}

static bool
read_captures(struct sources *sources, struct failure *why)
{
    size_t total = 0;

    sources->captures = mem_new((sources->name_count + 1) * sizeof *sources->captures);
    for (size_t i = 0; i < sources->name_count; i++) {
        struct capture *capture = &sources->captures[sources->capture_count];
        struct buf bytes = {0};

        *capture = (struct capture){.name = sources->names[i], .source = i};
        if (!file_read(capture->name, CAPTURE_MAX, &bytes, why)) {
            buf_free(&bytes);
            return false;
        }
        total += bytes.len;
        if (!capture_read(capture, &bytes, why)) {
            capture_free(capture);
            return fail_in(why, "%s", sources->names[i]);
        }
        if (is_known(sources, capture))
            capture_free(capture);
        else
            sources->capture_count++;
        if (total > SOURCES_BYTES_MAX)
            return fail(why, "more than %d bytes in all", SOURCES_BYTES_MAX);
    }
    return true;
}

/* The file was read already, under this name or another. */
static bool
has_hints(const struct sources *sources, struct str text)
{
    for (size_t i = 0; i < sources->hint_count; i++)
        if (str_eq(buf_str(&sources->hints[i].source), text))
            return true;
    return false;
}

static bool
read_hints(struct sources *sources, const char *path, struct failure *why)
{
    struct buf text = {0};
    bool done = file_read(path, HINTS_MAX, &text, why);

    if (done && !has_hints(sources, buf_str(&text))) {
        if (sources->hint_count == sources->hint_cap) {
            sources->hint_cap = sources->hint_cap ? sources->hint_cap * 2 : HINTS_FIRST;
            sources->hints = mem_grow(sources->hints, sources->hint_cap, sizeof *sources->hints);
        }
        done = hints_parse(&sources->hints[sources->hint_count++], path, buf_str(&text), why);
    }
    buf_free(&text);
    return done;
}

static bool
read_all_hints(struct sources *sources, const struct import_options *options, struct failure *why)
{
    struct buf path = {0};
    bool done = true;

    for (size_t i = 0; done && i < sources->name_count; i++) {
        buf_truncate(&path, 0);
        buf_format(&path, "%s.hints", sources->names[i]);
        if (access(buf_text(&path), F_OK) == 0 || errno != ENOENT)
            done = read_hints(sources, buf_text(&path), why);
    }
    buf_free(&path);
    for (size_t i = 0; done && i < options->hint_count; i++)
        done = read_hints(sources, options->hints[i], why);
    return done;
}

/* Each hints file belongs to one capture. */
static bool
assign_hints(struct sources *sources, const struct hints *hints, struct failure *why)
{
    for (size_t i = 0; i < sources->capture_count; i++) {
        struct capture *capture = &sources->captures[i];

        if (hints_are_for(hints, &capture->digest))
            return hints_join(&capture->hints, hints, why);
    }
    return fail(why, "%s:%zu: none of the captures has this sha256", hints->file, hints->sha256_at);
}

bool
sources_open(struct sources *sources, const struct import_options *options, struct failure *why)
{
    *sources = (struct sources){0};
    for (size_t i = 0; i < options->source_count; i++)
        if (!add_source(sources, options->sources[i], why))
            return false;
    if (!read_captures(sources, why) || !read_all_hints(sources, options, why))
        return false;
    for (size_t i = 0; i < sources->hint_count; i++)
        if (!assign_hints(sources, &sources->hints[i], why))
            return false;
    return true;
}

void
sources_close(struct sources *sources)
{
    for (size_t i = 0; i < sources->capture_count; i++)
        capture_free(&sources->captures[i]);
    for (size_t i = 0; i < sources->hint_count; i++)
        hints_free(&sources->hints[i]);
    for (size_t i = 0; i < sources->name_count; i++)
        free(sources->names[i]);
    free(sources->captures);
    free(sources->hints);
    free(sources->names);
    *sources = (struct sources){0};
}
