#include "import/thread.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

/* A comment among the others, while they are put in order. */
struct node {
    struct thread_comment *comment;
    size_t place;       /* of the comment */
    size_t first, last; /* its answers, the earliest first */
    size_t next;        /* the next answer to the same */
};

static int
by_id(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    int order = str_compare(a->comment->id, b->comment->id);

    if (order != 0)
        return order;
    return a->place < b->place ? -1 : a->place > b->place;
}

static int
by_time(const void *left, const void *right)
{
    const struct node *a = left, *b = right;

    if (a->comment->published_ms != b->comment->published_ms)
        return a->comment->published_ms < b->comment->published_ms ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* The first node with an id among nodes in order of ids, count when there is none. */
static size_t
find(const struct node *nodes, size_t count, struct str id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_compare(nodes[middle].comment->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && str_eq(nodes[low].comment->id, id) ? low : count;
}

static void
find_parents(struct node *nodes, size_t count)
{
    qsort(nodes, count, sizeof *nodes, by_id);
    for (size_t i = 0; i < count; i++) {
        struct thread_comment *comment = nodes[i].comment;
        size_t parent = comment->reply_to.len == 0 ? count : find(nodes, count, comment->reply_to);

        comment->answers = parent == count || parent == i ? THREAD_NONE : nodes[parent].place;
    }
}

/* Nobody can answer in a circle: the first of it that is met answers nothing. Each comment is
 * visited once, since a chain ends where an earlier one went. */
static void
cut_circles(struct thread_comment *comments, size_t count)
{
    size_t *chain = mem_new((count + 1) * sizeof *chain); /* the walk that came by, 0: none */

    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        while (chain[at] == 0) {
            size_t next = comments[at].answers;

            chain[at] = i + 1;
            if (next == THREAD_NONE)
                break;
            if (chain[next] == i + 1)
                comments[at].answers = THREAD_NONE;
            else
                at = next;
        }
    }
    free(chain);
}

/* Links every node below the one that it answers; the last node stands for the post. */
static void
link_answers(struct node *nodes, size_t count)
{
    size_t *node_of = mem_grow(NULL, count + 1, sizeof *node_of);

    qsort(nodes, count, sizeof *nodes, by_time);
    for (size_t i = 0; i <= count; i++) {
        nodes[i].first = nodes[i].last = nodes[i].next = THREAD_NONE;
        if (i < count)
            node_of[nodes[i].place] = i;
    }
    for (size_t i = 0; i < count; i++) {
        size_t answers = nodes[i].comment->answers;
        struct node *parent = &nodes[answers == THREAD_NONE ? count : node_of[answers]];

        if (parent->last == THREAD_NONE)
            parent->first = i;
        else
            nodes[parent->last].next = i;
        parent->last = i;
    }
    free(node_of);
}

/* Depth first, with a stack of our own: what comes after the answers of a node waits on it. */
static void
read_in_order(const struct node *nodes, size_t count, size_t *order)
{
    size_t *waiting = mem_grow(NULL, count + 1, sizeof *waiting);
    size_t depth = 0, done = 0, at = nodes[count].first;

    while (at != THREAD_NONE || depth > 0) {
        if (at == THREAD_NONE) {
            at = waiting[--depth];
            continue;
        }
        order[done++] = nodes[at].place;
        if (nodes[at].next != THREAD_NONE)
            waiting[depth++] = nodes[at].next;
        at = nodes[at].first;
    }
    assert(done == count); /* without circles everybody is below the post */
    free(waiting);
}

void
thread_order(struct thread_comment *comments, size_t count, size_t *order)
{
    struct node *nodes = mem_new((count + 1) * sizeof *nodes);

    assert(count <= THREAD_MAX);
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct node){.comment = &comments[i], .place = i};
    find_parents(nodes, count);
    cut_circles(comments, count);
    link_answers(nodes, count);
    read_in_order(nodes, count, order);
    free(nodes);
}
