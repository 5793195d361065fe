#ifndef SERVE_KEYLINE_H
#define SERVE_KEYLINE_H

/*
 * The line between a worker and the keyring: a socket with a process at each end, on which requests
 * go one way and replies the other, each of one size. The supervisor makes the lines, and hands the
 * keyring its ends through a line of its own, so that a new keyring can take over.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    KEYLINE_TEXT_MAX = 165,       /* bytes: the longest text, TLS 1.2 with a share of P-384 */
    KEYLINE_SIGNATURE_MAX = 1024, /* bytes: RSA of 8192 bits */
    KEYLINE_PATIENCE_S = 1,       /* one RSA-4096 for each of 64 workers takes a third of it */
    KEYLINE_WAITING_MAX = 2048,   /* bytes; the kernel takes its least: some six requests */
};

struct keyline_request {
    uint64_t number; /* comes back in the reply */
    uint16_t key;    /* as certificate_files() counts */
    uint16_t hash;   /* bytes of the SHA-2 that is signed; 0: the text itself (Ed25519) */
    uint16_t is_pss; /* 1: RSA with PSS */
    uint16_t text_len;
    unsigned char text[KEYLINE_TEXT_MAX];
};

struct keyline_reply {
    uint64_t number;
    uint32_t signature_len; /* 0: refused */
    unsigned char signature[KEYLINE_SIGNATURE_MAX];
};

/* A new line. False with errno. */
bool keyline_open(int *keyring_end, int *other_end);

/* Sends the keyring its end of another line, which stays open here. False when it is gone. */
bool keyline_hand(int control, int keyring_end);

/* Takes what was handed, without waiting; *keyring_end is -1 when it was nothing. False when nobody
 * is there to hand anything any more. */
bool keyline_take(int control, int *keyring_end);

/* The worker's end. */
struct keyline {
    int fd;
    uint64_t number; /* of the last request */
};

/* Numbers of two processes differ: a line may hold what its former worker did not wait for. */
struct keyline keyline_of(int fd);

/* Waits for the signature, for KEYLINE_PATIENCE_S at most. False when there is none. */
bool keyline_ask(struct keyline *line, struct keyline_request *request,
                 struct keyline_reply *reply);

#endif
