#include "site/config.h"

#include <assert.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unistr.h>

#include "base/file.h"
#include "base/mem.h"
#include "site/keys.h"

static const char default_here[] = "inspir.ini";
static const char default_system[] = "/etc/inspir/inspir.ini";

/* What is known between two lines of the file. */
struct reader {
    struct config *config;
    struct failure *why;
    struct str rest;         /* of the text */
    struct str section;      /* without a zone's path, a host's name; empty: none has begun */
    unsigned line, bad_line; /* from 1; bad_line 0: all is well */
    unsigned zone_at[CONFIG_ZONES_MAX], host_at[CONFIG_LIST_MAX];
};

static bool
zone_path_is_good(struct str path)
{
    struct str rest = str_after(path, 1);

    if (!str_starts(path, STR("/")) || !str_ends(path, STR("/")) || str_has(path, '%'))
        return false;
    while (rest.len > 0) {
        struct str segment = str_cut(&rest, '/');

        if (segment.len == 0 || segment.ptr[0] == '.')
            return false;
    }
    return true;
}

static bool
add_zone(struct reader *reader, struct str path)
{
    struct config *config = reader->config;

    if (!zone_path_is_good(path))
        return fail(reader->why, "a zone is a folder as it is called in the capsule, like "
                                 "[zone /private/]");
    for (size_t i = 0; i < config->zone_count; i++)
        if (str_eq(path, str_of(config->zones[i].path)))
            return fail(reader->why, "the zone %s is there already, in line %u",
                        config->zones[i].path, reader->zone_at[i]);
    if (config->zone_count == CONFIG_ZONES_MAX)
        return fail(reader->why, "more than %d zones", CONFIG_ZONES_MAX);
    config->zones = mem_grow(config->zones, config->zone_count + 1, sizeof *config->zones);
    config->zones[config->zone_count] = (struct zone){.path = mem_copy(path.ptr, path.len)};
    reader->zone_at[config->zone_count++] = reader->line;
    return true;
}

/* Each host has its own pair of keys: what another one set does not count. */
static void
forget_keys(struct reader *reader, struct str section)
{
    for (size_t i = 0; i < key_count; i++)
        if (str_eq(section, str_of(keys[i].section)))
            reader->config->set_at[i] = 0;
}

static bool
add_host(struct reader *reader, struct str text)
{
    struct config *config = reader->config;
    char *name = names_host(text);
    bool done = name && !names_is_address(name);

    if (!done)
        fail(reader->why, "a host with its own certificate is a name, like [host blog.example]");
    for (size_t i = 0; done && i < config->host_count; i++)
        done =
            strcmp(name, config->hosts[i].name) != 0 ||
            fail(reader->why, "the host %s is there already, in line %u", name, reader->host_at[i]);
    if (done && config->host_count == CONFIG_LIST_MAX)
        done = fail(reader->why, "more than %d hosts", CONFIG_LIST_MAX);
    if (!done) {
        free(name);
        return false;
    }
    config->hosts = mem_grow(config->hosts, config->host_count + 1, sizeof *config->hosts);
    config->hosts[config->host_count] = (struct host_pair){.name = name};
    reader->host_at[config->host_count++] = reader->line;
    forget_keys(reader, STR("host"));
    return true;
}

/* inih reports neither empty sections nor names of more than 49 bytes whole, so that we look at
 * the line ourselves. */
static bool
begin_section(struct reader *reader, struct str line)
{
    struct str after = line, name = str_cut(&after, ']'), kind, path;

    after = str_trim(after);
    if (!str_ends(str_head(line, name.len + 1), STR("]")) ||
        (after.len > 0 && after.ptr[0] != ';' && after.ptr[0] != '#'))
        return fail(reader->why, "a section is written [name]");
    name = str_trim(str_after(name, 1));
    path = name;
    kind = str_cut(&path, ' ');
    if (str_eq(kind, STR("zone"))) {
        reader->section = kind;
        return add_zone(reader, str_trim(path));
    }
    if (str_eq(kind, STR("host"))) {
        reader->section = kind;
        return add_host(reader, str_trim(path));
    }
    reader->section = name;
    return key_is_section(name) || fail(reader->why, "unknown section [%.*s]; did you mean [%s]?",
                                        (int)name.len, name.ptr, key_nearest_section(name));
}

/* UTF-8 without control characters other than the tab. */
static bool
is_text(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
            return false;
    return u8_check((const uint8_t *)line.ptr, line.len) == NULL;
}

static bool
take_line(struct reader *reader, struct str raw, struct str *line)
{
    *line = str_trim(raw);
    if (raw.len > CONFIG_LINE_MAX)
        return fail(reader->why, "the line has more than %d bytes", CONFIG_LINE_MAX);
    if (!is_text(raw))
        return fail(reader->why, "the line is not UTF-8 text");
    return !str_starts(*line, STR("[")) || begin_section(reader, *line);
}

/* inih asks for the next line as of fgets(). It gets lines without space in front, so that none
 * is taken for a continuation of the one before. */
static char *
on_line_wanted(char *line, int room, void *ctx)
{
    struct reader *reader = ctx;
    struct str next;

    if (reader->bad_line != 0 || reader->rest.len == 0)
        return NULL;
    reader->line++;
    if (!take_line(reader, str_line(&reader->rest), &next)) {
        reader->bad_line = reader->line;
        return NULL;
    }
    assert(next.len < (size_t)room);
    if (next.len > 0)
        memcpy(line, next.ptr, next.len);
    line[next.len] = '\0';
    return line;
}

static bool
fail_unknown(const struct reader *reader, const char *name)
{
    const struct key *nearest = key_nearest(reader->section, str_of(name));
    bool elsewhere = !str_eq(reader->section, str_of(nearest->section));

    return fail(reader->why, "unknown key %s in [%.*s]; did you mean %s%s%s%s?", name,
                (int)reader->section.len, reader->section.ptr, nearest->name,
                elsewhere ? " in [" : "", elsewhere ? nearest->section : "", elsewhere ? "]" : "");
}

/* In the latest section of the key's kind. */
static void *
field_of(struct config *config, const struct key *key)
{
    if (str_eq(str_of(key->section), STR("zone")))
        return (char *)&config->zones[config->zone_count - 1] + key->offset;
    if (str_eq(str_of(key->section), STR("host")))
        return (char *)&config->hosts[config->host_count - 1] + key->offset;
    return (char *)config + key->offset;
}

static bool
take_value(struct reader *reader, const char *name, const char *value)
{
    const struct key *key = key_find(reader->section, str_of(name));
    unsigned *set_at;

    if (reader->section.len == 0)
        return fail(reader->why, "%s stands before the first [section]", name);
    if (!key)
        return fail_unknown(reader, name);
    set_at = &reader->config->set_at[key - keys];
    if (*set_at != 0 && !key->is_list)
        return fail(reader->why, "%s is there already, in line %u", name, *set_at);
    *set_at = reader->line;
    return key->set(key, field_of(reader->config, key), str_of(value), reader->why);
}

/* inih calls this for each key = value; 0 is an error. The section is the one of begin_section. */
static int
on_value(void *ctx, const char *section, const char *name, const char *value)
{
    struct reader *reader = ctx;

    (void)section;
    if (reader->bad_line == 0 && !take_value(reader, name, value))
        reader->bad_line = reader->line;
    return reader->bad_line == 0;
}

static bool
zones_are_whole(struct reader *reader)
{
    struct config *config = reader->config;

    for (size_t i = 0; i < config->zone_count; i++) {
        if (config->zones[i].any || config->zones[i].keys.count > 0)
            continue;
        reader->bad_line = reader->zone_at[i];
        return fail(reader->why, "the zone %s needs a line require = any, or fingerprints",
                    config->zones[i].path);
    }
    return true;
}

static bool
read_lines(struct reader *reader)
{
    int bad_line;

    str_skip(&reader->rest, STR("\xef\xbb\xbf"));
    bad_line = ini_parse_stream(on_line_wanted, reader, on_value, reader);
    if (bad_line < 0)
        return fail(reader->why, "%s: inih has no memory for it", reader->config->path);
    if (bad_line > 0 && (reader->bad_line == 0 || (unsigned)bad_line < reader->bad_line)) {
        reader->bad_line = (unsigned)bad_line;
        fail(reader->why, "neither [section] nor key = value");
    }
    return (reader->bad_line == 0 && zones_are_whole(reader)) ||
           fail_in(reader->why, "%s:%u", reader->config->path, reader->bad_line);
}

/* Gives each key that nobody set what it is then. */
static void
fill_in(struct reader *reader)
{
    struct config *config = reader->config;
    struct buf index = {0};

    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        bool set = reader->config->set_at[i] != 0 || !key->fallback ||
                   key->set(key, field_of(config, key), str_of(key->fallback), reader->why);

        assert(set);
    }
    if (!config->gopher.host)
        config->gopher.host =
            mem_copy(config->gemini.hosts.items[0], strlen(config->gemini.hosts.items[0]));
    buf_format(&index, "%s/.index.db", config->blog.root);
    if (!config->blog.index)
        config->blog.index = mem_copy(index.ptr, index.len);
    buf_free(&index);
}

static bool
is_own_host(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->gemini.hosts.count; i++)
        if (strcmp(name, config->gemini.hosts.items[i]) == 0)
            return true;
    return false;
}

static bool
hosts_are_whole(const struct reader *reader)
{
    const struct config *config = reader->config;

    for (size_t i = 0; i < config->host_count; i++) {
        const struct host_pair *host = &config->hosts[i];

        if (host->cert && host->key && is_own_host(config, host->name))
            continue;
        if (host->cert && host->key)
            fail(reader->why, "%s is not among the hosts of [gemini]", host->name);
        else
            fail(reader->why, "the host %s needs lines cert = and key =", host->name);
        return fail_in(reader->why, "%s:%u", config->path, reader->host_at[i]);
    }
    return true;
}

/* The line with the key; 0: it is not in the file. */
static unsigned
line_of_key(const struct config *config, const char *section, const char *name)
{
    const struct key *key = key_find(str_of(section), str_of(name));

    assert(key);
    return config->set_at[key - keys];
}

/* What begins with TLS could be either. Blames the one that the file names. */
static bool
listeners_are_apart(const struct reader *reader)
{
    const struct config *config = reader->config;
    const struct address *shared =
        names_shared_address(&config->gopher.listen, &config->gemini.listen);
    bool is_literal = shared && strchr(shared->host, ':');
    bool is_gophers = line_of_key(config, "gopher", "listen") > 0;

    if (!shared || !config->gopher.enabled)
        return true;
    fail(reader->why,
         is_literal ? "[%s]:%u is taken by %s already" : "%s:%u is taken by %s already",
         shared->host, shared->port, is_gophers ? "Gemini" : "Gopher");
    return config_blame(config, is_gophers ? "gopher" : "gemini", "listen", reader->why);
}

/* What the key of a path stands for, the n-th of them: each host has its own. NULL: no more. */
static char **
path_at(struct config *config, const struct key *key, size_t n)
{
    bool is_of_host = str_eq(str_of(key->section), STR("host"));

    if (!key->is_path || n >= (is_of_host ? config->host_count : 1))
        return NULL;
    return is_of_host ? (char **)((char *)&config->hosts[n] + key->offset) : field_of(config, key);
}

/* Puts the ini file's folder in front of relative paths. */
static void
anchor_paths(struct config *config)
{
    const char *slash = strrchr(config->path, '/');
    struct str folder = {config->path, slash ? (size_t)(slash + 1 - config->path) : 0};

    for (size_t i = 0; i < key_count; i++) {
        char **path;

        for (size_t n = 0; (path = path_at(config, &keys[i], n)); n++) {
            struct buf anchored = {0};

            if (**path == '/' || key_is_word(&keys[i], str_of(*path)))
                continue;
            buf_put(&anchored, folder);
            buf_put(&anchored, str_of(*path));
            free(*path);
            *path = anchored.ptr;
        }
    }
}

/* The next name of a path, empty at its end. */
static struct str
next_name(struct str *rest)
{
    struct str name = {0};

    while (rest->len > 0 && (name.len == 0 || str_eq(name, STR("."))))
        name = str_cut(rest, '/');
    if (str_eq(name, STR(".")))
        name.len = 0;
    return name;
}

/* A reader could ask for the file: it lies in the capsule and none of its names there begins with
 * a dot. As far as the two paths tell: links are not followed. */
static bool
would_be_served(struct str root, struct str path)
{
    struct str name;

    if (str_starts(root, STR("/")) != str_starts(path, STR("/")))
        return false;
    while ((name = next_name(&root)).len > 0)
        if (!str_eq(name, next_name(&path)))
            return false;
    while ((name = next_name(&path)).len > 0)
        if (str_starts(name, STR(".")))
            return false;
    return true;
}

/* Where the key was given; its host's section where that has one. */
static unsigned
line_of(const struct reader *reader, const struct key *key, size_t n)
{
    unsigned line = reader->config->set_at[key - keys];

    if (str_eq(str_of(key->section), STR("host")))
        return reader->host_at[n];
    if (line == 0) /* then it is the root that stands where it should not */
        line = line_of_key(reader->config, "blog", "root");
    return line;
}

/* The key would be everybody's, and an index that indexes itself is never current. */
static bool
check_places(struct reader *reader)
{
    struct config *config = reader->config;

    for (size_t i = 0; i < key_count; i++) {
        char **path;

        for (size_t n = 0; (path = path_at(config, &keys[i], n)); n++) {
            if (path == &config->blog.root || key_is_word(&keys[i], str_of(*path)) ||
                !would_be_served(str_of(config->blog.root), str_of(*path)))
                continue;
            fail(reader->why, "%s is in the capsule, where it would be served", keys[i].name);
            return fail_in(reader->why, "%s:%u", config->path, line_of(reader, &keys[i], n));
        }
    }
    return true;
}

bool
config_load(struct config *config, const char *path, struct failure *why)
{
    struct reader reader = {.config = config, .why = why};
    struct buf text = {0};
    bool done;

    *config = (struct config){.path = mem_copy(path, strlen(path))};
    done = file_read(path, CONFIG_FILE_MAX, &text, why);
    reader.rest = buf_str(&text);
    done = done && read_lines(&reader);
    buf_free(&text);
    if (done) {
        fill_in(&reader);
        done = hosts_are_whole(&reader) && listeners_are_apart(&reader);
    }
    if (done) {
        anchor_paths(config);
        done = check_places(&reader);
    }
    if (!done)
        config_free(config);
    return done;
}

bool
config_blame(const struct config *config, const char *section, const char *name,
             struct failure *why)
{
    unsigned line = line_of_key(config, section, name);

    if (line == 0)
        return fail_in(why, "%s: [%s] %s", config->path, section, name);
    return fail_in(why, "%s:%u: [%s] %s", config->path, line, section, name);
}

bool
config_finds_root(const struct config *config, struct failure *why)
{
    int root = file_open_folder(config->blog.root, why);

    if (root < 0)
        return config_blame(config, "blog", "root", why);
    close(root);
    return true;
}

bool
config_protects(const struct config *config, struct str path)
{
    for (size_t i = 0; i < config->zone_count; i++)
        if (str_starts(path, str_of(config->zones[i].path)))
            return true;
    return false;
}

const char *
config_default_path(void)
{
    return access(default_here, F_OK) == 0 ? default_here : default_system;
}

void
config_free(struct config *config)
{
    char *texts[] = {
        config->path,       config->blog.title,    config->blog.subtitle, config->blog.author,
        config->blog.icon,  config->blog.timezone, config->blog.root,     config->blog.index,
        config->tls.cert,   config->tls.key,       config->gopher.host,   config->server.user,
        config->server.log,
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    names_free(&config->blog.old_hosts);
    names_free(&config->gemini.hosts);
    names_free(&config->robots.disallow);
    names_free(&config->import.private_hosts);
    names_free(&config->limits.rate_exempt);
    names_free_addresses(&config->gemini.listen);
    names_free_addresses(&config->gopher.listen);
    for (size_t i = 0; i < config->host_count; i++) {
        free(config->hosts[i].name);
        free(config->hosts[i].cert);
        free(config->hosts[i].key);
    }
    free(config->hosts);
    for (size_t i = 0; i < config->zone_count; i++) {
        free(config->zones[i].path);
        names_free(&config->zones[i].keys);
    }
    free(config->zones);
    *config = (struct config){0};
}
