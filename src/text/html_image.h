#ifndef TEXT_HTML_IMAGE_H
#define TEXT_HTML_IMAGE_H

/*
 * Pictures and what is embedded: one link line each, with what there is to say about it. Pictures
 * that only measure readers or decorate are left out, and each picture comes once.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct html_flow;

/* A picture that waits for the caption below it, or a caption for its picture. */
struct html_figure {
    bool is_open, has_picture;
    struct buf target, name, note, caption;
    struct buf original; /* the larger one, where the target is a copy of ours */
};

/* The handlers get the place of an element's beginning in the list of nodes. An opening one says
 * whether its closing one is to be called. */
bool html_image_open(struct html_flow *flow, uint32_t place);
bool html_embed_open(struct html_flow *flow, uint32_t place);
bool html_figure_open(struct html_flow *flow, uint32_t place);
void html_figure_close(struct html_flow *flow, uint32_t place);
bool html_caption_open(struct html_flow *flow, uint32_t place);
void html_caption_close(struct html_flow *flow, uint32_t place);
void html_figure_free(struct html_figure *figure);

#endif
