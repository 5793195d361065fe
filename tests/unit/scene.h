#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

/* A folder with sources and a capsule, for tests that import; each test gets one of its own. */

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "import/import.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

enum { ARGUMENTS_MAX = 8, OUTPUT_MAX = 1 << 20 };

#define WEAVERS "05 May 2017\n\nWeavers meet\n\nThey met under the tree.\n\n"
#define FISHERS "04 May 2017\n\nFishers sing\n\nThey sang at the lake.\n\n"
#define POTTERS "03 May 2017\n\nPotters rest\n\nThey rested for a day.\n\n"
#define LABEL   "Showing posts with label fair pay. Show all posts\n\n"

/* A folder with sources and a capsule, and what the last import said. */
struct scene {
    char folder[32];
    struct config config;
    struct import_options options;
    const char *hints[ARGUMENTS_MAX], *sources[ARGUMENTS_MAX];
    int status;
    struct buf out, err;
};

static char title[] = "Hands", subtitle[] = "Work in Asia", root[] = "capsule",
            index_path[] = "capsule/.index.db", zone[] = "UTC";

static int
open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    strcpy(scene->folder, "/tmp/inspir-import-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    assert_int_equal(chdir(scene->folder), 0);
    scene->config.blog.title = title;
    scene->config.blog.subtitle = subtitle;
    scene->config.blog.root = root;
    scene->config.blog.index = index_path;
    strcpy(scene->config.blog.language, "en");
    scene->config.blog.timezone = zone;
    scene->options.hints = scene->hints;
    scene->options.sources = scene->sources;
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;
    char *const paths[] = {scene->folder, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info != FTS_D)
            remove(entry->fts_path);
    fts_close(tree);
    buf_free(&scene->out);
    buf_free(&scene->err);
    free(scene);
    return 0;
}

static void
write_file(const char *path, const char *text)
{
    int folder;
    struct failure why;

    folder = file_open_folder(".", &why);
    assert_true(file_write_beneath(folder, path, str_of(text), &why));
    close(folder);
}

static bool
exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void
assert_holds(const char *path, const char *text)
{
    struct buf bytes = {0};
    struct failure why;

    if (!file_read(path, OUTPUT_MAX, &bytes, &why))
        fail_msg("%s", why.text);
    assert_string_equal(buf_text(&bytes), text);
    buf_free(&bytes);
}

static int
by_path(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Every file of the capsule with its number, size and time, ledger and index included. */
static void
put_snapshot(struct buf *out)
{
    char *const paths[] = {root, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_path);

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            buf_format(out, "%s %ju %jd %jd.%09ld\n", entry->fts_path,
                       (uintmax_t)entry->fts_statp->st_ino, (intmax_t)entry->fts_statp->st_size,
                       (intmax_t)entry->fts_statp->st_mtim.tv_sec,
                       entry->fts_statp->st_mtim.tv_nsec);
    fts_close(tree);
}

static int
redirect(FILE *stream, int target)
{
    int saved = dup(target);

    fflush(NULL);
    dup2(fileno(stream), target);
    return saved;
}

static void
restore(FILE *stream, int target, int saved, struct buf *text)
{
    char chunk[4096];
    size_t got;

    fflush(NULL);
    dup2(saved, target);
    close(saved);
    rewind(stream);
    buf_truncate(text, 0);
    while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
        buf_put(text, (struct str){chunk, got});
    fclose(stream);
}

/* Imports the sources, separated by spaces. */
static int
import(struct scene *scene, const char *sources)
{
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out, saved_err;
    struct buf names = {0};
    struct str rest;

    assert_non_null(out);
    assert_non_null(err);
    buf_put(&names, str_of(sources));
    rest = buf_str(&names);
    for (scene->options.source_count = 0; rest.len > 0; scene->options.source_count++) {
        struct str name = str_cut(&rest, ' ');

        assert_true(scene->options.source_count < ARGUMENTS_MAX);
        names.ptr[name.ptr + name.len - names.ptr] = '\0';
        scene->sources[scene->options.source_count] = name.ptr;
    }
    saved_out = redirect(out, STDOUT_FILENO);
    saved_err = redirect(err, STDERR_FILENO);
    scene->status = import_run(&scene->config, &scene->options);
    restore(out, STDOUT_FILENO, saved_out, &scene->out);
    restore(err, STDERR_FILENO, saved_err, &scene->err);
    buf_free(&names);
    return scene->status;
}

/* An import that changes neither bytes nor times nor says anything on standard error. */
static inline void
assert_nothing_to_do(struct scene *scene, const char *sources)
{
    struct buf before = {0}, after = {0};

    put_snapshot(&before);
    assert_int_equal(import(scene, sources), 0);
    put_snapshot(&after);
    assert_string_equal(buf_text(&after), buf_text(&before));
    assert_string_equal(buf_text(&scene->err), "");
    buf_free(&before);
    buf_free(&after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

#endif
