#include "site/reference.h"

static bool
is_own_host(const struct config *config, struct str host)
{
    for (size_t i = 0; i < config->gemini.hosts.count; i++)
        if (str_eq_nocase(uri_bare_host(host), str_of(config->gemini.hosts.items[i])))
            return true;
    return false;
}

/* A link that names no port means ours, as a request does. */
static bool
is_own_port(const struct config *config, const struct uri *uri)
{
    unsigned port;

    if (!uri_read_port(uri, 0, &port))
        return false;
    if (port == 0 || port == config->gemini.port)
        return true;
    for (size_t i = 0; i < config->gemini.listen.count; i++)
        if (port == config->gemini.listen.items[i].port)
            return true;
    return false;
}

void
reference_resolve(struct buf *absolute, const struct config *config, struct str path,
                  struct str reference)
{
    struct buf base = {0};

    buf_put(&base, STR("gemini://"));
    uri_put_host(&base, str_of(config->gemini.hosts.count > 0 ? config->gemini.hosts.items[0]
                                                              : "localhost"));
    uri_put_path(&base, path);
    uri_resolve(absolute, buf_str(&base), reference);
    buf_free(&base);
}

bool
reference_is_own(const struct config *config, const struct uri *uri)
{
    return str_eq_nocase(uri->scheme, STR("gemini")) &&
           (config->gemini.hosts.count == 0 || is_own_host(config, uri->host)) &&
           is_own_port(config, uri);
}
