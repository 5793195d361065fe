#include "site/gempub.h"

#include <stdlib.h>

#include <zip.h>

#include "base/arena.h"
#include "base/mem.h"

/* The first day that a zip can name (1980-01-01 00:00), as DOS packs it. */
enum { DOS_TIME = 0, DOS_DATE = 1 << 5 | 1, LEVEL = 6 };

struct gempub {
    zip_t *zip;
    struct arena texts; /* what is in it: libzip reads that when it writes the file */
    struct buf path;
};

static bool
fail_zip(const struct gempub *gempub, struct failure *why)
{
    zip_error_t *error = zip_get_error(gempub->zip);

    return fail(why, "cannot write %s: %s", gempub->path.ptr,
                zip_error_code_zip(error) == ZIP_ER_OK ? "libzip gives no reason, maybe no memory"
                                                       : zip_error_strerror(error));
}

struct gempub *
gempub_create(const char *path, struct failure *why)
{
    struct gempub *gempub = mem_new(sizeof *gempub);
    zip_error_t error;
    int code;

    buf_put(&gempub->path, str_of(path));
    gempub->zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (gempub->zip)
        return gempub;
    zip_error_init_with_code(&error, code);
    fail(why, "cannot write %s: %s", path, zip_error_strerror(&error));
    zip_error_fini(&error);
    gempub_close(gempub);
    return NULL;
}

bool
gempub_add(struct gempub *gempub, const char *name, struct str bytes, struct failure *why)
{
    /* Not given to libzip, which frees what it is given in some of its failures, not in others. */
    struct str copy = arena_put(&gempub->texts, bytes);
    zip_source_t *source = zip_source_buffer(gempub->zip, copy.ptr, copy.len, 0);
    zip_int64_t at;

    if (!source)
        return fail_zip(gempub, why);
    at = zip_file_add(gempub->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return fail_zip(gempub, why);
    }
    return (zip_set_file_compression(gempub->zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, LEVEL) == 0 &&
            zip_file_set_dostime(gempub->zip, (zip_uint64_t)at, DOS_TIME, DOS_DATE, 0) == 0) ||
           fail_zip(gempub, why);
}

bool
gempub_finish(struct gempub *gempub, struct failure *why)
{
    bool done = zip_close(gempub->zip) == 0;

    if (done)
        gempub->zip = NULL;
    else
        fail_zip(gempub, why);
    gempub_close(gempub);
    return done;
}

void
gempub_close(struct gempub *gempub)
{
    if (!gempub)
        return;
    if (gempub->zip)
        zip_discard(gempub->zip);
    arena_free(&gempub->texts);
    buf_free(&gempub->path);
    free(gempub);
}
