#include "site/ledger.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { COLUMNS_NEEDED = 2, ROWS_FIRST = 64 };

enum column { ID, PATH, DIGEST, OLD, STATE, POSITION, SOURCE, COLUMNS };

static const struct str column_names[COLUMNS] = {
    {"id", 2}, {"path", 4}, {"digest", 6}, {"old", 3}, {"state", 5}, {"position", 8}, {"source", 6},
};

static const struct str live = {"live", 4};
static const struct str gone = {"gone", 4};
static const struct str moved = {"moved", 5};

/* What the trees hold: a field, and the number of its row, since rows move when they grow. */
struct node {
    struct str key;
    size_t row;
};

static int
by_key(const void *a, const void *b)
{
    const struct node *left = a, *right = b;

    return str_compare(left->key, right->key);
}

static struct node *
find(void *tree, struct str key)
{
    struct node wanted = {.key = key};
    struct node **found = tfind(&wanted, &tree, by_key);

    return found ? *found : NULL;
}

static void
add(void **tree, struct str key, size_t row)
{
    struct node *node = mem_new(sizeof *node);

    *node = (struct node){key, row};
    if (!tsearch(node, tree, by_key))
        mem_grow(NULL, SIZE_MAX, 2); /* ends the process as every other lack of memory does */
}

static void
drop(void **tree, struct node *node)
{
    tdelete(node, tree, by_key);
    free(node);
}

/* The row's path leads to it, unless a live row has the path already. */
static void
link_path(struct ledger *ledger, size_t row)
{
    struct str path = ledger->rows[row].path;
    struct node *node = find(ledger->by_path, path);

    if (node && str_eq(ledger->rows[node->row].state, live))
        return;
    if (node)
        drop(&ledger->by_path, node);
    add(&ledger->by_path, path, row);
}

static void
add_row(struct ledger *ledger, const struct ledger_row *row)
{
    if (ledger->count == ledger->cap) {
        ledger->cap = ledger->cap == 0 ? ROWS_FIRST : ledger->cap * 2;
        ledger->rows = mem_grow(ledger->rows, ledger->cap, sizeof *row);
    }
    ledger->rows[ledger->count] = *row;
    add(&ledger->by_id, row->id, ledger->count);
    link_path(ledger, ledger->count++);
}

/* Takes over the text. */
static struct str
keep_text(struct ledger *ledger, struct buf text)
{
    if (ledger->text_count == ledger->text_cap) {
        ledger->text_cap = ledger->text_cap == 0 ? ROWS_FIRST : ledger->text_cap * 2;
        ledger->texts = mem_grow(ledger->texts, ledger->text_cap, sizeof text);
    }
    ledger->texts[ledger->text_count++] = text;
    return buf_str(&text);
}

/* Fields of a line, missing ones empty; false when there are too many or a control byte. */
static bool
split(struct str line, struct str fields[COLUMNS], size_t *count)
{
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t')
            return false;
    for (size_t i = 0; i < COLUMNS; i++)
        fields[i] = (struct str){0};
    for (*count = 0; *count < COLUMNS; *count += 1) {
        bool is_last = !str_has(line, '\t');

        fields[*count] = str_cut(&line, '\t');
        if (is_last) {
            *count += 1;
            return true;
        }
    }
    return false;
}

static bool
parse_header(struct str line, struct failure *why)
{
    struct str fields[COLUMNS];
    size_t count;
    bool known = split(line, fields, &count) && count >= COLUMNS_NEEDED;

    for (size_t i = 0; known && i < count; i++)
        known = str_eq(fields[i], column_names[i]);
    return known || fail(why, "expected the names of the columns: id, path, …");
}

static bool
parse_position(struct str text, long *position)
{
    bool negative = str_skip(&text, STR("-"));
    unsigned long number = 0;

    if (text.len > 0 && !str_number(text, LONG_MAX, &number))
        return false;
    *position = negative ? -(long)number : (long)number;
    return text.len > 0 || !negative;
}

static bool
is_digest(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!str_has(STR("0123456789abcdef"), text.ptr[i]))
            return false;
    return text.len == 0 || text.len == DIGEST_HEX;
}

static bool
parse_row(struct ledger *ledger, struct str line, struct failure *why)
{
    struct str fields[COLUMNS];
    struct ledger_row row;
    size_t count;

    if (!split(line, fields, &count))
        return fail(why, "more than %d columns, or a control byte", COLUMNS);
    row = (struct ledger_row){
        .id = fields[ID],
        .path = fields[PATH],
        .digest = fields[DIGEST],
        .old = fields[OLD],
        .state = fields[STATE].len > 0 ? fields[STATE] : live,
        .source = fields[SOURCE],
    };
    if (row.id.len == 0 || row.path.len == 0 || str_starts(row.path, STR("/")))
        return fail(why, "expected an id and a path within the capsule");
    if (!is_digest(row.digest))
        return fail(why, "the digest is not %d hexadecimal digits", DIGEST_HEX);
    if (!str_eq(row.state, live) && !str_eq(row.state, gone) && !str_eq(row.state, moved))
        return fail(why, "the state is not live, gone or moved");
    if (!parse_position(fields[POSITION], &row.position))
        return fail(why, "the position is no number");
    if (find(ledger->by_id, row.id))
        return fail(why, "a second line with this id");
    add_row(ledger, &row);
    return true;
}

/* The slices point into text, which must live as long as the ledger. */
static bool
parse_lines(struct ledger *ledger, struct str text, struct failure *why)
{
    bool has_header = false;

    for (size_t number = 1; text.len > 0; number++) {
        struct str line = str_line(&text);
        bool done = true;

        if (line.len == 0 || str_starts(line, STR("#")))
            continue;
        done = has_header ? parse_row(ledger, line, why) : parse_header(line, why);
        has_header = true;
        if (!done)
            return fail_in(why, "line %zu", number);
    }
    return true;
}

bool
ledger_parse(struct ledger *ledger, struct str text, struct failure *why)
{
    struct buf copy = {0};

    *ledger = (struct ledger){0};
    buf_put(&copy, text);
    if (parse_lines(ledger, keep_text(ledger, copy), why))
        return true;
    ledger_free(ledger);
    return false;
}

bool
ledger_load(struct ledger *ledger, int root, struct failure *why)
{
    struct buf text = {0};
    int fd = file_open_beneath(root, LEDGER_NAME);

    *ledger = (struct ledger){0};
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd >= 0)
        close(fd);
    if (!file_read_beneath(root, LEDGER_NAME, LEDGER_MAX, &text, why)) {
        buf_free(&text);
        return false;
    }
    if (parse_lines(ledger, keep_text(ledger, text), why))
        return true;
    ledger_free(ledger);
    return fail_in(why, "%s", LEDGER_NAME);
}

const struct ledger_row *
ledger_find_id(const struct ledger *ledger, struct str id)
{
    const struct node *node = find(ledger->by_id, id);

    return node ? &ledger->rows[node->row] : NULL;
}

const struct ledger_row *
ledger_find_path(const struct ledger *ledger, struct str path)
{
    const struct node *node = find(ledger->by_path, path);

    return node ? &ledger->rows[node->row] : NULL;
}

static void
put_field(struct buf *out, struct str field)
{
    for (size_t i = 0; i < field.len; i++)
        buf_byte(out, (unsigned char)field.ptr[i] < ' ' ? ' ' : field.ptr[i]);
}

/* One line; the state says "live" when it says nothing. */
static void
put_row(struct buf *out, const struct ledger_row *row)
{
    put_field(out, row->id);
    buf_byte(out, '\t');
    put_field(out, row->path);
    buf_byte(out, '\t');
    put_field(out, row->digest);
    buf_byte(out, '\t');
    put_field(out, row->old);
    buf_byte(out, '\t');
    put_field(out, row->state.len > 0 ? row->state : live);
    buf_format(out, "\t%ld\t", row->position);
    put_field(out, row->source);
}

void
ledger_put(struct ledger *ledger, const struct ledger_row *row)
{
    struct buf line = {0};
    struct str fields[COLUMNS], rest;
    struct ledger_row copy;
    struct node *node;
    size_t old;

    put_row(&line, row);
    rest = keep_text(ledger, line);
    for (size_t i = 0; i < COLUMNS; i++)
        fields[i] = str_cut(&rest, '\t');
    copy = (struct ledger_row){
        .id = fields[ID],
        .path = fields[PATH],
        .digest = fields[DIGEST],
        .old = fields[OLD],
        .state = fields[STATE],
        .position = row->position,
        .source = fields[SOURCE],
    };
    node = find(ledger->by_id, copy.id);
    if (!node) {
        add_row(ledger, &copy);
        return;
    }
    old = node->row;
    node = find(ledger->by_path, ledger->rows[old].path);
    if (node && node->row == old)
        drop(&ledger->by_path, node);
    ledger->rows[old] = copy;
    link_path(ledger, old);
}

void
ledger_move(struct ledger *ledger, struct str id, struct str path)
{
    const struct ledger_row *known = ledger_find_id(ledger, id);
    struct ledger_row row, former;
    struct buf former_id = {0};

    assert(known);
    if (str_eq(known->path, path))
        return;
    row = *known;
    buf_format(&former_id, "moved:%.*s", (int)row.path.len, row.path.ptr);
    former = (struct ledger_row){
        .id = buf_str(&former_id),
        .path = row.path,
        .old = row.old,
        .state = moved,
        .source = row.id,
    };
    row.path = path;
    ledger_put(ledger, &row); /* first, so that the former path is free for the other row */
    ledger_put(ledger, &former);
    buf_free(&former_id);
}

void
ledger_write(struct buf *out, const struct ledger *ledger)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        buf_put(out, column_names[i]);
        buf_byte(out, i + 1 < COLUMNS ? '\t' : '\n');
    }
    for (size_t i = 0; i < ledger->count; i++) {
        put_row(out, &ledger->rows[i]);
        buf_byte(out, '\n');
    }
}

bool
ledger_save(const struct ledger *ledger, int root, struct failure *why)
{
    struct buf now = {0}, text = {0};
    struct failure unread;
    bool done;

    ledger_write(&text, ledger);
    done = (file_read_beneath(root, LEDGER_NAME, LEDGER_MAX, &now, &unread) &&
            str_eq(buf_str(&now), buf_str(&text))) ||
           file_write_beneath(root, LEDGER_NAME, buf_str(&text), why);
    buf_free(&now);
    buf_free(&text);
    return done;
}

void
ledger_free(struct ledger *ledger)
{
    tdestroy(ledger->by_id, free);
    tdestroy(ledger->by_path, free);
    for (size_t i = 0; i < ledger->text_count; i++)
        buf_free(&ledger->texts[i]);
    free(ledger->texts);
    free(ledger->rows);
    *ledger = (struct ledger){0};
}
