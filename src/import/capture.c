#include "import/capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "import/guard.h"
#include "text/gemtext.h"

enum {
    RUNNING_TEXT_MIN = 120, /* R5: characters of the line after a title without a date */
    DETAIL_MAX = 64,
    POSTS_FIRST = 32,
};

static const struct str label_before = {"Showing posts with label ", 25};
static const struct str label_behind = {". Show all posts", 16};

/* A capture on its way through the rules. */
struct splitter {
    struct capture *capture;
    struct findings *findings;
    struct failure *why;
    struct date date; /* of the last header; all 0: there was none yet */
};

/* What other sources begin with. */
static bool
check_kind(struct str bytes, struct failure *why)
{
    static const struct {
        struct str start;
        const char *what;
    } kinds[] = {
        {{"<?xml", 5}, "XML"},
        {{"<feed", 5}, "XML"},
        {{"<rss", 4}, "XML"},
        {{"<!doctype", 9}, "HTML"},
        {{"<html", 5}, "HTML"},
        {{"PK\3\4", 4}, "a zip file"},
        {{"\x1f\x8b", 2}, "a gzip file"},
        {{"%PDF-", 5}, "a PDF file"},
        {{"<<<<<<< ", 8}, "a file with merge conflicts"},
        {{"\xff\xfe", 2}, "UTF-16"},
        {{"\xfe\xff", 2}, "UTF-16"},
    };
    struct str start;

    str_skip(&bytes, STR("\xef\xbb\xbf"));
    start = str_trim(bytes);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq_nocase(str_head(start, kinds[i].start.len), kinds[i].start))
            return fail(why, "not a text capture: it begins like %s", kinds[i].what);
    return true;
}

bool
capture_read(struct capture *capture, struct buf *bytes, struct failure *why)
{
    capture->digest = digest_of(buf_str(bytes));
    if (!check_kind(buf_str(bytes), why)) {
        buf_free(bytes);
        return false;
    }
    if (!lines_read(&capture->lines, bytes, why))
        return false;
    capture->roles = mem_new((capture->lines.count + 1) * sizeof *capture->roles);
    return true;
}

void
capture_free(struct capture *capture)
{
    lines_free(&capture->lines);
    free(capture->roles);
    free(capture->posts);
    hints_free(&capture->hints);
    *capture = (struct capture){0};
}

struct finding_place
capture_place(const struct capture *capture, size_t line)
{
    return (struct finding_place){capture->source, capture->name, line + 1};
}

size_t
capture_last_line(const struct capture_post *post)
{
    return post->end > post->first ? post->end - 1 : post->title;
}

static const struct line *
line_at(const struct splitter *splitter, size_t line)
{
    return &splitter->capture->lines.items[line];
}

/* The hint that says what a line is, NULL when there is none. */
static const struct hint *
role_hint(const struct splitter *splitter, size_t line)
{
    const struct hint *hint = NULL;

    for (int kind = HINT_BODY; kind <= HINT_NOTITLE && !hint; kind++)
        hint = hint_find(&splitter->capture->hints, (enum hint_kind)kind, line + 1);
    return hint;
}

static void
report(struct splitter *splitter, enum finding_code code, size_t line, const char *detail)
{
    struct finding_place place = capture_place(splitter->capture, line);

    findings_add(splitter->findings, code, &place, line_at(splitter, line)->text, detail);
}

static bool
fail_guard(const struct hint *hint, struct str text, struct failure *why)
{
    struct buf sentence = {0};

    buf_put(&sentence, STR("the line says "));
    guard_put(&sentence, text);
    hint_fail(hint, why, buf_text(&sentence));
    buf_free(&sentence);
    return false;
}

/* A hint's line exists and says what the guard says it does. */
static bool
check_guard(const struct capture *capture, const struct hint *hint, struct failure *why)
{
    struct str text;
    size_t links = 1;

    if (hint->line > capture->lines.count)
        return hint_fail(hint, why, "the capture has no such line");
    text = capture->lines.items[hint->line - 1].text;
    if (hint->kind != HINT_LINK)
        return !hint->has_guard || guard_holds(hint->guard, text) || fail_guard(hint, text, why);
    for (const struct hint *next = hint; (next = hint_next(&capture->hints, next));)
        links += str_eq(next->guard, hint->guard);
    return line_count_word(text, hint->guard) >= links ||
           hint_fail(hint, why, "the line does not say this, or not as often");
}

static bool
check_guards(const struct capture *capture, struct failure *why)
{
    for (size_t i = 0; i < capture->hints.count; i++)
        if (!check_guard(capture, &capture->hints.items[i], why))
            return false;
    return true;
}

/* R1 and R2 */
static bool
is_header(struct splitter *splitter, size_t line)
{
    const struct hint *hint = role_hint(splitter, line);
    bool isolated = lines_isolated(&splitter->capture->lines, line), late;
    char detail[DETAIL_MAX];
    struct date date;

    if (!line_is_date(line_at(splitter, line), &date))
        return false;
    late = isolated && splitter->date.year != 0 && date_compare(date, splitter->date) > 0;
    if (hint) {
        splitter->findings->settled += late;
        isolated = hint->kind == HINT_DATE;
    } else if (late) {
        snprintf(detail, sizeof detail, " (after %02d %s %d)", splitter->date.day,
                 date_month_name(splitter->date.month), splitter->date.year);
        report(splitter, FINDING_DATE, line, detail);
        isolated = false;
    }
    if (isolated)
        splitter->date = date;
    return isolated;
}

static void
find_headers(struct splitter *splitter)
{
    struct capture *capture = splitter->capture;
    enum role role = ROLE_PREAMBLE;

    for (size_t line = 0; line < capture->lines.count; line++) {
        if (line_is_blank(&capture->lines.items[line])) {
            capture->roles[line] = ROLE_BLANK;
        } else if (is_header(splitter, line)) {
            capture->roles[line] = ROLE_DATE;
            role = ROLE_BODY;
        } else {
            capture->roles[line] = role;
        }
    }
}

/* R3: the label of a label page, whose sentence the page shows twice. */
static bool
find_label(const struct splitter *splitter, size_t end)
{
    struct str *label = &splitter->capture->label;

    for (size_t line = 0; line < end; line++) {
        struct str text = line_at(splitter, line)->text;

        if (!str_skip(&text, label_before) || !str_chop(&text, label_behind) || text.len == 0)
            continue;
        if (label->len > 0 && !str_eq(*label, text))
            return fail(splitter->why, "line %zu: a second label", line + 1);
        *label = text;
    }
    return true;
}

/* A post begins at this line. */
static bool
begin_post(struct splitter *splitter, size_t line)
{
    struct capture *capture = splitter->capture;
    bool untitled = hint_find(&capture->hints, HINT_NOTITLE, line + 1) != NULL;
    struct str text = line_at(splitter, line)->text;
    struct buf guard = {0};

    if (!untitled && text.len > CAPTURE_TITLE_MAX) {
        guard_put(&guard, text);
        fail(splitter->why, "line %zu: a title of more than %d bytes: hint: notitle %zu %s",
             line + 1, CAPTURE_TITLE_MAX, line + 1, buf_text(&guard));
        buf_free(&guard);
        return false;
    }
    if (capture->post_count == capture->post_cap) {
        capture->post_cap = capture->post_cap ? capture->post_cap * 2 : POSTS_FIRST;
        capture->posts = mem_grow(capture->posts, capture->post_cap, sizeof *capture->posts);
    }
    capture->posts[capture->post_count++] = (struct capture_post){
        .date = splitter->date,
        .untitled = untitled,
        .title = line,
        .first = untitled ? line : line + 1,
    };
    capture->roles[line] = untitled ? ROLE_BODY : ROLE_TITLE;
    return true;
}

/* The last post's body ends before this line. */
static void
end_post(struct capture *capture, size_t end)
{
    struct capture_post *post = &capture->posts[capture->post_count - 1];

    while (end > post->first && line_is_blank(&capture->lines.items[end - 1]))
        end--;
    post->end = end;
}

/* R5: a line between the first title of a date and the last line under it, which ends before end */
static bool
is_further_title(struct splitter *splitter, size_t line, size_t end)
{
    const struct lines *lines = &splitter->capture->lines;
    const struct hint *hint = role_hint(splitter, line);
    size_t next = end, length = 0;
    bool possible, accepted;
    char detail[DETAIL_MAX];
    struct date date;

    possible = lines_isolated(lines, line) && line_could_be_title(&lines->items[line]) &&
               !line_is_date(&lines->items[line], &date);
    if (possible)
        next = lines_skip_blank(lines, line + 1, end);
    possible = next < end;
    if (possible)
        length = line_length(lines->items[next].text);
    accepted = length >= RUNNING_TEXT_MIN && !line_is_bullet(&lines->items[next]) &&
               !line_is_numbered(&lines->items[next]);
    if (hint) {
        splitter->findings->settled += possible && !accepted;
        return hint->kind == HINT_TITLE;
    }
    if (possible && !accepted) {
        snprintf(detail, sizeof detail, " (next block %zu chars)", length);
        report(splitter, FINDING_TITLE, line, detail);
    }
    return accepted;
}

/* The posts of one date, between its header and end. */
static bool
split_block(struct splitter *splitter, size_t header, size_t end)
{
    struct capture *capture = splitter->capture;
    size_t first = lines_skip_blank(&capture->lines, header + 1, end);

    line_is_date(line_at(splitter, header), &splitter->date);
    if (first == end)
        return fail(splitter->why, "line %zu: empty date block", header + 1);
    if (!begin_post(splitter, first))
        return false;
    for (size_t line = first + 1; line < end; line++) {
        if (capture->roles[line] != ROLE_BODY || !is_further_title(splitter, line, end))
            continue;
        end_post(capture, line);
        if (!begin_post(splitter, line))
            return false;
    }
    end_post(capture, end);
    return true;
}

static size_t
next_header(const struct capture *capture, size_t line)
{
    while (line < capture->lines.count && capture->roles[line] != ROLE_DATE)
        line++;
    return line;
}

static bool
split_blocks(struct splitter *splitter)
{
    const struct capture *capture = splitter->capture;
    size_t header = next_header(capture, 0), next;

    if (header == capture->lines.count)
        return fail(splitter->why, "not a text capture: no date header");
    if (!find_label(splitter, header))
        return false;
    for (; header < capture->lines.count; header = next) {
        next = next_header(capture, header + 1);
        if (!split_block(splitter, header, next))
            return false;
    }
    return true;
}

/* R6 */
static void
set_positions(struct capture *capture)
{
    for (size_t i = capture->post_count - 1; i-- > 0;) {
        struct capture_post *post = &capture->posts[i], *older = post + 1;

        if (date_compare(post->date, older->date) == 0)
            post->position = older->position + 1;
    }
}

/* R7: a credit that lost its sign */
static void
check_credit(struct splitter *splitter, size_t line)
{
    if (!line_is_damaged_credit(line_at(splitter, line)))
        return;
    if (role_hint(splitter, line))
        splitter->findings->settled++;
    else
        report(splitter, FINDING_CREDIT, line, "");
}

/* R9: the "here" of a line for which no hint has the link. */
static size_t
count_lost_links(const struct splitter *splitter, size_t line)
{
    const struct hints *hints = &splitter->capture->hints;
    const struct hint *link = hint_find(hints, HINT_LINK, line + 1);
    size_t count = line_count_word(line_at(splitter, line)->text, STR("here"));

    for (; link && count > 0; link = hint_next(hints, link))
        count -= str_eq(link->guard, STR("here"));
    return count;
}

/* R7 and R9 */
static void
inspect_bodies(struct splitter *splitter)
{
    const struct capture *capture = splitter->capture;
    struct finding_place place = capture_place(capture, 0);
    size_t media = 0, links = 0;

    for (size_t i = 0; i < capture->post_count; i++) {
        const struct capture_post *post = &capture->posts[i];

        for (size_t line = post->first, blanks = 0; line < post->end; line++) {
            if (capture->roles[line] == ROLE_BLANK) {
                blanks++;
                media += blanks == 2;
                continue;
            }
            blanks = 0;
            check_credit(splitter, line);
            links += count_lost_links(splitter, line);
        }
    }
    findings_add_count(splitter->findings, FINDING_MEDIA, &place, media);
    findings_add_count(splitter->findings, FINDING_LINKS, &place, links);
}

/* R8, and what hints say of any post's end. The finding waits until it is known (R10) whether
 * another capture has the whole text. */
static void
find_truncated(struct splitter *splitter)
{
    struct capture *capture = splitter->capture;

    for (size_t i = 0; i < capture->post_count; i++) {
        struct capture_post *post = &capture->posts[i];
        size_t last = capture_last_line(post);
        bool cut = i + 1 == capture->post_count &&
                   (post->first == post->end || line_is_cut(line_at(splitter, last)));
        bool truncated = hint_find(&capture->hints, HINT_TRUNCATED, last + 1) != NULL;

        post->settled = truncated || hint_find(&capture->hints, HINT_COMPLETE, last + 1);
        post->truncated = post->settled ? truncated : cut;
        splitter->findings->settled += cut && post->settled;
    }
}

/* The last post that begins at this line or before it, NULL when there is none. */
static const struct capture_post *
post_at(const struct capture *capture, size_t line)
{
    size_t low = 0, high = capture->post_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (capture->posts[middle].title <= line)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &capture->posts[low - 1] : NULL;
}

/* A hint must have had something to say about its line. */
static bool
check_role(const struct capture *capture, const struct hint *hint, struct failure *why)
{
    size_t line = hint->line - 1;
    const struct capture_post *post = post_at(capture, line);
    enum role role = capture->roles[line];

    switch (hint->kind) {
    case HINT_TITLE:
        return role == ROLE_TITLE || hint_fail(hint, why, "only text under a date can be a title");
    case HINT_DATE:
        return role == ROLE_DATE || hint_fail(hint, why, "the line is no date");
    case HINT_NOTITLE:
        return (post && post->untitled && post->title == line) ||
               hint_fail(hint, why, "the line does not follow a date");
    case HINT_POST:
    case HINT_KEEP:
        return (post && post->title == line) || hint_fail(hint, why, "no post begins here");
    case HINT_COMPLETE:
    case HINT_TRUNCATED:
        return (post && capture_last_line(post) == line) ||
               hint_fail(hint, why, "no post ends here");
    default:
        return role == ROLE_BODY || hint_fail(hint, why, "the line is not in the body of a post");
    }
}

static bool
check_roles(const struct capture *capture, struct failure *why)
{
    for (size_t i = 0; i < capture->hints.count; i++)
        if (!check_role(capture, &capture->hints.items[i], why))
            return false;
    return true;
}

bool
capture_split(struct capture *capture, struct findings *findings, struct failure *why)
{
    struct splitter splitter = {.capture = capture, .findings = findings, .why = why};

    if (!check_guards(capture, why))
        return false;
    find_headers(&splitter);
    if (!split_blocks(&splitter) || !check_roles(capture, why))
        return false;
    set_positions(capture);
    find_truncated(&splitter);
    inspect_bodies(&splitter);
    return true;
}

void
capture_put_description(struct buf *out, const struct capture *capture)
{
    size_t start = out->len, end = next_header(capture, 0);
    bool blank = false;

    for (size_t line = 0; line < end; line++) {
        struct str text = capture->lines.items[line].text;

        if (str_starts(text, label_before) && str_ends(text, label_behind))
            continue;
        blank = blank || text.len == 0;
        if (text.len == 0)
            continue;
        if (blank && out->len > start)
            gemtext_blank(out);
        blank = false;
        gemtext_text(out, text);
    }
}
