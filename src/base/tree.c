#include "base/tree.h"

#include <search.h>
#include <stdint.h>

#include "base/mem.h"

void *
tree_add(void **tree, void *node, int (*compare)(const void *a, const void *b))
{
    void **found = tsearch(node, tree, compare);

    if (found)
        return *found;
    mem_grow(NULL, SIZE_MAX, 2); /* ends the process as every other lack of memory does */
    return node;
}
