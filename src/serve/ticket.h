#ifndef SERVE_TICKET_H
#define SERVE_TICKET_H

/*
 * Keys of TLS session tickets that all processes share without a message. The supervisor makes a
 * secret; every process that inherited the ring by fork steps it forward with the clock and comes
 * to the same keys. A step cannot be undone: once a key is forgotten, nobody can read the tickets
 * it sealed.
 *   epoch = seconds since boot / TICKET_EPOCH_S        chain(epoch + 1) = HMAC(chain(epoch),
 * "next")
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum {
    TICKET_EPOCH_S = 4 * 3600,
    TICKET_KEYS_KEPT = 3, /* the current epoch's and two former ones */
    TICKET_SECRET = 32,   /* bytes */
    TICKET_NAME = 16,     /* bytes: fixed by OpenSSL's hook */
};

struct ticket_key {
    bool present;
    unsigned char name[TICKET_NAME]; /* epoch, then bytes that tell one ring from another */
    unsigned char cipher[TICKET_SECRET];
    unsigned char mac[TICKET_SECRET];
};

struct ticket_ring {
    int64_t epoch;
    unsigned char chain[TICKET_SECRET];
    struct ticket_key keys[TICKET_KEYS_KEPT]; /* [0] is the current one, then older */
};

/* A new secret; time as ticket_clock() gives it. */
bool ticket_ring_init(struct ticket_ring *ring, int64_t now_s, struct failure *why);

/* Steps to the epoch of that time; an earlier time changes nothing. */
void ticket_ring_advance(struct ticket_ring *ring, int64_t now_s);

/* The key of that name, NULL when it is unknown or forgotten. */
const struct ticket_key *ticket_ring_find(const struct ticket_ring *ring,
                                          const unsigned char name[TICKET_NAME]);

/* Seconds since boot, suspended time included. */
int64_t ticket_clock(void);

#endif
