/* Any texts in a feed: what comes out is XML to a parser that is not ours, in any state UTF-8, and
 * says the same texts again. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <libxml/parser.h>
#include <unistr.h>

#include "text/atom.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
write_feed(struct buf *out, struct str a, struct str b)
{
    atom_begin(out, &(struct atom_feed){.id = a,
                                        .title = b,
                                        .subtitle = a,
                                        .language = b,
                                        .author = a,
                                        .updated = b,
                                        .self = a,
                                        .page = b});
    atom_begin_entry(out, &(struct atom_entry){.id = b,
                                               .title = a,
                                               .author = b,
                                               .language = a,
                                               .published = b,
                                               .updated = a,
                                               .page = b,
                                               .summary = a});
    atom_category(out, a, b);
    atom_end_entry(out);
    atom_end(out);
}

/* The title of the feed, which has no markup of its own. */
static void
check_title(xmlDoc *document, struct str expected)
{
    xmlNode *node = xmlDocGetRootElement(document)->children;
    xmlChar *title;

    while (strcmp((const char *)node->name, "title") != 0)
        node = node->next;
    title = xmlNodeGetContent(node);
    assert(str_eq(str_of((const char *)title), expected));
    xmlFree(title);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str rest = {(const char *)bytes, size}, a = str_cut(&rest, '\n'), b = rest;
    struct buf out = {0};
    bool is_plain = b.len == 0 || u8_check((const uint8_t *)b.ptr, b.len) == NULL;
    xmlDoc *document;

    for (size_t i = 0; i < b.len; i++)
        is_plain = is_plain && (unsigned char)b.ptr[i] >= ' ' && (unsigned char)b.ptr[i] < 0x7f;
    write_feed(&out, a, b);
    assert(u8_check((const uint8_t *)out.ptr, out.len) == NULL);
    document =
        xmlReadMemory(out.ptr, (int)out.len, NULL, NULL,
                      XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET | XML_PARSE_HUGE);
    assert(document);
    if (is_plain)
        check_title(document, b);
    xmlFreeDoc(document);
    buf_free(&out);
    return 0;
}
