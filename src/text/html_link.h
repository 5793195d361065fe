#ifndef TEXT_HTML_LINK_H
#define TEXT_HTML_LINK_H

/*
 * Links in running text: the text stays, a mark " [n]" follows it, and the link line "n: text"
 * comes after the block. A line that is only a link becomes the link line itself.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "text/html_set.h"

enum { HTML_CONTEXT_WORDS = 6, HTML_CONTEXT_MAX = 80 /* bytes */ };

struct html_flow;

/* A line so far nothing but a link. */
struct html_sole {
    bool is_sole;
    bool is_fresh, is_listed; /* its number was given out for it; its link line waits */
    size_t mark_len;          /* bytes at the end of its line */
    size_t place, waiting;    /* of its address in the set; of its link line */
};

/* A link line that waits for the end of its block; without a target it is not wanted any more.
 * Number 0: a picture, or a link without mark. */
struct html_waiting {
    size_t at, target_len, label_len; /* bytes in html_links.waiting_text */
    unsigned number;
};

struct html_links {
    struct html_set addresses; /* number: of the mark; block: where it was listed last */
    unsigned last_number, blocks;
    bool is_open, has_picture;
    size_t place, text_start; /* of the open link: its address, and its text in the line */
    unsigned breaks;          /* line breaks that follow it */
    struct html_waiting *waiting;
    struct buf waiting_text;
    size_t count, room;
};

void html_link_open(struct html_flow *flow, struct str address);
void html_link_close(struct html_flow *flow);

/* The address of the link that is open; empty when there is none. */
struct str html_link_address(const struct html_flow *flow);

/* The mark, where the line ends inside a link. What else the link holds is plain text. */
void html_link_end_line(struct html_flow *flow);

/* Takes back the number and the waiting line of a link that needs no mark. */
void html_link_withdraw(struct html_flow *flow, const struct html_sole *sole);

/* The line of a sole link; prefix is what stands before its text, such as a number. text is the
 * whole line with the mark. */
void html_link_write_sole(struct html_flow *flow, const struct html_sole *sole, struct str text,
                          struct str prefix);

/* A link line on its own where the text allows, else after the block. */
void html_link_aside(struct html_flow *flow, struct str target, struct str label);

void html_link_write_waiting(struct html_flow *flow);
void html_links_free(struct html_links *links);

#endif
