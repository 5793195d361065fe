#include "import/present.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

bool
present_read(struct present *present, int root, const char *path, struct failure *why)
{
    struct failure ignored;
    int fd = root < 0 ? -1 : file_open_beneath(root, path);

    post_free(&present->post);
    buf_truncate(&present->bytes, 0);
    present->ours = (struct str){0};
    present->exists = fd >= 0 || (root >= 0 && errno != ENOENT && errno != ENOTDIR);
    if (fd >= 0)
        close(fd);
    if (present->exists && !file_read_beneath(root, path, POST_MAX, &present->bytes, why))
        return false;
    present->digest = digest_of(buf_str(&present->bytes));
    if (present->exists)
        post_parse(buf_str(&present->bytes), &present->post, &ignored);
    return true;
}

void
present_free(struct present *present)
{
    buf_free(&present->bytes);
    post_free(&present->post);
    *present = (struct present){0};
}
