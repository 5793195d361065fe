#include "site/post.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "base/mem.h"
#include "text/gemtext.h"
#include "text/language.h"
#include "text/uri.h"

enum { LABELS_FIRST = 8, FRAME_ROOM = 512 /* bytes that most titles and trailers fit in */ };

static const struct str byte_order_mark = {"\xef\xbb\xbf", 3};
static const struct str separator = {" \xc2\xb7 ", 4}; /* between fields of the published line */
static const struct str lone_dot = {"\xc2\xb7", 2};
static const struct str label_folder = {"/label/", 7};
static const struct str original_name = {"Original post", 13};
static const struct str rule = {"---", 3};

/* Cleaned text, with the words dropped that would read as a separator of fields. */
static void
put_author(struct buf *out, struct str author)
{
    struct buf clean = {0};
    struct str rest;
    size_t start = out->len;

    gemtext_clean(&clean, author);
    rest = buf_str(&clean);
    while (rest.len > 0) {
        struct str word = str_cut(&rest, ' ');

        if (str_eq(word, lone_dot))
            continue;
        if (out->len > start)
            buf_byte(out, ' ');
        buf_put(out, word);
    }
    buf_free(&clean);
}

/* "by" and "updated" look like tags too, but are fields without their values; in any case of the
 * letters, since language_put settles it. */
static bool
is_language(struct str text)
{
    return text.len <= LANGUAGE_MAX && language_is_tag(text) && !str_eq_nocase(text, STR("by")) &&
           !str_eq_nocase(text, STR("updated"));
}

static bool
is_utf8(struct str text, struct failure *why)
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    const uint8_t *bad = text.len > 0 ? u8_check(bytes, text.len) : NULL;
    size_t line = 1;

    if (!bad)
        return true;
    for (const uint8_t *byte = bytes; byte < bad; byte++)
        line += *byte == '\n';
    return fail(why, "line %zu: not UTF-8", line);
}

static bool
parse_field(struct str field, struct post *post, struct failure *why)
{
    struct str *place = NULL;

    if (is_language(field)) {
        place = &post->language;
    } else if (str_skip(&field, STR("by "))) {
        place = &post->author;
    } else if (str_skip(&field, STR("updated "))) {
        if (post->updated.year != 0)
            return fail(why, "line 2: a second date of an update");
        return date_parse(field, &post->updated) ||
               fail(why, "line 2: expected updated YYYY-MM-DD");
    }
    if (!place)
        return fail(why, "line 2: unknown field \"%.*s\"", (int)str_head(field, FAILURE_MAX).len,
                    field.ptr);
    if (place->len > 0)
        return fail(why, "line 2: a second \"%.*s\"", (int)str_head(field, FAILURE_MAX).len,
                    field.ptr);
    *place = field;
    return true;
}

/* The piece before the next separator of fields. */
static struct str
cut_field(struct str *rest)
{
    const char *found =
        rest->len > 0 ? memmem(rest->ptr, rest->len, separator.ptr, separator.len) : NULL;
    struct str field = str_head(*rest, found ? (size_t)(found - rest->ptr) : rest->len);

    *rest = str_after(*rest, field.len + separator.len);
    return field;
}

static bool
parse_published(struct str line, struct post *post, struct failure *why)
{
    if (!moment_parse(cut_field(&line), &post->published))
        return fail(why, "line 2: expected the date, YYYY-MM-DD or YYYY-MM-DD HH:MM +HHMM");
    while (line.len > 0)
        if (!parse_field(cut_field(&line), post, why))
            return false;
    return true;
}

/* Title and published line; keeps title and author as two lines of post->owned. */
static bool
parse_head(struct str *rest, struct post *post, struct failure *why)
{
    struct gemtext_scanner scanner = {.rest = str_line(rest)};
    struct gemtext_line title;
    size_t author_start;

    if (!gemtext_next(&scanner, &title) || title.kind != GEMTEXT_HEADING || title.level != 1)
        return fail(why, "line 1: expected the title, # and text");
    gemtext_clean(&post->owned, title.text);
    if (post->owned.len == 0)
        return fail(why, "line 1: the title has no text");
    buf_byte(&post->owned, '\n');
    if (!parse_published(str_trim(str_line(rest)), post, why))
        return false;
    author_start = post->owned.len;
    put_author(&post->owned, post->author);
    if (post->author.len > 0 && post->owned.len == author_start)
        return fail(why, "line 2: the author has no name");
    buf_byte(&post->owned, '\n');
    return true;
}

/* Where the last lines of a text that are links begin, its length when there are none. */
static size_t
find_last_run(struct str text)
{
    struct gemtext_scanner scanner = {.rest = text};
    struct gemtext_line line;
    size_t start = text.len;
    bool in_run = false, after_blank = true;

    for (size_t at = 0; gemtext_next(&scanner, &line); at = text.len - scanner.rest.len) {
        bool blank = line.kind == GEMTEXT_TEXT && str_trim(line.raw).len == 0;

        if (line.kind == GEMTEXT_LINK && !in_run)
            start = after_blank ? at : text.len;
        else if (line.kind != GEMTEXT_LINK && !blank)
            start = text.len;
        in_run = line.kind == GEMTEXT_LINK;
        after_blank = blank;
    }
    return start;
}

/* Appends slug and name, a line each, when the link is one of a label. */
static bool
put_label(struct buf *owned, const struct gemtext_line *link)
{
    struct buf path = {0};
    struct str slug;
    bool is_label = str_starts(link->target, label_folder) && !str_has(link->target, '?') &&
                    !str_has(link->target, '#') &&
                    uri_path_decode(link->target, &path) == URI_PATH_OK;

    slug = buf_str(&path);
    is_label = is_label && str_skip(&slug, label_folder) && str_chop(&slug, STR("/")) &&
               slug.len > 0 && !str_has(slug, '/') && !str_has(slug, '\n');
    if (is_label) {
        size_t name;

        buf_put(owned, slug);
        buf_byte(owned, '\n');
        name = owned->len;
        gemtext_clean(owned, link->text);
        if (owned->len == name)
            gemtext_clean(owned, slug);
        buf_byte(owned, '\n');
    }
    buf_free(&path);
    return is_label;
}

static bool
is_web_link(struct str target)
{
    struct uri uri = uri_split(target);

    return uri.host.len > 0 &&
           (str_eq_nocase(uri.scheme, STR("https")) || str_eq_nocase(uri.scheme, STR("http")));
}

/* Keeps the labels' slugs and names, then the original, as lines of post->owned. False, and
 * nothing kept, when the run of links is no trailer; the labels are counted all the same. */
static bool
parse_trailer(struct str run, struct buf *owned, size_t *labels)
{
    struct gemtext_scanner scanner = {.rest = run};
    struct gemtext_line line;
    struct str original = {0}, name = {0};
    size_t before = owned->len;
    bool fits = true;

    *labels = 0;
    while (gemtext_next(&scanner, &line) && line.kind == GEMTEXT_LINK) {
        if (put_label(owned, &line)) {
            *labels += 1;
        } else {
            fits = fits && original.len == 0 && is_web_link(line.target);
            original = line.target;
            name = str_trim(line.text);
        }
    }
    if (fits && (*labels > 0 || str_eq(name, original_name))) {
        uri_put_reference(owned, original);
        return true;
    }
    buf_truncate(owned, before);
    return false;
}

/* How a body ends: in a link line and any number of lines `---` behind it, or not. */
struct ending {
    bool in_links, in_block;
    size_t rules; /* lines `---` behind the last link line */
    size_t last;  /* where the last line begins */
};

static struct ending
ending_of(struct str body)
{
    struct gemtext_scanner scanner = {.rest = body};
    struct gemtext_line line;
    struct ending ending = {0};

    for (size_t at = 0; gemtext_next(&scanner, &line); at = body.len - scanner.rest.len) {
        bool is_rule = line.kind == GEMTEXT_TEXT && str_eq(line.raw, rule);

        ending.rules = ending.in_links && is_rule ? ending.rules + 1 : 0;
        ending.in_links = line.kind == GEMTEXT_LINK || ending.rules > 0;
        ending.last = at;
    }
    ending.in_block = scanner.preformatted;
    return ending;
}

/* Also without the line `---` that post_write added. */
static void
parse_body(struct str text, struct post *post)
{
    struct str body = gemtext_trim(text);
    struct ending ending = ending_of(body);

    post->ends_in_block = ending.in_block;
    post->body = ending.rules > 0 ? gemtext_trim(str_head(body, ending.last)) : body;
}

/* Points the post to the lines that it owns, now that they move no more. */
static void
settle(struct post *post, size_t labels)
{
    struct buf date = {0};
    struct str rest = buf_str(&post->owned);

    date_put(&date, post->published.date);
    post->title = str_cut(&rest, '\n');
    if (str_eq(post->title, buf_str(&date)))
        post->title = (struct str){0};
    buf_free(&date);
    post->author = str_cut(&rest, '\n');
    for (size_t i = 0; i < labels; i++) {
        struct str slug = str_cut(&rest, '\n'), name = str_cut(&rest, '\n');

        post_add_label(post, (struct label){slug, name});
    }
    post->original = rest;
}

bool
post_peek(struct str text, struct moment *published)
{
    struct post post = {0};
    struct failure why;
    bool is_post;

    str_skip(&text, byte_order_mark);
    is_post = parse_head(&text, &post, &why);
    *published = post.published;
    post_free(&post);
    return is_post;
}

bool
post_parse(struct str text, struct post *post, struct failure *why)
{
    size_t trailer, labels;

    *post = (struct post){0};
    str_skip(&text, byte_order_mark);
    if (!is_utf8(text, why) || !parse_head(&text, post, why)) {
        post_free(post);
        return false;
    }
    trailer = find_last_run(text);
    if (!parse_trailer(str_after(text, trailer), &post->owned, &labels)) {
        trailer = text.len;
        post->has_stray_labels = labels > 0;
        labels = 0;
    }
    if (labels > POST_LABELS_MAX) {
        post_free(post);
        return fail(why, "%zu labels, more than %d", labels, POST_LABELS_MAX);
    }
    parse_body(str_head(text, trailer), post);
    settle(post, labels);
    return true;
}

static void
put_published(struct buf *out, const struct post *post)
{
    struct buf author = {0};

    moment_put(out, post->published);
    if (is_language(post->language)) {
        buf_put(out, separator);
        language_put(out, post->language);
    }
    put_author(&author, post->author);
    if (author.len > 0) {
        buf_put(out, separator);
        buf_put(out, STR("by "));
        buf_put(out, buf_str(&author));
    }
    buf_free(&author);
    if (post->updated.year != 0) {
        buf_put(out, separator);
        buf_put(out, STR("updated "));
        date_put(out, post->updated);
    }
    buf_byte(out, '\n');
}

static void
put_title(struct buf *out, const struct post *post)
{
    struct buf title = {0};

    gemtext_clean(&title, post->title);
    if (title.len == 0)
        date_put(&title, post->published.date);
    gemtext_heading(out, 1, buf_str(&title));
    buf_free(&title);
}

static void
put_body(struct buf *out, struct str text, bool has_trailer)
{
    struct str body = gemtext_trim(text);
    struct ending ending = ending_of(body);

    if (body.len == 0)
        return;
    gemtext_blank(out);
    buf_put(out, body);
    buf_byte(out, '\n');
    if (ending.in_block && has_trailer)
        gemtext_close_block(out);
    if (ending.in_links) {
        buf_put(out, rule);
        buf_byte(out, '\n');
    }
}

void
post_write(struct buf *out, const struct post *post)
{
    bool has_trailer = post->label_count > 0 || post->original.len > 0;
    struct buf target = {0};

    buf_room(out, post->body.len + FRAME_ROOM);
    put_title(out, post);
    put_published(out, post);
    put_body(out, post->body, has_trailer);
    if (has_trailer)
        gemtext_blank(out);
    for (size_t i = 0; i < post->label_count; i++) {
        struct label label = post->labels[i];

        assert(label.slug.len > 0 && !str_has(label.slug, '/'));
        buf_truncate(&target, 0);
        buf_put(&target, label_folder);
        uri_put_path(&target, label.slug);
        buf_byte(&target, '/');
        gemtext_link(out, buf_str(&target), label.name);
    }
    gemtext_link(out, post->original, original_name);
    buf_free(&target);
}

void
post_add_label(struct post *post, struct label label)
{
    size_t count = post->label_count;

    /* the room doubles at each power of two, so nobody has to remember it */
    if (count == 0 || (count >= LABELS_FIRST && (count & (count - 1)) == 0))
        post->labels = mem_grow(post->labels, count == 0 ? LABELS_FIRST : count * 2, sizeof label);
    post->labels[post->label_count++] = label;
}

void
post_free(struct post *post)
{
    free(post->labels);
    buf_free(&post->owned);
    *post = (struct post){0};
}

bool
post_is_path(struct str path)
{
    struct str year = str_cut(&path, '/'), month = str_cut(&path, '/'), name = path;
    unsigned long number;

    return year.len == 4 && str_number(year, YEAR_MAX, &number) && number >= YEAR_MIN &&
           month.len == 2 && str_number(month, 12, &number) && number >= 1 && !str_has(name, '/') &&
           !str_starts(name, STR(".")) && !str_eq(name, STR("index.gmi")) &&
           str_chop(&name, STR(".gmi")) && name.len > 0;
}
