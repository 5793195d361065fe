#include "import/merge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "import/body.h"

enum { SOURCE_DIGITS = 16 }; /* of a capture's SHA-256, in the ledger */

/* A post of a capture. */
struct member {
    struct buf id;
    const struct capture *capture;
    const struct capture_post *post;
    struct buf text; /* for comparison; empty until it is needed */
};

struct merger {
    struct entries *entries;
    struct findings *findings;
    struct member *members;
    size_t count;
    size_t open; /* posts of which a hint must choose the text */
    struct lexicon *lexicon;
    struct label_list *labels;
    struct entry entry; /* the last one; its buffers are used again */
};

static void
collect(struct merger *merger, const struct capture *capture)
{
    for (size_t i = 0; i < capture->post_count; i++) {
        const struct capture_post *post = &capture->posts[i];
        struct member *member = &merger->members[merger->count++];
        struct str title = {0};
        struct buf body = {0};

        *member = (struct member){.capture = capture, .post = post};
        if (!post->untitled)
            title = capture->lines.items[post->title].text;
        else
            body_put(&body, capture, post);
        entry_put_text_id(&member->id, post->date, title, buf_str(&body));
        buf_free(&body);
    }
}

/* By id, then in the order of the operator and the file. */
static int
by_id(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = str_compare(buf_str(&a->id), buf_str(&b->id));

    if (order != 0)
        return order;
    if (a->capture->source != b->capture->source)
        return a->capture->source < b->capture->source ? -1 : 1;
    return a->post->title < b->post->title ? -1 : a->post->title > b->post->title;
}

static void
prepare_text(struct member *member)
{
    struct buf plain = {0};
    struct str text;

    body_put_plain(&plain, member->capture, member->post);
    text = buf_str(&plain);
    str_chop(&text, STR("\n"));
    entry_put_folded(&member->text, text);
    buf_free(&plain);
}

static bool
same_text(const struct member *a, const struct member *b)
{
    return str_eq(buf_str(&a->text), buf_str(&b->text));
}

/* The member with the longest text; among equals one that is known to be whole. */
static struct member *
longest_of(struct member *group, size_t count)
{
    struct member *longest = group;

    for (size_t i = 1; i < count; i++) {
        bool longer = group[i].text.len > longest->text.len;
        bool whole =
            same_text(&group[i], longest) && longest->post->truncated && !group[i].post->truncated;

        if (longer || whole)
            longest = &group[i];
    }
    return longest;
}

static const struct hint *
hint_of(const struct member *member, enum hint_kind kind)
{
    return hint_find(&member->capture->hints, kind, member->post->title + 1);
}

static void
report_twin(struct merger *merger, enum finding_code code, const struct member *member,
            const struct member *other)
{
    struct finding_place place = capture_place(member->capture, member->post->title);
    struct buf detail = {0};

    buf_put(&detail, STR(" (also "));
    log_escape_text(&detail, str_of(other->capture->name));
    buf_format(&detail, ":%zu)", other->post->title + 1);
    findings_add(merger->findings, code, &place,
                 member->capture->lines.items[member->post->title].text, buf_text(&detail));
    buf_free(&detail);
}

/* A4: says of each text that differs from the longest what becomes of it. */
static void
report_twins(struct merger *merger, const struct member *group, size_t count,
             const struct member *longest)
{
    enum finding_code code = FINDING_TWIN_SHORTER;
    const struct member *other = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!str_starts(buf_str(&longest->text), buf_str(&group[i].text)))
            code = FINDING_TWIN_OPEN;
        if (!other && !same_text(&group[i], longest))
            other = &group[i];
    }
    for (size_t i = 0; i < count; i++)
        if (!same_text(&group[i], longest))
            report_twin(merger, code, &group[i], longest);
    assert(other); /* texts differ, or nobody had asked */
    if (code == FINDING_TWIN_OPEN)
        report_twin(merger, code, longest, other);
    merger->open += code == FINDING_TWIN_OPEN;
}

/* The member that a hint wants kept, or NULL. */
static bool
find_kept(struct member *group, size_t count, struct member **kept, struct failure *why)
{
    *kept = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct hint *hint = hint_of(&group[i], HINT_KEEP);

        if (hint && *kept)
            return hint_fail(hint, why, "another text of this post is kept already");
        if (hint)
            *kept = &group[i];
    }
    return true;
}

/* The member whose text is taken. */
static bool
choose(struct merger *merger, struct member *group, size_t count, struct member **chosen,
       struct failure *why)
{
    struct member *longest;
    bool differ = false;

    if (!find_kept(group, count, chosen, why))
        return false;
    for (size_t i = 0; i < count && count > 1; i++)
        prepare_text(&group[i]);
    longest = longest_of(group, count);
    for (size_t i = 0; i < count && !differ; i++)
        differ = !same_text(&group[i], longest);
    if (*chosen) {
        merger->findings->settled += differ;
        return true;
    }
    if (differ)
        report_twins(merger, group, count, longest);
    *chosen = longest;
    return true;
}

/* What a post says of itself by its text or by a hint; the first hint wins. */
static void
describe(struct entry *entry, const struct member *member)
{
    const struct hint *hint = hint_of(member, HINT_POST);
    struct str labels;

    entry_add_name(&entry->labels, member->capture->label);
    if (member->post->position > entry->position)
        entry->position = member->post->position;
    if (!hint)
        return;
    if (entry->language.len == 0)
        buf_put(&entry->language, hint->language);
    if (entry->author.len == 0)
        buf_put(&entry->author, hint->author);
    if (entry->old.len == 0)
        buf_put(&entry->old, hint->path);
    for (labels = hint->labels; labels.len > 0;)
        entry_add_name(&entry->labels, str_cut(&labels, ','));
}

static int
by_text(const void *left, const void *right)
{
    return str_compare(*(const struct str *)left, *(const struct str *)right);
}

/* "9a57d1e81269937e:72,24021a266820713c:211" in order, so that it does not depend on the order of
 * the captures. */
static void
put_sources(struct buf *out, const struct member *group, size_t count)
{
    struct buf texts = {0};
    struct str parts[ENTRY_SOURCES_MAX] = {{0}}, rest;

    if (count > ENTRY_SOURCES_MAX)
        count = ENTRY_SOURCES_MAX;
    for (size_t i = 0; i < count; i++)
        buf_format(&texts, "%.*s:%zu\n", SOURCE_DIGITS, group[i].capture->digest.hex,
                   group[i].post->title + 1);
    rest = buf_str(&texts);
    for (size_t i = 0; i < count; i++)
        parts[i] = str_line(&rest);
    qsort(parts, count, sizeof *parts, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        buf_put(out, parts[i]);
    }
    buf_free(&texts);
}

static bool
add_entry(struct merger *merger, const struct member *group, size_t count,
          const struct member *chosen, struct failure *why)
{
    struct entry *entry = &merger->entry;
    const struct capture *capture = chosen->capture;
    const struct capture_post *post = chosen->post;
    size_t last = capture_last_line(post);
    struct finding_place place = capture_place(capture, last);

    entry_clear(entry);
    entry->is_text = true;
    buf_put(&entry->id, buf_str(&chosen->id));
    entry->published.date = post->date;
    entry->truncated = post->truncated;
    if (!post->untitled)
        buf_put(&entry->title, capture->lines.items[post->title].text);
    body_put(&entry->body, capture, post);
    for (size_t i = 0; i < count; i++)
        describe(entry, &group[i]);
    put_sources(&entry->source, group, count);
    if (post->truncated && !post->settled)
        findings_add(merger->findings, FINDING_TRUNCATED, &place, capture->lines.items[last].text,
                     "");
    entry_tell_language(entry, merger->lexicon);
    label_list_add(merger->labels, buf_str(&entry->labels));
    return entries_add(merger->entries, entry, why);
}

static bool
merge_groups(struct merger *merger, struct failure *why)
{
    for (size_t first = 0, end; first < merger->count; first = end) {
        struct member *group = &merger->members[first], *chosen;

        end = first + 1;
        while (end < merger->count &&
               str_eq(buf_str(&merger->members[end].id), buf_str(&group->id)))
            end++;
        if (!choose(merger, group, end - first, &chosen, why) ||
            !add_entry(merger, group, end - first, chosen, why))
            return false;
    }
    return merger->open == 0 || fail(why, "%zu post%s with two texts: a hint must choose",
                                     merger->open, merger->open == 1 ? "" : "s");
}

bool
merge_captures(struct entries *entries, const struct merge_input *input, struct findings *findings,
               struct failure *why)
{
    struct merger merger = {.entries = entries, .findings = findings, .labels = input->labels};
    const struct capture *captures = input->captures;
    size_t count = input->count;
    size_t posts = 0;
    bool done;

    for (size_t i = 0; i < count; i++)
        posts += captures[i].post_count;
    if (posts > ENTRIES_MAX)
        return fail(why, "%zu posts, more than %d", posts, ENTRIES_MAX);
    merger.lexicon = language_lexicon(input->language);
    merger.members = mem_grow(NULL, posts + 1, sizeof *merger.members);
    for (size_t i = 0; i < count; i++)
        collect(&merger, &captures[i]);
    if (merger.count > 1)
        qsort(merger.members, merger.count, sizeof *merger.members, by_id);
    done = merge_groups(&merger, why);
    for (size_t i = 0; i < merger.count; i++) {
        buf_free(&merger.members[i].id);
        buf_free(&merger.members[i].text);
    }
    free(merger.members);
    free(merger.lexicon);
    entry_free(&merger.entry);
    return done;
}
