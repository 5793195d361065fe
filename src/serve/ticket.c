#include "serve/ticket.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/str.h"

enum { NAME_EPOCH = 8 /* bytes of a name that hold the epoch */ };

/* HMAC-SHA256 of a label under the chain's secret: the only way in which anything is derived. */
static void
derive(const unsigned char chain[TICKET_SECRET], struct str label, unsigned char out[TICKET_SECRET])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    const unsigned char *done = HMAC(EVP_sha256(), chain, TICKET_SECRET,
                                     (const unsigned char *)label.ptr, label.len, mac, &len);

    assert(done != NULL && len == TICKET_SECRET);
    memcpy(out, mac, TICKET_SECRET);
    OPENSSL_cleanse(mac, sizeof(mac));
}

static void
key_make(struct ticket_key *key, const unsigned char chain[TICKET_SECRET], int64_t epoch)
{
    unsigned char tag[TICKET_SECRET];

    derive(chain, STR("ticket cipher"), key->cipher);
    derive(chain, STR("ticket mac"), key->mac);
    derive(chain, STR("ticket name"), tag);
    for (int i = 0; i < NAME_EPOCH; i++)
        key->name[i] = (unsigned char)((uint64_t)epoch >> (8 * (NAME_EPOCH - 1 - i)));
    memcpy(key->name + NAME_EPOCH, tag, TICKET_NAME - NAME_EPOCH);
    key->present = true;
}

/* The oldest key is overwritten, and so is the secret that led here. */
static void
ring_step(struct ticket_ring *ring)
{
    unsigned char next[TICKET_SECRET];

    derive(ring->chain, STR("next"), next);
    memcpy(ring->chain, next, sizeof(next));
    OPENSSL_cleanse(next, sizeof(next));
    ring->epoch++;
    memmove(&ring->keys[1], &ring->keys[0], sizeof(ring->keys) - sizeof(ring->keys[0]));
    key_make(&ring->keys[0], ring->chain, ring->epoch);
}

bool
ticket_ring_init(struct ticket_ring *ring, int64_t now_s, struct failure *why)
{
    *ring = (struct ticket_ring){.epoch = now_s / TICKET_EPOCH_S};
    if (RAND_bytes(ring->chain, sizeof(ring->chain)) != 1)
        return fail(why, "no random numbers for session tickets");
    key_make(&ring->keys[0], ring->chain, ring->epoch);
    return true;
}

void
ticket_ring_advance(struct ticket_ring *ring, int64_t now_s)
{
    while (ring->epoch < now_s / TICKET_EPOCH_S)
        ring_step(ring);
}

const struct ticket_key *
ticket_ring_find(const struct ticket_ring *ring, const unsigned char name[TICKET_NAME])
{
    for (size_t i = 0; i < TICKET_KEYS_KEPT; i++) {
        if (ring->keys[i].present && memcmp(ring->keys[i].name, name, TICKET_NAME) == 0)
            return &ring->keys[i];
    }
    return NULL;
}

int64_t
ticket_clock(void)
{
    struct timespec now;
    int done = clock_gettime(CLOCK_BOOTTIME, &now);

    assert(done == 0);
    return now.tv_sec;
}
