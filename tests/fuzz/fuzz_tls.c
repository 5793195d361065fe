/*
 * TLS with a client that does anything. Either the input is all that the client sends: then no
 * handshake succeeds, and who speaks no TLS is told nothing. Or it is what befalls the bytes of a
 * real client on their way, and what that client does once it is connected: then the server reads
 * nothing but what the client wrote, and bears no more than TLS_IDLE_RECORDS_MAX records without
 * text. Whatever happens, it comes to an end, and what is broken stays so.
 */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "serve/certificate.h"
#include "serve/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the first byte tells. */
enum {
    REAL_CLIENT = 0x80,
    OLD_VERSION = 0x40,      /* TLS 1.2 */
    WITH_ZONE = 0x20,        /* a certificate is asked for … */
    WITH_CERTIFICATE = 0x10, /* … and there is one */
    WITHOUT_NAME = 0x08,
};

enum { ROUNDS_MAX = 100000, TEXT_MAX = 1 << 16, PASSING_MAX = 1 << 17, STEPS_MAX = 200 };

/* Made once. */
struct server {
    char folder[sizeof "/tmp/inspir-XXXXXX"], cert[64], key[64];
    struct config config;
    struct zone zone;
    struct buf chains;
    struct ticket_ring ring;
    struct tls_context *context, *with_zone;
    SSL_CTX *client;
};

/* One connection. */
struct pair {
    struct str script; /* what is left of the input */
    struct tls *tls;
    int ends[2]; /* the server's, ours */
    SSL *client; /* a real one; it writes to memory, and we carry that over */
    enum tls_result result;
    bool tampered;
    struct buf wrote; /* text: by the client … */
    struct buf read;  /* … and what the server made of it */
    size_t idle;      /* records without text that the client sent since its last text */
};

static void end_server(void);

static struct tls_context *
new_context(struct server *server)
{
    struct failure why;
    const struct tls_setup with = {
        .config = &server->config,
        .chains = buf_str(&server->chains),
        .ring = &server->ring,
    };
    struct tls_context *context = tls_context_new(&with, &why);

    assert(context);
    return context;
}

static struct server *
the_server(void)
{
    static struct server server = {.folder = "/tmp/inspir-XXXXXX"};
    static char host[] = "capsule.example";
    struct failure why;

    if (server.context)
        return &server;
    signal(SIGPIPE, SIG_IGN);
    assert(mkdtemp(server.folder));
    snprintf(server.cert, sizeof server.cert, "%s/cert.pem", server.folder);
    snprintf(server.key, sizeof server.key, "%s/key.pem", server.folder);
    server.config.tls.cert = server.cert;
    server.config.tls.key = server.key;
    server.config.gemini.hosts.items[0] = host;
    server.config.gemini.hosts.count = 1;
    server.config.zones = &server.zone;
    assert(certificate_make(&server.config, &why));
    assert(certificate_read(&server.config, &server.chains, &why));
    assert(ticket_ring_init(&server.ring, ticket_clock(), &why));
    server.context = new_context(&server);
    server.config.zone_count = 1;
    server.with_zone = new_context(&server);
    server.client = SSL_CTX_new(TLS_client_method());
    assert(server.client);
    atexit(end_server);
    return &server;
}

static void
end_server(void)
{
    struct server *server = the_server();

    tls_context_free(server->context);
    tls_context_free(server->with_zone);
    SSL_CTX_free(server->client);
    buf_free(&server->chains);
    unlink(server->cert);
    unlink(server->key);
    rmdir(server->folder);
}

static uint8_t
next(struct pair *pair)
{
    uint8_t byte = pair->script.len > 0 ? (uint8_t)pair->script.ptr[0] : 0;

    pair->script = str_after(pair->script, 1);
    return byte;
}

/* The server does what it can with what has arrived. */
static void
serve(struct pair *pair, bool *connected)
{
    for (int rounds = 0; pair->result != TLS_BROKEN; rounds++) {
        char bytes[512];
        size_t got = 0;

        assert(rounds < ROUNDS_MAX);
        if (!*connected) {
            pair->result = tls_handshake(pair->tls);
            *connected = pair->result == TLS_DONE;
        } else {
            pair->result = tls_read(pair->tls, bytes, sizeof bytes, &got);
            assert(pair->result != TLS_DONE || got > 0);
            buf_put(&pair->read, (struct str){bytes, got});
        }
        if (pair->result != TLS_DONE)
            return;
    }
}

/* Sends to the server, which may have gone. */
static void
deliver(struct pair *pair, struct str bytes, bool *connected)
{
    while (bytes.len > 0) {
        ssize_t put = send(pair->ends[1], bytes.ptr, bytes.len, MSG_NOSIGNAL);

        if (put > 0)
            bytes = str_after(bytes, (size_t)put);
        else if (errno != EAGAIN)
            return;
        serve(pair, connected);
        if (pair->result == TLS_BROKEN)
            return;
    }
}

/* Bytes of the client's on their way: most arrive as they are, some meet an accident. */
static void
carry(struct pair *pair, bool *connected)
{
    char *bytes;
    long len = BIO_get_mem_data(SSL_get_wbio(pair->client), &bytes);
    struct buf passing = {0};
    uint8_t accident = next(pair) & 0x0f;
    size_t at = len > 0 ? next(pair) * (size_t)len / 256 : 0;

    if (len <= 0)
        return;
    buf_put(&passing, (struct str){bytes, (size_t)len});
    BIO_reset(SSL_get_wbio(pair->client));
    pair->tampered = pair->tampered || (accident >= 1 && accident <= 3);
    if (accident == 1)
        passing.ptr[at] = (char)(passing.ptr[at] ^ (1 << next(pair) % 8));
    if (accident == 2)
        buf_truncate(&passing, at);
    deliver(pair, str_head(buf_str(&passing), at), connected);
    if (accident == 3) {
        char stray = (char)next(pair);

        deliver(pair, (struct str){&stray, 1}, connected);
    }
    deliver(pair, str_after(buf_str(&passing), at), connected);
    buf_free(&passing);
}

/* What the server has sent goes to the client unharmed. */
static void
bring_back(struct pair *pair)
{
    char bytes[16384];
    ssize_t got;

    while ((got = recv(pair->ends[1], bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        BIO_write(SSL_get_rbio(pair->client), bytes, (int)got);
}

/* One thing that a connected client may do. */
static void
act(struct pair *pair)
{
    char text[256];
    size_t len = next(pair);

    switch (next(pair) % 4) {
    case 0:
    case 1:
        memset(text, (char)len, sizeof text);
        if (len > 0 && pair->wrote.len < TEXT_MAX &&
            SSL_write(pair->client, text, (int)len) == (int)len)
            buf_put(&pair->wrote, (struct str){text, len});
        break;
    case 2:
        if (SSL_version(pair->client) == TLS1_3_VERSION &&
            SSL_key_update(pair->client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
            SSL_do_handshake(pair->client) == 1)
            pair->idle++;
        break;
    default:
        SSL_shutdown(pair->client);
    }
}

static void
play_client(struct pair *pair)
{
    bool connected = false;

    for (int step = 0; step < STEPS_MAX && pair->result != TLS_BROKEN; step++) {
        ERR_clear_error();
        if (SSL_is_init_finished(pair->client) && pair->script.len == 0)
            break;
        if (!SSL_is_init_finished(pair->client))
            SSL_do_handshake(pair->client);
        else
            act(pair);
        carry(pair, &connected);
        bring_back(pair);
    }
    /* what was read is what was written, in order, and all of it if nothing happened to it */
    assert(pair->read.len <= pair->wrote.len);
    assert(pair->read.len == 0 || memcmp(pair->read.ptr, pair->wrote.ptr, pair->read.len) == 0);
    assert(pair->tampered || pair->result == TLS_BROKEN || pair->read.len == pair->wrote.len);
    assert(pair->tampered || pair->idle <= TLS_IDLE_RECORDS_MAX || pair->wrote.len > 0 ||
           pair->result == TLS_BROKEN || pair->result == TLS_ENDED);
}

static void
play_stranger(struct pair *pair)
{
    struct str sent = pair->script;
    bool connected = false, speaks = sent.len > 0 && sent.ptr[0] == TLS_RECORD_HANDSHAKE;
    char byte;

    while (pair->script.len > 0 && pair->result != TLS_BROKEN) {
        struct str part = str_head(pair->script, 1 + pair->script.len / 3);

        deliver(pair, part, &connected);
        pair->script = str_after(pair->script, part.len);
    }
    assert(!connected);
    assert(speaks || recv(pair->ends[1], &byte, 1, MSG_DONTWAIT) < 0);
}

static void
dress_client(struct server *server, struct pair *pair, unsigned flags)
{
    pair->client = SSL_new(server->client);
    assert(pair->client);
    SSL_set_bio(pair->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(pair->client), -1);
    SSL_set_connect_state(pair->client);
    if (flags & OLD_VERSION)
        SSL_set_max_proto_version(pair->client, TLS1_2_VERSION);
    if (!(flags & WITHOUT_NAME))
        SSL_set_tlsext_host_name(pair->client, "capsule.example");
    if (flags & WITH_CERTIFICATE) {
        assert(SSL_use_certificate_file(pair->client, server->cert, SSL_FILETYPE_PEM) == 1);
        assert(SSL_use_PrivateKey_file(pair->client, server->key, SSL_FILETYPE_PEM) == 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct server *server = the_server();
    unsigned flags = size > 0 ? bytes[0] : 0;
    struct pair pair = {.script = str_after((struct str){(const char *)bytes, size}, 1),
                        .result = TLS_WANT_READ};
    char byte;
    size_t got;

    if (size > PASSING_MAX)
        return 0;
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.ends) == 0);
    pair.tls = tls_new(flags & WITH_ZONE ? server->with_zone : server->context, pair.ends[0]);
    if (flags & REAL_CLIENT) {
        dress_client(server, &pair, flags);
        play_client(&pair);
    } else {
        play_stranger(&pair);
    }
    if (pair.result == TLS_BROKEN)
        assert(tls_read(pair.tls, &byte, 1, &got) == TLS_BROKEN);
    tls_client_certificate(pair.tls);
    tls_close_notify(pair.tls);
    tls_free(pair.tls);
    SSL_free(pair.client);
    close(pair.ends[0]);
    close(pair.ends[1]);
    buf_free(&pair.wrote);
    buf_free(&pair.read);
    ERR_clear_error();
    return 0;
}
