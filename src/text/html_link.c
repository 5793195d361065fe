#include "text/html_link.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/gemtext.h"
#include "text/html_flow.h"
#include "text/html_script.h"
#include "text/html_url.h"

/* Appends what a link line points to. */
static void
put_target(const struct html_flow *flow, struct str address, struct buf *target)
{
    size_t start = target->len;

    if (flow->context->on_link)
        flow->context->on_link(flow->context->ctx, address, target);
    if (target->len == start)
        buf_put(target, address);
}

/* Words that say nothing of where a link leads. */
static bool
is_weak(struct str text)
{
    static const struct str weak[] = {
        {"here", 4},         {"click", 5},          {"click here", 10}, {"this", 4},
        {"link", 4},         {"this link", 9},      {"read more", 9},   {"more", 4},
        {"see here", 8},     {"read here", 9},      {"download", 8},    {"website", 7},
        {"hier", 4},         {"klik hier", 9},      {"lees meer", 9},   {"ici", 3},
        {"cliquez ici", 11}, {"lire la suite", 13}, {"aqu\xc3\xad", 5}, {"di sini", 7},
        {"disini", 6},       {"selengkapnya", 12},
    };

    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++)
        if (str_eq_nocase(text, weak[i]))
            return true;
    return false;
}

static bool
is_address(struct str text)
{
    return !str_has(text, ' ') && (str_eq_nocase(str_head(text, 7), STR("http://")) ||
                                   str_eq_nocase(str_head(text, 8), STR("https://")) ||
                                   str_eq_nocase(str_head(text, 4), STR("www.")));
}

/* The last words of the sentence that ends with the line. */
static struct str
sentence_end(struct str line)
{
    size_t start = line.len, words = 0;

    for (size_t i = line.len; i-- > 0 && line.len - i <= HTML_CONTEXT_MAX;) {
        bool is_space = line.ptr[i] == ' ';

        if (is_space && i > 0 &&
            (line.ptr[i - 1] == '.' || line.ptr[i - 1] == '!' || line.ptr[i - 1] == '?' ||
             line.ptr[i - 1] == ']'))
            break;
        if (is_space && ++words == HTML_CONTEXT_WORDS)
            break;
        if (i == 0 || line.ptr[i - 1] == ' ')
            start = i;
    }
    return str_after(line, start);
}

/* Appends what stands in the link line. The link's text is the end of the line. */
static void
put_label(struct buf *label, struct str line, struct str text, struct str address)
{
    struct str bare = text, context;

    while (bare.len > 0 && (bare.ptr[bare.len - 1] == '.' || bare.ptr[bare.len - 1] == ':'))
        bare.len--;
    if (is_address(text)) {
        html_url_short(label, address);
    } else if (is_weak(bare)) {
        context = sentence_end(line);
        buf_put(label, context.len > text.len ? context : text);
        buf_format(label, " (%.*s)", (int)html_url_host(address).len, html_url_host(address).ptr);
    } else {
        buf_put(label, text);
    }
}

static void
add_waiting(struct html_links *links, unsigned number, struct str target, struct str label)
{
    if (links->count == links->room) {
        links->room = links->room ? links->room * 2 : 16;
        links->waiting = mem_grow(links->waiting, links->room, sizeof *links->waiting);
    }
    links->waiting[links->count++] = (struct html_waiting){.at = links->waiting_text.len,
                                                           .target_len = target.len,
                                                           .label_len = label.len,
                                                           .number = number};
    buf_put(&links->waiting_text, target);
    buf_put(&links->waiting_text, label);
}

/* The link line of a marked text, once a block; says whether this is the one. */
static bool
list_link(struct html_flow *flow, struct str text)
{
    struct html_links *links = &flow->links;
    struct html_set_item *item = &links->addresses.items[links->place];
    struct str address = html_set_key(&links->addresses, links->place);
    struct buf target = {0}, label = {0};

    if (item->block == links->blocks + 1)
        return false;
    item->block = links->blocks + 1;
    put_target(flow, address, &target);
    put_label(&label, buf_str(&flow->line), text, address);
    add_waiting(links, item->number, buf_str(&target), buf_str(&label));
    buf_free(&target);
    buf_free(&label);
    return true;
}

/* The open link without a mark. */
static void
put_aside(struct html_flow *flow, struct str label)
{
    struct buf target = {0};

    put_target(flow, html_link_address(flow), &target);
    html_link_aside(flow, buf_str(&target), label);
    buf_free(&target);
}

/* In preformatted text a mark would be in the way. */
static void
mark_text(struct html_flow *flow, struct str text)
{
    struct html_links *links = &flow->links;
    struct html_set_item *item = &links->addresses.items[links->place];
    struct html_sole sole = {.is_sole = links->text_start == 0,
                             .is_fresh = item->number == 0,
                             .place = links->place,
                             .waiting = links->count};

    if (flow->collect == COLLECT_PRE) {
        put_aside(flow, text);
        return;
    }
    if (sole.is_fresh)
        item->number = ++links->last_number;
    sole.is_listed = list_link(flow, text);
    flow->has_link = true;
    sole.mark_len = flow->line.len;
    buf_format(&flow->line, " [%u]", item->number);
    sole.mark_len = flow->line.len - sole.mark_len;
    flow->sole = sole;
}

void
html_link_open(struct html_flow *flow, struct str address)
{
    struct html_links *links = &flow->links;
    bool is_new;

    html_link_close(flow);
    links->place = html_set_add(&links->addresses, address, &is_new);
    links->is_open = true;
    links->has_picture = false;
    links->breaks = 0;
    /* the space between it and the word before is no part of it */
    links->text_start = flow->line.len + (flow->space_due && flow->line.len > 0);
}

struct str
html_link_address(const struct html_flow *flow)
{
    return flow->links.is_open ? html_set_key(&flow->links.addresses, flow->links.place) : STR("");
}

void
html_link_end_line(struct html_flow *flow)
{
    struct html_links *links = &flow->links;

    if (!links->is_open)
        return;
    if (!html_script_is_blank(str_after(buf_str(&flow->line), links->text_start)))
        mark_text(flow, str_after(buf_str(&flow->line), links->text_start));
    links->is_open = flow->line.len <= links->text_start;
    links->text_start = 0;
}

void
html_link_close(struct html_flow *flow)
{
    struct html_links *links = &flow->links;
    struct buf label = {0};

    if (!links->is_open)
        return;
    html_link_end_line(flow);
    if (links->is_open && links->has_picture) {
        html_url_short(&label, html_link_address(flow));
        put_aside(flow, buf_str(&label));
    }
    links->is_open = false;
    for (; links->breaks > 0; links->breaks--)
        html_flow_break(flow);
    buf_free(&label);
}

void
html_link_withdraw(struct html_flow *flow, const struct html_sole *sole)
{
    struct html_links *links = &flow->links;
    struct html_set_item *item = &links->addresses.items[sole->place];

    if (sole->is_listed) {
        links->waiting[sole->waiting].target_len = 0;
        item->block = 0;
    }
    if (sole->is_fresh && item->number == links->last_number) {
        links->last_number--;
        item->number = 0;
    }
}

void
html_link_write_sole(struct html_flow *flow, const struct html_sole *sole, struct str text,
                     struct str prefix)
{
    struct str address;
    struct buf target = {0}, label = {0};

    text = str_head(text, text.len - sole->mark_len);
    address = html_set_key(&flow->links.addresses, sole->place);
    buf_put(&label, prefix);
    put_label(&label, text, text, address);
    put_target(flow, address, &target);
    html_flow_begin_line(flow, true);
    gemtext_link(flow->out, buf_str(&target), buf_str(&label));
    buf_free(&target);
    buf_free(&label);
}

void
html_link_aside(struct html_flow *flow, struct str target, struct str label)
{
    bool in_place = flow->collect == COLLECT_NONE && flow->line.len == 0 &&
                    !(flow->quote_depth > 0 && flow->paragraph_lines > 0);

    flow->content++;
    if (!in_place) {
        add_waiting(&flow->links, 0, target, label);
        return;
    }
    /* what waits belongs to this line, unless there is a block before it */
    if (flow->paragraph_lines > 0)
        html_flow_interrupt(flow);
    html_flow_begin_line(flow, true);
    gemtext_link(flow->out, target, label);
    flow->after_aside = true;
}

void
html_link_write_waiting(struct html_flow *flow)
{
    struct html_links *links = &flow->links;
    struct buf label = {0};
    bool numbered = false;

    for (size_t i = 0; i < links->count; i++) {
        const struct html_waiting *waiting = &links->waiting[i];
        struct str text = str_after(buf_str(&links->waiting_text), waiting->at);

        if (waiting->target_len == 0)
            continue;
        buf_truncate(&label, 0);
        if (waiting->number > 0)
            buf_format(&label, "%u: ", waiting->number);
        buf_put(&label, str_head(str_after(text, waiting->target_len), waiting->label_len));
        html_flow_begin_line(flow, true);
        gemtext_link(flow->out, str_head(text, waiting->target_len), buf_str(&label));
        numbered = numbered || waiting->number > 0;
    }
    flow->links_above = flow->links_above || numbered;
    links->blocks++;
    links->count = 0;
    buf_truncate(&links->waiting_text, 0);
    buf_free(&label);
}

void
html_links_free(struct html_links *links)
{
    html_set_free(&links->addresses);
    free(links->waiting);
    buf_free(&links->waiting_text);
}
