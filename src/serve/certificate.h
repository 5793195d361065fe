#ifndef SERVE_CERTIFICATE_H
#define SERVE_CERTIFICATE_H

/*
 * The server's certificate and key, as the configuration names their files. What is missing is
 * made; what is there is never changed, since readers' clients remember it.
 */

#include <stdbool.h>

#include <openssl/types.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/config.h"

/* Makes the key (ECDSA P-256, mode 0600) and a self-signed certificate with it, as far as they are
 * missing. A certificate without its key is a failure. */
bool certificate_make(const struct config *config, struct failure *why);

/* Loads certificate, chain and key into a context. */
bool certificate_use(SSL_CTX *ctx, const struct config *config, struct failure *why);

/* What an operator should know: expired, a host it does not cover, a key others can read; one
 * sentence a line, appended; nothing of a certificate that the first start will make. False with a
 * failure when the pair cannot be used at all. */
bool certificate_check(const struct config *config, struct buf *findings, struct failure *why);

#endif
