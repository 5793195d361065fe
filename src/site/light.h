#ifndef SITE_LIGHT_H
#define SITE_LIGHT_H

/*
 * The same site for the thinnest links: /light/X is what X is, in parts of [light] part bytes, with
 * links that stay in /light/ and say what they cost, pictures as their smallest variant, and no
 * more ways on than a reader needs. Part 2 of /light/a.gmi is /light/a~2.gmi, that of /light/a/ is
 * /light/a/~2. What is no gemtext is found at its own place.
 */

#include <stdbool.h>

#include "site/respond.h"

/* Answers a path that begins with /light; false for any other. */
bool light_answer(const struct site *site, const struct request *request,
                  struct response *response);

/* The path of what a light path shows; any other path as it is. */
struct str light_inner(struct str path);

#endif
