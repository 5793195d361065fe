#ifndef TEXT_IDNA_H
#define TEXT_IDNA_H

/* Names of hosts in letters of any script, as DNS has them (IDNA2008, UTS 46). */

#include <stdbool.h>

#include "base/str.h"

enum { IDNA_HOST_MAX = 1024 }; /* bytes of a name, decoded: DNS has 253, in A-labels */

/* Appends the host of a URI, as text or with its letters as %XX, in A-labels: "bücher.example" and
 * "b%C3%BCcher.example" give "xn--bcher-kva.example". False, with nothing appended, when all of it
 * is ASCII or DNS can have no such name. */
bool idna_put(struct buf *out, struct str host);

#endif
