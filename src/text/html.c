#include "text/html.h"

#include "text/gemtext.h"
#include "text/html_flow.h"
#include "text/html_script.h"
#include "text/html_url.h"
#include "text/wrap.h"

enum {
    HEADING_MAX = 250, /* bytes; a longer text in <h2> is a text in large letters */
    NUMBER_MAX = 1000000,
    LINE_ROOM = 1024, /* bytes that most lines and paragraphs fit in */
};

static const struct html_node *
node_at(const struct html_flow *flow, uint32_t place)
{
    return &flow->nodes->list[place];
}

static bool
open_block(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    return true;
}

static void
close_part(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
}

/* What a reader had seen when the block began is kept where its end has room for it. */
static void
close_block(struct html_flow *flow, uint32_t place)
{
    html_flow_boundary(flow);
    if (flow->content == node_at(flow, node_at(flow, place)->other)->at)
        html_flow_blank(flow);
}

static bool
open_paragraph(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_blank(flow);
    return true;
}

static void
close_paragraph(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_blank(flow);
}

static bool
on_break(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_break(flow);
    return false;
}

/* Whether an element's text is short; looks no further than that. */
static bool
is_short(const struct html_flow *flow, uint32_t place)
{
    size_t len = 0;

    for (uint32_t i = place + 1; i < node_at(flow, place)->other; i++) {
        if (node_at(flow, i)->tag == HTML_TEXT)
            len += str_trim(html_node_text(flow->nodes, node_at(flow, i))).len;
        if (len > HEADING_MAX || i - place > HEADING_MAX)
            return false;
    }
    return true;
}

static bool
open_heading(struct html_flow *flow, uint32_t place)
{
    html_flow_blank(flow);
    if (flow->collect != COLLECT_NONE || flow->quote_depth > 0 || flow->table.is_active ||
        html_flow_in_item(flow) || !is_short(flow, place))
        return false;
    flow->collect = COLLECT_HEADING;
    return true;
}

static void
close_heading(struct html_flow *flow, uint32_t place)
{
    flow->collect = COLLECT_NONE;
    html_flow_heading(flow, node_at(flow, place)->tag == HTML_HEADING_2 ? 2 : 3);
}

static bool
open_bold(struct html_flow *flow, uint32_t place)
{
    (void)place;
    flow->bold_depth++;
    return true;
}

static void
close_bold(struct html_flow *flow, uint32_t place)
{
    (void)place;
    flow->bold_depth--;
}

/* The element's text when there is only one, however few elements stand around it. */
static struct str
only_text(const struct html_flow *flow, uint32_t place)
{
    enum { NODES_MAX = 8 };
    struct str only = STR("");

    for (uint32_t i = place + 1; i < node_at(flow, place)->other; i++) {
        if (i - place > NODES_MAX || (only.len > 0 && node_at(flow, i)->tag == HTML_TEXT))
            return STR("");
        if (node_at(flow, i)->tag == HTML_TEXT)
            only = str_trim(html_node_text(flow->nodes, node_at(flow, i)));
    }
    return only;
}

/* Digits become small ones; anything else gets a mark in front. */
static bool
open_script(struct html_flow *flow, uint32_t place)
{
    bool raised = node_at(flow, place)->tag == HTML_SUP;

    if (flow->script != SCRIPT_NONE || flow->collect == COLLECT_PRE)
        return false;
    if (html_script_has(only_text(flow, place)))
        flow->script = raised ? SCRIPT_SUP : SCRIPT_SUB;
    else
        flow->mark_due = raised ? '^' : '_';
    return true;
}

static void
close_script(struct html_flow *flow, uint32_t place)
{
    (void)place;
    flow->script = SCRIPT_NONE;
    flow->mark_due = '\0';
}

static bool
open_link(struct html_flow *flow, uint32_t place)
{
    struct str href = html_node_value(flow->nodes, node_at(flow, place), HTML_HREF);
    struct buf address = {0};
    enum html_url kind = html_url_clean(&address, str_of(flow->context->base), href);

    if (kind == HTML_URL_LINK)
        html_link_open(flow, buf_str(&address));
    else if (kind == HTML_URL_INSIDE && flow->context->on_loss)
        flow->context->on_loss(flow->context->ctx, "link", buf_str(&address));
    buf_free(&address);
    return kind == HTML_URL_LINK;
}

static void
close_link(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_link_close(flow);
}

static bool
on_jump(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_jump(flow);
    return false;
}

static bool
on_rule(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_blank(flow);
    if (flow->collect != COLLECT_NONE)
        return false;
    html_flow_interrupt(flow);
    html_flow_begin_line(flow, false);
    gemtext_text(flow->out, STR("---"));
    flow->content++;
    html_flow_blank(flow);
    return false;
}

static unsigned
number_of(const struct html_flow *flow, uint32_t place, enum html_attr name, unsigned otherwise)
{
    struct str value = str_trim(html_node_value(flow->nodes, node_at(flow, place), name));
    unsigned long number;

    return str_number(value, NUMBER_MAX, &number) ? (unsigned)number : otherwise;
}

/* A list of a depth that is not told apart shares the entry of the one around it. */
static struct html_list *
list_at(struct html_flow *flow, size_t depth)
{
    return &flow->lists[depth < HTML_LIST_MAX ? depth : HTML_LIST_MAX - 1];
}

static struct html_list *
push_list(struct html_flow *flow, bool ordered, unsigned start)
{
    struct html_list *list = list_at(flow, flow->list_depth++);

    *list = (struct html_list){
        .ordered = ordered, .number = start - 1, .quote_depth = flow->quote_depth};
    return list;
}

/* Whether there is no text but that of links. Looks no further than the first list inside. */
static bool
is_of_links(const struct html_flow *flow, uint32_t place)
{
    for (uint32_t i = place + 1; i < node_at(flow, place)->other; i++) {
        const struct html_node *node = node_at(flow, i);

        if (node->tag == HTML_LINK && !node->is_end)
            i = node->other;
        else if (node->tag == HTML_UL || node->tag == HTML_OL ||
                 (node->tag == HTML_TEXT && str_trim(html_node_text(flow->nodes, node)).len > 0))
            return false;
    }
    return true;
}

static bool
open_list(struct html_flow *flow, uint32_t place)
{
    bool is_outer = flow->list_depth == 0;
    struct html_list *list;

    if (is_outer)
        html_flow_blank(flow);
    else
        html_flow_boundary(flow);
    if (flow->collect != COLLECT_NONE || flow->table.is_active)
        return false;
    if (html_flow_in_item(flow))
        html_flow_interrupt(flow);
    list = push_list(flow, node_at(flow, place)->tag == HTML_OL,
                     number_of(flow, place, HTML_START, 1));
    list->of_links = is_outer && is_of_links(flow, place);
    return true;
}

static void
close_list(struct html_flow *flow, uint32_t place)
{
    (void)place;
    if (flow->list_depth == 0)
        return;
    if (html_flow_in_item(flow))
        html_flow_interrupt(flow);
    flow->list_depth--;
    html_flow_boundary(flow);
    if (flow->list_depth == 0)
        html_flow_blank(flow);
}

/* An item without a list is one of a list of its own. */
static bool
open_item(struct html_flow *flow, uint32_t place)
{
    struct html_list *list;

    html_flow_boundary(flow);
    if (flow->collect != COLLECT_NONE || flow->table.is_active)
        return false;
    if (html_flow_in_item(flow))
        html_flow_interrupt(flow);
    if (flow->list_depth == 0) {
        list = push_list(flow, false, 1);
        list->is_loose = list->of_links = true;
    }
    list = list_at(flow, flow->list_depth - 1);
    list->number = number_of(flow, place, HTML_VALUE, list->number + 1);
    list->in_item = true;
    list->begun = false;
    return true;
}

static void
close_item(struct html_flow *flow, uint32_t place)
{
    (void)place;
    if (html_flow_in_item(flow))
        html_flow_interrupt(flow);
    if (flow->list_depth > 0)
        list_at(flow, flow->list_depth - 1)->in_item = false;
    if (flow->list_depth == 1 && flow->lists[0].is_loose)
        flow->list_depth = 0;
    html_flow_boundary(flow);
}

static bool
open_quote(struct html_flow *flow, uint32_t place)
{
    (void)place;
    if (html_flow_in_item(flow) && flow->collect == COLLECT_NONE)
        html_flow_interrupt(flow);
    else
        html_flow_blank(flow);
    if (flow->collect != COLLECT_NONE || flow->table.is_active)
        return false;
    flow->quote_depth++;
    return true;
}

static void
close_quote(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_end_quote(flow);
}

static bool
open_pre(struct html_flow *flow, uint32_t place)
{
    (void)place;
    if (flow->collect != COLLECT_NONE || flow->table.is_active)
        return false;
    html_flow_interrupt(flow);
    flow->collect = COLLECT_PRE;
    return true;
}

/* The text without the line end after <pre> and empty lines at its end. Text that follows another
 * preformatted text goes on in its block. */
static void
close_pre(struct html_flow *flow, uint32_t place)
{
    struct buf text = {0};
    struct str rest;

    (void)place;
    html_flow_take_line(flow, &text);
    flow->collect = COLLECT_NONE;
    rest = buf_str(&text);
    if (!str_skip(&rest, STR("\r\n")))
        str_skip(&rest, STR("\n"));
    while (rest.len > 0 && str_trim(str_after(rest, rest.len - 1)).len == 0)
        rest.len--;
    if (rest.len > 0 && !flow->block_open) {
        flow->blank_due = flow->blank_due || !html_flow_in_item(flow);
        html_flow_begin_line(flow, false);
        gemtext_open_block(flow->out, STR(""));
    }
    flow->block_open = flow->block_open || rest.len > 0;
    while (rest.len > 0)
        gemtext_block_line(flow->out, str_line(&rest));
    html_flow_blank(flow);
    buf_free(&text);
}

static bool
on_form(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    if (flow->context->on_loss)
        flow->context->on_loss(flow->context->ctx, "form", STR(""));
    return false;
}

struct rule {
    bool (*open)(struct html_flow *flow, uint32_t place); /* whether close ends the element */
    void (*close)(struct html_flow *flow, uint32_t place);
    void (*end)(struct html_flow *flow); /* ends it when close does not */
};

static const struct rule rules[HTML_TAGS] = {
    [HTML_BLOCK] = {open_block, close_block, NULL},
    [HTML_PART] = {open_block, close_part, NULL},
    [HTML_PARAGRAPH] = {open_paragraph, close_paragraph, NULL},
    [HTML_BREAK] = {on_break, NULL, NULL},
    [HTML_HEADING_2] = {open_heading, close_heading, html_flow_blank},
    [HTML_HEADING_3] = {open_heading, close_heading, html_flow_blank},
    [HTML_BOLD] = {open_bold, close_bold, NULL},
    [HTML_SUB] = {open_script, close_script, NULL},
    [HTML_SUP] = {open_script, close_script, NULL},
    [HTML_LINK] = {open_link, close_link, NULL},
    [HTML_JUMP] = {on_jump, NULL, NULL},
    [HTML_IMAGE] = {html_image_open, NULL, NULL},
    [HTML_RULE] = {on_rule, NULL, NULL},
    [HTML_UL] = {open_list, close_list, html_flow_boundary},
    [HTML_OL] = {open_list, close_list, html_flow_boundary},
    [HTML_ITEM] = {open_item, close_item, html_flow_boundary},
    [HTML_DETAIL] = {open_item, close_item, html_flow_boundary},
    [HTML_QUOTE] = {open_quote, close_quote, html_flow_boundary},
    [HTML_PRE] = {open_pre, close_pre, html_flow_boundary},
    [HTML_TABLE] = {html_table_open, html_table_close, html_flow_blank},
    [HTML_TABLE_TITLE] = {html_title_open, html_title_close, html_flow_boundary},
    [HTML_ROW] = {html_row_open, html_row_close, html_flow_boundary},
    [HTML_CELL] = {html_cell_open, html_cell_close, html_flow_boundary},
    [HTML_HEAD_CELL] = {html_cell_open, html_cell_close, html_flow_boundary},
    [HTML_FIGURE] = {html_figure_open, html_figure_close, html_flow_blank},
    [HTML_CAPTION] = {html_caption_open, html_caption_close, html_flow_boundary},
    [HTML_EMBED] = {html_embed_open, NULL, NULL},
    [HTML_IFRAME] = {html_embed_open, NULL, NULL},
    [HTML_VIDEO] = {html_embed_open, NULL, NULL},
    [HTML_AUDIO] = {html_embed_open, NULL, NULL},
    [HTML_PARAM] = {html_embed_open, NULL, NULL},
    [HTML_FORM] = {on_form, NULL, NULL},
};

static void
walk(struct html_flow *flow, struct html_nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++) {
        struct html_node *node = &nodes->list[i];
        const struct rule *rule = &rules[node->tag];

        if (node->tag == HTML_TEXT) {
            html_flow_text(flow, html_node_text(nodes, node));
        } else if (!node->is_end) {
            nodes->list[node->other].at = (uint32_t)flow->content;
            node->is_open = rule->open(flow, i);
        } else if (nodes->list[node->other].is_open) {
            rule->close(flow, node->other);
        } else if (rule->end) {
            rule->end(flow);
        }
    }
}

/* No more than the converter keeps for itself. */
static void
free_flow(struct html_flow *flow)
{
    buf_free(&flow->line);
    buf_free(&flow->paragraph);
    html_links_free(&flow->links);
    html_set_free(&flow->pictures);
    html_figure_free(&flow->figure);
    html_table_free(&flow->table);
}

void
html_to_gemtext(struct buf *out, struct str html, const struct html_context *context,
                struct html_result *result)
{
    struct html_nodes nodes;
    struct html_flow flow = {.out = out, .start = out->len, .context = context, .nodes = &nodes};

    html_nodes_read(&nodes, html);
    if (html.len > HTML_MAX && context->on_loss)
        context->on_loss(context->ctx, "text", STR("everything after the first 16 MiB"));
    buf_room(out, nodes.text.len);
    buf_room(&flow.line, LINE_ROOM);
    buf_room(&flow.paragraph, LINE_ROOM);
    walk(&flow, &nodes);
    html_flow_end(&flow);
    if (out->len == flow.start) {
        gemtext_text(out, STR("(no text)"));
        if (context->on_loss)
            context->on_loss(context->ctx, "text", STR("(no text)"));
    }
    if (result)
        *result = (struct html_result){flow.summary_len, flow.summary_len > 0};
    free_flow(&flow);
    html_nodes_free(&nodes);
}
