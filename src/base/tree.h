#ifndef BASE_TREE_H
#define BASE_TREE_H

/* The search trees of <search.h> for those who expect memory to be there (base/mem.h). A tree is a
 * pointer that begins as NULL; tfind, twalk and tdestroy go with it. */

/* The node that is equal to this one, which is added when there is none. */
void *tree_add(void **tree, void *node, int (*compare)(const void *a, const void *b));

#endif
