#include "serve/listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/gemini.h"
#include "serve/gopher.h"

struct target {
    struct sockaddr_storage address;
    socklen_t len;
    int family;
};

static struct target
target_of(const struct address *address)
{
    struct target target = {.family = strchr(address->host, ':') ? AF_INET6 : AF_INET};

    if (target.family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&target.address;

        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)address->port);
        inet_pton(AF_INET6, address->host, &v6->sin6_addr);
        target.len = sizeof *v6;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&target.address;

        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)address->port);
        inet_pton(AF_INET, address->host, &v4->sin_addr);
        target.len = sizeof *v4;
    }
    return target;
}

static void
put_name(char *name, const struct address *address, unsigned port)
{
    bool is_v6 = strchr(address->host, ':') != NULL;

    snprintf(name, LISTENER_NAME_MAX + 1, "%s%s%s:%u", is_v6 ? "[" : "", address->host,
             is_v6 ? "]" : "", port);
}

static unsigned
bound_port(int fd)
{
    struct sockaddr_in6 address = {0}; /* that of IPv4 has its port at the same place */
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin6_port);
}

/* A listening socket, or -1 with errno. */
static int
bind_target(const struct target *target)
{
    const int on = 1, unsent = UNSENT_MAX;
    int fd = socket(target->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* its connections inherit it */
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    if (target->family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&target->address, target->len) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Whether the error means that the machine lacks the family. Of an IPv6 that is switched off Linux
 * says what it says of a mistyped address, but then even the loopback cannot be had. */
static bool
lacks_family(int family, int error)
{
    struct address loopback = {.host = family == AF_INET6 ? "::1" : "127.0.0.1"};
    struct target target = target_of(&loopback);
    int fd;

    if (error != EADDRNOTAVAIL)
        return error == EAFNOSUPPORT;
    fd = bind_target(&target);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

struct opening {
    struct listener_set *set;
    const struct listener_set *former;
    const struct log *log;
    struct failure *why;
};

static bool
holds(const struct listener_set *set, int fd)
{
    for (size_t i = 0; set && i < set->count; i++)
        if (set->items[i].fd == fd)
            return true;
    return false;
}

/* The former generation's listener of that address, unless the new one has it already: port 0 may
 * be asked for more than once. */
static const struct listener *
find_former(const struct opening *opening, const struct listener *wanted)
{
    for (size_t i = 0; opening->former && i < opening->former->count; i++) {
        const struct listener *item = &opening->former->items[i];

        if (item->protocol == wanted->protocol && strcmp(item->asked, wanted->asked) == 0 &&
            !holds(opening->set, item->fd))
            return item;
    }
    return NULL;
}

static bool
open_one(const struct opening *opening, const struct protocol *protocol,
         const struct address *address)
{
    struct target target = target_of(address);
    struct listener *listener = &opening->set->items[opening->set->count];
    const struct listener *former;

    *listener = (struct listener){.fd = -1, .protocol = protocol, .address = address};
    put_name(listener->asked, address, address->port);
    former = find_former(opening, listener);
    if (former) {
        *listener = *former;
        listener->address = address;
        listener->inherited = true;
        opening->set->count++;
        return true;
    }
    listener->fd = bind_target(&target);
    if (listener->fd < 0) {
        int error = errno;

        fail_errno(opening->why, "cannot listen on %s", listener->asked);
        if (!lacks_family(target.family, error))
            return false;
        log_line(opening->log, "inspir: %s", opening->why->text);
        return true;
    }
    listener->port = bound_port(listener->fd);
    put_name(listener->name, address, listener->port);
    opening->set->count++;
    return true;
}

static bool
open_list(const struct opening *opening, const struct protocol *protocol,
          const struct address_list *list)
{
    size_t before = opening->set->count;

    for (size_t i = 0; i < list->count; i++)
        if (!open_one(opening, protocol, &list->items[i]))
            return false;
    return opening->set->count > before; /* else why says which address the machine lacks */
}

bool
listeners_open(struct listener_set *set, const struct config *config,
               const struct listener_set *former, const struct log *log, struct failure *why)
{
    struct opening opening = {.set = set, .former = former, .log = log, .why = why};

    set->count = 0;
    if (open_list(&opening, &gemini_protocol, &config->gemini.listen) &&
        (!config->gopher.enabled || open_list(&opening, &gopher_protocol, &config->gopher.listen)))
        return true;
    listeners_close(set, former);
    return false;
}

void
listeners_close(struct listener_set *set, const struct listener_set *kept)
{
    for (size_t i = 0; i < set->count; i++)
        if (!holds(kept, set->items[i].fd))
            close(set->items[i].fd);
    set->count = 0;
}

static void
describe_hole(const struct listener *listener, const struct config *config,
              struct gopher_hole *hole)
{
    struct gopher_look look = config->gopher.look;
    struct failure why;
    bool is_good = look_apply(&look, str_of(listener->address->settings), &why);

    assert(is_good); /* the configuration was read with it */
    *hole = (struct gopher_hole){
        .host = config->gopher.host,
        .port = look.port != 0 ? look.port : listener->port,
        .width = look.width,
        .posts_as_menus = look.posts_as_menus,
        .strict = look.strict1436,
        .charset = look.charset,
        .gemini_hosts = (const char *const *)config->gemini.hosts.items,
    };
}

void
listeners_describe(const struct listener_set *set, const struct listener *entrance,
                   const struct config *config, struct service *service)
{
    *service = (struct service){
        .config = config,
        .tongue = tongue_of(str_of(config->blog.language)),
    };
    for (size_t i = 0; i < set->count; i++) {
        const struct listener *listener = &set->items[i];

        if (listener->protocol == &gemini_protocol)
            service->gemini_ports[service->gemini_port_count++] = listener->port;
        else if (entrance ? entrance == listener : !service->hole.host)
            describe_hole(listener, config, &service->hole);
    }
}
