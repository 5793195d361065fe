#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <fts.h>

#include "import/match.h"
#include "folder.h"

#include <cmocka.h> /* last: it has a macro of its own called fail */

#define DIGEST       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define HEADER       "id\tpath\tdigest\told\tstate\tposition\tsource\n"

enum { ENTRIES = 4, FILES = 3 };

/* An entry, and what is found for it. */
struct found {
    const char *id, *title, *old; /* old: NULL where nobody knows it */
    enum entry_kind kind;
    enum entry_status status;
    const char *path;
    enum origin origin;
    const char *from; /* NULL: it does not move */
    int day;          /* of March 2019 */
};

struct scene {
    const char *what;
    const char *ledger; /* behind its header; NULL: none */
    const char *files[FILES];
    struct found entries[ENTRIES];
};

#define TEXT_ID  "text:2019-03-09:the shelves"
#define BY_HAND  "# The shelves\n2019-03-09\n\nBy hand.\n"
#define A        "/2019/03/a.html"
#define KNOWN    "\t2019/03/a.gmi\t" DIGEST "\t" A "\tlive\t0\tblog:5\n"
#define SHELVES  "2019/03/shelves.gmi"
#define NUMBERED "2019/03/shelves-2.gmi"

static const struct scene scenes[] = {
    {"new posts have the addresses of the blog, else of their titles",
     NULL,
     {NULL},
     {{.id = "blogger:1", .old = A, .path = "2019/03/a.gmi"},
      {.id = "blogger:2", .title = "The shelves", .path = "2019/03/the-shelves.gmi"},
      {.id = "blogger:3", .path = "2019/03/post.gmi"},
      {.id = "blogger:4",
       .old = "/2018/12/%D0%BD%D0%BE.html",
       .path = "2018/12/\u043d\u043e.gmi"}}},
    {"pages and drafts have places of their own",
     NULL,
     {NULL},
     {{.id = "blogger:1", .old = "/p/about.html", .kind = ENTRY_PAGE, .path = "about.gmi"},
      {.id = "blogger:2", .title = "Index", .kind = ENTRY_PAGE, .path = "index-2.gmi"},
      {.id = "draft:3",
       .title = "Later",
       .status = ENTRY_DRAFT,
       .path = ".drafts/2019/03/later.gmi"},
      {.id = "draft:4",
       .title = "A page",
       .kind = ENTRY_PAGE,
       .status = ENTRY_DRAFT,
       .path = ".drafts/a-page.gmi"}}},
    {"of one address the oldest gets it, the others a number",
     NULL,
     {NULL},
     {{.id = "blogger:1", .title = "Shelves", .day = 3, .path = "2019/03/shelves-3.gmi"},
      {.id = "blogger:2", .title = "Shelves", .day = 1, .path = SHELVES},
      {.id = "blogger:3", .title = "Shelves", .day = 2, .path = NUMBERED}}},
    {"what is there already has its address",
     NULL,
     {SHELVES},
     {{.id = "blogger:1", .title = "Shelves", .path = NUMBERED}}},
    {"a known post keeps its path, whatever its title says",
     "blogger:1\t2019/03/first.gmi\t" DIGEST "\t" A "\tlive\t0\tblog:5\n",
     {"2019/03/first.gmi"},
     {{.id = "blogger:1",
       .title = "Second",
       .old = A,
       .path = "2019/03/first.gmi",
       .origin = ORIGIN_KNOWN}}},
    {"a post that moved goes along",
     "blogger:1" KNOWN,
     {"2019/03/a.gmi"},
     {{.id = "blogger:1",
       .old = "/2019/03/b.html",
       .path = "2019/03/b.gmi",
       .origin = ORIGIN_KNOWN,
       .from = "2019/03/a.gmi"}}},
    {"as far as its new address is free",
     "blogger:1" KNOWN,
     {"2019/03/a.gmi", "2019/03/b.gmi"},
     {{.id = "blogger:1",
       .old = "/2019/03/b.html",
       .path = "2019/03/b-2.gmi",
       .origin = ORIGIN_KNOWN,
       .from = "2019/03/a.gmi"}}},
    {"and comes back to where it was",
     "blogger:1\t2019/03/b.gmi\t" DIGEST "\t/2019/03/b.html\tlive\t0\tblog:5\n"
     "moved:2019/03/a.gmi\t2019/03/a.gmi\t\t" A "\tmoved\t0\tblogger:1\n",
     {"2019/03/b.gmi"},
     {{.id = "blogger:1",
       .old = A,
       .path = "2019/03/a.gmi",
       .origin = ORIGIN_KNOWN,
       .from = "2019/03/b.gmi"}}},
    {"a former address of another post is not given again",
     "blogger:1\t2019/03/b.gmi\t" DIGEST "\t/2019/03/b.html\tlive\t0\tblog:5\n"
     "moved:2019/03/a.gmi\t2019/03/a.gmi\t\t\tmoved\t0\tblogger:1\n",
     {"2019/03/b.gmi"},
     {{.id = "blogger:2", .old = A, .path = "2019/03/a-2.gmi"}}},
    {"a post that is known by its address gets its number",
     "path:" A KNOWN,
     {"2019/03/a.gmi"},
     {{.id = "blogger:1", .old = A, .path = "2019/03/a.gmi", .origin = ORIGIN_KNOWN}}},
    {"and the other way round the number stays",
     "blogger:1" KNOWN,
     {"2019/03/a.gmi"},
     {{.id = "path:" A, .old = A, .path = "2019/03/a.gmi", .origin = ORIGIN_BETTER}}},
    {"two numbers are two posts, also at one address",
     "blogger:1" KNOWN,
     {"2019/03/a.gmi"},
     {{.id = "blogger:2", .old = A, .path = "2019/03/a-2.gmi"}}},
    {"a post of a capture is known by date and title",
     TEXT_ID "\t2019/03/the-shelves.gmi\t" DIGEST "\t/2019/03/the-shelves.html\tlive\t0\t9a:1\n",
     {"2019/03/the-shelves.gmi"},
     {{.id = "blogger:1",
       .title = "The  SHELVES",
       .old = A,
       .path = "2019/03/the-shelves.gmi",
       .origin = ORIGIN_KNOWN}}},
    {"a post written by hand, too",
     NULL,
     {"2018/01/elsewhere.gmi"},
     {{.id = "blogger:1",
       .title = "The shelves",
       .old = A,
       .path = "2018/01/elsewhere.gmi",
       .origin = ORIGIN_STRANGER}}},
    {"a draft never takes the place of what was written by hand",
     NULL,
     {"2018/01/elsewhere.gmi"},
     {{.id = "draft:1",
       .title = "The shelves",
       .status = ENTRY_DRAFT,
       .path = ".drafts/2019/03/the-shelves.gmi"}}},
    {"a removed post that is back has its address again",
     "blogger:1\t2019/03/a.gmi\t\t" A "\tgone\t0\tblog:5\n",
     {NULL},
     {{.id = "blogger:1", .old = A, .path = "2019/03/a.gmi", .origin = ORIGIN_KNOWN}}},
};

static void
write_file(const struct folder *folder, const char *path, const char *text)
{
    struct failure why;

    assert_true(file_write_beneath(folder->root, path, str_of(text), &why));
}

static void
add(struct entries *entries, const struct found *found)
{
    struct entry entry = {
        .kind = found->kind,
        .status = found->status,
        .published = {.date = {2019, 3, found->day > 0 ? found->day : 9}},
    };
    struct failure why;

    buf_put(&entry.id, str_of(found->id));
    buf_put(&entry.title, str_of(found->title));
    buf_put(&entry.old, str_of(found->old));
    assert_true(entries_add(entries, &entry, &why));
    entry_free(&entry);
}

static void
make_items(struct plan *plan, const struct scene *scene, struct entries *entries)
{
    plan->entries = entries;
    plan->items = calloc(ENTRIES, sizeof *plan->items);
    for (; plan->count < ENTRIES && scene->entries[plan->count].id; plan->count++) {
        const struct found *found = &scene->entries[plan->count];

        add(entries, found);
        plan->items[plan->count] = (struct plan_item){
            .entry = plan->count,
            .document = found->status == ENTRY_DRAFT ? DOCUMENT_DRAFT
                        : found->kind == ENTRY_PAGE  ? DOCUMENT_PAGE
                                                     : DOCUMENT_POST,
        };
    }
}

static void
assert_found(const struct plan_item *item, const struct found *found, const char *what)
{
    const char *from = item->from ? item->from : "-", *expected = found->from ? found->from : "-";

    if (strcmp(item->path.ptr, found->path) != 0 || strcmp(from, expected) != 0 ||
        item->origin != found->origin)
        fail_msg("%s: %s is at %s from %s, origin %d", what, found->id, item->path.ptr, from,
                 (int)item->origin);
}

static void
play(const struct folder *folder, const struct scene *scene)
{
    struct losses losses = {0};
    struct plan plan;
    struct entries entries;
    struct buf ledger = {0};
    struct failure why;

    buf_format(&ledger, HEADER "%s", scene->ledger ? scene->ledger : "");
    write_file(folder, LEDGER_NAME, buf_text(&ledger));
    for (size_t i = 0; i < FILES && scene->files[i]; i++)
        write_file(folder, scene->files[i], BY_HAND);
    if (!plan_open(&plan, folder->root, &losses, &why))
        fail_msg("%s: %s", scene->what, why.text);
    assert_true(entries_open(&entries, NULL, &why));
    make_items(&plan, scene, &entries);
    assert_true(match_items(&plan, &why));
    for (size_t i = 0; i < plan.count; i++)
        assert_found(&plan.items[i], &scene->entries[i], scene->what);
    entries_close(&entries);
    plan_close(&plan);
    losses_free(&losses);
    buf_free(&ledger);
}

static void
empty(const struct folder *folder)
{
    char *const paths[] = {(char *)folder->path, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    for (FTSENT *entry; (entry = fts_read(tree));)
        if (entry->fts_info != FTS_D && entry->fts_level > 0)
            remove(entry->fts_path);
    fts_close(tree);
}

static void
each_entry_finds_its_place(void **state)
{
    const struct folder *folder = *state;

    for (size_t i = 0; i < COUNT(scenes); i++) {
        play(folder, &scenes[i]);
        empty(folder);
    }
}

static int
remove_folder(void **state)
{
    return end_folder(*state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_entry_finds_its_place, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
