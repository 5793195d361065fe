/* Whatever a page holds: a body is a part of it, a body that is delivered is delivered once, and
 * nothing that is decoded has a control byte or is not UTF-8. */

#include <assert.h>
#include <stdint.h>

#include <unistr.h>

#include "import/webpage.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct check {
    struct str html;
    const char *last; /* where the last body of a post ended */
};

static void
assert_part(const struct check *check, struct str part)
{
    assert(part.len == 0 || (part.ptr >= check->html.ptr &&
                             part.ptr + part.len <= check->html.ptr + check->html.len));
}

static void
assert_clean(struct str text)
{
    assert(!u8_check((const uint8_t *)text.ptr, text.len));
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f);
}

static bool
on_entry(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    struct check *check = ctx;

    (void)why;
    assert_part(check, entry->html);
    assert_part(check, entry->id);
    assert_part(check, entry->post_id);
    assert_part(check, entry->reply_to);
    assert_clean(entry->title);
    assert_clean(entry->author);
    assert_clean(entry->author_uri);
    assert_clean(entry->address);
    assert_clean(entry->related);
    for (size_t i = 0; i < entry->label_count; i++) {
        assert_clean(entry->labels[i]);
        assert(entry->labels[i].len > 0);
    }
    assert(!entry->published.known || date_is_real(entry->published.moment.date));
    if (entry->kind != ENTRY_COMMENT && entry->html.len > 0) {
        assert(!check->last || entry->html.ptr >= check->last);
        check->last = entry->html.ptr + entry->html.len;
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct check check = {.html = {(const char *)bytes, size}};
    struct webpage_reader reader = {.on_entry = on_entry, .ctx = &check};
    struct blog blog = {0};
    struct failure why = {0};
    bool done = webpage_read(check.html, &reader, &blog, &why);

    assert(done || why.text[0] != '\0');
    webpage_is_html(check.html);
    assert_clean(buf_str(&blog.title));
    assert_clean(buf_str(&blog.description));
    assert_clean(buf_str(&blog.address));
    blog_free(&blog);
    return 0;
}
