/* What an import makes of a body, in the setting of one post: html < X.html > X.gmi. Losses and
 * the summary's end follow in a last block, where there are any. */

#include <stdio.h>
#include <stdlib.h>

#include "text/html.h"

static void
on_loss(void *ctx, const char *kind, struct str what)
{
    buf_format(ctx, "loss %s: %.*s\n", kind, (int)what.len, what.ptr);
}

/* A blog knows its own posts. */
static void
on_link(void *ctx, struct str address, struct buf *target)
{
    (void)ctx;
    if (str_skip(&address, STR("https://blog.example/")) && str_chop(&address, STR(".html")))
        buf_format(target, "/%.*s.gmi", (int)address.len, address.ptr);
}

int
main(void)
{
    struct buf html = {0}, out = {0}, notes = {0};
    struct html_context context = {.base = "https://blog.example/2017/11/post.html",
                                   .bold_headings = true,
                                   .ctx = &notes,
                                   .on_link = on_link,
                                   .on_loss = on_loss};
    struct html_result result;
    size_t read;

    while ((read = fread(buf_room(&html, BUFSIZ), 1, BUFSIZ, stdin)) > 0)
        html.len += read;
    html_to_gemtext(&out, buf_str(&html), &context, &result);
    if (result.has_summary)
        buf_format(&notes, "summary %zu bytes\n", result.summary_len);
    fwrite(buf_text(&out), 1, out.len, stdout);
    if (notes.len > 0)
        printf("\n--- beside the page ---\n%s", buf_text(&notes));
    buf_free(&html);
    buf_free(&out);
    buf_free(&notes);
    return EXIT_SUCCESS;
}
