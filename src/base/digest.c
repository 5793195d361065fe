#include "base/digest.h"

#include <assert.h>
#include <stdio.h>

#include <openssl/evp.h>

struct digest
digest_of(struct str bytes)
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    struct digest digest;
    int done = EVP_Digest(bytes.len > 0 ? bytes.ptr : "", bytes.len, raw, &len, EVP_sha256(), NULL);

    assert(done == 1 && len * 2 == DIGEST_HEX);
    for (unsigned int i = 0; i < len; i++)
        snprintf(digest.hex + (size_t)i * 2, 3, "%02x", raw[i]);
    return digest;
}
