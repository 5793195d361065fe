#include "serve/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum {
    MAPPED_BITS = 96, /* 4291 2.5.5.2: ::ffff:0:0/96 has the addresses of version 4 */
    BITS_MAX_4 = 32,
    BITS_MAX_6 = 128,
};

static void
set_four(struct place *place, const void *bytes)
{
    *place = (struct place){.family = AF_INET, .len = sizeof(struct in_addr)};
    memcpy(place->bytes, bytes, place->len);
}

static void
set_six(struct place *place, const struct in6_addr *address)
{
    *place = (struct place){.family = AF_INET6, .len = sizeof *address};
    memcpy(place->bytes, address, place->len);
}

bool
place_of(struct place *place, const struct sockaddr *address)
{
    const struct in6_addr *six;

    if (address && address->sa_family == AF_INET) {
        set_four(place, &((const struct sockaddr_in *)address)->sin_addr);
        return true;
    }
    if (!address || address->sa_family != AF_INET6)
        return false;
    six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six))
        set_four(place, six->s6_addr + MAPPED_BITS / 8);
    else
        set_six(place, six);
    return true;
}

struct network
network_of(const struct place *place)
{
    struct network network = {.place = *place};

    network.bits = place->family == AF_INET ? NETWORK_BITS_4 : NETWORK_BITS_6;
    memset(network.place.bytes + network.bits / 8, 0, sizeof place->bytes - network.bits / 8);
    return network;
}

bool
network_parse(struct network *network, const char *text)
{
    struct str bits = str_of(text), address = str_cut(&bits, '/');
    char literal[INET6_ADDRSTRLEN];
    unsigned long number;
    struct in6_addr six;
    struct in_addr four;

    if (address.len >= sizeof literal || !str_number(bits, BITS_MAX_6, &number))
        return false;
    snprintf(literal, sizeof literal, "%.*s", (int)address.len, address.ptr);
    network->bits = (unsigned)number;
    if (inet_pton(AF_INET, literal, &four) == 1) {
        set_four(&network->place, &four);
        return number <= BITS_MAX_4;
    }
    if (inet_pton(AF_INET6, literal, &six) != 1)
        return false;
    set_six(&network->place, &six);
    if (IN6_IS_ADDR_V4MAPPED(&six) && number >= MAPPED_BITS) {
        set_four(&network->place, six.s6_addr + MAPPED_BITS / 8);
        network->bits -= MAPPED_BITS;
    }
    return true;
}

bool
network_holds(const struct network *network, const struct place *place)
{
    const unsigned char *a = network->place.bytes, *b = place->bytes;
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    return network->place.family == place->family && memcmp(a, b, whole) == 0 &&
           (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}
