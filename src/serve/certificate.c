#include "serve/certificate.h"

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

EVP_PKEY *
certificate_read_key(const char *path, struct failure *why)
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
        done = names_is_address(hosts->items[i]) || add_name(names, hosts->items[i]);
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

/* NULL when OpenSSL cannot: there are kinds of keys that sign nothing. */
static X509 *
new_certificate(const struct name_list *hosts, EVP_PKEY *key)
{
    const EVP_MD *hash = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -SECONDS_OF_DAY) &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), NEVER) == 1 &&
        set_subject(cert, hosts->items[0]) && X509_set_pubkey(cert, key) == 1 &&
        set_names(cert, hosts) && set_no_authority(cert) && X509_sign(cert, key, hash) > 0)
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

size_t
certificate_count(const struct config *config)
{
    return 1 + config->host_count;
}

struct certificate_files
certificate_files(const struct config *config, size_t index)
{
    const struct host_pair *host = index > 0 ? &config->hosts[index - 1] : NULL;

    assert(index < certificate_count(config));
    return host ? (struct certificate_files){host->name, host->cert, host->key}
                : (struct certificate_files){NULL, config->tls.cert, config->tls.key};
}

/* The certificate of [tls] is for every host: a client need not say which one it wants. Borrowed.
 */
static struct name_list
hosts_of(const struct config *config, size_t index)
{
    if (index == 0)
        return config->gemini.hosts;
    return (struct name_list){.items = {config->hosts[index - 1].name}, .count = 1};
}

static bool
make_certificate(const struct certificate_files *files, const struct name_list *hosts,
                 struct failure *why)
{
    EVP_PKEY *key = certificate_read_key(files->key, why);
    X509 *cert = key ? new_certificate(hosts, key) : NULL;
    BIO *pem = BIO_new(BIO_s_mem());
    bool done = cert && pem && PEM_write_bio_X509(pem, cert) == 1;

    if (done)
        done = write_new(files->cert, MODE_CERTIFICATE, pem, why);
    else if (key)
        fail(why, "cannot make a certificate with %s", files->key);
    BIO_free(pem);
    X509_free(cert);
    EVP_PKEY_free(key);
    return done;
}

static bool
make_pair(const struct certificate_files *files, const struct name_list *hosts, struct failure *why)
{
    bool has_cert, has_key;

    assert(hosts->count > 0);
    if (!exists(files->cert, &has_cert, why) || !exists(files->key, &has_key, why))
        return false;
    if (has_cert && !has_key)
        return fail(why, "%s is there, but its key %s is not", files->cert, files->key);
    return (has_key || make_key(files->key, why)) &&
           (has_cert || make_certificate(files, hosts, why));
}

bool
certificate_make(const struct config *config, struct failure *why)
{
    for (size_t i = 0; i < certificate_count(config); i++) {
        const struct certificate_files files = certificate_files(config, i);
        const struct name_list hosts = hosts_of(config, i);

        if (!make_pair(&files, &hosts, why))
            return false;
    }
    return true;
}

/* Appends the certificates of a file in PEM, and says how many; what else it holds is left out. */
static bool
read_chain(const char *path, struct buf *chain, struct failure *why)
{
    FILE *file = open_pem(path, why);
    BIO *pem = BIO_new(BIO_s_mem());
    unsigned count = 0;
    char *text = NULL;
    long len = 0;
    X509 *cert;

    if (!file) {
        BIO_free(pem);
        return false;
    }
    while (pem && len <= CERTIFICATE_CHAIN_MAX &&
           (cert = PEM_read_X509(file, NULL, on_passphrase, NULL))) {
        count += PEM_write_bio_X509(pem, cert) == 1;
        X509_free(cert);
        len = BIO_get_mem_data(pem, &text);
    }
    fclose(file);
    if (len > 0)
        buf_put(chain, (struct str){text, (size_t)len});
    BIO_free(pem);
    ERR_clear_error();
    if (len > CERTIFICATE_CHAIN_MAX)
        return fail(why, "%s: more than %d bytes of certificates", path, CERTIFICATE_CHAIN_MAX);
    return count > 0 || fail(why, "%s: no certificate in PEM", path);
}

/* The chain's first certificate, or NULL. */
static X509 *
first_certificate(struct str chain)
{
    BIO *pem = BIO_new_mem_buf(chain.ptr, (int)chain.len);
    X509 *cert = pem ? PEM_read_bio_X509(pem, NULL, on_passphrase, NULL) : NULL;

    BIO_free(pem);
    return cert;
}

bool
certificate_fits(struct str chain, const EVP_PKEY *key)
{
    X509 *cert = first_certificate(chain);
    bool fits = cert && X509_check_private_key(cert, key) == 1;

    X509_free(cert);
    ERR_clear_error();
    return fits;
}

EVP_PKEY *
certificate_public_key(struct str chain, struct failure *why)
{
    X509 *cert = first_certificate(chain);
    EVP_PKEY *key = cert ? X509_get_pubkey(cert) : NULL;

    X509_free(cert);
    ERR_clear_error();
    if (!key)
        fail(why, "a certificate has a key of a kind that OpenSSL does not know");
    return key;
}

static bool
add_rest_of_chain(SSL_CTX *ctx, BIO *pem)
{
    X509 *cert;

    while ((cert = PEM_read_bio_X509(pem, NULL, on_passphrase, NULL))) {
        if (SSL_CTX_add0_chain_cert(ctx, cert) == 1)
            continue;
        X509_free(cert);
        return false;
    }
    return true;
}

bool
certificate_use(SSL_CTX *ctx, struct str chain, EVP_PKEY *key, struct failure *why)
{
    BIO *pem = BIO_new_mem_buf(chain.ptr, (int)chain.len);
    X509 *cert = pem ? PEM_read_bio_X509(pem, NULL, on_passphrase, NULL) : NULL;
    bool done = cert && SSL_CTX_use_certificate(ctx, cert) == 1 && add_rest_of_chain(ctx, pem);

    if (!done)
        fail(why, "a certificate cannot be used: %s",
             ERR_reason_error_string(ERR_peek_last_error()));
    else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
        done =
            fail(why, "a key cannot be used: %s", ERR_reason_error_string(ERR_peek_last_error()));
    ERR_clear_error();
    X509_free(cert);
    BIO_free(pem);
    return done;
}

/* The pair can serve: OpenSSL takes it as it would in a worker. */
static bool
try_pair(const struct certificate_files *files, struct str chain, struct failure *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = certificate_read_key(files->key, why);
    bool done = ctx && key;

    if (done && !certificate_fits(chain, key))
        done = fail(why, "%s is not the key of %s", files->key, files->cert);
    else if (done && !certificate_use(ctx, chain, key, why))
        done = fail_in(why, "%s", files->cert);
    EVP_PKEY_free(key);
    SSL_CTX_free(ctx);
    return done;
}

bool
certificate_read(const struct config *config, struct buf *chains, struct failure *why)
{
    for (size_t i = 0; i < certificate_count(config); i++) {
        const struct certificate_files files = certificate_files(config, i);
        size_t start = chains->len;

        if (!read_chain(files.cert, chains, why) ||
            !try_pair(&files, str_after(buf_str(chains), start), why))
            return false;
        buf_byte(chains, '\0');
    }
    return true;
}

struct str
certificate_chain(struct str chains, size_t index)
{
    struct str chain = str_cut(&chains, '\0');

    while (index-- > 0)
        chain = str_cut(&chains, '\0');
    return chain;
}

/* As people read it; certificates without a well-defined end say the last day of 9999. */
static void
put_date(struct buf *out, const ASN1_TIME *time)
{
    struct tm tm = {0};

    ASN1_TIME_to_tm(time, &tm);
    buf_format(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void
check_dates(const char *path, const X509 *cert, struct buf *findings)
{
    const ASN1_TIME *begin = X509_get0_notBefore(cert), *end = X509_get0_notAfter(cert);
    time_t soon = time(NULL) + (time_t)EXPIRES_SOON_DAYS * SECONDS_OF_DAY;
    struct buf begins = {0}, ends = {0};

    put_date(&begins, begin);
    put_date(&ends, end);
    if (X509_cmp_current_time(begin) > 0)
        buf_format(findings, "%s: is not valid before %s\n", path, buf_text(&begins));
    if (X509_cmp_current_time(end) < 0)
        buf_format(findings, "%s: has expired on %s\n", path, buf_text(&ends));
    else if (X509_cmp_time(end, &soon) < 0)
        buf_format(findings, "%s: expires on %s, within %d days\n", path, buf_text(&ends),
                   EXPIRES_SOON_DAYS);
    buf_free(&begins);
    buf_free(&ends);
}

static void
check_hosts(const char *path, X509 *cert, const struct name_list *hosts, struct buf *findings)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (!names_is_address(hosts->items[i]) &&
            X509_check_host(cert, hosts->items[i], 0, 0, NULL) != 1)
            buf_format(findings, "%s: does not cover the host %s\n", path, hosts->items[i]);
    }
}

static bool
check_pair(const struct certificate_files *files, const struct name_list *hosts,
           struct buf *findings, struct failure *why)
{
    struct buf chain = {0};
    struct stat info;
    bool has_cert, done;
    X509 *cert;

    if (!exists(files->cert, &has_cert, why))
        return false;
    if (!has_cert)
        return true;
    done = read_chain(files->cert, &chain, why) && try_pair(files, buf_str(&chain), why);
    cert = done ? first_certificate(buf_str(&chain)) : NULL;
    if (cert) {
        check_dates(files->cert, cert, findings);
        check_hosts(files->cert, cert, hosts, findings);
    }
    if (done && stat(files->key, &info) == 0 && (info.st_mode & S_IRWXO) != 0)
        buf_format(findings, "%s: other users can read it\n", files->key);
    X509_free(cert);
    buf_free(&chain);
    return done;
}

static bool
has_own(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->host_count; i++)
        if (strcmp(config->hosts[i].name, name) == 0)
            return true;
    return false;
}

/* The hosts that are known by this pair: that of [tls] need not cover who has an own one. */
static struct name_list
hosts_shown(const struct config *config, size_t index)
{
    struct name_list all = hosts_of(config, index), shown = {0};

    for (size_t i = 0; i < all.count; i++)
        if (index > 0 || !has_own(config, all.items[i]))
            shown.items[shown.count++] = all.items[i];
    return shown;
}

bool
certificate_check(const struct config *config, struct buf *findings, struct failure *why)
{
    for (size_t i = 0; i < certificate_count(config); i++) {
        const struct certificate_files files = certificate_files(config, i);
        const struct name_list hosts = hosts_shown(config, i);

        if (!check_pair(&files, &hosts, findings, why))
            return false;
    }
    return true;
}
