#ifndef SERVE_TLS_H
#define SERVE_TLS_H

/*
 * TLS for Gemini (PROTOCOL.md 2.3, HARDENING.md 2.5): 1.2 or later, AEAD, one ticket, no early
 * data, no renegotiation. A client certificate is only asked for where the configuration has
 * zones, never fails a handshake, and is judged by serve/zone. A host with a certificate of its own
 * shows that one to who asks for it; sessions are each host's own. Sockets do not block and SIGPIPE
 * is ignored. Any result but TLS_DONE leaves the outputs alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/fail.h"
#include "base/str.h"
#include "serve/keyline.h"
#include "serve/ticket.h"
#include "site/config.h"

enum {
    TLS_RECORD_HANDSHAKE = 0x16,  /* 8446 5.1: the first byte that any client of TLS sends */
    TLS_IDLE_RECORDS_MAX = 32,    /* records without text of a request, after the handshake */
    TLS_CERTIFICATES_MAX = 16384, /* bytes of a client's certificates */
    TLS_RECORD_FIRST = 4096,      /* bytes: small records show text sooner on a thin link … */
    TLS_RECORD_FIRST_FOR = 65536, /* … for so many bytes of a reply */
    TLS_SERVER_NAME_MAX = 255,    /* bytes */
    TLS_CLIENT_RSA_MIN = 2048,    /* bits of a client's key */
    TLS_CLIENT_RSA_MAX = 8192,
};

struct tls_context; /* settings, certificates and keys: one in each process */
struct tls;         /* one connection */

enum tls_result {
    TLS_DONE,
    TLS_WANT_READ, /* try again when the socket can be read (written) */
    TLS_WANT_WRITE,
    TLS_ENDED,  /* the client sends no more: close_notify, or just the end */
    TLS_BROKEN, /* nothing more can be sent or read */
};

struct tls_client_certificate {
    bool present, in_time; /* now lies between its dates; also asked of a resumed session */
    bool sound;            /* an accepted kind of key, a true signature where it signed itself */
    char sha256[DIGEST_HEX + 1]; /* of the whole certificate, in DER */
};

/* All of it is borrowed as long as the context lives. */
struct tls_setup {
    const struct config *config;
    struct str chains;        /* as certificate_read() gave them */
    struct ticket_ring *ring; /* is advanced as time goes by */
    struct keyline *line;     /* NULL: the keys are read here */
};

struct tls_context *tls_context_new(const struct tls_setup *setup, struct failure *why);
void tls_context_free(struct tls_context *context);

/* A connection on a socket that stays the caller's, who closes it after tls_free. */
struct tls *tls_new(struct tls_context *context, int fd);
void tls_free(struct tls *tls);

/* TLS_BROKEN also, and without a byte sent, when the first byte is none of TLS. */
enum tls_result tls_handshake(struct tls *tls);

enum tls_result tls_read(struct tls *tls, char *bytes, size_t size, size_t *got);

/* Some of the bytes, one record at most. After TLS_WANT_WRITE the same bytes must come first
 * again, at any place in memory. Works also when the client has ended. */
enum tls_result tls_write(struct tls *tls, struct str bytes, size_t *put);

/* Sends close_notify, once; does nothing on a broken connection. TLS_WANT_WRITE: call again. */
enum tls_result tls_close_notify(struct tls *tls);
/* The name in this connection's ClientHello, as the client wrote it; empty when there was none. */
struct str tls_server_name(const struct tls *tls);
struct tls_client_certificate tls_client_certificate(const struct tls *tls);

#endif
