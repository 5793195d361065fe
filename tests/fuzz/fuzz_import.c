/*
 * A whole import of any small files into a capsule of its own: what is refused changes nothing,
 * what comes in are well-formed files within the capsule, and a second time changes no byte and no
 * time of any of them.
 */

#include <fcntl.h>
#include <fts.h>
#include <stdint.h>
#include <sysexits.h>
#include <unistr.h>

#include "../fixture.h"
#include "import/import.h"
#include "site/ledger.h"
#include "site/post.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SOURCES = 4, SEPARATOR = 0x1e /* between the files of an input */ };

static const char ini[] = "[blog]\ntitle = Tides\ntimezone = Asia/Kathmandu\n"
                          "old_hosts = tides.example\n";

struct import_input {
    struct fixture fixture;
    struct buf names[SOURCES];
    const char *sources[SOURCES];
    size_t count;
};

static void
make_input(struct import_input *input, struct str bytes)
{
    struct failure why;
    struct buf path = {0};

    fixture_make(&input->fixture);
    fixture_write(&input->fixture, "inspir.ini", str_of(ini));
    for (input->count = 0; input->count < SOURCES && bytes.len > 0; input->count++) {
        struct buf *name = &input->names[input->count];

        *name = (struct buf){0};
        buf_format(name, "%s/sources/%zu", input->fixture.folder, input->count);
        input->sources[input->count] = buf_text(name);
        fixture_write(&input->fixture, input->sources[input->count] + sizeof input->fixture.folder,
                      str_cut(&bytes, SEPARATOR));
    }
    buf_format(&path, "%s/inspir.ini", input->fixture.folder);
    fixture_need(config_load(&input->fixture.config, buf_text(&path), &why), &why);
    buf_free(&path);
}

static void
free_input(struct import_input *input)
{
    for (size_t i = 0; i < input->count; i++)
        buf_free(&input->names[i]);
    fixture_free(&input->fixture);
}

/* What it says is of no interest here. */
static int
import(const struct import_input *input)
{
    const struct import_options options = {
        .quiet = true, .drafts = true, .sources = input->sources, .source_count = input->count};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), saved = dup(STDERR_FILENO), status;

    assert(null >= 0 && saved >= 0);
    fflush(NULL);
    dup2(null, STDERR_FILENO);
    status = import_run(&input->fixture.config, &options);
    fflush(NULL);
    dup2(saved, STDERR_FILENO);
    close(null);
    close(saved);
    return status;
}

/* Every file, by number, size and time. */
static void
take_snapshot(struct import_input *input, struct buf *text)
{
    char *const paths[] = {input->fixture.folder, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    assert(tree);
    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            buf_format(text, "%s %ju %jd %jd.%09ld\n", entry->fts_path,
                       (uintmax_t)entry->fts_statp->st_ino, (intmax_t)entry->fts_statp->st_size,
                       (intmax_t)entry->fts_statp->st_mtim.tv_sec,
                       entry->fts_statp->st_mtim.tv_nsec);
    fts_close(tree);
}

static bool
check_file(void *ctx, const struct file_info *info)
{
    const struct import_input *input = ctx;
    struct str path = str_of(info->path);
    struct buf text = {0};
    struct post post = {0};
    struct failure why;

    if (str_starts(path, STR("sources/")) || str_eq(path, STR("inspir.ini")))
        return true;
    assert(str_starts(path, STR("capsule/")) && !str_has_control(path));
    assert(u8_check((const uint8_t *)path.ptr, path.len) == NULL);
    if (str_starts(path, STR("capsule/media/")))
        return true;
    assert(str_ends(path, STR(".gmi")));
    fixture_need(file_read_beneath(input->fixture.root, info->path, POST_MAX, &text, &why), &why);
    assert(u8_check((const uint8_t *)buf_text(&text), text.len) == NULL);
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.ptr[i] >= ' ' || text.ptr[i] == '\n' || text.ptr[i] == '\t');
    if (post_is_path(str_after(path, sizeof "capsule/" - 1)))
        fixture_need(post_parse(buf_str(&text), &post, &why), &why);
    post_free(&post);
    buf_free(&text);
    return true;
}

static bool
refuse_file(void *ctx, const struct file_info *info)
{
    (void)ctx;
    assert(!str_starts(str_of(info->path), STR("capsule/")));
    return true;
}

static void
check_again(struct import_input *input)
{
    struct buf before = {0}, after = {0};
    int status;

    take_snapshot(input, &before);
    status = import(input);
    take_snapshot(input, &after);
    assert(status == EX_OK);
    assert(str_eq(buf_str(&before), buf_str(&after)));
    buf_free(&before);
    buf_free(&after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct import_input input;
    struct failure why;
    int status;

    make_input(&input, (struct str){(const char *)bytes, size});
    status = input.count > 0 ? import(&input) : EX_DATAERR;
    assert(status == EX_OK || status == 1 || status == EX_DATAERR);
    fixture_need(file_walk(input.fixture.root, status == EX_DATAERR ? refuse_file : check_file,
                           &input, &why),
                 &why);
    if (status != EX_DATAERR)
        check_again(&input);
    free_input(&input);
    return 0;
}
