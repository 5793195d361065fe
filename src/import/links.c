#include "import/links.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/table.h"
#include "import/labels.h"
#include "import/oldpath.h"
#include "site/comments.h"
#include "text/gemtext.h"
#include "text/slug.h"
#include "text/uri.h"

enum { COUNTRY_LEN = 2 };

static const struct str label_path = {"/search/label/", 14};
static const struct str blogspot = {".blogspot.", 10};
static const struct str comment_mark = {"#c", 2}; /* behind old: its comments are meant */

/* A line of entry.links. An empty old: the address is the blog's and stands for nothing of it. */
struct link {
    struct str old, target, address;
};

/* What stands behind ".blogspot." for readers of some country: be, co.uk, com.br. */
static bool
is_country(struct str ending)
{
    if (!str_skip(&ending, STR("com.")))
        str_skip(&ending, STR("co."));
    return ending.len == COUNTRY_LEN && !str_has(ending, '.');
}

static void
put_host(struct buf *out, struct str host)
{
    size_t start = out->len;

    for (size_t i = 0; i < host.len; i++)
        buf_byte(out, host.ptr[i] >= 'A' && host.ptr[i] <= 'Z' ? (char)(host.ptr[i] - 'A' + 'a')
                                                               : host.ptr[i]);
    host = str_after(buf_str(out), start);
    if (str_skip(&host, STR("www."))) {
        struct buf rest = {0};

        buf_put(&rest, host);
        buf_truncate(out, start);
        buf_put(out, buf_str(&rest));
        buf_free(&rest);
    }
    for (size_t i = start; i + blogspot.len < out->len; i++) {
        struct str rest = str_after(buf_str(out), i);

        if (str_skip(&rest, blogspot) && is_country(rest)) {
            buf_truncate(out, i + blogspot.len);
            buf_put(out, STR("com"));
        }
    }
}

void
hosts_add(struct hosts *hosts, struct str address)
{
    struct uri uri = uri_split(str_trim(address));
    struct buf host = {0};

    put_host(&host, uri.has_authority                         ? uri.host
                    : uri.has_authority || uri.scheme.len > 0 ? STR("")
                                                              : uri.path);
    if (host.len > 0 && hosts->count < HOSTS_MAX && !str_has(buf_str(&host), '/') &&
        !str_has(buf_str(&host), '\n') && !str_has_line(buf_str(&hosts->names), buf_str(&host))) {
        buf_put(&hosts->names, buf_str(&host));
        buf_byte(&hosts->names, '\n');
        hosts->count++;
    }
    buf_free(&host);
}

void
hosts_add_list(struct hosts *hosts, const struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        hosts_add(hosts, str_of(list->items[i]));
}

void
hosts_free(struct hosts *hosts)
{
    buf_free(&hosts->names);
    *hosts = (struct hosts){0};
}

static bool
is_own(const struct hosts *hosts, const struct uri *uri)
{
    struct buf host = {0};
    bool own;

    if (!uri->has_authority)
        return uri->scheme.len == 0;
    if (!str_eq_nocase(uri->scheme, STR("http")) && !str_eq_nocase(uri->scheme, STR("https")) &&
        uri->scheme.len > 0)
        return false;
    put_host(&host, uri->host);
    own = str_has_line(buf_str(&hosts->names), buf_str(&host));
    buf_free(&host);
    return own;
}

/* The fragment is a comment's: "c1234567890". */
static bool
is_comment(struct str fragment)
{
    bool digits = str_skip(&fragment, STR("c")) && fragment.len > 0;

    for (size_t i = 0; i < fragment.len; i++)
        digits &= fragment.ptr[i] >= '0' && fragment.ptr[i] <= '9';
    return digits;
}

/* The path that the post or page with this old address would like, or the page of its comments. */
static void
put_wish(struct buf *target, struct str old, bool comments)
{
    struct buf base = {0}, path = {0};

    if (!oldpath_put_base(&base, old)) {
        buf_put(target, old); /* corrected later */
        buf_put(target, comments ? comment_mark : STR(""));
    } else {
        buf_put(&base, STR(".gmi"));
        if (comments)
            comments_put_path(&path, buf_str(&base));
        buf_byte(target, '/');
        uri_put_path(target, comments ? buf_str(&path) : buf_str(&base));
    }
    buf_free(&base);
    buf_free(&path);
}

/* Appends the address in one form, and the path that it would like; false for anything that has no
 * place in the capsule. */
static bool
translate(struct buf *old, struct buf *target, struct str address)
{
    struct uri uri = uri_split(address);
    struct buf base = {0}, name = {0};

    if (oldpath_put(old, address)) {
        put_wish(target, buf_str(old), is_comment(uri.fragment));
        buf_put(old, is_comment(uri.fragment) ? comment_mark : STR(""));
    } else if (oldpath_put_label(&name, address)) {
        buf_put(old, label_path);
        buf_put(old, buf_str(&name));
        slug_of_label(&base, buf_str(&name));
        buf_put(target, STR("/label/"));
        uri_put_path(target, buf_str(&base));
        buf_byte(target, '/');
    } else if (uri.path.len == 0 || str_eq(uri.path, STR("/")) ||
               str_eq(uri.path, STR("/index.html"))) {
        buf_byte(target, '/');
    }
    buf_free(&base);
    buf_free(&name);
    return target->len > 0;
}

static void
note_link(struct buf *links, struct str old, struct str target, struct str address)
{
    buf_put(links, old);
    buf_byte(links, '\t');
    buf_put(links, target);
    buf_byte(links, '\t');
    buf_put(links, address);
    buf_byte(links, '\n');
}

void
links_put(struct buf *target, const struct hosts *hosts, struct str address, struct buf *links)
{
    struct uri uri = uri_split(address);
    struct buf old = {0}, place = {0};

    if (is_own(hosts, &uri) && (uri.path.len > 0 || uri.has_authority)) {
        if (!translate(&old, &place, address))
            note_link(links, STR(""), address, address);
        else if (old.len > 0)
            note_link(links, buf_str(&old), buf_str(&place), address);
        buf_put(target, buf_str(&place));
    }
    buf_free(&old);
    buf_free(&place);
}

/* The row of the page of comments, or of the post, when that has none. */
static const struct ledger_row *
find_comments(const struct ledger *ledger, const struct ledger_row *post)
{
    const struct ledger_row *row;
    struct buf path = {0};

    comments_put_path(&path, post->path);
    row = ledger_find_path(ledger, buf_str(&path));
    buf_free(&path);
    return ledger_is_there(row) ? row : post;
}

/* Appends where the old address is now; false when it is nowhere. */
static bool
find_place(struct buf *out, const struct ledger *ledger, struct str old)
{
    const struct ledger_row *row = NULL;
    bool comments = false;

    if (str_starts(old, label_path)) {
        row = label_find(ledger, str_after(old, label_path.len));
    } else if (old.len > 0) {
        comments = str_chop(&old, comment_mark);
        row = ledger_follow(ledger, ledger_find_old(ledger, old));
    }
    if (!ledger_is_there(row))
        return false;
    if (comments)
        row = find_comments(ledger, row);
    buf_byte(out, '/');
    uri_put_path(out, row->path);
    if (str_starts(old, label_path))
        buf_byte(out, '/');
    return true;
}

static struct link
take_link(struct str *lines)
{
    struct str line = str_line(lines);
    struct link link;

    link.old = str_cut(&line, '\t');
    link.target = str_cut(&line, '\t');
    link.address = line;
    return link;
}

/* Links whose targets are not where their posts are, or that have none, each target once. */
struct wrong {
    struct wrong_link {
        struct str target, right; /* right lies in texts */
    } * items;
    size_t count;
    struct table by_target;
    struct arena texts;
};

static struct str
target_of(const void *wrong, uint32_t number)
{
    return ((const struct wrong *)wrong)->items[number].target;
}

/* False when the target is there already. */
static bool
add_wrong(struct wrong *wrong, struct str target, struct str right)
{
    const struct table_names names = {target_of, wrong};

    if (table_find(&wrong->by_target, &names, target) != TABLE_NONE)
        return false;
    wrong->items[wrong->count] = (struct wrong_link){target, arena_put(&wrong->texts, right)};
    table_add(&wrong->by_target, &names, (uint32_t)wrong->count++);
    return true;
}

static void
find_wrong(struct wrong *wrong, const struct entry *entry, const struct ledger *ledger,
           void (*on_dead)(void *ctx, struct str address), void *ctx)
{
    struct buf place = {0};

    wrong->items = mem_new((str_count_lines(buf_str(&entry->links)) + 1) * sizeof *wrong->items);
    for (struct str rest = buf_str(&entry->links); rest.len > 0;) {
        struct link link = take_link(&rest);
        bool found;

        buf_truncate(&place, 0);
        found = find_place(&place, ledger, link.old);
        if (found && !str_eq(buf_str(&place), link.target))
            add_wrong(wrong, link.target, buf_str(&place));
        else if (!found && add_wrong(wrong, link.target, link.address))
            on_dead(ctx, link.address);
    }
    buf_free(&place);
}

/* The right target for one, or what it is. */
static struct str
right_target(const struct wrong *wrong, struct str target)
{
    uint32_t number =
        table_find(&wrong->by_target, &(struct table_names){target_of, wrong}, target);

    return number == TABLE_NONE ? target : wrong->items[number].right;
}

static void
correct(struct buf *body, const struct wrong *wrong)
{
    struct buf text = {0};
    struct gemtext_scanner scanner = {.rest = buf_str(body)};
    struct gemtext_line line;

    while (gemtext_next(&scanner, &line)) {
        if (line.kind == GEMTEXT_LINK) {
            gemtext_link(&text, right_target(wrong, line.target), line.text);
        } else {
            buf_put(&text, line.raw);
            buf_byte(&text, '\n');
        }
    }
    buf_free(body);
    *body = text;
}

void
links_settle(struct entry *entry, const struct ledger *ledger,
             void (*on_dead)(void *ctx, struct str address), void *ctx)
{
    struct wrong wrong = {.count = 0};

    if (entry->links.len == 0)
        return;
    find_wrong(&wrong, entry, ledger, on_dead, ctx);
    if (wrong.count > 0)
        correct(&entry->body, &wrong);
    table_free(&wrong.by_target);
    arena_free(&wrong.texts);
    free(wrong.items);
}
