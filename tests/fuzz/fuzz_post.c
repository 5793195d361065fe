/* A post that was read, written and read again is the same post, and writing it is settled. */

#include <assert.h>
#include <stdint.h>

#include "site/post.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
assert_same(const struct post *a, const struct post *b)
{
    assert(str_eq(a->title, b->title));
    assert(moment_seconds(a->published) == moment_seconds(b->published));
    assert(date_compare(a->published.date, b->published.date) == 0);
    assert(a->published.has_time == b->published.has_time);
    assert(str_eq_nocase(a->language, b->language)); /* written in the usual case */
    assert(str_eq(a->author, b->author));
    assert(date_compare(a->updated, b->updated) == 0);
    assert(str_eq(a->original, b->original));
    assert(str_eq(a->body, b->body));
    assert(a->label_count == b->label_count);
    for (size_t i = 0; i < a->label_count; i++) {
        assert(str_eq(a->labels[i].slug, b->labels[i].slug));
        assert(str_eq(a->labels[i].name, b->labels[i].name));
    }
}

static void
check_writing(const struct post *post)
{
    struct buf text = {0}, again = {0};
    struct failure why;
    struct post second;
    bool parsed;

    post_write(&text, post);
    parsed = post_parse(buf_str(&text), &second, &why);
    assert(parsed);
    assert_same(post, &second);
    post_write(&again, &second);
    assert(str_eq(buf_str(&text), buf_str(&again)));
    post_free(&second);
    buf_free(&text);
    buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct post post;
    struct failure why;

    if (!post_parse((struct str){(const char *)bytes, size}, &post, &why)) {
        assert(why.text[0] != '\0' && !post.labels && !post.owned.ptr);
        return 0;
    }
    assert(str_eq(post.body, (struct str){0}) || str_trim(post.body).len > 0);
    check_writing(&post);
    post_free(&post);
    return 0;
}
