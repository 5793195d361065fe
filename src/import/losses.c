#include "import/losses.h"

#include <string.h>

#include "base/log.h"

static void
count_kind(struct losses *losses, struct str kind)
{
    struct loss_kind *found = NULL;

    kind = str_head(kind, sizeof found->name - 1);
    for (size_t i = 0; i < losses->kind_count && !found; i++)
        if (str_eq(str_of(losses->kinds[i].name), kind))
            found = &losses->kinds[i];
    if (!found && losses->kind_count == LOSSES_KINDS_MAX)
        return;
    if (!found) {
        found = &losses->kinds[losses->kind_count++];
        memcpy(found->name, kind.ptr, kind.len);
    }
    found->count++;
}

static void
put_line(struct buf *out, struct str path, struct str kind, struct str what)
{
    log_escape_text(out, path);
    buf_put(out, STR(": "));
    buf_put(out, kind);
    if (what.len > 0) {
        buf_put(out, STR(": "));
        log_escape_text(out, what);
    }
    buf_byte(out, '\n');
}

void
losses_add(struct losses *losses, struct str path, struct str kind, struct str what, bool is_news)
{
    count_kind(losses, kind);
    if (losses->count++ < LOSSES_MAX)
        put_line(&losses->lines, path, kind, what);
    if (is_news && losses->news++ < LOSSES_SHOWN_MAX)
        put_line(&losses->shown, path, kind, what);
}

void
losses_put_counts(const struct losses *losses, struct buf *out)
{
    for (size_t i = 0; i < losses->kind_count; i++)
        buf_format(out, "%s%s %zu", i > 0 ? ", " : "", losses->kinds[i].name,
                   losses->kinds[i].count);
}

void
losses_free(struct losses *losses)
{
    buf_free(&losses->lines);
    buf_free(&losses->shown);
    *losses = (struct losses){0};
}
