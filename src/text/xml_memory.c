#include "text/xml_memory.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/xmlmemory.h>

#include "base/mem.h"

static void *
memory_grow(void *block, size_t size)
{
    return mem_grow(block, size > 0 ? size : 1, 1);
}

static void *
memory_new(size_t size)
{
    return memory_grow(NULL, size);
}

static char *
memory_copy(const char *text)
{
    return mem_copy(text, strlen(text));
}

void
xml_rule_memory(void)
{
    xmlMemSetup(free, memory_new, memory_grow, memory_copy);
}
