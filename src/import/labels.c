#include "import/labels.h"

#include "import/entry.h"
#include "text/slug.h"

static const struct str id_prefix = {"label:", 6};
static const struct str folder = {"label/", 6};

/* The first of slug, slug-2, slug-3 that no other label has; path is folder and slug. */
static void
find_free(struct buf *path, const struct ledger *ledger, struct str name)
{
    size_t bare;

    buf_put(path, folder);
    slug_of_label(path, name);
    bare = path->len;
    for (unsigned number = 2; ledger_find_path(ledger, buf_str(path)); number++) {
        buf_truncate(path, bare);
        buf_format(path, "-%u", number);
    }
}

void
label_put_slug(struct buf *out, struct ledger *ledger, struct str name)
{
    struct buf id = {0}, path = {0};
    const struct ledger_row *known;

    buf_put(&id, id_prefix);
    entry_put_folded(&id, name);
    known = ledger_find_id(ledger, buf_str(&id));
    if (known) {
        buf_put(&path, known->path);
    } else {
        find_free(&path, ledger, name);
        ledger_put(ledger, &(struct ledger_row){
                               .id = buf_str(&id), .path = buf_str(&path), .state = STR("live")});
    }
    buf_put(out, str_after(buf_str(&path), folder.len));
    buf_free(&id);
    buf_free(&path);
}
