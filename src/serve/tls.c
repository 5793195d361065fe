#include "serve/tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "serve/certificate.h"
#include "serve/signer.h"

enum {
    SESSION_S = 8 * 3600,    /* as long as the key of any ticket is surely kept */
    SESSION_ID_CONTEXT = 32, /* bytes: SSL_MAX_SID_CTX_LENGTH */
    NAME_TYPE_HOST = 0,      /* 6066 3 */
    NAME_HEADER = 5,         /* bytes: length of the list, type, length of the name */
};

static const char ciphers_of_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                     "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                                     "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char ciphers_of_1_3[] =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
static const char groups[] = "X25519:P-256:P-384";

struct tls_context {
    const struct config *config;
    struct ticket_ring *ring;
    struct signer *signer; /* NULL: the keys are here */
    size_t count;
    SSL_CTX *ctxs[CERTIFICATES_MAX]; /* for each pair of certificate_files() */
};

struct tls {
    SSL *ssl;
    int fd;
    bool begun;    /* the first byte is one of TLS */
    bool closed;   /* close_notify is sent */
    bool broken;   /* 8446 6.2: nothing may follow a fatal alert */
    unsigned idle; /* records since the handshake that brought no text */
    size_t sent;   /* bytes of text */
};

/* L11: no certificate fails a handshake, and no chain is built from what a stranger sent. */
static int
on_client_chain(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* The name in a server_name extension, empty when there is none or its form is wrong. */
static struct str
server_name_of(SSL *ssl)
{
    const unsigned char *ext;
    size_t len, name_len;

    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &len) != 1 ||
        len < NAME_HEADER || ext[2] != NAME_TYPE_HOST)
        return STR("");
    name_len = ((size_t)ext[3] << 8) | ext[4];
    if (name_len > len - NAME_HEADER || name_len > TLS_SERVER_NAME_MAX)
        return STR("");
    return (struct str){(const char *)ext + NAME_HEADER, name_len};
}

static char
lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 'a' - 'A') : byte;
}

/* Sessions are tied to it: a certificate shown to one host is unknown to the next. */
static struct digest
name_digest(struct str name)
{
    char bytes[TLS_SERVER_NAME_MAX];

    for (size_t i = 0; i < name.len; i++)
        bytes[i] = lower(name.ptr[i]);
    return digest_of((struct str){bytes, name.len});
}

/* L5: that of the host with this name, else of [tls]. */
static SSL_CTX *
ctx_for(const struct tls_context *context, struct str name)
{
    for (size_t i = 1; i < context->count; i++)
        if (str_eq_nocase(name, str_of(certificate_files(context->config, i).host)))
            return context->ctxs[i];
    return context->ctxs[0];
}

static int
on_client_hello(SSL *ssl, int *alert, void *arg)
{
    const struct tls_context *context = arg;
    struct str name = server_name_of(ssl);
    struct digest digest = name_digest(name);
    const unsigned char *modes;
    bool has_modes;
    size_t len;

    /* L9: a client without these modes cannot use a ticket of TLS 1.3 (8446 4.2.9). */
    has_modes = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk_kex_modes, &modes, &len) == 1;
    if (SSL_set_SSL_CTX(ssl, ctx_for(context, name)) &&
        SSL_set_num_tickets(ssl, has_modes ? 1 : 0) == 1 &&
        SSL_set_session_id_context(ssl, (unsigned char *)digest.hex, SESSION_ID_CONTEXT) == 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

/* A session of TLS 1.2 is to keep its name: when the client comes back with it, this is what
 * SSL_get_servername() gives. In 1.3 that is always the name in this ClientHello. */
static int
on_server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    return SSL_version(ssl) < TLS1_3_VERSION ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* Counts the records that come in after the handshake; tls_read() takes off those with text. */
static void
on_message(int is_sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    struct tls *tls = arg;

    (void)version, (void)bytes, (void)len;
    if (!is_sent && type == SSL3_RT_HEADER && SSL_is_init_finished(ssl))
        tls->idle++;
}

static bool
set_mac_key(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
    unsigned char secret[TICKET_SECRET];
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof(secret)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool done;

    memcpy(secret, key->mac, sizeof(secret));
    done = EVP_MAC_CTX_set_params(mac, params) == 1;
    OPENSSL_cleanse(secret, sizeof(secret));
    return done;
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3). Sealing: 1. Opening: 0 for an unknown ticket, which
 * means a full handshake, 1, or 2 for a new ticket besides. A ticket of TLS 1.3 is good once
 * (8446 C.4), so there a new one always follows. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
          EVP_MAC_CTX *mac, int is_sealing)
{
    const struct ticket_ring *ring = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const struct ticket_key *current = &ring->keys[0], *key;

    if (is_sealing) {
        memcpy(name, current->name, TICKET_NAME);
        return RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 && set_mac_key(mac, current) &&
                       EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, current->cipher, iv) == 1
                   ? 1
                   : -1;
    }
    key = ticket_ring_find(ring, name);
    if (!key)
        return 0;
    if (!set_mac_key(mac, key) ||
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1)
        return -1;
    return key == current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

static bool
set_algorithms(SSL_CTX *ctx)
{
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, ciphers_of_1_2) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, ciphers_of_1_3) == 1 &&
           SSL_CTX_set1_groups_list(ctx, groups) == 1;
}

static void
set_options(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* Else one SSL_read() would go on for as long as a client sends KeyUpdates. */
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_msg_callback(ctx, on_message);
}

/* CVE-2024-2511: no cache, which grows; tickets only. L10: no early data; what a client sends of
 * it is skipped, up to the limit that OpenSSL has for that, and the handshake goes on. */
static void
set_sessions(SSL_CTX *ctx, struct tls_context *context)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(ctx, SESSION_S);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, context);
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_app_data(ctx, context->ring);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
}

static void
set_client_certificates(SSL_CTX *ctx)
{
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_client_chain, NULL);
    SSL_CTX_set_max_cert_list(ctx, TLS_CERTIFICATES_MAX);
}

/* The key of a certificate, or what stands for it here. NULL on failure. */
static EVP_PKEY *
new_key(const struct tls_context *context, const struct tls_setup *setup, struct str chain,
        struct failure *why)
{
    EVP_PKEY *public, *key;

    if (!context->signer)
        return certificate_read_key(certificate_files(setup->config, context->count).key, why);
    public = certificate_public_key(chain, why);
    key = public ? signer_key(context->signer, public, setup->line, (unsigned)context->count, why)
                 : NULL;
    EVP_PKEY_free(public);
    return key;
}

static SSL_CTX *
new_ctx(struct tls_context *context, struct failure *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx || !set_algorithms(ctx)) {
        fail(why, "OpenSSL lacks what TLS needs");
        SSL_CTX_free(ctx);
        return NULL;
    }
    set_options(ctx);
    set_sessions(ctx, context);
    if (context->config->zone_count > 0)
        set_client_certificates(ctx);
    return ctx;
}

static bool
add_certificate(struct tls_context *context, const struct tls_setup *setup, struct failure *why)
{
    struct str chain = certificate_chain(setup->chains, context->count);
    SSL_CTX *ctx = new_ctx(context, why);
    EVP_PKEY *key = ctx ? new_key(context, setup, chain, why) : NULL;
    bool done = key && (certificate_use(ctx, chain, key, why) ||
                        fail_in(why, "%s", certificate_files(setup->config, context->count).cert));

    EVP_PKEY_free(key);
    context->ctxs[context->count++] = ctx;
    return done;
}

struct tls_context *
tls_context_new(const struct tls_setup *setup, struct failure *why)
{
    struct tls_context *context = mem_new(sizeof(*context));
    bool done = true;

    context->config = setup->config;
    context->ring = setup->ring;
    if (setup->line) {
        context->signer = signer_new(why);
        done = context->signer != NULL;
    }
    while (done && context->count < certificate_count(setup->config))
        done = add_certificate(context, setup, why);
    if (done)
        return context;
    tls_context_free(context);
    return NULL;
}

void
tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    for (size_t i = 0; i < context->count; i++)
        SSL_CTX_free(context->ctxs[i]);
    signer_free(context->signer);
    free(context);
}

struct tls *
tls_new(struct tls_context *context, int fd)
{
    struct tls *tls = mem_new(sizeof(*tls));

    ticket_ring_advance(context->ring, ticket_clock()); /* whoever comes finds no key of the past */
    tls->fd = fd;
    ERR_clear_error();
    tls->ssl = SSL_new(context->ctxs[0]);
    if (!tls->ssl || SSL_set_fd(tls->ssl, fd) != 1) {
        tls->broken = true;
        return tls;
    }
    SSL_set_msg_callback_arg(tls->ssl, tls);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void
tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

/* What a call that did not succeed means. */
static enum tls_result
result_of(struct tls *tls, int returned)
{
    switch (SSL_get_error(tls->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        tls->broken = true;
        return TLS_BROKEN;
    }
}

/* Once the client has ended OpenSSL says so also of a write that failed: nobody is there to read.
 */
static enum tls_result
result_of_sending(struct tls *tls, int returned)
{
    enum tls_result result = result_of(tls, returned);

    if (result != TLS_ENDED)
        return result;
    tls->broken = true;
    return TLS_BROKEN;
}

/* L6: whoever speaks no TLS gets no byte. OpenSSL would answer some of them with an alert. */
static enum tls_result
look_at_first_byte(struct tls *tls)
{
    char byte;
    ssize_t got;

    do
        got = recv(tls->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return TLS_WANT_READ;
    tls->begun = got == 1 && byte == TLS_RECORD_HANDSHAKE;
    tls->broken = !tls->begun;
    if (got == 0)
        return TLS_ENDED;
    return tls->begun ? TLS_DONE : TLS_BROKEN;
}

/* Frees the key that is in it; what holds it stays. */
static void
empty_key(EVP_PKEY *key)
{
    if (key)
        EVP_PKEY_set_type(key, EVP_PKEY_get_id(key));
    EVP_PKEY_free(key);
}

/* In TLS 1.3 OpenSSL would keep the keys that were made for the handshake, ours and the client's,
 * as long as the connection, though nothing asks for them any more. */
static void
forget_key_exchange(SSL *ssl)
{
    EVP_PKEY *ours = NULL, *theirs = NULL;

    SSL_get_tmp_key(ssl, &ours);
    SSL_get_peer_tmp_key(ssl, &theirs);
    empty_key(ours);
    empty_key(theirs);
}

enum tls_result
tls_handshake(struct tls *tls)
{
    enum tls_result looked = TLS_DONE;
    int done;

    if (tls->broken)
        return TLS_BROKEN;
    if (!tls->begun)
        looked = look_at_first_byte(tls);
    if (looked != TLS_DONE)
        return looked;
    ERR_clear_error();
    done = SSL_do_handshake(tls->ssl);
    if (done != 1)
        return result_of(tls, done);
    forget_key_exchange(tls->ssl);
    return TLS_DONE;
}

/* One record at most: sets *got when there was text in it. */
static enum tls_result
read_once(struct tls *tls, char *bytes, size_t size, size_t *got)
{
    size_t len;

    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, bytes, size, &len) != 1)
        return result_of(tls, 0);
    tls->idle -= tls->idle > 0;
    *got = len;
    return TLS_DONE;
}

enum tls_result
tls_read(struct tls *tls, char *bytes, size_t size, size_t *got)
{
    enum tls_result result = TLS_WANT_READ;
    unsigned idle;

    if (tls->broken)
        return TLS_BROKEN;
    do { /* go on behind a record without text: there may be another, and no event will say so */
        idle = tls->idle;
        result = read_once(tls, bytes, size, got);
    } while (result == TLS_WANT_READ && tls->idle > idle && tls->idle <= TLS_IDLE_RECORDS_MAX);
    if (tls->idle <= TLS_IDLE_RECORDS_MAX)
        return result;
    tls->broken = true;
    return TLS_BROKEN;
}

enum tls_result
tls_write(struct tls *tls, struct str bytes, size_t *put)
{
    if (tls->broken)
        return TLS_BROKEN;
    assert(bytes.len > 0);
    if (tls->sent < TLS_RECORD_FIRST_FOR)
        bytes = str_head(bytes, TLS_RECORD_FIRST);
    ERR_clear_error();
    if (SSL_write_ex(tls->ssl, bytes.ptr, bytes.len, put) != 1)
        return result_of_sending(tls, 0);
    tls->sent += *put;
    return TLS_DONE;
}

enum tls_result
tls_close_notify(struct tls *tls)
{
    int done;

    if (tls->broken || !SSL_is_init_finished(tls->ssl))
        return TLS_BROKEN;
    if (tls->closed) /* another SSL_shutdown() would wait for the client's */
        return TLS_DONE;
    ERR_clear_error();
    done = SSL_shutdown(tls->ssl);
    tls->closed = done >= 0;
    return tls->closed ? TLS_DONE : result_of_sending(tls, done);
}

struct str
tls_server_name(const struct tls *tls)
{
    const char *name = tls->ssl ? SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

    return name ? str_of(name) : STR("");
}

/* HARDENING.md 2.5: kinds of keys whose proofs mean something and cost little. */
static bool
is_accepted_key(const EVP_PKEY *key)
{
    char group[sizeof(SN_X9_62_prime256v1)] = "";
    size_t len;
    int bits = EVP_PKEY_get_bits(key);

    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return bits >= TLS_CLIENT_RSA_MIN && bits <= TLS_CLIENT_RSA_MAX;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
               (strcmp(group, SN_X9_62_prime256v1) == 0 || strcmp(group, SN_secp384r1) == 0);
    default:
        return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    }
}

/* L12. Nothing can be said of the signature of a certificate that somebody else signed. */
static bool
is_sound(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    int signed_itself = key && is_accepted_key(key) ? X509_self_signed(cert, 0) : -1;

    return signed_itself == 0 || (signed_itself == 1 && X509_verify(cert, key) == 1);
}

struct tls_client_certificate
tls_client_certificate(const struct tls *tls)
{
    struct tls_client_certificate answer = {0};
    X509 *cert = tls->ssl ? SSL_get0_peer_certificate(tls->ssl) : NULL;
    unsigned char *der = NULL;
    int len;

    ERR_clear_error();
    len = cert ? i2d_X509(cert, &der) : -1;
    if (len < 0)
        return answer;
    answer.present = true;
    answer.in_time = X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
                     X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
    answer.sound = is_sound(cert);
    memcpy(answer.sha256, digest_of((struct str){(const char *)der, (size_t)len}).hex,
           sizeof(answer.sha256));
    OPENSSL_free(der);
    return answer;
}
