#ifndef UNIT_TLS_PAIR_H
#define UNIT_TLS_PAIR_H

/* A TLS server of ours and a client of OpenSSL's, at the two ends of a socketpair in one thread.
 * Each test of TLS includes this once. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "serve/certificate.h"
#include "serve/tls.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ROUNDS_MAX = 1000 };

/* A server with its certificate in a folder of its own; a second context stands for a worker that
 * inherited the same ring. */
static struct server {
    char folder[32], cert[64], key[64];
    struct config config;
    struct zone zone;
    struct buf chains;
    struct ticket_ring ring;
    struct tls_context *context;
} server;

static inline struct tls_context *
new_context(void)
{
    struct failure why = {""};
    const struct tls_setup with = {
        .config = &server.config,
        .chains = buf_str(&server.chains),
        .ring = &server.ring,
    };
    struct tls_context *context = tls_context_new(&with, &why);

    if (!context)
        fail_msg("%s", why.text);
    return context;
}

static inline int
setup_group(void **state)
{
    static char host[] = "capsule.example";
    struct failure why;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    strcpy(server.folder, "/tmp/inspir-XXXXXX");
    if (!mkdtemp(server.folder))
        return -1;
    snprintf(server.cert, sizeof(server.cert), "%s/cert.pem", server.folder);
    snprintf(server.key, sizeof(server.key), "%s/key.pem", server.folder);
    server.config.tls.cert = server.cert;
    server.config.tls.key = server.key;
    server.config.gemini.hosts.items[0] = host;
    server.config.gemini.hosts.count = 1;
    server.config.zones = &server.zone;
    return certificate_make(&server.config, &why) &&
                   certificate_read(&server.config, &server.chains, &why)
               ? 0
               : -1;
}

static inline int
teardown_group(void **state)
{
    (void)state;
    buf_free(&server.chains);
    unlink(server.cert);
    unlink(server.key);
    return rmdir(server.folder);
}

static inline int
setup(void **state)
{
    struct failure why;

    (void)state;
    server.config.zone_count = 0;
    if (!ticket_ring_init(&server.ring, ticket_clock(), &why))
        return -1;
    server.context = new_context();
    return 0;
}

static inline int
teardown(void **state)
{
    (void)state;
    tls_context_free(server.context);
    return 0;
}

/* --- a client, in the same thread --- */

struct pair {
    struct tls *tls;
    SSL *client;
    int fds[2];
};

/* Nothing is refused on the client's side that the server should refuse. */
static inline SSL_CTX *
new_client(int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, 0);
    SSL_CTX_set_max_proto_version(ctx, version);
    return ctx;
}

static inline struct pair
new_pair(SSL_CTX *ctx, struct tls_context *context)
{
    struct pair pair;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.fds), 0);
    pair.tls = tls_new(context, pair.fds[0]);
    pair.client = SSL_new(ctx);
    SSL_set_fd(pair.client, pair.fds[1]);
    SSL_set_connect_state(pair.client);
    return pair;
}

static inline void
end_pair(struct pair *pair)
{
    tls_free(pair->tls);
    SSL_free(pair->client);
    close(pair->fds[0]);
    if (pair->fds[1] >= 0)
        close(pair->fds[1]);
}

/* Turn by turn until both have finished or the server says that it will not. */
static inline enum tls_result
shake_hands(struct pair *pair)
{
    enum tls_result result = TLS_WANT_READ;
    int client = 0;

    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (client != 1)
            client = SSL_do_handshake(pair->client);
        if (result != TLS_DONE)
            result = tls_handshake(pair->tls);
        if (result == TLS_BROKEN || result == TLS_ENDED || (result == TLS_DONE && client == 1))
            return result;
    }
    return TLS_BROKEN;
}

static inline void
connect_pair(struct pair *pair)
{
    assert_int_equal(shake_hands(pair), TLS_DONE);
}

static inline void
expect_read(struct pair *pair, const char *expected)
{
    char bytes[2048];
    size_t got = 0;

    assert_int_equal(tls_read(pair->tls, bytes, sizeof(bytes), &got), TLS_DONE);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(bytes, expected, got);
}

static inline void
expect_result(struct pair *pair, enum tls_result expected)
{
    char bytes[64];
    size_t got;

    assert_int_equal(tls_read(pair->tls, bytes, sizeof(bytes), &got), expected);
}

static inline void
client_writes(struct pair *pair, const char *text)
{
    assert_int_equal(SSL_write(pair->client, text, (int)strlen(text)), strlen(text));
}

static inline void
client_reads(struct pair *pair, const char *expected)
{
    char bytes[2048];

    assert_int_equal(SSL_read(pair->client, bytes, sizeof(bytes)), strlen(expected));
    assert_memory_equal(bytes, expected, strlen(expected));
}

static inline void
server_writes(struct pair *pair, struct str text)
{
    size_t put;

    assert_int_equal(tls_write(pair->tls, text, &put), TLS_DONE);
    assert_int_equal(put, text.len);
}

/* One whole connection. Returns whether it went on with the session, which the one it leaves
 * replaces. */
static inline bool
visit(SSL_CTX *ctx, struct tls_context *context, SSL_SESSION **session, const char *name)
{
    struct pair pair = new_pair(ctx, context);
    bool reused;

    if (*session)
        assert_int_equal(SSL_set_session(pair.client, *session), 1);
    if (name)
        SSL_set_tlsext_host_name(pair.client, name);
    connect_pair(&pair);
    server_writes(&pair, STR("x"));
    client_reads(&pair, "x"); /* and the ticket that came before it */
    assert_true(str_eq_nocase(tls_server_name(pair.tls), str_of(name)));
    reused = SSL_session_reused(pair.client) == 1;
    assert_int_equal(tls_close_notify(pair.tls), TLS_DONE);
    SSL_shutdown(pair.client);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(pair.client);
    end_pair(&pair);
    return reused;
}

#endif
