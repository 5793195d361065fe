/*
 * What an import cannot be faster than: libxml2 alone reads the same file. First with its streaming
 * reader (xmlTextReader), each byte of each text being looked at; then the same, and the HTML that
 * the entries hold with its push parser for HTML and handlers that do nothing. Prints the seconds
 * of both.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libxml/HTMLparser.h>
#include <libxml/xmlreader.h>

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Each byte is read, so that no text can be left out. */
static unsigned long
look_at(const xmlChar *text)
{
    unsigned long sum = 0;

    for (; text && *text; text++)
        sum += *text;
    return sum;
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
    unsigned long *sum = ctx;

    for (int i = 0; i < len; i++)
        *sum += text[i];
}

static unsigned long
parse_html(const xmlChar *text)
{
    htmlSAXHandler sax = {.characters = on_text};
    unsigned long sum = 0;
    htmlParserCtxtPtr html =
        htmlCreatePushParserCtxt(&sax, &sum, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);

    htmlParseChunk(html, (const char *)text, (int)strlen((const char *)text), 0);
    htmlParseChunk(html, NULL, 0, 1);
    htmlFreeParserCtxt(html);
    return sum;
}

/* The seconds that it takes; negative on failure. */
static double
parse(const char *path, bool with_html, unsigned long *sum)
{
    xmlTextReaderPtr reader = xmlReaderForFile(path, NULL, XML_PARSE_HUGE);
    double began = now();
    bool in_content = false;
    int got = -1;

    while (reader && (got = xmlTextReaderRead(reader)) == 1) {
        const xmlChar *text = xmlTextReaderConstValue(reader);

        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT)
            in_content = strcmp((const char *)xmlTextReaderConstLocalName(reader), "content") == 0;
        else if (text)
            *sum += in_content && with_html ? parse_html(text) : look_at(text);
    }
    if (reader)
        xmlFreeTextReader(reader);
    return got == 0 ? now() - began : -1;
}

int
main(int argc, char **argv)
{
    unsigned long sum = 0;
    double xml = argc == 2 ? parse(argv[1], false, &sum) : -1;
    double html = xml < 0 ? -1 : parse(argv[1], true, &sum);

    if (html < 0) {
        fprintf(stderr, "floor: cannot read %s\n", argc == 2 ? argv[1] : "without a file");
        return 1;
    }
    printf("%.3f %.3f %lu\n", xml, html, sum);
    return 0;
}
