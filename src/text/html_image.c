#include "text/html_image.h"

#include <string.h>

#include "text/gemtext.h"
#include "text/html_flow.h"
#include "text/html_url.h"
#include "text/picture.h"
#include "text/uri.h"

enum {
    SPECK_MAX = 1, /* pixels of the side of a picture that only counts readers */
    SIDE_MAX = 100000,
    LOSS_MAX = 120, /* bytes of a lost address that are reported */
};

static void
report_loss(const struct html_flow *flow, const char *kind, struct str what)
{
    if (flow->context->on_loss)
        flow->context->on_loss(flow->context->ctx, kind, str_head(what, LOSS_MAX));
}

static struct str
value_of(const struct html_flow *flow, uint32_t place, enum html_attr name)
{
    return str_trim(html_node_value(flow->nodes, &flow->nodes->list[place], name));
}

static bool
is_speck(struct str side)
{
    unsigned long pixels;

    str_chop(&side, STR("px"));
    return str_number(side, SIDE_MAX, &pixels) && pixels <= SPECK_MAX;
}

/* Pictures of Blogger's page around the post, and of those who count its readers. */
static bool
is_decoration(struct str address)
{
    static const char *const parts[] = {
        "/icon18_",
        "spacer.gif",
        "blogblog.com/",
        "/transparent.gif",
        "/pixel.gif",
        "feeds.feedburner.com/~",
        "blogger.googleusercontent.com/tracker/",
        "stats.wordpress.com/",
        "/blank.gif",
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (address.len > 0 && memmem(address.ptr, address.len, parts[i], strlen(parts[i])))
            return true;
    return false;
}

/* Appends the file name of the address in words. */
static void
put_file_words(struct buf *out, struct str address)
{
    struct str path = uri_split(address).path;
    const char *slash = path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;
    struct buf decoded = {0};

    if (slash)
        path = str_after(path, (size_t)(slash - path.ptr) + 1);
    uri_decode(&decoded, path);
    picture_words(out, buf_str(&decoded));
    buf_free(&decoded);
}

/* What the picture's own element says of it. */
static void
put_name(const struct html_flow *flow, uint32_t place, struct buf *name)
{
    static const enum html_attr says[] = {HTML_ALT, HTML_TITLE};

    for (size_t i = 0; i < sizeof says / sizeof *says && name->len == 0; i++) {
        struct str text = value_of(flow, place, says[i]);

        if (picture_is_picture(text) && !str_has(text, ' '))
            picture_words(name, text);
        else
            gemtext_clean(name, text);
    }
}

static void
put_label(struct buf *label, struct str name, struct str note)
{
    buf_put(label, STR("Image"));
    if (name.len > 0) {
        buf_put(label, STR(": "));
        buf_put(label, name);
    }
    if (note.len > 0) {
        buf_put(label, STR(" ("));
        buf_put(label, note);
        buf_byte(label, ')');
    }
}

/* The larger picture that a smaller copy of ours stands for. */
static void
write_original(struct html_flow *flow, struct str original, struct str name)
{
    struct buf label = {0};

    buf_put(&label, name.len > 0 ? STR("Original: ") : STR("Original"));
    buf_put(&label, name);
    html_link_aside(flow, original, buf_str(&label));
    buf_free(&label);
}

/* The picture's line. Without a target it is a line of text. */
static void
write_picture(struct html_flow *flow, const struct html_figure *picture, struct str name)
{
    struct buf label = {0};

    put_label(&label, name, buf_str(&picture->note));
    if (picture->target.len > 0) {
        html_link_aside(flow, buf_str(&picture->target), buf_str(&label));
        if (picture->original.len > 0)
            write_original(flow, buf_str(&picture->original), name);
    } else {
        struct buf text = {0};

        buf_format(&text, " [%s] ", buf_text(&label));
        html_flow_text(flow, buf_str(&text));
        buf_free(&text);
    }
    buf_free(&label);
}

static void
write_figure(struct html_flow *flow)
{
    struct html_figure *figure = &flow->figure;
    struct str name = figure->caption.len > 0 ? buf_str(&figure->caption) : buf_str(&figure->name);

    if (figure->has_picture)
        write_picture(flow, figure, name);
    else
        html_flow_text(flow, buf_str(&figure->caption));
    buf_truncate(&figure->caption, 0);
    figure->has_picture = false;
    html_flow_boundary(flow);
}

/* Keeps the picture for the caption that may follow; one that waited goes without. */
static void
keep_picture(struct html_flow *flow, const struct html_figure *picture)
{
    struct html_figure *figure = &flow->figure;

    if (figure->has_picture)
        write_figure(flow);
    buf_truncate(&figure->target, 0);
    buf_truncate(&figure->name, 0);
    buf_truncate(&figure->note, 0);
    buf_truncate(&figure->original, 0);
    buf_put(&figure->target, buf_str(&picture->target));
    buf_put(&figure->name, buf_str(&picture->name));
    buf_put(&figure->note, buf_str(&picture->note));
    buf_put(&figure->original, buf_str(&picture->original));
    figure->has_picture = true;
}

/* Appends what the picture's link points to, and a note. full is the larger one it links to. */
static void
ask_target(const struct html_flow *flow, struct str address, struct str full,
           struct html_figure *answer)
{
    if (flow->context->on_image)
        flow->context->on_image(flow->context->ctx, address, full, &answer->target, &answer->note);
    if (answer->target.len == 0)
        buf_put(&answer->target, full);
    else if (!str_eq(buf_str(&answer->target), full))
        buf_put(&answer->original, full);
}

/* A picture with an address, seen for the first time. */
static void
show_picture(struct html_flow *flow, uint32_t place, struct str address, struct str full)
{
    struct html_figure picture = {0};

    put_name(flow, place, &picture.name);
    ask_target(flow, address, full, &picture);
    if (picture.target.len == 0 && !html_url_is_inside(address))
        picture_file(&picture.target, address);
    if (picture.name.len == 0)
        put_file_words(&picture.name, full.len > 0 ? full : address);
    if (picture.target.len == 0)
        report_loss(flow, "picture", address);
    if (flow->figure.is_open && flow->collect == COLLECT_NONE)
        keep_picture(flow, &picture);
    else
        write_picture(flow, &picture, buf_str(&picture.name));
    html_figure_free(&picture);
}

/* Whether no picture of this address was shown; from now on it is one that was. */
static bool
is_first(struct html_flow *flow, struct str address)
{
    struct buf key = {0};
    bool is_new;

    picture_key(&key, address);
    html_set_add(&flow->pictures, buf_str(&key), &is_new);
    buf_free(&key);
    return is_new;
}

/* The larger picture behind a smaller one is the same. */
static bool
is_first_of_both(struct html_flow *flow, struct str address, struct str full)
{
    struct buf key = {0}, full_key = {0};
    bool first = is_first(flow, address);

    picture_key(&key, address);
    picture_key(&full_key, full);
    if (full.len > 0 && !str_eq(buf_str(&key), buf_str(&full_key)))
        first = is_first(flow, full) && first;
    buf_free(&key);
    buf_free(&full_key);
    return first;
}

bool
html_image_open(struct html_flow *flow, uint32_t place)
{
    struct buf address = {0}, full = {0};
    struct str link = html_link_address(flow);

    if (!is_speck(value_of(flow, place, HTML_WIDTH)) &&
        !is_speck(value_of(flow, place, HTML_HEIGHT)))
        html_url_clean(&address, str_of(flow->context->base), value_of(flow, place, HTML_SRC));
    if (picture_is_picture(link))
        picture_file(&full, link);
    if (address.len > 0 && !is_decoration(buf_str(&address))) {
        /* a link around it that leads elsewhere is named after its place */
        flow->links.has_picture = full.len == 0;
        if (is_first_of_both(flow, buf_str(&address), buf_str(&full)))
            show_picture(flow, place, buf_str(&address), buf_str(&full));
    }
    buf_free(&address);
    buf_free(&full);
    return false;
}

/* What an embedded address is called, and where it leads. */
static void
put_embedded(const struct html_flow *flow, enum html_tag tag, struct str address,
             struct buf *target, struct buf *label)
{
    const char *host;

    if (html_url_video(target, address, &host)) {
        buf_format(label, "Video (%s)", host);
        return;
    }
    buf_put(target, address);
    if (tag == HTML_VIDEO || tag == HTML_AUDIO) {
        buf_put(label, tag == HTML_VIDEO ? STR("Video: ") : STR("Audio: "));
        html_url_short(label, address);
        return;
    }
    buf_put(label, STR("Embedded: "));
    buf_put(label, html_url_host(address));
    report_loss(flow, "embedded", address);
}

bool
html_embed_open(struct html_flow *flow, uint32_t place)
{
    enum html_tag tag = flow->nodes->list[place].tag;
    struct str src = value_of(flow, place, HTML_SRC);
    struct buf address = {0}, target = {0}, label = {0};
    bool is_new = false;

    if (src.len == 0)
        src = value_of(flow, place, HTML_DATA);
    if (tag == HTML_PARAM && !str_eq_nocase(value_of(flow, place, HTML_NAME), STR("movie")))
        src = STR("");
    else if (tag == HTML_PARAM)
        src = value_of(flow, place, HTML_VALUE);
    if (html_url_clean(&address, str_of(flow->context->base), src) == HTML_URL_LINK) {
        put_embedded(flow, tag, buf_str(&address), &target, &label);
        /* an object names its film three times, in elements of its own */
        html_set_add(&flow->pictures, buf_str(&target), &is_new);
    }
    if (is_new)
        html_link_aside(flow, buf_str(&target), buf_str(&label));
    buf_free(&address);
    buf_free(&target);
    buf_free(&label);
    return false;
}

bool
html_figure_open(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_blank(flow);
    if (flow->figure.is_open || flow->collect != COLLECT_NONE)
        return false;
    flow->figure.is_open = true;
    return true;
}

void
html_figure_close(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    flow->figure.is_open = false;
    write_figure(flow);
    html_flow_blank(flow);
}

bool
html_caption_open(struct html_flow *flow, uint32_t place)
{
    (void)place;
    html_flow_boundary(flow);
    if (!flow->figure.is_open || flow->collect != COLLECT_NONE)
        return false;
    if (html_flow_in_item(flow))
        html_flow_interrupt(flow);
    flow->collect = COLLECT_CAPTION;
    return true;
}

void
html_caption_close(struct html_flow *flow, uint32_t place)
{
    struct html_figure *figure = &flow->figure;

    (void)place;
    flow->collect = COLLECT_NONE;
    if (figure->caption.len > 0)
        buf_byte(&figure->caption, ' ');
    html_flow_take_line(flow, &figure->caption);
    if (figure->has_picture)
        write_figure(flow);
}

void
html_figure_free(struct html_figure *figure)
{
    buf_free(&figure->target);
    buf_free(&figure->name);
    buf_free(&figure->note);
    buf_free(&figure->original);
    buf_free(&figure->caption);
}
