#ifndef TEXT_XML_MEMORY_H
#define TEXT_XML_MEMORY_H

/* To be called before anything of libxml2's is used: without memory it ends the process, as
 * base/mem.h says. It would else say so in lines of its own, and take what it has read so far for
 * all there is. */
void xml_rule_memory(void);

#endif
