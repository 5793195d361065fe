#ifndef SERVE_CERTIFICATE_H
#define SERVE_CERTIFICATE_H

/*
 * The server's certificates and keys, as the configuration names their files: the pair of [tls],
 * for whoever has none of its own, then that of each [host]. What is missing is made; what is there
 * is never changed, since readers' clients remember it.
 */

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

#include "base/fail.h"
#include "base/str.h"
#include "site/config.h"

enum {
    CERTIFICATES_MAX = 1 + CONFIG_LIST_MAX,
    CERTIFICATE_CHAIN_MAX = 65536, /* bytes of PEM: a client would not read so much */
};

struct certificate_files {
    const char *host; /* NULL: the pair of [tls] */
    const char *cert, *key;
};

size_t certificate_count(const struct config *config);
struct certificate_files certificate_files(const struct config *config, size_t index);

/* Makes each key (ECDSA P-256, mode 0600) and a self-signed certificate with it, as far as they are
 * missing. A certificate without its key is a failure. */
bool certificate_make(const struct config *config, struct failure *why);

/* Reads every pair, compares its halves, and appends its certificates in PEM, those of each pair
 * with a NUL behind. Nothing of a key is in there, whatever else the files hold. */
bool certificate_read(const struct config *config, struct buf *chains, struct failure *why);

/* Those of one pair. */
struct str certificate_chain(struct str chains, size_t index);

/* What an operator should know: expired, a host it does not cover, a key others can read; one
 * sentence a line, appended; nothing of a certificate that the first start will make. False with a
 * failure when a pair cannot be used at all. */
bool certificate_check(const struct config *config, struct buf *findings, struct failure *why);

/* A private key, or NULL; end with EVP_PKEY_free. */
EVP_PKEY *certificate_read_key(const char *path, struct failure *why);

/* The key, or its public half, belongs to the chain's first certificate. */
bool certificate_fits(struct str chain, const EVP_PKEY *key);

/* The public half in the chain's first certificate, or NULL; end with EVP_PKEY_free. */
EVP_PKEY *certificate_public_key(struct str chain, struct failure *why);

/* Loads chain and key into a context. */
bool certificate_use(SSL_CTX *ctx, struct str chain, EVP_PKEY *key, struct failure *why);

#endif
