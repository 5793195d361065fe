#ifndef TEXT_HTML_NODES_H
#define TEXT_HTML_NODES_H

/*
 * HTML as a flat list in the order of the text: elements with their begin and end, and the text
 * between. libxml2's tree would lose everything below some 250 levels. Here an element that stands
 * deeper than HTML_DEPTH_MAX ends one of those around it, and no text is lost. What a text page
 * does not show (scripts, hidden elements, the content of a form) is not in the list.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "text/html_names.h"

enum {
    HTML_MAX = 16 << 20,  /* bytes: twice the longest entry of a feed */
    HTML_DEPTH_MAX = 512, /* open elements */
};

struct html_node {
    enum html_tag tag : 8;
    bool is_end;
    bool is_open;   /* for the reader of the list, of a beginning */
    uint32_t other; /* of a beginning its end, of an end its beginning */
    /* of a text: bytes in html_nodes.text; of a beginning: places in html_nodes.attributes */
    uint32_t at, len;
};

struct html_attribute {
    enum html_attr name;
    uint32_t at, len; /* bytes in html_nodes.text */
};

struct html_nodes {
    struct html_node *list;
    struct html_attribute *attributes;
    struct buf text; /* entities are decoded, white space is as it was */
    size_t count, room, attribute_count, attribute_room;
};

/* Reads at most HTML_MAX bytes. Ended with html_nodes_free. */
void html_nodes_read(struct html_nodes *nodes, struct str html);
void html_nodes_free(struct html_nodes *nodes);

struct str html_node_text(const struct html_nodes *nodes, const struct html_node *node);

/* Empty when the element has no such attribute. */
struct str html_node_value(const struct html_nodes *nodes, const struct html_node *node,
                           enum html_attr name);

#endif
