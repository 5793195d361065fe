/* Any bytes as inspir.ini: what is taken is in range, and what is refused names file and line. */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unistr.h>

#include "site/config.h"
#include "text/gophermap.h"
#include "text/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A name for the bytes, without a disk. */
static int
put_file(const uint8_t *bytes, size_t size, struct buf *path)
{
    int fd = memfd_create("inspir.ini", MFD_CLOEXEC);

    assert(fd >= 0);
    for (size_t done = 0; done < size;) {
        ssize_t put = write(fd, bytes + done, size - done);

        assert(put > 0);
        done += (size_t)put;
    }
    buf_format(path, "/proc/self/fd/%d", fd);
    return fd;
}

static void
check_text(const char *text)
{
    assert(text && strlen(text) <= CONFIG_LINE_MAX + strlen("/proc/self/fd/"));
    assert(u8_check((const uint8_t *)text, strlen(text)) == NULL);
    for (; *text; text++)
        assert((unsigned char)*text >= ' ' || *text == '\t');
}

static void
check_hosts(const struct name_list *list)
{
    assert(list->count <= CONFIG_LIST_MAX && list->items[list->count] == NULL);
    for (size_t i = 0; i < list->count; i++) {
        char *host = names_host(str_of(list->items[i]));

        assert(host && strcmp(host, list->items[i]) == 0);
        free(host);
    }
}

static void
check_addresses(const struct address_list *list)
{
    assert(list->count >= 1 && list->count <= CONFIG_LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        assert(list->items[i].port <= PORT_MAX);
        check_text(list->items[i].host);
    }
}

static void
check_zones(const struct config *config)
{
    assert(config->zone_count <= CONFIG_ZONES_MAX);
    for (size_t i = 0; i < config->zone_count; i++) {
        struct str path = str_of(config->zones[i].path);

        assert(str_starts(path, STR("/")) && str_ends(path, STR("/")));
        assert(config->zones[i].any != (config->zones[i].keys.count > 0));
        for (size_t j = 0; j < config->zones[i].keys.count; j++)
            assert(strspn(config->zones[i].keys.items[j], "0123456789abcdef") == 64);
    }
}

/* Settings that were read can be applied without another look at them. */
static void
check_looks(const struct config *config)
{
    for (size_t i = 0; i < config->gemini.listen.count; i++)
        assert(!config->gemini.listen.items[i].settings);
    for (size_t i = 0; i < config->gopher.listen.count; i++) {
        struct gopher_look look = config->gopher.look;
        struct failure why;

        assert(look_apply(&look, str_of(config->gopher.listen.items[i].settings), &why));
        assert(look.width >= GOPHER_WIDTH_MIN && look.width <= GOPHER_WIDTH_MAX);
        assert(look.port <= PORT_MAX);
    }
}

static void
check_pairs(const struct config *config)
{
    assert(config->host_count <= config->gemini.hosts.count);
    for (size_t i = 0; i < config->host_count; i++) {
        bool is_own = false;

        check_text(config->hosts[i].cert);
        check_text(config->hosts[i].key);
        for (size_t j = 0; j < config->gemini.hosts.count; j++)
            is_own = is_own || strcmp(config->hosts[i].name, config->gemini.hosts.items[j]) == 0;
        assert(is_own);
    }
}

static void
check_config(const struct config *config)
{
    const char *const texts[] = {
        config->blog.title, config->blog.subtitle, config->blog.author, config->blog.timezone,
        config->blog.root,  config->blog.index,    config->tls.cert,    config->tls.key,
        config->server.log, config->server.user,   config->gopher.host,
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_text(texts[i]);
    assert(*config->blog.title && language_is_tag(str_of(config->blog.language)));
    assert(config->blog.page_size >= 1 && config->blog.page_size <= PAGE_SIZE_MAX);
    assert(config->gopher.look.width >= GOPHER_WIDTH_MIN &&
           config->gopher.look.width <= GOPHER_WIDTH_MAX);
    assert(config->limits.handshake_s >= 1 && config->limits.request_s >= 1);
    assert(config->limits.stall_s >= 1 && config->limits.connections >= 1);
    assert(config->gemini.hosts.count >= 1);
    check_hosts(&config->gemini.hosts);
    check_hosts(&config->blog.old_hosts);
    check_hosts(&config->import.private_hosts);
    check_addresses(&config->gemini.listen);
    check_addresses(&config->gopher.listen);
    check_looks(config);
    check_pairs(config);
    check_zones(config);
}

/* FILE:LINE: sentence */
static void
check_failure(const char *text, const char *path)
{
    char *end;

    assert(strncmp(text, path, strlen(path)) == 0 && text[strlen(path)] == ':');
    assert(strtoul(text + strlen(path) + 1, &end, 10) >= 1);
    assert(strncmp(end, ": ", 2) == 0 && end[2] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct buf path = {0};
    struct config config;
    struct failure why = {{0}};
    int fd;

    if (size > CONFIG_FILE_MAX)
        return 0;
    fd = put_file(bytes, size, &path);
    if (config_load(&config, buf_text(&path), &why))
        check_config(&config);
    else
        check_failure(why.text, buf_text(&path));
    config_free(&config);
    close(fd);
    buf_free(&path);
    return 0;
}
