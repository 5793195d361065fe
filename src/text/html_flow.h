#ifndef TEXT_HTML_FLOW_H
#define TEXT_HTML_FLOW_H

/*
 * The page that is being written: the line at hand, the block of lines it belongs to, and what
 * stands around them (lists, quotes). A block is written when it ends, because only then is it
 * known whether it is a heading, a link or text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "text/html.h"
#include "text/html_image.h"
#include "text/html_link.h"
#include "text/html_nodes.h"
#include "text/html_table.h"

enum {
    HTML_LIST_MAX = 8,          /* levels that are told apart */
    HTML_BOLD_HEADING_MAX = 80, /* characters; a longer bold line is emphasis */
};

/* Text that becomes one line or one block, whatever stands in it. */
enum html_collect { COLLECT_NONE, COLLECT_HEADING, COLLECT_CELL, COLLECT_CAPTION, COLLECT_PRE };
enum html_script { SCRIPT_NONE, SCRIPT_SUB, SCRIPT_SUP };
enum html_jump { JUMP_NONE, JUMP_DUE, JUMP_DONE };

struct html_list {
    bool ordered, in_item;
    bool begun;         /* the item's first line is written */
    bool is_loose;      /* items without a list */
    bool of_links;      /* every item is only a link */
    unsigned number;    /* of the item */
    size_t quote_depth; /* of the list: a quote inside an item is not the item's text */
};

struct html_flow {
    struct buf *out;
    size_t start; /* bytes that were in out before */
    const struct html_context *context;
    const struct html_nodes *nodes;
    size_t content;                          /* grows with everything that a reader can see */
    bool blank_due, links_above, block_open; /* before the next line that is written */
    struct buf line;                         /* white space is single */
    bool space_due, has_plain, has_link;     /* of the line; plain: text that is not bold */
    bool after_aside;                        /* a picture takes the line's place: a break ends it */
    struct html_sole sole;                   /* the line is nothing but this link */
    struct buf paragraph;                    /* the block's lines before this one */
    size_t paragraph_lines;
    bool paragraph_bold, paragraph_blank_due;
    struct html_sole paragraph_sole;
    enum html_collect collect;
    enum html_script script; /* digits become small ones */
    char mark_due;           /* '^' or '_' before the next word */
    size_t bold_depth, quote_depth, list_depth;
    struct html_list lists[HTML_LIST_MAX];
    struct html_links links;
    struct html_figure figure;
    struct html_table table;
    struct html_set pictures;
    enum html_jump jump;
    size_t summary_len;
};

void html_flow_text(struct html_flow *flow, struct str text); /* white space collapses */
void html_flow_break(struct html_flow *flow);     /* the line ends; twice: a blank one */
void html_flow_boundary(struct html_flow *flow);  /* the block ends */
void html_flow_blank(struct html_flow *flow);     /* and a blank line follows */
void html_flow_interrupt(struct html_flow *flow); /* everything is written; another kind follows */
void html_flow_begin_line(struct html_flow *flow, bool is_link);     /* before writing to out */
void html_flow_heading(struct html_flow *flow, int level);           /* the line is one */
void html_flow_take_line(struct html_flow *flow, struct buf *taken); /* what was collected */
void html_flow_jump(struct html_flow *flow);                         /* the summary ends here */
void html_flow_end_quote(struct html_flow *flow);
bool html_flow_in_item(const struct html_flow *flow);
void html_flow_end(struct html_flow *flow);

#endif
