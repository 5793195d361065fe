#include "site/ledger.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { COLUMNS_NEEDED = 2, ROWS_FIRST = 64, PART_ROWS = 4096 };

enum column { ID, PATH, DIGEST, OLD, STATE, POSITION, SOURCE, SUMMARY, COLUMNS };

static const struct str column_names[COLUMNS] = {
    {"id", 2},    {"path", 4},     {"digest", 6}, {"old", 3},
    {"state", 5}, {"position", 8}, {"source", 6}, {"summary", 7},
};

static const struct str live = {"live", 4};
static const struct str gone = {"gone", 4};
static const struct str moved = {"moved", 5};
static const struct str strange = {"strange", 7};

static struct str
id_of(const void *ledger, uint32_t row)
{
    return ((const struct ledger *)ledger)->rows[row].id;
}

static struct str
path_of(const void *ledger, uint32_t row)
{
    return ((const struct ledger *)ledger)->rows[row].path;
}

static struct str
old_of(const void *ledger, uint32_t row)
{
    return ((const struct ledger *)ledger)->rows[row].old;
}

static bool
is_live(const struct ledger *ledger, uint32_t row)
{
    return str_eq(ledger->rows[row].state, live);
}

/* A live row takes the name from one that is not. */
static void
link_name(const struct ledger *ledger, struct table *table, const struct table_names *names,
          uint32_t row)
{
    struct str name = names->name(names->ctx, row);
    uint32_t there = table_find(table, names, name);

    if (name.len == 0 || (there != TABLE_NONE && is_live(ledger, there)))
        return;
    if (there != TABLE_NONE)
        table_replace(table, names, there, row);
    else
        table_add(table, names, row);
}

static void
unlink_name(struct table *table, const struct table_names *names, uint32_t row)
{
    if (table_find(table, names, names->name(names->ctx, row)) == row)
        table_drop(table, names, row);
}

/* The row's path and old address lead to it, unless a live row has them already. */
static void
link_row(struct ledger *ledger, uint32_t row)
{
    link_name(ledger, &ledger->by_path, &(struct table_names){path_of, ledger}, row);
    link_name(ledger, &ledger->by_old, &(struct table_names){old_of, ledger}, row);
}

static void
unlink_row(struct ledger *ledger, uint32_t row)
{
    unlink_name(&ledger->by_path, &(struct table_names){path_of, ledger}, row);
    unlink_name(&ledger->by_old, &(struct table_names){old_of, ledger}, row);
}

static uint32_t
find_id(const struct ledger *ledger, struct str id)
{
    return table_find(&ledger->by_id, &(struct table_names){id_of, ledger}, id);
}

static void
add_row(struct ledger *ledger, const struct ledger_row *row)
{
    if (ledger->count == ledger->cap) {
        ledger->cap = ledger->cap == 0 ? ROWS_FIRST : ledger->cap + ledger->cap / 2;
        ledger->rows = mem_grow(ledger->rows, ledger->cap, sizeof *row);
    }
    ledger->rows[ledger->count] = *row;
    table_add(&ledger->by_id, &(struct table_names){id_of, ledger}, (uint32_t)ledger->count);
    link_row(ledger, (uint32_t)ledger->count++);
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
parse_summary(struct str text, size_t *lines)
{
    unsigned long number = 0;

    if (text.len > 0 && !str_number(text, LONG_MAX, &number))
        return false;
    *lines = number;
    return true;
}

static bool
is_digest(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!str_has(STR("0123456789abcdef"), text.ptr[i]))
            return false;
    return text.len == 0 || text.len == DIGEST_HEX;
}

/* The text is ours: what stood between the fields becomes a NUL. */
static void
end_fields(struct ledger *ledger, const struct str fields[COLUMNS], size_t count)
{
    for (size_t i = 0; i < count; i++)
        ledger->file.ptr[fields[i].ptr + fields[i].len - ledger->file.ptr] = '\0';
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
    if (!parse_summary(fields[SUMMARY], &row.summary))
        return fail(why, "the lines of the summary are no number");
    if (find_id(ledger, row.id) != TABLE_NONE)
        return fail(why, "a second line with this id");
    end_fields(ledger, fields, count);
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

/* Takes over the text. */
static bool
take_text(struct ledger *ledger, struct buf text, struct failure *why)
{
    *ledger = (struct ledger){.file = text};
    if (parse_lines(ledger, buf_str(&text), why))
        return true;
    ledger_free(ledger);
    return false;
}

bool
ledger_parse(struct ledger *ledger, struct str text, struct failure *why)
{
    struct buf copy = {0};

    buf_put(&copy, text);
    return take_text(ledger, copy, why);
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
    return take_text(ledger, text, why) || fail_in(why, "%s", LEDGER_NAME);
}

static const struct ledger_row *
row_at(const struct ledger *ledger, uint32_t row)
{
    return row == TABLE_NONE ? NULL : &ledger->rows[row];
}

const struct ledger_row *
ledger_find_id(const struct ledger *ledger, struct str id)
{
    return row_at(ledger, find_id(ledger, id));
}

const struct ledger_row *
ledger_find_path(const struct ledger *ledger, struct str path)
{
    const struct table_names names = {path_of, ledger};

    return row_at(ledger, table_find(&ledger->by_path, &names, path));
}

const struct ledger_row *
ledger_find_old(const struct ledger *ledger, struct str old)
{
    const struct table_names names = {old_of, ledger};

    return row_at(ledger, table_find(&ledger->by_old, &names, old));
}

const struct ledger_row *
ledger_follow(const struct ledger *ledger, const struct ledger_row *row)
{
    /* a moved row names a document's, which has not moved: one step is enough */
    return row && str_eq(row->state, moved) ? ledger_find_id(ledger, row->source) : row;
}

bool
ledger_is_there(const struct ledger_row *row)
{
    return row && (str_eq(row->state, live) || str_eq(row->state, strange));
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
    if (row->summary > 0)
        buf_format(out, "\t%zu", row->summary);
    buf_byte(out, '\n');
}

static struct str
keep_field(struct ledger *ledger, struct str field)
{
    struct buf clean = {0};
    struct str kept;

    put_field(&clean, field);
    kept = arena_put(&ledger->texts, buf_str(&clean));
    buf_free(&clean);
    return kept;
}

/* Fields that are the same stay where they are: rows are often put again. */
static struct str
keep_changed(struct ledger *ledger, struct str field, struct str known)
{
    return str_eq(field, known) ? known : keep_field(ledger, field);
}

static struct str
keep_state(struct ledger *ledger, struct str state)
{
    if (state.len == 0 || str_eq(state, live))
        return live;
    return str_eq(state, gone)      ? gone
           : str_eq(state, moved)   ? moved
           : str_eq(state, strange) ? strange
                                    : keep_field(ledger, state);
}

void
ledger_put(struct ledger *ledger, const struct ledger_row *row)
{
    uint32_t known = find_id(ledger, row->id);
    struct ledger_row copy = {.position = row->position, .summary = row->summary}, none = {0};
    const struct ledger_row *old = known == TABLE_NONE ? &none : &ledger->rows[known];

    copy.id = keep_changed(ledger, row->id, old->id);
    copy.path = keep_changed(ledger, row->path, old->path);
    copy.digest = keep_changed(ledger, row->digest, old->digest);
    copy.old = keep_changed(ledger, row->old, old->old);
    copy.state = keep_state(ledger, row->state);
    /* most rows in a row have the same one */
    if (!str_eq(row->source, ledger->last_source))
        ledger->last_source = keep_changed(ledger, row->source, old->source);
    copy.source = ledger->last_source;
    if (known == TABLE_NONE) {
        add_row(ledger, &copy);
        return;
    }
    unlink_row(ledger, known);
    ledger->rows[known] = copy;
    link_row(ledger, known);
}

void
ledger_rename(struct ledger *ledger, struct str id, struct str new_id)
{
    const struct table_names names = {id_of, ledger};
    uint32_t row = find_id(ledger, id);

    assert(row != TABLE_NONE && find_id(ledger, new_id) == TABLE_NONE);
    table_drop(&ledger->by_id, &names, row);
    id = ledger->rows[row].id;
    ledger->rows[row].id = keep_field(ledger, new_id);
    table_add(&ledger->by_id, &names, row);
    for (size_t i = 0; i < ledger->count; i++)
        if (str_eq(ledger->rows[i].state, moved) && str_eq(ledger->rows[i].source, id))
            ledger->rows[i].source = ledger->rows[row].id;
}

static int
by_row_id(const void *left, const void *right)
{
    const struct ledger_row *a = left, *b = right;

    return str_compare(a->id, b->id);
}

void
ledger_sort(struct ledger *ledger)
{
    if (ledger->count < 2)
        return;
    qsort(ledger->rows, ledger->count, sizeof *ledger->rows, by_row_id);
    table_free(&ledger->by_id);
    table_free(&ledger->by_path);
    table_free(&ledger->by_old);
    for (uint32_t row = 0; row < ledger->count; row++) {
        table_add(&ledger->by_id, &(struct table_names){id_of, ledger}, row);
        link_row(ledger, row);
    }
}

void
ledger_move(struct ledger *ledger, struct str id, struct str path, struct str old)
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
    row.old = old;
    ledger_put(ledger, &row); /* first, so that what was its own is free for the other row */
    ledger_put(ledger, &former);
    buf_free(&former_id);
}

bool
ledger_write_part(struct buf *out, const struct ledger *ledger, size_t *row)
{
    size_t end = ledger->count - *row < PART_ROWS ? ledger->count : *row + PART_ROWS;

    for (size_t i = 0; *row == 0 && i < COLUMNS; i++) {
        buf_put(out, column_names[i]);
        buf_byte(out, i + 1 < COLUMNS ? '\t' : '\n');
    }
    for (; *row < end; *row += 1)
        if (!str_eq(ledger->rows[*row].state, strange))
            put_row(out, &ledger->rows[*row]);
    return end < ledger->count;
}

void
ledger_write(struct buf *out, const struct ledger *ledger)
{
    size_t row = 0;

    while (ledger_write_part(out, ledger, &row))
        ;
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
    table_free(&ledger->by_id);
    table_free(&ledger->by_path);
    table_free(&ledger->by_old);
    arena_free(&ledger->texts);
    buf_free(&ledger->file);
    free(ledger->rows);
    *ledger = (struct ledger){0};
}
