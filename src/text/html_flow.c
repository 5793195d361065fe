#include "text/html_flow.h"

#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "text/gemtext.h"
#include "text/html_script.h"

static const struct html_sole not_sole;

static bool
is_quoting(const struct html_flow *flow)
{
    return flow->quote_depth > 0;
}

/* How many lists stand around the text, as far as they are told apart. */
static size_t
list_level(const struct html_flow *flow)
{
    return flow->list_depth < HTML_LIST_MAX ? flow->list_depth : HTML_LIST_MAX;
}

bool
html_flow_in_item(const struct html_flow *flow)
{
    const struct html_list *list = &flow->lists[list_level(flow) - (flow->list_depth > 0)];

    return flow->list_depth > 0 && list->in_item && list->quote_depth == flow->quote_depth;
}

void
html_flow_begin_line(struct html_flow *flow, bool is_link)
{
    if (flow->block_open)
        gemtext_close_block(flow->out);
    flow->block_open = false;
    if ((flow->blank_due || (flow->links_above && !is_link)) && flow->out->len > flow->start)
        gemtext_blank(flow->out);
    flow->blank_due = flow->links_above = false;
}

static void
reset_line(struct html_flow *flow)
{
    buf_truncate(&flow->line, 0);
    flow->space_due = flow->has_plain = flow->has_link = flow->after_aside = false;
    flow->sole = not_sole;
}

static bool
is_heading(const struct html_flow *flow)
{
    struct str text = buf_str(&flow->paragraph);

    text.len--; /* the line end */
    return flow->context->bold_headings && flow->paragraph_bold && flow->paragraph_lines == 1 &&
           !strchr(".,;", text.ptr[text.len - 1]) &&
           u8_mbsnlen((const uint8_t *)text.ptr, text.len) <= HTML_BOLD_HEADING_MAX;
}

static void
write_paragraph(struct html_flow *flow)
{
    struct str rest = buf_str(&flow->paragraph);
    bool heading = !is_quoting(flow) && is_heading(flow);

    flow->blank_due = flow->blank_due || heading;
    while (rest.len > 0) {
        struct str line = str_cut(&rest, '\n');

        html_flow_begin_line(flow, false);
        if (is_quoting(flow))
            gemtext_quote(flow->out, line);
        else if (heading)
            gemtext_heading(flow->out, 3, line);
        else
            gemtext_text(flow->out, line);
    }
}

/* Writes the block's lines. */
static void
end_paragraph(struct html_flow *flow)
{
    if (flow->paragraph_lines > 0) {
        if (flow->paragraph_sole.is_sole && flow->paragraph_lines == 1) {
            html_link_withdraw(flow, &flow->paragraph_sole);
            buf_truncate(&flow->paragraph, flow->paragraph.len - 1);
            html_link_write_sole(flow, &flow->paragraph_sole, buf_str(&flow->paragraph), STR(""));
        } else {
            write_paragraph(flow);
        }
    }
    buf_truncate(&flow->paragraph, 0);
    flow->paragraph_lines = 0;
    flow->paragraph_blank_due = false;
    if (flow->list_depth == 0 && !is_quoting(flow) && !flow->table.is_active)
        html_link_write_waiting(flow);
}

/* Adds the line to the block; in front of it stands what makes it an item of a quoted list. */
static void
add_to_paragraph(struct html_flow *flow, struct str prefix)
{
    if (flow->paragraph_blank_due && flow->paragraph_lines > 0) {
        buf_byte(&flow->paragraph, '\n');
        flow->paragraph_lines++;
    }
    flow->paragraph_blank_due = false;
    flow->paragraph_sole = prefix.len == 0 ? flow->sole : not_sole;
    flow->paragraph_bold = !flow->has_plain && !flow->has_link && prefix.len == 0;
    buf_put(&flow->paragraph, prefix);
    buf_put(&flow->paragraph, buf_str(&flow->line));
    buf_byte(&flow->paragraph, '\n');
    flow->paragraph_lines++;
}

/* "* - " for the first line of an item of a list in a list; "- 3. " when it is numbered. */
static void
put_item_prefix(struct html_flow *flow, struct buf *prefix)
{
    struct html_list *list = &flow->lists[list_level(flow) - 1];

    for (size_t i = 1; i < flow->list_depth && i < HTML_LIST_MAX; i++)
        buf_put(prefix, STR("- "));
    if (list->ordered && !list->begun)
        buf_format(prefix, "%u. ", list->number);
    list->begun = true;
}

static void
end_item_line(struct html_flow *flow)
{
    const struct html_list *list = &flow->lists[list_level(flow) - 1];
    struct buf text = {0};

    if (is_quoting(flow) && !list->ordered)
        buf_put(&text, STR("* "));
    put_item_prefix(flow, &text);
    if (is_quoting(flow)) {
        add_to_paragraph(flow, buf_str(&text));
    } else if (flow->sole.is_sole && list->of_links) {
        html_link_withdraw(flow, &flow->sole);
        html_link_write_sole(flow, &flow->sole, buf_str(&flow->line), buf_str(&text));
    } else {
        buf_put(&text, buf_str(&flow->line));
        html_flow_begin_line(flow, false);
        if (list->ordered)
            gemtext_text(flow->out, buf_str(&text));
        else
            gemtext_item(flow->out, buf_str(&text));
    }
    buf_free(&text);
}

/* The line is whole: it goes where its place in the tree says. */
static void
end_line(struct html_flow *flow)
{
    html_link_end_line(flow);
    html_script_balance(&flow->line);
    if (!html_script_is_blank(buf_str(&flow->line))) {
        if (html_flow_in_item(flow)) {
            end_item_line(flow);
        } else if (flow->sole.is_sole && !is_quoting(flow)) {
            html_link_withdraw(flow, &flow->sole);
            end_paragraph(flow);
            html_link_write_sole(flow, &flow->sole, buf_str(&flow->line), STR(""));
        } else {
            add_to_paragraph(flow, STR(""));
        }
    }
    reset_line(flow);
}

/* What was written before the jump break is the summary, once nothing is begun. */
static void
settle_jump(struct html_flow *flow)
{
    if (flow->jump != JUMP_DUE || flow->list_depth > 0 || flow->quote_depth > 0 ||
        flow->collect != COLLECT_NONE || flow->table.is_active || flow->figure.is_open ||
        flow->line.len > 0)
        return;
    end_paragraph(flow);
    if (flow->block_open)
        gemtext_close_block(flow->out);
    flow->block_open = false;
    flow->jump = JUMP_DONE;
    flow->summary_len = flow->out->len - flow->start;
}

/* A jump break in the middle of a line ends it when more text comes. */
static void
split_at_jump(struct html_flow *flow)
{
    if (flow->jump != JUMP_DUE || flow->collect != COLLECT_NONE || flow->quote_depth > 0 ||
        flow->list_depth > 0 || flow->links.is_open)
        return;
    end_line(flow);
    settle_jump(flow);
}

void
html_flow_jump(struct html_flow *flow)
{
    if (flow->jump == JUMP_NONE)
        flow->jump = JUMP_DUE;
    settle_jump(flow);
}

void
html_flow_boundary(struct html_flow *flow)
{
    if (flow->collect == COLLECT_PRE) {
        if (flow->line.len > 0 && flow->line.ptr[flow->line.len - 1] != '\n')
            buf_byte(&flow->line, '\n');
    } else if (flow->collect != COLLECT_NONE || html_flow_in_item(flow)) {
        flow->space_due = true;
    } else {
        end_line(flow);
        if (!is_quoting(flow))
            end_paragraph(flow);
        settle_jump(flow);
    }
}

void
html_flow_blank(struct html_flow *flow)
{
    html_flow_boundary(flow);
    if (flow->collect != COLLECT_NONE || html_flow_in_item(flow))
        return;
    if (is_quoting(flow))
        flow->paragraph_blank_due = true;
    else
        flow->blank_due = true;
}

void
html_flow_break(struct html_flow *flow)
{
    if (flow->collect == COLLECT_PRE) {
        buf_byte(&flow->line, '\n');
    } else if (flow->collect != COLLECT_NONE || html_flow_in_item(flow)) {
        flow->space_due = true;
    } else if (flow->links.is_open && flow->line.len > flow->links.text_start) {
        flow->links.breaks++;
        flow->space_due = true;
    } else if (flow->line.len == 0 && !flow->after_aside) {
        html_flow_blank(flow);
    } else {
        end_line(flow);
        settle_jump(flow);
    }
}

void
html_flow_interrupt(struct html_flow *flow)
{
    end_line(flow);
    end_paragraph(flow);
}

void
html_flow_take_line(struct html_flow *flow, struct buf *taken)
{
    html_link_end_line(flow);
    html_script_balance(&flow->line);
    if (!html_script_is_blank(buf_str(&flow->line)))
        buf_put(taken, buf_str(&flow->line));
    reset_line(flow);
}

void
html_flow_heading(struct html_flow *flow, int level)
{
    struct html_sole sole;
    struct buf line = {0};
    struct str text;

    html_link_end_line(flow);
    sole = flow->sole;
    html_flow_take_line(flow, &line);
    text = str_head(buf_str(&line), line.len - (sole.is_sole ? sole.mark_len : 0));
    if (text.len > 0) {
        html_flow_begin_line(flow, false);
        gemtext_heading(flow->out, level, text);
    }
    if (sole.is_sole) {
        html_link_withdraw(flow, &sole);
        html_link_write_sole(flow, &sole, buf_str(&line), STR(""));
    }
    buf_free(&line);
}

void
html_flow_end_quote(struct html_flow *flow)
{
    html_flow_boundary(flow);
    if (flow->quote_depth == 1)
        end_paragraph(flow);
    flow->quote_depth -= flow->quote_depth > 0;
    html_flow_blank(flow);
}

static bool
is_space(unsigned char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* Bytes of white space at the front; U+00A0 is white space. */
static size_t
space_len(struct str text)
{
    size_t len = 0;

    while (len < text.len) {
        if (is_space((unsigned char)text.ptr[len]))
            len++;
        else if (str_starts(str_after(text, len), STR("\xc2\xa0")))
            len += 2;
        else
            break;
    }
    return len;
}

/* Bytes before white space that has to change: a single space between words stays. */
static size_t
words_len(struct str text)
{
    size_t len = 0;

    for (; len < text.len; len++) {
        unsigned char byte = (unsigned char)text.ptr[len];
        unsigned char next;

        if (byte > ' ' && byte != 0xc2)
            continue;
        next = len + 1 < text.len ? (unsigned char)text.ptr[len + 1] : ' ';
        if (byte == 0xc2 && next == 0xa0)
            break;
        if (is_space(byte) && (byte != ' ' || is_space(next) || next == 0xc2))
            break;
    }
    return len;
}

static void
put_words(struct html_flow *flow, struct str words)
{
    if (flow->space_due && flow->line.len > 0)
        buf_byte(&flow->line, ' ');
    flow->space_due = false;
    flow->links.breaks = 0;
    flow->content++;
    flow->has_plain = flow->has_plain || flow->bold_depth == 0;
    flow->sole.is_sole = false;
    if (flow->mark_due)
        buf_byte(&flow->line, flow->mark_due);
    flow->mark_due = '\0';
    if (flow->script == SCRIPT_NONE)
        buf_put(&flow->line, words);
    else
        html_script_put(&flow->line, words, flow->script == SCRIPT_SUP);
}

void
html_flow_text(struct html_flow *flow, struct str text)
{
    if (flow->collect == COLLECT_PRE) {
        flow->content += text.len > 0;
        buf_put(&flow->line, text);
        return;
    }
    while (text.len > 0) {
        size_t len = space_len(text);

        flow->space_due = flow->space_due || len > 0;
        text = str_after(text, len);
        len = words_len(text);
        if (len > 0) {
            split_at_jump(flow);
            put_words(flow, str_head(text, len));
        }
        text = str_after(text, len);
    }
}

void
html_flow_end(struct html_flow *flow)
{
    flow->collect = COLLECT_NONE;
    flow->list_depth = flow->quote_depth = 0;
    html_flow_interrupt(flow);
    settle_jump(flow);
    if (flow->block_open)
        gemtext_close_block(flow->out);
    flow->block_open = false;
}
