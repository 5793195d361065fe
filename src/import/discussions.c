#include "import/discussions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/links.h"
#include "import/present.h"
#include "import/thread.h"
#include "site/comments.h"

enum { DISCUSSIONS_FIRST = 64 };

static const struct str live = {"live", 4};
static const struct str blogger = {"blogger:", 8};

/* The comments of one post while their page is written. */
struct talk {
    struct entry *entries;
    struct thread_comment *threads;
    struct comment *comments; /* in the order of reading */
    size_t *order;
    size_t count;
};

static struct str
post_id_of(const void *discussions, uint32_t number)
{
    return ((const struct discussions *)discussions)->items[number].post_id;
}

static struct discussion *
find(const struct discussions *discussions, struct str post_id)
{
    const struct table_names names = {post_id_of, discussions};
    uint32_t number = table_find(&discussions->by_post, &names, post_id);

    return number == TABLE_NONE ? NULL : &discussions->items[number];
}

static struct discussion *
add(struct discussions *discussions, struct str post_id)
{
    struct buf id = {0};
    struct str name = post_id;

    if (discussions->count == discussions->cap) {
        discussions->cap = discussions->cap ? discussions->cap * 2 : DISCUSSIONS_FIRST;
        discussions->items =
            mem_grow(discussions->items, discussions->cap, sizeof *discussions->items);
    }
    str_skip(&name, blogger);
    buf_put(&id, STR("comments:"));
    buf_put(&id, name);
    discussions->items[discussions->count] = (struct discussion){
        .id = arena_put(&discussions->texts, buf_str(&id)),
        .post_id = arena_put(&discussions->texts, post_id),
    };
    buf_free(&id);
    table_add(&discussions->by_post, &(struct table_names){post_id_of, discussions},
              (uint32_t)discussions->count);
    return &discussions->items[discussions->count++];
}

/* A stable order: the sources' own. */
static int
by_post(const void *left, const void *right)
{
    const struct discussion_comment *a = left, *b = right;
    int order = strcmp(a->post, b->post);

    if (order != 0)
        return order;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static void
add_post(struct discussions *discussions, const char *post, size_t first, size_t end)
{
    struct buf id = {0};
    struct discussion *discussion;

    if (strchr(post, ':') == NULL)
        buf_put(&id, blogger);
    buf_put(&id, str_of(post));
    discussion = add(discussions, buf_str(&id));
    discussion->first = first;
    discussion->count = end - first;
    buf_free(&id);
}

static bool
is_comment(const struct entry_ref *ref)
{
    return ref->kind == ENTRY_COMMENT && ref->status == ENTRY_LIVE;
}

/* The row of a comment's post; NULL: nobody knows it. */
static bool
find_post(const struct discussions *discussions, const struct ledger *ledger, size_t comment,
          const struct ledger_row **row, struct failure *why)
{
    const char *post = discussions->entries->items[comment].address;
    struct entry entry = {0};
    struct buf id = {0};
    bool done = true;

    buf_format(&id, strchr(post, ':') ? "%s" : "blogger:%s", post);
    *row = ledger_find_id(ledger, buf_str(&id));
    buf_free(&id);
    if (*row)
        return true;
    done = entries_load(discussions->entries, comment, &entry, why);
    if (done && entry.old.len > 0)
        *row = ledger_follow(ledger, ledger_find_old(ledger, buf_str(&entry.old)));
    entry_free(&entry);
    return done;
}

static bool
add_comment(struct discussions *discussions, const struct ledger *ledger, size_t comment,
            struct failure *why)
{
    struct discussion_comment *added = &discussions->order[discussions->comment_count++];
    const struct ledger_row *row;

    *added = (struct discussion_comment){(uint32_t)comment,
                                         discussions->entries->items[comment].address};
    if (!find_post(discussions, ledger, comment, &row, why))
        return false;
    if (row)
        added->post = row->id.ptr;
    return true;
}

bool
discussions_find(struct discussions *discussions, const struct entries *entries,
                 const struct ledger *ledger, struct failure *why)
{
    const struct entry_ref *items = entries->items;
    struct discussion_comment *order;
    size_t count = 0;

    discussions->entries = entries;
    for (size_t i = 0; i < entries->count; i++)
        count += is_comment(&items[i]);
    if (count == 0)
        return true;
    order = discussions->order = mem_grow(NULL, count, sizeof *order);
    for (size_t i = 0; i < entries->count; i++)
        if (is_comment(&items[i]) && !add_comment(discussions, ledger, i, why))
            return false;
    qsort(order, count, sizeof *order, by_post);
    for (size_t i = 0, first = 0; i < count; i++) {
        if (i + 1 < count && strcmp(order[i].post, order[i + 1].post) == 0)
            continue;
        add_post(discussions, order[i].post, first, i + 1);
        first = i + 1;
    }
    return true;
}

bool
discussions_has(const struct discussions *discussions, struct str post_id)
{
    return find(discussions, post_id) != NULL;
}

void
discussions_place(struct discussions *discussions, struct str post_id, struct str path)
{
    struct discussion *discussion = find(discussions, post_id);

    if (discussion)
        discussion->post = arena_put(&discussions->texts, path);
}

void
discussions_name(struct discussions *discussions, struct str post_id, struct str title)
{
    struct discussion *discussion = find(discussions, post_id);

    if (discussion)
        discussion->title = arena_put(&discussions->texts, title);
}

void
discussions_move(struct discussions *discussions, const struct ledger *ledger, struct str post_id,
                 struct str path, struct str from)
{
    const struct ledger_row *row;
    struct discussion *discussion;
    struct buf page = {0};

    comments_put_path(&page, from);
    row = ledger_find_path(ledger, buf_str(&page));
    buf_free(&page);
    if (!row || !str_eq(row->state, live))
        return;
    discussion = find(discussions, post_id);
    if (!discussion) {
        discussion = add(discussions, post_id);
        discussion->post = arena_put(&discussions->texts, path);
    }
    discussion->from = arena_put(&discussions->texts, row->path);
}

static void
lose(const struct discussions *discussions, const struct discussion *discussion,
     const struct entries *entries, struct losses *losses)
{
    struct str post = discussion->post_id;
    struct buf place = {0};

    str_skip(&post, blogger);
    buf_put(&place, STR("post "));
    buf_put(&place, post.len > 0 ? post : STR("unknown"));
    for (size_t i = 0; i < discussion->count; i++) {
        struct str id = str_of(entries->items[discussions->order[discussion->first + i].entry].id);

        str_skip(&id, blogger);
        losses_add(losses, buf_str(&place), STR("orphan comment"), id, true);
    }
    buf_free(&place);
}

bool
discussions_settle(struct discussions *discussions, const struct ledger *ledger, int root,
                   struct losses *losses, struct failure *why)
{
    struct present present = {0};
    bool done = true;

    for (size_t i = 0; done && i < discussions->count; i++) {
        struct discussion *discussion = &discussions->items[i];
        const struct ledger_row *row;

        if (discussion->post.len > 0)
            continue;
        row = ledger_find_id(ledger, discussion->post_id);
        if (row && str_eq(row->state, live))
            done = present_read(&present, root, row->path.ptr, why);
        if (done && row && str_eq(row->state, live) && present.exists) {
            discussions_place(discussions, row->id, row->path);
            discussions_name(discussions, row->id, present.post.title);
        } else if (done) {
            lose(discussions, discussion, discussions->entries, losses);
        }
    }
    present_free(&present);
    return done;
}

/* Nobody answers an anonymous comment without a name for it. */
static struct str
name_of(const struct entry *comment)
{
    return comment->author.len > 0 ? buf_str(&comment->author) : STR("Anonymous");
}

/* Its address goes to the losses, and the link keeps it. */
static void
on_dead_link(void *losses, struct str address)
{
    buf_put(losses, STR("link\t"));
    buf_put(losses, address);
    buf_byte(losses, '\n');
}

static bool
load(struct talk *talk, const struct discussions *discussions, const struct discussion *discussion,
     const struct entries *entries, struct failure *why)
{
    for (size_t i = 0; i < talk->count; i++) {
        struct entry *entry = &talk->entries[i];
        struct str id;

        if (!entries_load(entries, discussions->order[discussion->first + i].entry, entry, why))
            return false;
        id = buf_str(&entry->id);
        str_skip(&id, blogger);
        talk->threads[i] = (struct thread_comment){
            .id = id,
            .reply_to = buf_str(&entry->reply_to),
            .published_ms = moment_seconds(entry->published) * 1000 + entry->position,
        };
    }
    return true;
}

static void
put_in_order(struct talk *talk, const struct ledger *ledger, struct buf *losses)
{
    thread_order(talk->threads, talk->count, talk->order);
    for (size_t i = 0; i < talk->count; i++) {
        struct entry *entry = &talk->entries[talk->order[i]];
        size_t answers = talk->threads[talk->order[i]].answers;

        links_settle(entry, ledger, on_dead_link, losses);
        buf_put(losses, buf_str(&entry->losses));
        talk->comments[i] = (struct comment){
            .author = buf_str(&entry->author),
            .published = entry->published,
            .reply_to = answers == THREAD_NONE ? STR("") : name_of(&talk->entries[answers]),
            .removed = entry->is_removed,
            .body = buf_str(&entry->body),
        };
    }
}

static void
free_talk(struct talk *talk)
{
    for (size_t i = 0; i < talk->count; i++)
        entry_free(&talk->entries[i]);
    free(talk->entries);
    free(talk->threads);
    free(talk->comments);
    free(talk->order);
}

bool
discussions_write(struct discussion_page *page, const struct discussions *discussions,
                  const struct ledger *ledger, size_t at, struct failure *why)
{
    const struct discussion *discussion = &discussions->items[at];
    struct talk talk = {.count = discussion->count};
    struct buf path = {0};
    bool done;

    talk.entries = mem_new((talk.count + 1) * sizeof *talk.entries);
    talk.threads = mem_new((talk.count + 1) * sizeof *talk.threads);
    talk.comments = mem_new((talk.count + 1) * sizeof *talk.comments);
    talk.order = mem_new((talk.count + 1) * sizeof *talk.order);
    buf_byte(&path, '/');
    buf_put(&path, discussion->post);
    done = load(&talk, discussions, discussion, discussions->entries, why);
    if (done) {
        put_in_order(&talk, ledger, &page->losses);
        comments_write(&page->text, &(struct comments){.tongue = discussions->tongue,
                                                       .path = buf_str(&path),
                                                       .title = discussion->title,
                                                       .items = talk.comments,
                                                       .count = talk.count});
        done = page->text.len <= COMMENTS_MAX ||
               fail(why, "%s: more than %d bytes of comments", buf_text(&path), COMMENTS_MAX);
    }
    free_talk(&talk);
    buf_free(&path);
    return done;
}

void
discussions_free(struct discussions *discussions)
{
    free(discussions->order);
    free(discussions->items);
    table_free(&discussions->by_post);
    arena_free(&discussions->texts);
    *discussions = (struct discussions){0};
}
