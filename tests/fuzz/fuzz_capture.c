/*
 * Any bytes as a capture, and after a line "%%" as the hints for it: every line that is not blank
 * goes to exactly one place, bodies are gemtext of as many lines, and merging keeps every post.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "import/body.h"
#include "import/merge.h"
#include "text/gemtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Lines that are neither blank nor the links of hints. */
static size_t
count_lines(const struct capture *capture, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;
    size_t count = 0;

    while (gemtext_next(&scanner, &line)) {
        assert(line.kind != GEMTEXT_TOGGLE && line.kind != GEMTEXT_QUOTE);
        assert(capture->hints.count > 0 ||
               (line.kind != GEMTEXT_LINK && line.kind != GEMTEXT_HEADING));
        count += line.raw.len > 0 && line.kind != GEMTEXT_LINK;
    }
    return count;
}

static size_t
check_post(const struct capture *capture, const struct capture_post *post)
{
    struct buf body = {0};
    size_t lines = 0;

    assert(post->end >= post->first || post->end == post->title);
    assert(post->untitled ? post->first == post->title : post->first == post->title + 1);
    assert(date_is_real(post->date) && post->position >= 0);
    for (size_t line = post->first; line < post->end; line++)
        lines += !line_is_blank(&capture->lines.items[line]);
    body_put(&body, capture, post);
    assert(body.len == 0 || !u8_check((const uint8_t *)body.ptr, body.len));
    assert(!memmem(buf_text(&body), body.len, "\n\n\n", 3) && !str_has(buf_str(&body), '\r'));
    assert(count_lines(capture, buf_str(&body)) == lines);
    buf_free(&body);
    return lines + !post->untitled;
}

static void
check_capture(const struct capture *capture, struct findings *findings)
{
    struct entries entries = {0};
    struct label_list labels = {0};
    struct buf text = {0};
    struct failure why;
    size_t placed = 0, wanted = 0;

    for (size_t line = 0; line < capture->lines.count; line++)
        wanted += capture->roles[line] == ROLE_TITLE || capture->roles[line] == ROLE_BODY;
    for (size_t i = 0; i < capture->post_count; i++)
        placed += check_post(capture, &capture->posts[i]);
    assert(placed == wanted);
    assert(entries_open(&entries, NULL, &why));
    if (merge_captures(&entries,
                       &(struct merge_input){
                           .captures = capture, .count = 1, .language = "en", .labels = &labels},
                       findings, &why))
        assert(entries.count >= 1 && entries.count <= capture->post_count);
    capture_put_description(&text, capture);
    findings_put(findings, &text);
    assert(text.len == 0 || !u8_check((const uint8_t *)text.ptr, text.len));
    buf_free(&text);
    entries_close(&entries);
    label_list_free(&labels);
}

/* Splits the input at the first line "%%". */
static struct str
take_capture(struct str *input)
{
    static const char mark[] = "\n%%\n";
    const char *found = input->len > 0 ? memmem(input->ptr, input->len, mark, 4) : NULL;
    struct str capture = found ? str_head(*input, (size_t)(found - input->ptr) + 1) : *input;

    *input = str_after(*input, found ? capture.len + 3 : input->len);
    return capture;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str input = {(const char *)bytes, size};
    struct capture capture = {.name = "fuzz"};
    struct findings findings = {0};
    struct hints hints = {0};
    struct buf text = {0}, hint_text = {0};
    struct failure why;
    bool done;

    buf_put(&text, take_capture(&input));
    done = capture_read(&capture, &text, &why);
    if (done && input.len > 0) {
        buf_format(&hint_text, "sha256 = %s\n", capture.digest.hex);
        buf_put(&hint_text, input);
        done = hints_parse(&hints, "hints", buf_str(&hint_text), &why) &&
               hints_join(&capture.hints, &hints, &why);
    }
    if (done && capture_split(&capture, &findings, &why))
        check_capture(&capture, &findings);
    capture_free(&capture);
    findings_free(&findings);
    hints_free(&hints);
    buf_free(&hint_text);
    return 0;
}
