#ifndef SERVE_ZONE_H
#define SERVE_ZONE_H

/* Which paths need which client certificate (PROTOCOL.md 2.3, L12 and L13). */

#include "serve/tls.h"
#include "site/config.h"
#include "site/respond.h"
#include "site/words.h"

/* OUTCOME_OK, or one of OUTCOME_CERTIFICATE_*. The path is decoded and has no dot segments. A zone
 * covers its path, with and without the final '/', and all below; the longest that does counts. */
enum outcome zone_check(const struct config *config, struct str path,
                        const struct tls_client_certificate *certificate);

/* What a reader is told by one of OUTCOME_CERTIFICATE_*. */
enum word zone_reason(enum outcome outcome);

#endif
