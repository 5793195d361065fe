#ifndef IMPORT_PERMALINK_H
#define IMPORT_PERMALINK_H

/* Addresses of posts and pages as Blogger makes them: /2017/11/slug.html and /p/slug.html. */

#include <stdbool.h>

#include "base/str.h"

/* The path in an address, absolute or relative (in mirrors ../../2017/11/slug.html), without its
 * first '/'; false when it leads to no post or page. Query and fragment are not part of it. */
bool permalink_find(struct str address, struct str *path);

bool permalink_is_page(struct str path);

/* The year and month in the path of a post; false for a page. */
bool permalink_month(struct str path, int *year, int *month);

/* scheme://host of an absolute address; empty for any other. */
struct str permalink_root(struct str address);

#endif
