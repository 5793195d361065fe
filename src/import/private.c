#include "import/private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { V6_PUBLIC = 0x2000, V6_PUBLIC_MASK = 0xe000, V4_IN_V6 = 12 };

static bool
is_private_v4(uint32_t address)
{
    static const struct {
        uint32_t network;
        int bits;
    } networks[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
    };

    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if ((address ^ networks[i].network) >> (32 - networks[i].bits) == 0)
            return true;
    return false;
}

static uint32_t
read_32(const unsigned char *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof value);
    return ntohl(value);
}

/* Public are those of 2000::/3, but for protocols (Teredo among them), documentation and 6to4. */
static bool
is_private_v6(const struct in6_addr *address)
{
    static const unsigned char nat64[V4_IN_V6] = {0x00, 0x64, 0xff, 0x9b};
    const unsigned char *bytes = address->s6_addr;
    uint32_t first = read_32(bytes);

    if (IN6_IS_ADDR_V4MAPPED(address) || memcmp(bytes, nat64, sizeof nat64) == 0)
        return is_private_v4(read_32(bytes + V4_IN_V6));
    return (first >> 16 & V6_PUBLIC_MASK) != V6_PUBLIC || first >> 9 == 0x20010000 >> 9 ||
           first == 0x20010db8 || first >> 16 == 0x2002 || first >> 12 == 0x3fff0000 >> 12;
}

bool
private_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_private_v4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return is_private_v6(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return true;
}
