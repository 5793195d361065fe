#include "serve/visitor.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "serve/network.h"

enum { SECONDS_OF_DAY = 86400 };

static void
put_full(struct buf *out, const struct place *place)
{
    char text[INET6_ADDRSTRLEN];

    if (inet_ntop(place->family, place->bytes, text, sizeof(text)))
        buf_put(out, str_of(text));
}

static void
put_net(struct buf *out, const struct place *place)
{
    struct network net = network_of(place);

    put_full(out, &net.place);
    buf_format(out, "/%u", net.bits);
}

static void
keyed_digest(const struct visitor_log *log, struct str text, unsigned char digest[VISITOR_SECRET])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    const unsigned char *done = HMAC(EVP_sha256(), log->secret, VISITOR_SECRET,
                                     (const unsigned char *)text.ptr, text.len, mac, &len);

    assert(done != NULL && len == VISITOR_SECRET);
    memcpy(digest, mac, VISITOR_SECRET);
}

static void
put_hash(struct buf *out, const struct visitor_log *log, const struct place *place)
{
    unsigned char digest[VISITOR_SECRET];

    keyed_digest(log, (struct str){(const char *)place->bytes, place->len}, digest);
    for (size_t i = 0; i < VISITOR_HASH / 2; i++)
        buf_format(out, "%02x", digest[i]);
}

bool
visitor_log_init(struct visitor_log *log, enum log_address how, int64_t now_s, struct failure *why)
{
    *log = (struct visitor_log){.how = how, .day = now_s / SECONDS_OF_DAY};
    if (RAND_bytes(log->secret, sizeof(log->secret)) != 1)
        return fail(why, "no random numbers for the log");
    return true;
}

/* A day's secret is overwritten by the next one. */
void
visitor_log_advance(struct visitor_log *log, int64_t now_s)
{
    unsigned char next[VISITOR_SECRET];

    for (; log->day < now_s / SECONDS_OF_DAY; log->day++) {
        keyed_digest(log, STR("next"), next);
        memcpy(log->secret, next, sizeof(next));
    }
    OPENSSL_cleanse(next, sizeof(next));
}

void
visitor_put(struct buf *out, struct visitor_log *log, const struct sockaddr *address, int64_t now_s)
{
    struct place place;

    if (log->how == LOG_ADDRESS_NONE || !place_of(&place, address)) {
        buf_byte(out, '-');
        return;
    }
    switch (log->how) {
    case LOG_ADDRESS_NET:
        put_net(out, &place);
        break;
    case LOG_ADDRESS_HASH:
        visitor_log_advance(log, now_s);
        put_hash(out, log, &place);
        break;
    default:
        put_full(out, &place);
    }
}
