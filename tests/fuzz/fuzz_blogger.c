/* Whatever the XML holds: every text that is delivered is UTF-8, ids are digits, a comment has no
 * title, and what fails says why. */

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <unistr.h>

#include "import/blogger.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
assert_text(struct str text)
{
    assert(!u8_check((const uint8_t *)text.ptr, text.len));
}

static void
assert_digits(struct str id)
{
    for (size_t i = 0; i < id.len; i++)
        assert(id.ptr[i] >= '0' && id.ptr[i] <= '9');
}

static bool
on_entry(void *ctx, const struct blog_entry *entry, struct failure *why)
{
    size_t *last_line = ctx;

    (void)why;
    assert(entry->id.len > 0 && entry->line >= *last_line);
    *last_line = entry->line;
    assert_digits(entry->id);
    assert_digits(entry->post_id);
    assert_digits(entry->reply_to);
    assert_text(entry->title);
    assert_text(entry->author);
    assert_text(entry->author_uri);
    assert_text(entry->address);
    assert_text(entry->related);
    assert_text(entry->html);
    for (size_t i = 0; i < entry->label_count; i++) {
        assert_text(entry->labels[i]);
        assert(entry->labels[i].len > 0);
    }
    assert(entry->kind != ENTRY_COMMENT || entry->title.len == 0);
    assert(entry->kind == ENTRY_COMMENT || entry->post_id.len == 0);
    assert(!entry->published.known || entry->published.moment.has_time);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t last_line = 0;
    struct blogger_reader reader = {.on_entry = on_entry, .ctx = &last_line};
    struct blog blog = {0};
    struct failure why = {0};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    bool done = fd >= 0 && write(fd, bytes, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0;

    assert(done);
    done = blogger_read(fd, &reader, &blog, &why);
    assert(done || why.text[0] != '\0');
    assert(!done || size > 0);
    blogger_is_xml((struct str){(const char *)bytes, size});
    close(fd);
    blog_free(&blog);
    return 0;
}
