#include "import/findings.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "import/guard.h"
#include "import/hints.h"

enum { FINDINGS_FIRST = 16 };

static const struct phrase {
    const char *code, *what, *decision;
    enum hint_kind hint; /* the keyword that would change the decision */
    bool unclear;
} phrases[] = {
    [FINDING_DATE] = {"A1", "date out of order", "kept as body", HINT_DATE, true},
    [FINDING_TITLE] = {"A2", "possible title", "kept as body", HINT_TITLE, true},
    [FINDING_CREDIT] = {"A3", "possible credit", "kept as body", HINT_CREDIT, true},
    [FINDING_TWIN_SHORTER] = {"A4", "two texts of one post", "the longer is kept", HINT_KEEP, true},
    [FINDING_TWIN_OPEN] = {"A4", "two texts of one post", "nothing is imported", HINT_KEEP, true},
    [FINDING_TRUNCATED] = {"W1", "text may be cut", "marked as cut", HINT_COMPLETE, true},
    [FINDING_MEDIA] = {.code = "W2",
                       .what = "media may be lost at runs of blank lines",
                       .decision = "each is kept as one blank line"},
    [FINDING_LINKS] = {.code = "W3",
                       .what = "links are lost at \"here\"",
                       .decision = "kept as text: hint: link LINE \"here\" ADDRESS"},
};

static struct finding *
add(struct findings *findings, const struct finding_place *place)
{
    struct finding *finding;

    if (findings->count == findings->cap) {
        findings->cap = findings->cap ? findings->cap * 2 : FINDINGS_FIRST;
        findings->items = mem_grow(findings->items, findings->cap, sizeof *findings->items);
    }
    finding = &findings->items[findings->count++];
    *finding = (struct finding){.source = place->source, .line = place->line};
    log_escape_text(&finding->text, str_of(place->file));
    return finding;
}

void
findings_add(struct findings *findings, enum finding_code code, const struct finding_place *place,
             struct str text, const char *detail)
{
    const struct phrase *phrase = &phrases[code];
    struct buf *out = &add(findings, place)->text;

    findings->unclear += phrase->unclear;
    buf_format(out, ":%zu: %s %s: ", place->line, phrase->code, phrase->what);
    guard_put(out, text);
    buf_format(out, "%s: %s: hint: %s %zu ", detail, phrase->decision, hint_keyword(phrase->hint),
               place->line);
    guard_put(out, text);
}

void
findings_add_count(struct findings *findings, enum finding_code code,
                   const struct finding_place *place, size_t count)
{
    const struct phrase *phrase = &phrases[code];
    struct finding *finding;

    if (count == 0)
        return;
    finding = add(findings, place);
    finding->line = SIZE_MAX; /* behind those of its source that have a line */
    buf_format(&finding->text, ": %s %s: %zu: %s", phrase->code, phrase->what, count,
               phrase->decision);
}

static int
by_place(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;

    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return str_compare(buf_str(&a->text), buf_str(&b->text));
}

void
findings_put(struct findings *findings, struct buf *out)
{
    if (findings->count > 1)
        qsort(findings->items, findings->count, sizeof *findings->items, by_place);
    for (size_t i = 0; i < findings->count; i++) {
        buf_put(out, buf_str(&findings->items[i].text));
        buf_byte(out, '\n');
    }
}

void
findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        buf_free(&findings->items[i].text);
    free(findings->items);
    *findings = (struct findings){0};
}
