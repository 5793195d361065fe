#ifndef SITE_CATALOG_MEMORY_H
#define SITE_CATALOG_MEMORY_H

/* To be called before anything of SQLite's is used: without memory it ends the process, as
 * base/mem.h says. It would else answer that a list is empty, and readers would be told so. */
void catalog_rule_memory(void);

#endif
