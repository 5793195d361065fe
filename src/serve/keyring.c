#include "serve/keyring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "serve/certificate.h"
#include "serve/child.h"
#include "serve/sandbox.h"

enum {
    PADDING_1_3 = 64, /* spaces: RFC 8446 4.4.3 */
    RANDOMS_1_2 = 64, /* bytes of both sides: RFC 5246 7.4.3 */
    SHARE_HEADER = 4, /* bytes: RFC 8422 5.4: type, group, length */
    NAMED_CURVE = 3,
};

struct keyring {
    size_t count;
    EVP_PKEY *keys[CERTIFICATES_MAX];
};

struct lines {
    size_t count;
    struct pollfd polls[1 + KEYRING_LINES_MAX]; /* [0]: the control line */
};

/* What a server of TLS 1.3 signs: RFC 8446 4.4.3. */
static bool
is_text_of_1_3(struct str text)
{
    static const char context[] = "TLS 1.3, server CertificateVerify"; /* with its NUL */
    struct str hash = str_after(text, PADDING_1_3 + sizeof context);

    for (size_t i = 0; i < PADDING_1_3 && i < text.len; i++)
        if (text.ptr[i] != ' ')
            return false;
    return (hash.len == 32 || hash.len == 48) &&
           memcmp(text.ptr + PADDING_1_3, context, sizeof context) == 0;
}

/* What a server of TLS 1.2 signs: both randoms, then its share in one of our groups. The lengths
 * are others than those of 1.3, so that no text is both. */
static bool
is_text_of_1_2(struct str text)
{
    static const struct {
        unsigned char group, len; /* RFC 8422 5.1.1 */
    } shares[] = {{0x1d, 32}, {0x17, 65}, {0x18, 97}};
    struct str share = str_after(text, RANDOMS_1_2);

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const char header[] = {NAMED_CURVE, 0, (char)shares[i].group, (char)shares[i].len};

        if (share.len == SHARE_HEADER + (size_t)shares[i].len &&
            memcmp(share.ptr, header, sizeof header) == 0)
            return true;
    }
    return false;
}

/* RFC 8446 4.2.3: in 1.3 RSA is PSS. */
static bool
is_allowed(const struct keyring *keyring, const struct keyline_request *request)
{
    const struct str text = {(const char *)request->text, request->text_len};
    bool is_rsa;

    if (request->key >= keyring->count || request->text_len > KEYLINE_TEXT_MAX)
        return false;
    is_rsa = EVP_PKEY_is_a(keyring->keys[request->key], "RSA");
    if (is_text_of_1_3(text))
        return !is_rsa || request->is_pss == 1;
    return is_text_of_1_2(text);
}

/* False for a hash that the kind of key does not go with. */
static bool
find_hash(const EVP_PKEY *key, unsigned bytes, const EVP_MD **hash)
{
    *hash = bytes == 32   ? EVP_sha256()
            : bytes == 48 ? EVP_sha384()
            : bytes == 64 ? EVP_sha512()
                          : NULL;
    return EVP_PKEY_is_a(key, "ED25519") ? bytes == 0 : *hash != NULL;
}

/* The length of the signature, 0 when there is none. */
static size_t
sign(EVP_PKEY *key, const struct keyline_request *request, unsigned char *signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options; /* belongs to ctx */
    const EVP_MD *hash;
    size_t len = KEYLINE_SIGNATURE_MAX;
    bool done = ctx && find_hash(key, request->hash, &hash) &&
                EVP_DigestSignInit(ctx, &options, hash, NULL, key) == 1;

    if (done && request->is_pss == 1 && EVP_PKEY_is_a(key, "RSA"))
        done = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    done = done && EVP_DigestSign(ctx, signature, &len, request->text, request->text_len) == 1;
    EVP_MD_CTX_free(ctx);
    return done ? len : 0;
}

void
keyring_answer(const struct keyring *keyring, const struct keyline_request *request,
               struct keyline_reply *reply)
{
    *reply = (struct keyline_reply){.number = request->number};
    if (is_allowed(keyring, request))
        reply->signature_len =
            (uint32_t)sign(keyring->keys[request->key], request, reply->signature);
}

static bool
keyring_add(struct keyring *keyring, const struct certificate_files *files, struct str chain,
            struct failure *why)
{
    EVP_PKEY *key = certificate_read_key(files->key, why);

    if (!key)
        return false;
    keyring->keys[keyring->count++] = key;
    if (!certificate_fits(chain, key))
        return fail(why, "%s is not the key of %s any more", files->key, files->cert);
    return EVP_PKEY_get_size(key) <= KEYLINE_SIGNATURE_MAX ||
           fail(why, "%s: the key is too long", files->key);
}

struct keyring *
keyring_open(const struct config *config, struct str chains, struct failure *why)
{
    struct keyring *keyring = mem_new(sizeof *keyring);

    for (size_t i = 0; i < certificate_count(config); i++) {
        struct certificate_files files = certificate_files(config, i);

        if (!keyring_add(keyring, &files, certificate_chain(chains, i), why)) {
            keyring_close(keyring);
            return NULL;
        }
    }
    return keyring;
}

void
keyring_close(struct keyring *keyring)
{
    if (!keyring)
        return;
    for (size_t i = 0; i < keyring->count; i++)
        EVP_PKEY_free(keyring->keys[i]);
    free(keyring);
}

/* One request of a line. False when the line has ended: nobody has the other end, which a message
 * of no length does not say. */
static bool
serve_line(const struct keyring *keyring, const struct pollfd *line)
{
    struct keyline_request request;
    struct keyline_reply reply;
    ssize_t got = recv(line->fd, &request, sizeof request, MSG_DONTWAIT);

    if (got == (ssize_t)sizeof request) {
        keyring_answer(keyring, &request, &reply);
        /* who does not take its replies gets none, and holds nobody up */
        return send(line->fd, &reply, sizeof reply, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
               errno == EAGAIN;
    }
    return (line->revents & (POLLHUP | POLLERR)) == 0;
}

/* False when the supervisor has closed the control line. */
static bool
take_line(struct lines *lines)
{
    int fd;

    if (!keyline_take(lines->polls[0].fd, &fd))
        return false;
    if (fd < 0)
        return true;
    if (lines->count <= KEYRING_LINES_MAX)
        lines->polls[lines->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    else
        close(fd);
    return true;
}

/* Each line in turn, one request each, so that nobody who asks all the time keeps others waiting.
 */
static void
serve_lines(const struct keyring *keyring, struct lines *lines)
{
    for (size_t i = lines->count - 1; i > 0; i--) {
        if (lines->polls[i].revents == 0 || serve_line(keyring, &lines->polls[i]))
            continue;
        close(lines->polls[i].fd);
        lines->polls[i] = lines->polls[--lines->count];
    }
}

void
keyring_serve(const struct keyring *keyring, int control)
{
    struct lines lines = {.count = 1, .polls = {{.fd = control, .events = POLLIN}}};

    while (lines.polls[0].fd >= 0 || lines.count > 1) {
        child_begin_turn();
        if (poll(lines.polls, lines.count, -1) < 0)
            continue;
        serve_lines(keyring, &lines);
        if (lines.polls[0].revents != 0 && !take_line(&lines)) {
            close(lines.polls[0].fd);
            lines.polls[0].fd = -1; /* poll() leaves it out */
            alarm(KEYRING_LAST_S);
        }
    }
}

/* Whoever tells all our processes to end means the workers, who need it to the last. */
int
keyring_run(const struct keyring_setup *setup)
{
    struct failure why;
    struct keyring *keyring;

    pthread_setname_np(pthread_self(), KEYRING_NAME);
    child_begin_turn();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    keyring = keyring_open(setup->config, setup->chains, &why);
    if (keyring && !sandbox_keyring(setup->config, setup->log, &why)) {
        keyring_close(keyring);
        keyring = NULL;
    }
    if (!keyring) {
        log_line(setup->log, "inspir: %s", why.text);
        return EX_CONFIG;
    }
    if (write(setup->ready_fd, "", 1) < 0 && errno != EPIPE) /* nobody waits for one in time */
        log_line(setup->log, "inspir: cannot say that the keyring is ready: %s", strerror(errno));
    close(setup->ready_fd);
    keyring_serve(keyring, setup->control);
    keyring_close(keyring);
    return EXIT_SUCCESS;
}
