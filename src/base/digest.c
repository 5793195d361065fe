#include "base/digest.h"

#include <assert.h>

#include <openssl/evp.h>

struct digest
digest_of(struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    struct digest digest;
    int done = EVP_Digest(bytes.len > 0 ? bytes.ptr : "", bytes.len, raw, &len, EVP_sha256(), NULL);

    assert(done == 1 && len * 2 == DIGEST_HEX);
    for (unsigned int i = 0; i < len; i++) {
        digest.hex[(size_t)i * 2] = digits[raw[i] >> 4];
        digest.hex[(size_t)i * 2 + 1] = digits[raw[i] & 15];
    }
    digest.hex[DIGEST_HEX] = '\0';
    return digest;
}
