#ifndef SITE_REFERENCE_H
#define SITE_REFERENCE_H

/* Links of our own pages: where they lead, and whether that is here. */

#include <stdbool.h>

#include "site/config.h"
#include "text/uri.h"

/* Appends a reference that stands on the page of a decoded path, made absolute. */
void reference_resolve(struct buf *absolute, const struct config *config, struct str path,
                       struct str reference);

/* An absolute address is one of ours: our scheme, host and port. */
bool reference_is_own(const struct config *config, const struct uri *uri);

#endif
