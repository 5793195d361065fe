#include "site/variant.h"

const unsigned variant_pixels[VARIANTS] = {320, 800};

void
variant_put_path(struct buf *out, struct str picture, unsigned pixels)
{
    buf_put(out, picture);
    buf_format(out, ".%u.jpg", pixels);
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
