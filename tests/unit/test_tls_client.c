#include "tls_pair.h"

#define DAY 86400L

static EVP_PKEY *
new_key(const char *kind)
{
    if (strcmp(kind, "ED25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (strncmp(kind, "RSA", 3) == 0)
        return EVP_RSA_gen(strtoul(kind + 3, NULL, 10));
    return EVP_EC_gen(kind);
}

/* A certificate as clients make them: of its own, or signed by another key. */
static X509 *
new_certificate(EVP_PKEY *key, EVP_PKEY *signer, long from_s, long to_s)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
    X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"reader", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    assert_true(X509_sign(cert, signer, EVP_PKEY_is_a(signer, "ED25519") ? NULL : EVP_sha256()) >
                0);
    return cert;
}

static void
digest_hex(const X509 *cert, char hex[DIGEST_HEX + 1])
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);

    memcpy(hex, digest_of((struct str){(char *)der, (size_t)len}).hex, DIGEST_HEX + 1);
    OPENSSL_free(der);
}

static struct tls_client_certificate
show(int version, X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *ctx = new_client(version);
    struct pair pair = new_pair(ctx, server.context);
    struct tls_client_certificate seen;

    if (cert) {
        assert_int_equal(SSL_use_certificate(pair.client, cert), 1);
        assert_int_equal(SSL_use_PrivateKey(pair.client, key), 1);
    }
    connect_pair(&pair);
    client_writes(&pair, "x");
    expect_read(&pair, "x");
    assert_int_equal(sk_X509_NAME_num(SSL_get0_peer_CA_list(pair.client)) > 0, false);
    seen = tls_client_certificate(pair.tls);
    end_pair(&pair);
    SSL_CTX_free(ctx);
    return seen;
}

static void
ask_for_certificates(void)
{
    tls_context_free(server.context);
    server.config.zone_count = 1;
    server.context = new_context();
}

/* L11: none of them fails the handshake; L12: what is wrong with it is told later. */
static void
test_client_certificates(void **state)
{
    static const struct {
        const char *kind;
        long from, to;
        bool other_signer, in_time, sound;
    } rows[] = {
        {"P-256", -DAY, DAY, false, true, true},
        {"P-384", -DAY, DAY, false, true, true},
        {"ED25519", -DAY, DAY, false, true, true},
        {"RSA2048", -DAY, DAY, false, true, true},
        {"P-256", -2 * DAY, -DAY, false, false, true},
        {"P-256", DAY, 2 * DAY, false, false, true},
        {"P-256", -DAY, DAY, true, true, false}, /* signed by another */
        {"RSA1024", -DAY, DAY, false, true, false},
        {"P-521", -DAY, DAY, false, true, false}, /* in 1.2 it must be among our groups */
    };
    static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
    EVP_PKEY *other = new_key("P-256");

    (void)state;
    ask_for_certificates();
    for (size_t i = 0; i < COUNT(rows) * COUNT(versions) - 1; i++) {
        size_t row = i / COUNT(versions);
        EVP_PKEY *key = new_key(rows[row].kind);
        X509 *cert = new_certificate(key, rows[row].other_signer ? other : key, rows[row].from,
                                     rows[row].to);
        struct tls_client_certificate seen = show(versions[i % COUNT(versions)], cert, key);
        char expected[DIGEST_HEX + 1];

        digest_hex(cert, expected);
        assert_true(seen.present);
        assert_int_equal(seen.in_time, rows[row].in_time);
        assert_int_equal(seen.sound, rows[row].sound);
        assert_string_equal(seen.sha256, expected);
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    EVP_PKEY_free(other);
}

static void
test_no_certificate(void **state)
{
    EVP_PKEY *key = new_key("P-256");
    X509 *cert = new_certificate(key, key, -DAY, DAY);

    (void)state;
    assert_false(show(TLS1_3_VERSION, cert, key).present); /* no zone: not asked for */
    ask_for_certificates();
    assert_false(show(TLS1_3_VERSION, NULL, NULL).present);
    assert_true(show(TLS1_3_VERSION, cert, key).present);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void
test_certificate_after_resumption(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    EVP_PKEY *key = new_key("P-256");
    X509 *cert = new_certificate(key, key, -DAY, DAY);
    char expected[DIGEST_HEX + 1];

    (void)state;
    digest_hex(cert, expected);
    ask_for_certificates();
    for (size_t i = 0; i < COUNT(versions); i++) {
        SSL_SESSION *kept = NULL;
        SSL_CTX *ctx = new_client(versions[i]);
        struct pair pair;
        struct tls_client_certificate seen;

        SSL_CTX_use_certificate(ctx, cert);
        SSL_CTX_use_PrivateKey(ctx, key);
        visit(ctx, server.context, &kept, "capsule.example");
        pair = new_pair(ctx, server.context);
        SSL_set_tlsext_host_name(pair.client, "capsule.example");
        SSL_set_session(pair.client, kept);
        connect_pair(&pair);
        assert_int_equal(SSL_session_reused(pair.client), 1);
        seen = tls_client_certificate(pair.tls);
        assert_true(seen.present && seen.in_time && seen.sound);
        assert_string_equal(seen.sha256, expected);
        end_pair(&pair);
        SSL_SESSION_free(kept);
        SSL_CTX_free(ctx);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        ROW(test_client_certificates),
        ROW(test_no_certificate),
        ROW(test_certificate_after_resumption),
    };

    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
