#ifndef SERVE_SIGNER_H
#define SERVE_SIGNER_H

/*
 * Keys that sign without being there: a provider of OpenSSL, in a library context of its own, whose
 * keys know their public half and ask the keyring for the rest. To a TLS context they are like any
 * other key.
 */

#include <openssl/types.h>

#include "base/fail.h"
#include "serve/keyline.h"

struct signer;

struct signer *signer_new(struct failure *why);
void signer_free(struct signer *signer); /* after the last of its keys */

/* The key with this public half (borrowed), which the keyring holds as number `index`. The line is
 * borrowed as long as the key lives. End with EVP_PKEY_free. */
EVP_PKEY *signer_key(struct signer *signer, const EVP_PKEY *public, struct keyline *line,
                     unsigned index, struct failure *why);

#endif
