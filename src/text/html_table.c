#include "text/html_table.h"

#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "base/mem.h"
#include "text/gemtext.h"
#include "text/html_flow.h"
#include "text/wrap.h"

enum {
    SPAN_MAX = 1000,    /* HTML 4.9.11: a colspan is at most this */
    REPORTED_MAX = 120, /* bytes of a table's beginning in a report */
};

/* What a look at a table's nodes tells. */
struct look {
    size_t rows, cells, row_cells, columns, pictures, texts;
    size_t cell_len; /* bytes of text in the cell at hand */
    bool has_blocks;
};

static bool
is_block(enum html_tag tag)
{
    static const bool blocks[HTML_TAGS] = {
        [HTML_HEADING_2] = true, [HTML_HEADING_3] = true, [HTML_RULE] = true,   [HTML_UL] = true,
        [HTML_OL] = true,        [HTML_ITEM] = true,      [HTML_DETAIL] = true, [HTML_QUOTE] = true,
        [HTML_PRE] = true,       [HTML_TABLE] = true,     [HTML_FIGURE] = true, [HTML_EMBED] = true,
        [HTML_IFRAME] = true,    [HTML_VIDEO] = true,     [HTML_AUDIO] = true,  [HTML_PARAM] = true,
        [HTML_FORM] = true,      [HTML_JUMP] = true,
    };

    return blocks[tag];
}

static bool
is_cell(enum html_tag tag)
{
    return tag == HTML_CELL || tag == HTML_HEAD_CELL;
}

static void
look_at(const struct html_flow *flow, const struct html_node *node, struct look *look)
{
    struct str text;

    if (node->is_end)
        return;
    if (node->tag == HTML_ROW) {
        look->rows++;
        look->row_cells = 0;
    } else if (is_cell(node->tag)) {
        look->cells++;
        look->cell_len = 0;
        if (++look->row_cells > look->columns)
            look->columns = look->row_cells;
    } else if (node->tag == HTML_IMAGE) {
        look->pictures++;
    } else if (node->tag == HTML_TEXT) {
        text = str_trim(html_node_text(flow->nodes, node));
        look->cell_len += text.len;
        look->texts += text.len > 0;
        look->has_blocks = look->has_blocks || look->cell_len > HTML_CELL_MAX;
    } else {
        look->has_blocks = look->has_blocks || is_block(node->tag);
    }
}

/* Stops at the first block, so that tables in tables are not looked at again and again. */
static bool
is_data(const struct html_flow *flow, uint32_t place)
{
    const struct html_node *list = flow->nodes->list;
    struct look look = {0};

    for (uint32_t i = place + 1; i < list[place].other && !look.has_blocks; i++)
        look_at(flow, &list[i], &look);
    return !look.has_blocks && look.rows > 1 && look.columns > 1 && look.texts > 0 &&
           look.pictures * 2 < look.cells;
}

bool
html_table_open(struct html_flow *flow, uint32_t place)
{
    struct html_table *table = &flow->table;

    html_flow_blank(flow);
    if (flow->collect != COLLECT_NONE || table->is_active || !is_data(flow, place))
        return false;
    html_flow_interrupt(flow);
    table->is_active = true;
    table->cell_count = table->row_count = 0;
    buf_truncate(&table->text, 0);
    buf_truncate(&table->title, 0);
    memset(table->down, 0, sizeof table->down);
    return true;
}

bool
html_title_open(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    if (!flow->table.is_active || flow->collect != COLLECT_NONE)
        return false;
    flow->collect = COLLECT_CELL;
    return true;
}

void
html_title_close(struct html_flow *flow, uint32_t place)
{
    (void)place;
    flow->collect = COLLECT_NONE;
    html_flow_take_line(flow, &flow->table.title);
}

/* The row at hand; a cell may come without one. */
static struct html_row *
add_row(struct html_table *table)
{
    struct html_row *row;

    if (table->row_count == table->row_room) {
        table->row_room = table->row_room ? table->row_room * 2 : 16;
        table->rows = mem_grow(table->rows, table->row_room, sizeof *table->rows);
    }
    row = &table->rows[table->row_count++];
    *row = (struct html_row){.first = table->cell_count};
    table->all_heads = true;
    return row;
}

bool
html_row_open(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    if (!flow->table.is_active || flow->collect != COLLECT_NONE)
        return false;
    add_row(&flow->table);
    return true;
}

void
html_row_close(struct html_flow *flow, uint32_t place)
{
    struct html_table *table = &flow->table;
    struct html_row *row = &table->rows[table->row_count - 1];

    (void)place;
    (void)flow;
    row->is_head = row->count > 0 && table->all_heads;
    if (row->count == 0)
        table->row_count--;
}

static void
add_cell(struct html_table *table, struct html_row *row, struct html_cell cell)
{
    if (table->cell_count == table->cell_room) {
        table->cell_room = table->cell_room ? table->cell_room * 2 : 64;
        table->cells = mem_grow(table->cells, table->cell_room, sizeof *table->cells);
    }
    table->cells[table->cell_count++] = cell;
    row->count++;
}

static size_t
span_of(const struct html_flow *flow, uint32_t place, enum html_attr name)
{
    struct str value = str_trim(html_node_value(flow->nodes, &flow->nodes->list[place], name));
    unsigned long span;

    return str_number(value, SPAN_MAX, &span) && span > 0 ? span : 1;
}

bool
html_cell_open(struct html_flow *flow, uint32_t place)
{
    struct html_table *table = &flow->table;

    html_flow_boundary(flow);
    if (!table->is_active || flow->collect != COLLECT_NONE)
        return false;
    flow->collect = COLLECT_CELL;
    if (flow->nodes->list[place].tag != HTML_HEAD_CELL)
        table->all_heads = false;
    return true;
}

/* Columns that a cell further up covers are empty here; so are those a wide cell covers. */
void
html_cell_close(struct html_flow *flow, uint32_t place)
{
    struct html_table *table = &flow->table;
    struct html_row *row = table->row_count > 0 ? &table->rows[table->row_count - 1] : NULL;
    struct html_cell cell = {.at = (uint32_t)table->text.len};
    size_t columns = span_of(flow, place, HTML_COLSPAN), rows = span_of(flow, place, HTML_ROWSPAN);

    flow->collect = COLLECT_NONE;
    html_flow_take_line(flow, &table->text);
    cell.len = (uint32_t)(table->text.len - cell.at);
    if (!row)
        row = add_row(table);
    for (; row->count < HTML_TABLE_COLUMNS && table->down[row->count] > 0;
         add_cell(table, row, (struct html_cell){0}))
        table->down[row->count]--;
    for (size_t i = 0; i < columns && (i == 0 || row->count <= HTML_TABLE_COLUMNS); i++) {
        if (row->count < HTML_TABLE_COLUMNS)
            table->down[row->count] = (unsigned)rows - 1;
        add_cell(table, row, cell);
        cell.len = 0;
    }
}

static struct str
cell_text(const struct html_table *table, size_t cell)
{
    return str_head(str_after(buf_str(&table->text), table->cells[cell].at),
                    table->cells[cell].len);
}

/* Scripts whose letters do not stand in columns on every terminal: right to left, joined or wide.
 */
static bool
has_no_columns(struct str text)
{
    static const struct {
        ucs4_t first, last;
    } aligned[] = {{0x20, 0x58f}, {0x10a0, 0x10ff}, {0x1e00, 0x2319}, {0x2400, 0x25fc}};

    for (int len; text.len > 0; text = str_after(text, (size_t)len)) {
        ucs4_t c;
        bool found = false;

        len = u8_mbtouc(&c, (const uint8_t *)text.ptr, text.len);
        for (size_t i = 0; i < sizeof aligned / sizeof *aligned && !found; i++)
            found = c >= aligned[i].first && c <= aligned[i].last;
        if (!found)
            return true;
    }
    return false;
}

/* Fills in the widths of the columns; false when the table cannot be drawn. */
static bool
measure(const struct html_table *table, size_t widths[HTML_TABLE_COLUMNS])
{
    size_t total = 0;

    if (has_no_columns(buf_str(&table->text)))
        return false;
    for (size_t i = 0; i < table->row_count; i++) {
        const struct html_row *row = &table->rows[i];

        if (row->count > HTML_TABLE_COLUMNS)
            return false;
        for (size_t column = 0; column < row->count; column++) {
            size_t width = wrap_width(cell_text(table, row->first + column));

            if (width > widths[column])
                widths[column] = width;
        }
    }
    for (size_t column = 0; column < HTML_TABLE_COLUMNS; column++)
        total += widths[column] + (widths[column] > 0 ? HTML_CELL_GAP : 0);
    return total <= HTML_TABLE_WIDTH + HTML_CELL_GAP;
}

static void
put_times(struct buf *out, char byte, size_t count)
{
    memset(buf_room(out, count + 1), byte, count);
    out->len += count;
    out->ptr[out->len] = '\0';
}

static void
draw_row(struct html_flow *flow, const struct html_row *row, const size_t *widths)
{
    struct buf line = {0};
    size_t due = 0; /* spaces before the next text */

    for (size_t column = 0; column < row->count; column++) {
        struct str text = cell_text(&flow->table, row->first + column);

        if (widths[column] == 0)
            continue;
        if (text.len > 0) {
            put_times(&line, ' ', due);
            due = 0;
        }
        buf_put(&line, text);
        due += widths[column] + HTML_CELL_GAP - wrap_width(text);
    }
    gemtext_block_line(flow->out, buf_str(&line));
    buf_free(&line);
}

static void
draw_rule(struct buf *out, const size_t *widths)
{
    struct buf line = {0};

    for (size_t column = 0; column < HTML_TABLE_COLUMNS; column++) {
        if (widths[column] > 0 && line.len > 0)
            put_times(&line, ' ', HTML_CELL_GAP);
        put_times(&line, '-', widths[column]);
    }
    gemtext_block_line(out, buf_str(&line));
    buf_free(&line);
}

/* Appends the row's texts, ", " between them. */
static void
put_texts(struct buf *out, const struct html_table *table, const struct html_row *row)
{
    size_t start = out->len;

    for (size_t i = 0; i < row->count; i++) {
        struct str text = cell_text(table, row->first + i);

        if (text.len > 0 && out->len > start)
            buf_put(out, STR(", "));
        buf_put(out, text);
    }
}

static void
draw(struct html_flow *flow, const size_t *widths)
{
    struct html_table *table = &flow->table;
    struct buf alt = {0};

    buf_put(&alt, STR("Table: "));
    if (table->title.len > 0)
        buf_put(&alt, buf_str(&table->title));
    else
        put_texts(&alt, table, &table->rows[0]);
    html_flow_begin_line(flow, false);
    gemtext_open_block(flow->out, buf_str(&alt));
    for (size_t i = 0; i < table->row_count; i++) {
        draw_row(flow, &table->rows[i], widths);
        if (i == 0 && table->rows[i].is_head)
            draw_rule(flow->out, widths);
    }
    gemtext_close_block(flow->out);
    buf_free(&alt);
}

/* The first row, when it is one of heads that are short enough to say again and again. */
static const struct html_row *
heads_of(const struct html_table *table)
{
    const struct html_row *row = &table->rows[0];

    if (!row->is_head || table->row_count < 2)
        return NULL;
    for (size_t i = 0; i < row->count; i++)
        if (table->cells[row->first + i].len > HTML_HEAD_MAX)
            return NULL;
    return row;
}

static void
list_row(struct html_flow *flow, const struct html_row *row, const struct html_row *heads)
{
    const struct html_table *table = &flow->table;
    struct buf line = {0};

    for (size_t i = 0; i < row->count; i++) {
        struct str text = cell_text(table, row->first + i);
        struct str head = heads && i < heads->count ? cell_text(table, heads->first + i) : STR("");

        if (text.len == 0)
            continue;
        if (line.len > 0)
            buf_put(&line, STR("; "));
        buf_put(&line, head);
        if (head.len > 0)
            buf_put(&line, str_ends(head, STR(":")) ? STR(" ") : STR(": "));
        buf_put(&line, text);
    }
    if (line.len > 0) {
        html_flow_begin_line(flow, false);
        gemtext_item(flow->out, buf_str(&line));
    }
    buf_free(&line);
}

static void
list_rows(struct html_flow *flow)
{
    const struct html_table *table = &flow->table;
    const struct html_row *heads = heads_of(table);
    struct buf what = {0};

    put_texts(&what, table, &table->rows[0]);
    if (flow->context->on_loss)
        flow->context->on_loss(flow->context->ctx, "table", str_head(buf_str(&what), REPORTED_MAX));
    for (size_t i = heads ? 1 : 0; i < table->row_count; i++)
        list_row(flow, &table->rows[i], heads);
    buf_free(&what);
}

void
html_table_close(struct html_flow *flow, uint32_t place)
{
    struct html_table *table = &flow->table;
    size_t widths[HTML_TABLE_COLUMNS] = {0};

    (void)place;
    html_flow_interrupt(flow); /* text that stood between the cells */
    if (table->title.len > 0) {
        html_flow_begin_line(flow, false);
        gemtext_text(flow->out, buf_str(&table->title));
    }
    if (table->row_count > 0 && measure(table, widths))
        draw(flow, widths);
    else if (table->row_count > 0)
        list_rows(flow);
    table->is_active = false;
    html_flow_blank(flow);
}

void
html_table_free(struct html_table *table)
{
    buf_free(&table->text);
    buf_free(&table->title);
    free(table->cells);
    free(table->rows);
}
