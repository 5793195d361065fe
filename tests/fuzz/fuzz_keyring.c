/*
 * What a worker in a stranger's hands may send to the keyring: any bytes as a request. Whatever is
 * signed is one of the two texts of a TLS server, judged here byte by byte, and the signature is a
 * true one of the key that was named.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "serve/certificate.h"
#include "serve/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { KEYS = 3, RSA_BITS = 2048, PATH_ROOM = 64 };

/* Made once. */
struct holder {
    struct keyring *keyring;
    EVP_PKEY *keys[KEYS];
};

static void
write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    bool done = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;

    assert(done);
    fclose(file);
}

static void
make(struct holder *holder)
{
    static char names[KEYS][2] = {"a", "b", "c"};
    char folder[] = "/tmp/inspir-XXXXXX", certs[KEYS][PATH_ROOM], keys[KEYS][PATH_ROOM];
    struct host_pair pairs[KEYS - 1];
    struct config config = {.hosts = pairs, .host_count = KEYS - 1};
    struct buf chains = {0};
    struct failure why = {""};
    bool done = mkdtemp(folder) != NULL;

    holder->keys[0] = EVP_EC_gen("P-256");
    holder->keys[1] = EVP_RSA_gen(RSA_BITS);
    holder->keys[2] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(certs[i], PATH_ROOM, "%s/%zu.cert", folder, i);
        snprintf(keys[i], PATH_ROOM, "%s/%zu.key", folder, i);
        write_key(keys[i], holder->keys[i]);
        config.gemini.hosts.items[config.gemini.hosts.count++] = names[i];
        if (i > 0)
            pairs[i - 1] = (struct host_pair){names[i], certs[i], keys[i]};
    }
    config.tls.cert = certs[0];
    config.tls.key = keys[0];
    done = done && certificate_make(&config, &why) && certificate_read(&config, &chains, &why);
    assert(done);
    holder->keyring = keyring_open(&config, buf_str(&chains), &why);
    assert(holder->keyring);
    buf_free(&chains);
    for (size_t i = 0; i < KEYS; i++) {
        unlink(certs[i]);
        unlink(keys[i]);
    }
    rmdir(folder);
}

/* RFC 8446 4.4.3 and RFC 5246 7.4.3, spelled out. */
static bool
is_of_tls(const unsigned char *text, size_t len)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";
    size_t spaces = 0;

    while (spaces < len && text[spaces] == ' ')
        spaces++;
    if (len == 130 || len == 146)
        return spaces == 64 && memcmp(text + 64, context, 34) == 0;
    return (len == 100 && memcmp(text + 64, "\3\0\x1d\x20", 4) == 0) ||
           (len == 133 && memcmp(text + 64, "\3\0\x17\x41", 4) == 0) ||
           (len == 165 && memcmp(text + 64, "\3\0\x18\x61", 4) == 0);
}

static bool
is_true(EVP_PKEY *key, const struct keyline_request *request, const struct keyline_reply *reply)
{
    const EVP_MD *hash = request->hash == 32   ? EVP_sha256()
                         : request->hash == 48 ? EVP_sha384()
                         : request->hash == 64 ? EVP_sha512()
                                               : NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    bool done = ctx && EVP_DigestVerifyInit(ctx, &options, hash, NULL, key) == 1;

    if (done && EVP_PKEY_is_a(key, "RSA") && request->is_pss == 1)
        done = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1;
    done = done && EVP_DigestVerify(ctx, reply->signature, reply->signature_len, request->text,
                                    request->text_len) == 1;
    EVP_MD_CTX_free(ctx);
    return done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct holder holder;
    struct keyline_request request = {0};
    struct keyline_reply reply;

    if (!holder.keyring)
        make(&holder);
    if (size > 0)
        memcpy(&request, bytes, size < sizeof request ? size : sizeof request);
    keyring_answer(holder.keyring, &request, &reply);
    assert(reply.number == request.number && reply.signature_len <= KEYLINE_SIGNATURE_MAX);
    if (reply.signature_len == 0)
        return 0;
    assert(request.key < KEYS && is_of_tls(request.text, request.text_len));
    assert(!EVP_PKEY_is_a(holder.keys[request.key], "RSA") || request.is_pss == 1 ||
           request.text[0] != ' ' || (request.text_len != 130 && request.text_len != 146));
    assert(is_true(holder.keys[request.key], &request, &reply));
    return 0;
}
