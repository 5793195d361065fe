#include "site/prose.h"

#include "text/gemtext.h"

enum { COMMENT_LEVEL = 2 }; /* of the heading of a comment (site/comments.h) */

static void
put_lines(struct buf *out, struct gemtext_scanner *scanner)
{
    struct gemtext_line line;

    while (gemtext_next(scanner, &line)) {
        if (line.text.len == 0)
            continue;
        buf_put(out, line.text);
        buf_byte(out, '\n');
    }
}

void
prose_put(struct buf *out, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};

    buf_room(out, gemtext.len + 1);
    put_lines(out, &scanner);
}

void
prose_put_comments(struct buf *out, struct str page)
{
    struct gemtext_scanner scanner = {.rest = page};
    struct gemtext_line line;
    bool is_comment = false;

    while (!is_comment && gemtext_next(&scanner, &line))
        is_comment = line.kind == GEMTEXT_HEADING && line.level == COMMENT_LEVEL;
    if (!is_comment)
        return;
    buf_put(out, line.text);
    buf_byte(out, '\n');
    put_lines(out, &scanner);
}
