/*
 * What an import cannot be faster than: libxml2's streaming reader (xmlTextReader) goes through the
 * file once and every text of it is looked at. Prints seconds and bytes of text.
 */

#include <stdio.h>
#include <time.h>

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
look_at(const xmlChar *text, size_t *bytes)
{
    unsigned long sum = 0;

    for (; text && *text; text++, *bytes += 1)
        sum += *text;
    return sum;
}

int
main(int argc, char **argv)
{
    xmlTextReaderPtr reader = argc == 2 ? xmlReaderForFile(argv[1], NULL, XML_PARSE_HUGE) : NULL;
    double began = now();
    unsigned long sum = 0;
    size_t bytes = 0;
    int got = -1;

    while (reader && (got = xmlTextReaderRead(reader)) == 1)
        if (xmlTextReaderHasValue(reader))
            sum += look_at(xmlTextReaderConstValue(reader), &bytes);
    if (reader)
        xmlFreeTextReader(reader);
    if (got != 0) {
        fprintf(stderr, "floor: cannot read %s\n", argc == 2 ? argv[1] : "without a file");
        return 1;
    }
    printf("%.3f %zu %lu\n", now() - began, bytes, sum);
    return 0;
}
