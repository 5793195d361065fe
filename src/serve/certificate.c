#include "serve/certificate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/file.h"

enum {
    SERIAL_BITS = 71,       /* the first one set: 70 are random, and it is no negative number */
    COMMON_NAME_MAX = 64,   /* characters: RFC 5280 ub-common-name */
    SECONDS_OF_DAY = 86400, /* a certificate begins that much earlier, for clocks that are slow */
    EXPIRES_SOON_DAYS = 30,
    MODE_KEY = 0600,
    MODE_CERTIFICATE = 0644,
    MODE_FOLDER = 0755,
};

/* RFC 5280 4.1.2.5: no well-defined end. A reader's client remembers the certificate until then. */
#define NEVER "99991231235959Z"

/* Answers OpenSSL's wish for a pass phrase, for which it would else ask on the terminal. */
static int
on_passphrase(char *phrase, int size, int writing, void *ctx)
{
    (void)phrase, (void)size, (void)writing, (void)ctx;
    return -1;
}

static FILE *
open_pem(const char *path, struct failure *why)
{
    FILE *file = fopen(path, "re");

    if (!file)
        fail_errno(why, "cannot read %s", path);
    ERR_clear_error();
    return file;
}

static EVP_PKEY *
read_key(const char *path, struct failure *why)
{
    FILE *file = open_pem(path, why);
    EVP_PKEY *key;

    if (!file)
        return NULL;
    key = PEM_read_PrivateKey(file, NULL, on_passphrase, NULL);
    fclose(file);
    if (!key)
        fail(why, "%s: no private key in PEM without a pass phrase", path);
    return key;
}

static X509 *
read_certificate(const char *path, struct failure *why)
{
    FILE *file = open_pem(path, why);
    X509 *cert;

    if (!file)
        return NULL;
    cert = PEM_read_X509(file, NULL, on_passphrase, NULL);
    fclose(file);
    if (!cert)
        fail(why, "%s: no certificate in PEM", path);
    return cert;
}

static bool
is_ip_literal(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool
set_subject(X509 *cert, const char *host)
{
    size_t len = strnlen(host, COMMON_NAME_MAX);
    X509_NAME *name = X509_get_subject_name(cert);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)host,
                                      (int)len, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1;
}

static bool
set_serial(X509 *cert)
{
    BIGNUM *number = BN_new();
    bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;

    BN_free(number);
    return done;
}

static bool
add_name(GENERAL_NAMES *names, const char *host)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    if (!name || !text || ASN1_STRING_set(text, host, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

/* PROTOCOL.md 7: a DNS name for each host, and no address: there are clients that fail on one. */
static bool
set_names(X509 *cert, const struct name_list *hosts)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool done = names != NULL;

    for (size_t i = 0; done && i < hosts->count; i++)
        done = is_ip_literal(hosts->items[i]) || add_name(names, hosts->items[i]);
    if (done && sk_GENERAL_NAME_num(names) > 0)
        done = X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

/* Clients built on webpki refuse a server whose certificate may sign others. */
static bool
set_no_authority(X509 *cert)
{
    BASIC_CONSTRAINTS *none = BASIC_CONSTRAINTS_new();
    bool done =
        none && X509_add1_ext_i2d(cert, NID_basic_constraints, none, 1, X509V3_ADD_DEFAULT) == 1;

    BASIC_CONSTRAINTS_free(none);
    return done;
}

/* NULL when OpenSSL cannot, which has no reason but memory. */
static X509 *
new_certificate(const struct name_list *hosts, EVP_PKEY *key)
{
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -SECONDS_OF_DAY) &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), NEVER) == 1 &&
        set_subject(cert, hosts->items[0]) && X509_set_pubkey(cert, key) == 1 &&
        set_names(cert, hosts) && set_no_authority(cert) && X509_sign(cert, key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

/* Gives the file its name unless that is taken. File systems that know no such rename (NFS) know
 * links. */
static bool
publish(const char *temporary, const char *path)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return link(temporary, path) == 0;
}

/* The folder of the file, where only that one is missing. What else is wrong shows at the file. */
static void
make_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct buf folder = {0};

    if (!slash || slash == path)
        return;
    buf_put(&folder, (struct str){path, (size_t)(slash - path)});
    (void)mkdir(buf_text(&folder), MODE_FOLDER);
    buf_free(&folder);
}

/* A new file, whole or not at all. One that another process made meanwhile is as good. */
static bool
write_new(const char *path, mode_t mode, BIO *pem, struct failure *why)
{
    struct buf temporary = {0};
    struct str bytes;
    char *data = NULL;
    bool done;
    int fd;

    make_folder_of(path);
    buf_format(&temporary, "%s.XXXXXX", path);
    fd = mkostemp(temporary.ptr, O_CLOEXEC); /* O_EXCL, and nobody else's from the beginning */
    if (fd < 0) {
        buf_free(&temporary);
        return fail_errno(why, "cannot write %s", path);
    }
    bytes.len = (size_t)BIO_get_mem_data(pem, &data);
    bytes.ptr = data;
    done = fchmod(fd, mode) == 0 && file_put(fd, bytes);
    done = close(fd) == 0 && done;
    done = done && (publish(temporary.ptr, path) || errno == EEXIST);
    if (!done)
        fail_errno(why, "cannot write %s", path);
    unlink(temporary.ptr);
    buf_free(&temporary);
    return done;
}

/* Whether there is something of that name; a failure when not even that can be known. */
static bool
exists(const char *path, bool *is_there, struct failure *why)
{
    struct stat info;

    *is_there = stat(path, &info) == 0;
    if (!*is_there && errno != ENOENT)
        return fail_errno(why, "cannot read %s", path);
    return true;
}

static bool
make_key(const char *path, struct failure *why)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *pem = BIO_new(BIO_s_secmem());
    bool done = key && pem && PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1;

    if (done)
        done = write_new(path, MODE_KEY, pem, why);
    else
        fail(why, "cannot make a key");
    BIO_free(pem);
    EVP_PKEY_free(key);
    return done;
}

static bool
make_certificate(const struct config *config, struct failure *why)
{
    EVP_PKEY *key = read_key(config->tls.key, why);
    X509 *cert = key ? new_certificate(&config->gemini.hosts, key) : NULL;
    BIO *pem = BIO_new(BIO_s_mem());
    bool done = cert && pem && PEM_write_bio_X509(pem, cert) == 1;

    if (done)
        done = write_new(config->tls.cert, MODE_CERTIFICATE, pem, why);
    else if (key)
        fail(why, "cannot make a certificate with %s", config->tls.key);
    BIO_free(pem);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

bool
certificate_make(const struct config *config, struct failure *why)
{
    bool has_cert, has_key;

    assert(config->gemini.hosts.count > 0);
    if (!exists(config->tls.cert, &has_cert, why) || !exists(config->tls.key, &has_key, why))
        return false;
    if (has_cert && !has_key)
        return fail(why, "%s is there, but its key %s is not", config->tls.cert, config->tls.key);
    return (has_key || make_key(config->tls.key, why)) &&
           (has_cert || make_certificate(config, why));
}

bool
certificate_use(SSL_CTX *ctx, const struct config *config, struct failure *why)
{
    EVP_PKEY *key = NULL;
    X509 *cert = read_certificate(config->tls.cert, why);
    bool done = false;

    if (!cert)
        return false;
    SSL_CTX_set_default_passwd_cb(ctx, on_passphrase);
    key = read_key(config->tls.key, why);
    if (!key)
        goto out;
    if (X509_check_private_key(cert, key) != 1)
        fail(why, "%s is not the key of %s", config->tls.key, config->tls.cert);
    else if (SSL_CTX_use_certificate_chain_file(ctx, config->tls.cert) != 1)
        fail(why, "%s: cannot be used: %s", config->tls.cert,
             ERR_reason_error_string(ERR_peek_last_error()));
    else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
        fail(why, "%s: cannot be used: %s", config->tls.key,
             ERR_reason_error_string(ERR_peek_last_error()));
    else
        done = true;
out:
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(cert);
    return done;
}

static void
check_dates(const char *path, const X509 *cert, struct buf *findings)
{
    time_t soon = time(NULL) + (time_t)EXPIRES_SOON_DAYS * SECONDS_OF_DAY;

    if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
        buf_format(findings, "%s: is not valid yet\n", path);
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
        buf_format(findings, "%s: has expired\n", path);
    else if (X509_cmp_time(X509_get0_notAfter(cert), &soon) < 0)
        buf_format(findings, "%s: expires within %d days\n", path, EXPIRES_SOON_DAYS);
}

static void
check_hosts(const char *path, X509 *cert, const struct name_list *hosts, struct buf *findings)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (!is_ip_literal(hosts->items[i]) &&
            X509_check_host(cert, hosts->items[i], 0, 0, NULL) != 1)
            buf_format(findings, "%s: does not cover the host %s\n", path, hosts->items[i]);
    }
}

bool
certificate_check(const struct config *config, struct buf *findings, struct failure *why)
{
    struct stat info;
    SSL_CTX *ctx;
    X509 *cert;
    bool has_cert;

    if (!exists(config->tls.cert, &has_cert, why))
        return false;
    if (!has_cert)
        return true;
    ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || !certificate_use(ctx, config, why)) {
        SSL_CTX_free(ctx);
        return false;
    }
    cert = SSL_CTX_get0_certificate(ctx);
    check_dates(config->tls.cert, cert, findings);
    check_hosts(config->tls.cert, cert, &config->gemini.hosts, findings);
    if (stat(config->tls.key, &info) == 0 && (info.st_mode & S_IRWXO) != 0)
        buf_format(findings, "%s: other users can read it\n", config->tls.key);
    SSL_CTX_free(ctx);
    return true;
}
