/* What searches show of a text: the searches, a line each, an empty line, then gemtext; a search
 * and its snippet a line each. */

#include <stdio.h>

#include "site/prose.h"
#include "site/snippet.h"

enum { INPUT_MAX = 1 << 20 };

static void
put_answer(struct str typed, struct str prose)
{
    struct search search = {0};
    struct buf snippet = {0};

    search_read(&search, typed);
    if (!snippet_put(&snippet, &search, prose))
        buf_put(&snippet, STR("(not found)"));
    printf("%.*s\n    ", (int)typed.len, typed.ptr);
    for (size_t i = 0; i < snippet.len; i++)
        putchar(snippet.ptr[i] == '\n' ? ' ' : snippet.ptr[i]);
    putchar('\n');
    search_free(&search);
    buf_free(&snippet);
}

int
main(void)
{
    struct buf input = {0}, prose = {0};
    struct str rest, text, typed;

    input.len = fread(buf_room(&input, INPUT_MAX), 1, INPUT_MAX, stdin);
    for (text = buf_str(&input); str_line(&text).len > 0;)
        continue;
    prose_put(&prose, text);
    for (rest = buf_str(&input); (typed = str_line(&rest)).len > 0;)
        put_answer(typed, buf_str(&prose));
    buf_free(&input);
    buf_free(&prose);
    return 0;
}
