#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "serve/certificate.h"

#include <cmocka.h>

#define DAY 86400L

enum {
    PEM_MAX = 65536,
    DER_WANTED = 500, /* bytes: what a thin link should pay for a certificate at most */
};

/* A folder of its own for each test, and a configuration that points into it. */
struct place {
    char folder[32], cert[64], key[64];
    struct config config;
};

static int
setup(void **state)
{
    static const char *const hosts[] = {"capsule.example", "127.0.0.1", "2001:db8::1",
                                        "alias.example"};
    struct place *place = calloc(1, sizeof(*place));

    strcpy(place->folder, "/tmp/inspir-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->cert, sizeof(place->cert), "%s/made/cert.pem", place->folder);
    snprintf(place->key, sizeof(place->key), "%s/made/key.pem", place->folder);
    place->config.tls.cert = place->cert;
    place->config.tls.key = place->key;
    for (size_t i = 0; i < 4; i++)
        place->config.gemini.hosts.items[i] = (char *)hosts[i];
    place->config.gemini.hosts.count = 4;
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;
    char made[64];

    snprintf(made, sizeof(made), "%s/made", place->folder);
    unlink(place->cert);
    unlink(place->key);
    rmdir(made);
    rmdir(place->folder); /* fails when a test left something behind, which the assertion shows */
    assert_int_equal(access(place->folder, F_OK), -1);
    free(place);
    return 0;
}

static void
make(struct place *place)
{
    struct failure why = {""};

    if (!certificate_make(&place->config, &why))
        fail_msg("%s", why.text);
}

static X509 *
load(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert;

    assert_non_null(file);
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(cert);
    return cert;
}

static void
read_back(const char *path, struct buf *bytes)
{
    struct failure why;

    assert_true(file_read(path, PEM_MAX, bytes, &why));
}

static void
write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
test_pair_is_made(void **state)
{
    struct place *place = *state;
    struct stat info;
    struct buf findings = {0};
    struct failure why = {""};

    make(place);
    assert_int_equal(stat(place->key, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_true(certificate_check(&place->config, &findings, &why));
    assert_string_equal(buf_text(&findings), "");
    buf_free(&findings);
}

static void
test_what_a_client_sees(void **state)
{
    struct place *place = *state;
    const ASN1_TIME *never;
    unsigned char *der = NULL;
    char name[65] = "", group[32] = "";
    size_t len;
    int days, seconds;
    X509 *cert;

    make(place);
    cert = load(place->cert);
    assert_in_range(i2d_X509(cert, &der), 1, DER_WANTED);
    OPENSSL_free(der);
    assert_int_equal(X509_get_version(cert), X509_VERSION_3);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
    assert_string_equal(name, "capsule.example");
    assert_int_equal(X509_self_signed(cert, 1), 1);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_check_host(cert, "capsule.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "alias.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "other.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 0);
    assert_int_equal(X509_check_ip_asc(cert, "2001:db8::1", 0), 0);
    never = X509_get0_notAfter(cert);
    assert_string_equal((const char *)ASN1_STRING_get0_data(never), "99991231235959Z");
    assert_true(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), NULL));
    assert_in_range(days * DAY + seconds, DAY, DAY + 60);
    assert_in_range(ASN1_STRING_length(X509_get0_serialNumber(cert)), 8, 20);
    assert_int_equal(EVP_PKEY_get_group_name(X509_get0_pubkey(cert), group, sizeof(group), &len),
                     1);
    assert_string_equal(group, "prime256v1");
    X509_free(cert);
}

static void
test_nothing_is_overwritten(void **state)
{
    struct place *place = *state;
    struct buf cert = {0}, key = {0}, cert_after = {0}, key_after = {0};

    make(place);
    read_back(place->cert, &cert);
    read_back(place->key, &key);
    make(place);
    read_back(place->cert, &cert_after);
    read_back(place->key, &key_after);
    assert_string_equal(buf_text(&cert), buf_text(&cert_after));
    assert_string_equal(buf_text(&key), buf_text(&key_after));
    buf_free(&cert), buf_free(&key), buf_free(&cert_after), buf_free(&key_after);
}

static void
test_key_is_kept(void **state)
{
    struct place *place = *state;
    struct buf key = {0}, key_after = {0};
    struct buf findings = {0};
    struct failure why = {""};

    make(place);
    read_back(place->key, &key);
    unlink(place->cert);
    make(place);
    read_back(place->key, &key_after);
    assert_string_equal(buf_text(&key), buf_text(&key_after));
    assert_true(certificate_check(&place->config, &findings, &why));
    buf_free(&key), buf_free(&key_after), buf_free(&findings);
}

static void
test_certificate_without_key(void **state)
{
    struct place *place = *state;
    struct failure why = {""};

    make(place);
    unlink(place->key);
    assert_false(certificate_make(&place->config, &why));
    assert_non_null(strstr(why.text, "but its key"));
    assert_int_equal(access(place->key, F_OK), -1);
}

static void
test_folder_that_cannot_be_made(void **state)
{
    struct place *place = *state;
    struct failure why = {""};
    char path[] = "/proc/nowhere/deep/key.pem";

    place->config.tls.key = path;
    assert_false(certificate_make(&place->config, &why));
    assert_non_null(strstr(why.text, path));
}

static void
test_host_longer_than_a_common_name(void **state)
{
    static char host[] =
        "a-name-of-a-host-that-is-rather-long.with-many-labels-in-it.and-more.example";
    struct place *place = *state;
    X509 *cert;

    place->config.gemini.hosts.items[0] = host;
    make(place);
    cert = load(place->cert);
    assert_int_equal(X509_check_host(cert, host, 0, 0, NULL), 1);
    X509_free(cert);
}

/* A host with its own pair: made for it alone, and beside it that of [tls] for all. */
static void
test_host_with_its_own_pair(void **state)
{
    struct place *place = *state;
    char name[] = "alias.example", cert_path[64], key_path[64];
    struct host_pair host = {name, cert_path, key_path};
    struct failure why = {""};
    struct buf chains = {0}, findings = {0};
    X509 *cert;

    snprintf(cert_path, sizeof(cert_path), "%s/made/alias-cert.pem", place->folder);
    snprintf(key_path, sizeof(key_path), "%s/made/alias-key.pem", place->folder);
    place->config.hosts = &host;
    place->config.host_count = 1;
    make(place);
    cert = load(cert_path);
    assert_int_equal(X509_check_host(cert, "alias.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "capsule.example", 0, 0, NULL), 0);
    X509_free(cert);
    cert = load(place->cert);
    assert_int_equal(X509_check_host(cert, "alias.example", 0, 0, NULL), 1);
    X509_free(cert);
    assert_true(certificate_read(&place->config, &chains, &why));
    assert_true(certificate_check(&place->config, &findings, &why));
    assert_string_equal(buf_text(&findings), "");
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = certificate_read_key(certificate_files(&place->config, i).key, &why);

        assert_true(certificate_fits(certificate_chain(buf_str(&chains), i), key));
        assert_false(certificate_fits(certificate_chain(buf_str(&chains), 1 - i), key));
        EVP_PKEY_free(key);
    }
    buf_free(&chains);
    buf_free(&findings);
    unlink(cert_path);
    unlink(key_path);
}

/* One file may hold both halves: what is handed on is the certificate only. */
static void
test_chains_hold_no_key(void **state)
{
    struct place *place = *state;
    struct buf cert = {0}, key = {0}, both = {0}, chains = {0};
    struct failure why = {""};

    make(place);
    read_back(place->cert, &cert);
    read_back(place->key, &key);
    buf_format(&both, "%s%s%s", buf_text(&key), buf_text(&cert), buf_text(&cert));
    write_text(place->cert, buf_text(&both));
    assert_true(certificate_read(&place->config, &chains, &why));
    assert_int_equal(chains.len, 2 * cert.len + 1);
    assert_null(memmem(chains.ptr, chains.len, "PRIVATE", 7));
    buf_free(&cert), buf_free(&key), buf_free(&both), buf_free(&chains);
}

/* --- what check says --- */

static void
expect_finding(struct place *place, const char *part)
{
    struct buf findings = {0};
    struct failure why = {""};

    if (!certificate_check(&place->config, &findings, &why))
        fail_msg("%s", why.text);
    if (!strstr(buf_text(&findings), part))
        fail_msg("no \"%s\" in \"%s\"", part, buf_text(&findings));
    buf_free(&findings);
}

static void
expect_failure(struct place *place, const char *part)
{
    struct buf findings = {0};
    struct failure why = {""};

    assert_false(certificate_check(&place->config, &findings, &why));
    if (!strstr(why.text, part))
        fail_msg("no \"%s\" in \"%s\"", part, why.text);
    buf_free(&findings);
}

/* The certificate again, with other dates, signed by its own key. */
static void
redate(struct place *place, long from_s, long to_s)
{
    FILE *file = fopen(place->key, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    X509 *cert = load(place->cert);

    fclose(file);
    X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    file = fopen(place->cert, "w");
    assert_true(PEM_write_X509(file, cert));
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void
test_check_dates(void **state)
{
    static const struct {
        long from, to;
        const char *finding;
    } rows[] = {
        {-20 * DAY, -DAY, "has expired on 20"},
        {DAY, 400L * DAY, "is not valid before 20"},
        {-20 * DAY, 10 * DAY, ", within 30 days"},
    };
    struct place *place = *state;

    make(place);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        redate(place, rows[i].from, rows[i].to);
        expect_finding(place, rows[i].finding);
    }
}

static void
test_check_hosts_and_mode(void **state)
{
    static char host[] = "new.example";
    struct place *place = *state;

    make(place);
    place->config.gemini.hosts.items[place->config.gemini.hosts.count++] = host;
    expect_finding(place, "does not cover the host new.example");
    chmod(place->key, 0644);
    expect_finding(place, "other users can read it");
}

static void
test_check_failures(void **state)
{
    struct place *place = *state;
    EVP_PKEY *other = EVP_EC_gen("P-256");
    struct buf findings = {0};
    struct failure why;
    FILE *file;

    assert_true(certificate_check(&place->config, &findings, &why)); /* the first start makes it */
    assert_int_equal(findings.len, 0);
    make(place);
    file = fopen(place->key, "w");
    assert_true(PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    expect_failure(place, "is not the key of");
    file = fopen(place->key, "w");
    assert_true(PEM_write_PrivateKey(file, other, EVP_aes_128_cbc(), (unsigned char *)"secret", 6,
                                     NULL, NULL));
    fclose(file);
    EVP_PKEY_free(other);
    expect_failure(place, "without a pass phrase");
    write_text(place->key, "no key\n");
    expect_failure(place, "no private key");
    unlink(place->key);
    expect_failure(place, "cannot read");
    write_text(place->cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    expect_failure(place, "no certificate in PEM");
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        ROW(test_pair_is_made),
        ROW(test_what_a_client_sees),
        ROW(test_nothing_is_overwritten),
        ROW(test_key_is_kept),
        ROW(test_certificate_without_key),
        ROW(test_folder_that_cannot_be_made),
        ROW(test_host_longer_than_a_common_name),
        ROW(test_host_with_its_own_pair),
        ROW(test_chains_hold_no_key),
        ROW(test_check_dates),
        ROW(test_check_hosts_and_mode),
        ROW(test_check_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
