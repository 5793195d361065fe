#ifndef SITE_MEDIA_H
#define SITE_MEDIA_H

/*
 * Media types: by the name's extension first, since libmagic calls gemtext plain text; by the
 * first bytes second, and only when the index is made, never for a request.
 */

#include <stdbool.h>

#include "base/fail.h"
#include "base/str.h"

enum { MEDIA_SNIFF = 4096 }; /* bytes of a file that libmagic sees */

struct media_sniffer;

/* The type that the extension of a path stands for, NULL when it stands for none. */
const char *media_of_name(struct str path);

/* NULL on failure. */
struct media_sniffer *media_sniffer_open(struct failure *why);
void media_sniffer_close(struct media_sniffer *sniffer);

/* The type of a file that begins with these bytes, valid until the next call. A text that is not
 * UTF-8 carries its charset: "text/plain; charset=iso-8859-1". NULL on failure. */
const char *media_of_bytes(struct media_sniffer *sniffer, struct str bytes, struct failure *why);

/* Parameters of the type do not matter. */
bool media_is_gemtext(struct str type);
bool media_is_text(struct str type);

#endif
