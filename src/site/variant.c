#include "site/variant.h"

#include <string.h>

const unsigned variant_pixels[VARIANTS] = {320, 800};

/* Without the extension of its last name. */
static struct str
stem_of(struct str path)
{
    const char *dot = path.len > 0 ? memrchr(path.ptr, '.', path.len) : NULL;
    const char *slash = path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;

    return dot && (!slash || dot > slash) ? str_head(path, (size_t)(dot - path.ptr)) : path;
}

void
variant_put_path(struct buf *out, struct str picture, unsigned pixels)
{
    buf_put(out, stem_of(picture));
    buf_format(out, "-%u.jpg", pixels);
}

bool
variant_is_path(struct str path)
{
    struct buf ending = {0};
    bool found = false;

    for (size_t i = 0; i < VARIANTS && !found; i++) {
        buf_truncate(&ending, 0);
        variant_put_path(&ending, STR(""), variant_pixels[i]);
        found = str_ends(path, buf_str(&ending));
    }
    buf_free(&ending);
    return found;
}
