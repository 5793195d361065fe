#ifndef IMPORT_JSONLD_H
#define IMPORT_JSONLD_H

/* What a page says of a post in JSON-LD (schema.org). The only place that meets json-c. */

#include <stdbool.h>

#include "base/str.h"

enum {
    JSONLD_MAX = 1 << 20, /* bytes of one script */
    JSONLD_DEPTH_MAX = 32,
};

/* Empty where it says nothing. Owned: jsonld_free. */
struct jsonld {
    struct buf headline, published, modified, author, address;
};

/* False when it is no JSON, or none that describes a posting or an article. */
bool jsonld_read(struct jsonld *posting, struct str json);
void jsonld_free(struct jsonld *posting);

#endif
