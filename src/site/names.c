#include "site/names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "text/uri.h"

enum { HOST_LABEL_MAX = 63 /* RFC 1035 2.3.4: bytes between two dots */ };

/* The next item of a list without the spaces around it; false at the end. */
static bool
next_item(struct str *rest, struct str *item)
{
    while (rest->len > 0) {
        *item = str_trim(str_cut(rest, ','));
        if (item->len > 0)
            return true;
    }
    return false;
}

/* Takes over the name. */
static bool
add_name(struct name_list *list, char *name, struct failure *why)
{
    if (list->count == CONFIG_LIST_MAX) {
        free(name);
        return fail(why, "more than %d items", CONFIG_LIST_MAX);
    }
    list->items[list->count++] = name;
    return true;
}

/* The literal in its shortest form, ended with free(); NULL when it is none of this family. */
static char *
ip_literal(int family, struct str text)
{
    unsigned char address[sizeof(struct in6_addr)];
    char literal[INET6_ADDRSTRLEN];

    if (text.len == 0 || text.len >= sizeof literal || str_has(text, '\0'))
        return NULL;
    memcpy(literal, text.ptr, text.len);
    literal[text.len] = '\0';
    if (inet_pton(family, literal, address) != 1 ||
        !inet_ntop(family, address, literal, sizeof literal))
        return NULL;
    return mem_copy(literal, strlen(literal));
}

/* RFC 1123 2.1: letters, digits and inner hyphens. */
static bool
is_host_label(struct str label)
{
    if (label.len == 0 || label.len > HOST_LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!isalnum((unsigned char)label.ptr[i]) && label.ptr[i] != '-')
            return false;
    return true;
}

/* A last label of digits alone would be an IPv4 literal with a mistake in it. */
static bool
is_host_name(struct str text)
{
    struct str rest = text, label = {0};
    unsigned long number;

    if (text.len == 0 || text.len > HOST_MAX || text.ptr[text.len - 1] == '.')
        return false;
    while (rest.len > 0) {
        label = str_cut(&rest, '.');
        if (!is_host_label(label))
            return false;
    }
    return !str_number(label, (unsigned long)-1, &number);
}

char *
names_host(struct str text)
{
    struct str inner = text;
    bool bracketed = str_skip(&inner, STR("[")) && str_chop(&inner, STR("]"));
    char *host = ip_literal(AF_INET6, bracketed ? inner : text);

    if (!host && !bracketed)
        host = ip_literal(AF_INET, text);
    if (host || bracketed || !is_host_name(text))
        return host;
    host = mem_copy(text.ptr, text.len);
    for (char *byte = host; *byte; byte++)
        *byte = (char)tolower((unsigned char)*byte);
    return host;
}

bool
names_is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool
name_is_there(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

bool
names_add_hosts(struct name_list *list, struct str value, struct failure *why)
{
    struct str item;

    while (next_item(&value, &item)) {
        char *host = names_host(item);

        if (!host)
            return fail(why, "\"%.*s\" is no host name and no IP address", (int)item.len, item.ptr);
        if (name_is_there(list, host)) {
            free(host);
            return fail(why, "\"%.*s\" twice", (int)item.len, item.ptr);
        }
        if (!add_name(list, host, why))
            return false;
    }
    return true;
}

static bool
address_is_there(const struct address_list *list, const struct address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].port == address->port && address->port != 0 &&
            strcmp(list->items[i].host, address->host) == 0)
            return true;
    return false;
}

/* 127.0.0.1:1965 or [::1]:1965, then a space and settings. Host and settings are ended with
 * free(); when false both are NULL. */
static bool
parse_address(struct str text, struct address *address)
{
    struct str settings = text, host = str_cut(&settings, ' '), port;
    unsigned long number;
    bool bracketed = str_skip(&host, STR("["));

    if (bracketed) {
        port = host;
        host = str_cut(&port, ']');
        if (!str_skip(&port, STR(":")))
            return false;
    } else {
        port = host;
        host = str_cut(&port, ':');
    }
    if (!str_number(port, PORT_MAX, &number))
        return false;
    address->port = (unsigned)number;
    address->host = ip_literal(bracketed ? AF_INET6 : AF_INET, host);
    settings = str_trim(settings);
    if (address->host && settings.len > 0)
        address->settings = mem_copy(settings.ptr, settings.len);
    return address->host != NULL;
}

const struct address *
names_shared_address(const struct address_list *a, const struct address_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (address_is_there(b, &a->items[i]))
            return &a->items[i];
    return NULL;
}

static bool
add_address(struct address_list *list, struct str item, struct failure *why)
{
    struct address address = {0};
    int len = (int)item.len;

    if (!parse_address(item, &address))
        fail(why, "\"%.*s\" is no address like 127.0.0.1:1965 or [::1]:1965", len, item.ptr);
    else if (address_is_there(list, &address))
        fail(why, "\"%.*s\" twice", len, item.ptr);
    else if (list->count == CONFIG_LIST_MAX)
        fail(why, "more than %d items", CONFIG_LIST_MAX);
    else {
        list->items[list->count++] = address;
        return true;
    }
    free(address.host);
    free(address.settings);
    return false;
}

bool
names_add_addresses(struct address_list *list, struct str value, struct failure *why)
{
    struct str item;

    while (next_item(&value, &item))
        if (!add_address(list, item, why))
            return false;
    return true;
}

/* "10.0.0.0/8" as it is, a lone address with all its bits; NULL when it is neither. */
static char *
network_of(struct str text)
{
    struct str bits = text, address = str_cut(&bits, '/');
    int family = str_has(address, ':') ? AF_INET6 : AF_INET;
    unsigned long most = family == AF_INET6 ? 128 : 32, number = most;
    char *literal = ip_literal(family, address);
    struct buf network = {0};

    if (literal && (!str_has(text, '/') || str_number(bits, most, &number)))
        buf_format(&network, "%s/%lu", literal, number);
    free(literal);
    return network.ptr;
}

bool
names_add_networks(struct name_list *list, struct str value, struct failure *why)
{
    struct str item;

    while (next_item(&value, &item)) {
        char *network = network_of(item);

        if (!network)
            return fail(why, "\"%.*s\" is no network like 10.0.0.0/8", (int)item.len, item.ptr);
        if (!add_name(list, network, why))
            return false;
    }
    return true;
}

bool
names_add_paths(struct name_list *list, struct str value, struct failure *why)
{
    struct str item;

    while (next_item(&value, &item)) {
        if (!str_starts(item, STR("/")) || str_has(item, '%'))
            return fail(why, "\"%.*s\" is no path as in the capsule, like /private/", (int)item.len,
                        item.ptr);
        if (!add_name(list, mem_copy(item.ptr, item.len), why))
            return false;
    }
    return true;
}

/* The digits in lower case without the colons that openssl puts between; NULL when not 64. */
static char *
fingerprint_of(struct str text)
{
    struct buf digits = {0};
    bool good = true;

    for (size_t i = 0; good && i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if (byte != ':')
            buf_byte(&digits, (char)tolower(byte));
        good = byte == ':' || isxdigit(byte);
    }
    if (good && digits.len == DIGEST_HEX)
        return digits.ptr;
    buf_free(&digits);
    return NULL;
}

bool
names_add_fingerprints(struct name_list *list, struct str value, struct failure *why)
{
    struct str item;

    while (next_item(&value, &item)) {
        char *digits = fingerprint_of(item);

        if (!digits)
            return fail(why, "\"%.*s\" is no SHA-256 fingerprint of 64 hexadecimal digits",
                        (int)item.len, item.ptr);
        if (!add_name(list, digits, why))
            return false;
    }
    return true;
}

void
names_free(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    *list = (struct name_list){0};
}

void
names_free_addresses(struct address_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].host);
        free(list->items[i].settings);
    }
    *list = (struct address_list){0};
}
