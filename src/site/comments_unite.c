#include "site/comments_unite.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "site/comments.h"
#include "text/gemtext.h"

enum { COMMENT_LEVEL = 2 };

/* A comment of a page, from its heading to the next one. */
struct piece {
    struct str text, heading;
    int64_t seconds; /* when it was written; of the old page no later than any that follows */
    const struct piece *newer; /* of the old page: the same comment on the new one */
    bool is_known;             /* of the new page: the old one has it */
};

struct pieces {
    struct str head; /* what stands before the first comment */
    struct piece *items;
    size_t count;
};

/* What stands behind the last comma of "Rina, 2019-03-10 10:00 +0100". */
static int64_t
seconds_of(struct str heading)
{
    struct moment moment = {.date = {0}};
    struct str rest = heading;

    while (str_has(rest, ','))
        str_cut(&rest, ',');
    return moment_parse(str_trim(rest), &moment) ? moment_seconds(moment) : INT64_MIN;
}

static void
cut(struct pieces *pieces, struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;
    const char *end = text.ptr + text.len;

    pieces->head = text;
    pieces->items = mem_new((comments_count(text) + 1) * sizeof *pieces->items);
    while (gemtext_next(&scanner, &line)) {
        struct str *before =
            pieces->count > 0 ? &pieces->items[pieces->count - 1].text : &pieces->head;

        if (line.kind != GEMTEXT_HEADING || line.level != COMMENT_LEVEL)
            continue;
        before->len = (size_t)(line.raw.ptr - before->ptr);
        pieces->items[pieces->count++] = (struct piece){
            .text = {line.raw.ptr, (size_t)(end - line.raw.ptr)},
            .heading = line.text,
            .seconds = seconds_of(line.text),
        };
    }
}

/* By heading, then in the order of the page. */
static int
by_heading(const void *left, const void *right)
{
    const struct piece *a = *(struct piece *const *)left, *b = *(struct piece *const *)right;
    int order = str_compare(a->heading, b->heading);

    if (order != 0)
        return order;
    return a < b ? -1 : a > b;
}

static struct piece **
sorted(const struct pieces *pieces)
{
    struct piece **order = mem_new((pieces->count + 1) * sizeof(struct piece *));

    for (size_t i = 0; i < pieces->count; i++)
        order[i] = &pieces->items[i];
    qsort(order, pieces->count, sizeof(struct piece *), by_heading);
    return order;
}

static void
match(struct pieces *old, struct pieces *new)
{
    struct piece **olds = sorted(old), **news = sorted(new);

    for (size_t i = 0, j = 0; i < old->count && j < new->count;) {
        int order = str_compare(olds[i]->heading, news[j]->heading);

        if (order == 0) {
            olds[i]->newer = news[j];
            news[j]->is_known = true;
        }
        i += order <= 0;
        j += order >= 0;
    }
    free(olds);
    free(news);
}

/* Answers stand behind what they answer, so that times go to and fro: what is new goes behind the
 * last comment that is older. */
static void
lower_times(struct pieces *pieces)
{
    for (size_t i = pieces->count; i > 1; i--)
        if (pieces->items[i - 1].seconds < pieces->items[i - 2].seconds)
            pieces->items[i - 2].seconds = pieces->items[i - 1].seconds;
}

static void
put_piece(struct buf *out, const struct piece *piece)
{
    gemtext_blank(out);
    buf_put(out, gemtext_trim(piece->newer ? piece->newer->text : piece->text));
    buf_byte(out, '\n');
}

void
comments_unite(struct buf *out, struct str old, struct str new)
{
    struct pieces olds = {.count = 0}, news = {.count = 0};
    size_t next = 0;

    cut(&olds, old);
    cut(&news, new);
    match(&olds, &news);
    lower_times(&olds);
    buf_put(out, gemtext_trim(news.head));
    buf_byte(out, '\n');
    for (size_t i = 0; i < news.count; i++) {
        if (news.items[i].is_known)
            continue;
        while (next < olds.count && olds.items[next].seconds <= news.items[i].seconds)
            put_piece(out, &olds.items[next++]);
        put_piece(out, &news.items[i]);
    }
    while (next < olds.count)
        put_piece(out, &olds.items[next++]);
    free(olds.items);
    free(news.items);
}
