#include "serve/visitor.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum {
    SECONDS_OF_DAY = 86400,
    NET_BYTES_4 = 3, /* /24 */
    NET_BYTES_6 = 6, /* /48 */
};

/* An address without its port; one of version 4 that came in through version 6 is of version 4. */
struct place {
    int family;
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t len;
};

static bool
place_of(struct place *place, const struct sockaddr *address)
{
    *place = (struct place){.family = address ? address->sa_family : AF_UNSPEC};
    if (place->family == AF_INET) {
        place->len = sizeof(struct in_addr);
        memcpy(place->bytes, &((const struct sockaddr_in *)address)->sin_addr, place->len);
        return true;
    }
    if (place->family == AF_INET6) {
        const struct in6_addr *whole = &((const struct sockaddr_in6 *)address)->sin6_addr;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(whole);

        place->family = is_mapped ? AF_INET : AF_INET6;
        place->len = is_mapped ? sizeof(struct in_addr) : sizeof(*whole);
        memcpy(place->bytes, whole->s6_addr + sizeof(*whole) - place->len, place->len);
        return true;
    }
    return false;
}

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
    struct place net = *place;
    size_t kept = net.family == AF_INET ? NET_BYTES_4 : NET_BYTES_6;

    memset(net.bytes + kept, 0, sizeof(net.bytes) - kept);
    put_full(out, &net);
    buf_format(out, "/%zu", kept * 8);
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

/* A day's secret is overwritten by the next one. */
static void
advance(struct visitor_log *log, int64_t day)
{
    unsigned char next[VISITOR_SECRET];

    for (; log->day < day; log->day++) {
        keyed_digest(log, STR("next"), next);
        memcpy(log->secret, next, sizeof(next));
    }
    OPENSSL_cleanse(next, sizeof(next));
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
        advance(log, now_s / SECONDS_OF_DAY);
        put_hash(out, log, &place);
        break;
    default:
        put_full(out, &place);
    }
}
