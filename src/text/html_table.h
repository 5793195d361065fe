#ifndef TEXT_HTML_TABLE_H
#define TEXT_HTML_TABLE_H

/*
 * Tables. One that only lays out a page (a single row or column, pictures, blocks in its cells, a
 * cell as long as a paragraph) is unwrapped: its cells are blocks. Data is drawn in columns where
 * every client can align them, else each row is an item that repeats the heads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
    HTML_TABLE_WIDTH = 72,  /* columns of a terminal that a drawn table may take */
    HTML_TABLE_COLUMNS = 6, /* of a drawn table */
    HTML_CELL_MAX = 300,    /* bytes; a longer text is a paragraph, no datum */
    HTML_CELL_GAP = 2,      /* columns between two columns */
    HTML_HEAD_MAX = 48,     /* bytes of a head that is repeated in every row */
};

struct html_flow;

struct html_cell {
    uint32_t at, len; /* bytes in html_table.text */
};

struct html_row {
    size_t first, count; /* cells */
    bool is_head;
};

/* The data table that is being read: there is none inside another. */
struct html_table {
    bool is_active, all_heads;
    struct buf text, title;
    struct html_cell *cells;
    struct html_row *rows;
    size_t cell_count, cell_room, row_count, row_room;
    unsigned down[HTML_TABLE_COLUMNS]; /* rows that a cell above still covers */
};

/* Handlers as in text/html_image.h. */
bool html_table_open(struct html_flow *flow, uint32_t place);
void html_table_close(struct html_flow *flow, uint32_t place);
bool html_title_open(struct html_flow *flow, uint32_t place);
void html_title_close(struct html_flow *flow, uint32_t place);
bool html_row_open(struct html_flow *flow, uint32_t place);
void html_row_close(struct html_flow *flow, uint32_t place);
bool html_cell_open(struct html_flow *flow, uint32_t place);
void html_cell_close(struct html_flow *flow, uint32_t place);
void html_table_free(struct html_table *table);

#endif
