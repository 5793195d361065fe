#include "site/keys.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/timezone.h"
#include "site/config.h"
#include "text/gophermap.h"
#include "text/uri.h"

enum {
    ICON_MAX = 32, /* bytes: room for an emoji of several characters */
    USER_MAX = 32, /* bytes, as useradd(8) has it */
    SECONDS_MAX = 3600,
    COUNT_MAX = 1000000,
    IMAGE_MAX = 10000, /* pixels */
    PART_MIN = 1000,   /* bytes */
    PART_MAX = 1000000,
    BOOK_POSTS_MAX = 30000,
};

static bool set_text(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_name(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_language(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_charset(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_number(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_size(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_flag(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_choice(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_host(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_hosts(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_networks(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_paths(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_timezone(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_icon(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_listen(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_holes(const struct key *key, void *field, struct str value, struct failure *why);
static bool set_require(const struct key *key, void *field, struct str value, struct failure *why);

static const char *const no_yes[] = {"no", "yes", NULL};
static const char *const link_fetch[] = {"link", "fetch", NULL};
static const char *const text_menu[] = {"text", "menu", NULL};
static const char *const or_auto[] = {"auto", NULL};
static const char *const or_nothing[] = {"", NULL};
static const char *const logs[] = {"stderr", "syslog", NULL};
static const char *const sandboxes[] = {
    [SANDBOX_OFF] = "off", [SANDBOX_TRY] = "try", [SANDBOX_REQUIRE] = "require", NULL};
static const char *const log_addresses[] = {
    [LOG_ADDRESS_NONE] = "none",
    [LOG_ADDRESS_NET] = "net",
    [LOG_ADDRESS_HASH] = "hash",
    [LOG_ADDRESS_FULL] = "full",
    NULL,
};

static const char *const book_pictures[] = {[BOOK_PICTURES_NONE] = "none",
                                            [BOOK_PICTURES_SMALL] = "small",
                                            [BOOK_PICTURES_FULL] = "full",
                                            NULL};

#define AT(field)        .offset = offsetof(struct config, field)
#define RANGE(low, high) .min = (low), .max = (high)
#define LIST             .is_list = true
#define PATH             RANGE(1, CONFIG_LINE_MAX), .is_path = true

const struct key keys[] = {
    {"blog", "title", "inspir", set_text, AT(blog.title), RANGE(1, CONFIG_LINE_MAX)},
    {"blog", "subtitle", "", set_text, AT(blog.subtitle), RANGE(0, CONFIG_LINE_MAX)},
    {"blog", "author", "", set_text, AT(blog.author), RANGE(0, CONFIG_LINE_MAX)},
    {"blog", "icon", "\xf0\x9f\x93\x9d", set_icon, AT(blog.icon), RANGE(0, ICON_MAX)}, /* a memo */
    {"blog", "language", "en", set_language, AT(blog.language)},
    {"blog", "timezone", "UTC", set_timezone, AT(blog.timezone), RANGE(1, CONFIG_LINE_MAX)},
    {"blog", "old_hosts", "", set_hosts, AT(blog.old_hosts), LIST},
    {"blog", "root", "capsule", set_text, AT(blog.root), PATH},
    {"blog", "index", NULL, set_text, AT(blog.index), PATH},
    {"blog", "page_size", "25", set_number, AT(blog.page_size), RANGE(1, PAGE_SIZE_MAX)},

    {"gemini", "host", "localhost", set_hosts, AT(gemini.hosts), .min = 1, LIST},
    {"gemini", "listen", "127.0.0.1:1965, [::1]:1965", set_listen, AT(gemini.listen), .min = 1,
     LIST},
    {"gemini", "port", "", set_number, AT(gemini.port), RANGE(1, PORT_MAX), or_nothing},

    {"tls", "cert", "certs/cert.pem", set_text, AT(tls.cert), PATH},
    {"tls", "key", "certs/key.pem", set_text, AT(tls.key), PATH},
    {"tls", "isolate_key", "yes", set_flag, AT(tls.isolate_key), .words = no_yes},

    {"gopher", "enabled", "yes", set_flag, AT(gopher.enabled), .words = no_yes},
    {"gopher", "host", NULL, set_host, AT(gopher.host)},
    {"gopher", "listen", "127.0.0.1:7070, [::1]:7070", set_holes, AT(gopher.listen), .min = 1,
     LIST},
    {"gopher", "port", "", set_number, AT(gopher.look.port), RANGE(1, PORT_MAX), or_nothing},
    {"gopher", "width", "67", set_number, AT(gopher.look.width),
     RANGE(GOPHER_WIDTH_MIN, GOPHER_WIDTH_MAX)},
    {"gopher", "charset", "utf-8", set_charset, AT(gopher.look.charset)},
    {"gopher", "posts", "text", set_flag, AT(gopher.look.posts_as_menus), .words = text_menu},
    {"gopher", "strict1436", "no", set_flag, AT(gopher.look.strict1436), .words = no_yes},

    {"light", "part", "4 kB", set_size, AT(light.part), RANGE(PART_MIN, PART_MAX)},
    {"light", "ascii", "no", set_flag, AT(light.ascii), .words = no_yes},

    {"robots", "disallow", "/search, /random, /since/, /light/, /book/", set_paths,
     AT(robots.disallow), LIST},
    {"robots", "archiver", "yes", set_flag, AT(robots.archiver), .words = no_yes},
    {"robots", "indexer", "yes", set_flag, AT(robots.indexer), .words = no_yes},
    {"robots", "researcher", "yes", set_flag, AT(robots.researcher), .words = no_yes},
    {"robots", "webproxy", "yes", set_flag, AT(robots.webproxy), .words = no_yes},

    {"book", "enabled", "yes", set_flag, AT(book.enabled), .words = no_yes},
    {"book", "posts", "5000", set_number, AT(book.posts), RANGE(1, BOOK_POSTS_MAX)},
    {"book", "pictures", "small", set_choice, AT(book.pictures), .words = book_pictures},

    {"import", "media", "link", set_flag, AT(import.fetch_media), .words = link_fetch},
    {"import", "max_image", "800", set_number, AT(import.max_image), RANGE(1, IMAGE_MAX)},
    {"import", "private_hosts", "", set_hosts, AT(import.private_hosts), LIST},

    {"server", "workers", "auto", set_number, AT(server.workers), RANGE(1, WORKERS_MAX), or_auto},
    {"server", "user", "", set_name, AT(server.user), RANGE(0, USER_MAX)},
    {"server", "sandbox", "try", set_choice, AT(server.sandbox), .words = sandboxes},
    {"server", "log", "stderr", set_text, AT(server.log), PATH, .words = logs},
    {"server", "log_address", "none", set_choice, AT(server.log_address), .words = log_addresses},

    {"limits", "connections", "4096", set_number, AT(limits.connections), RANGE(1, COUNT_MAX)},
    {"limits", "connections_per_address", "64", set_number, AT(limits.connections_per_address),
     RANGE(1, COUNT_MAX)},
    {"limits", "handshake_s", "10", set_number, AT(limits.handshake_s), RANGE(1, SECONDS_MAX)},
    {"limits", "request_s", "10", set_number, AT(limits.request_s), RANGE(1, SECONDS_MAX)},
    {"limits", "stall_s", "30", set_number, AT(limits.stall_s), RANGE(1, SECONDS_MAX)},
    {"limits", "requests_per_s", "10", set_number, AT(limits.requests_per_s), RANGE(1, COUNT_MAX)},
    {"limits", "burst", "100", set_number, AT(limits.burst), RANGE(1, COUNT_MAX)},
    {"limits", "rate_exempt", "127.0.0.0/8, ::1/128", set_networks, AT(limits.rate_exempt), LIST},

    {"host", "cert", NULL, set_text, .offset = offsetof(struct host_pair, cert), PATH},
    {"host", "key", NULL, set_text, .offset = offsetof(struct host_pair, key), PATH},

    {"zone", "require", NULL, set_require, .offset = 0, LIST},
};

const size_t key_count = sizeof keys / sizeof keys[0];

_Static_assert(sizeof keys / sizeof keys[0] <= CONFIG_KEYS_MAX, "CONFIG_KEYS_MAX is too low");
_Static_assert(sizeof(enum sandbox_mode) == sizeof(unsigned), "set_choice stores unsigned");
_Static_assert(sizeof(enum book_pictures) == sizeof(unsigned), "set_choice stores unsigned");
_Static_assert(sizeof(enum log_address) == sizeof(unsigned), "set_choice stores unsigned");

/* Values are parts of lines, so their lengths fit an int. */
#define SHOW(s) (int)(s).len, (s).ptr

static void
keep(char **field, struct str value)
{
    assert(*field == NULL);
    *field = mem_copy(value.ptr, value.len);
}

static bool
set_text(const struct key *key, void *field, struct str value, struct failure *why)
{
    if (value.len < key->min)
        return fail(why, "%s must not be empty", key->name);
    keep(field, value);
    return true;
}

/* A user, or a time zone of the IANA database. */
static bool
set_name(const struct key *key, void *field, struct str value, struct failure *why)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    bool good = value.len >= key->min && value.len <= key->max && !str_starts(value, STR("-")) &&
                !str_starts(value, STR("/"));

    for (size_t i = 0; i < value.len; i++)
        good = good && strchr(allowed, value.ptr[i]);
    if (!good)
        return fail(why, "%s cannot be \"%.*s\"", key->name, SHOW(value));
    keep(field, value);
    return true;
}

static bool
set_timezone(const struct key *key, void *field, struct str value, struct failure *why)
{
    char **name = field;

    return set_name(key, field, value, why) &&
           (timezone_is_possible(*name) ||
            fail(why, "%s: this system knows no zone %s", key->name, *name));
}

static bool
set_language(const struct key *key, void *field, struct str value, struct failure *why)
{
    struct buf tag = {0};

    if (value.len > LANGUAGE_MAX || !language_is_tag(value))
        return fail(why, "%s must be a tag like en or pt-BR, not \"%.*s\"", key->name, SHOW(value));
    language_put(&tag, value);
    memcpy(field, buf_text(&tag), tag.len + 1);
    buf_free(&tag);
    return true;
}

static bool
set_charset(const struct key *key, void *field, struct str value, struct failure *why)
{
    return charset_parse(value, field) ||
           fail(why, "%s must be utf-8, latin-1 or ascii, not \"%.*s\"", key->name, SHOW(value));
}

/* The place of the word in the key's list, -1 when it is not there. */
static int
word_place(const struct key *key, struct str value)
{
    for (int i = 0; key->words && key->words[i]; i++)
        if (str_eq(value, str_of(key->words[i])))
            return i;
    return -1;
}

bool
key_is_word(const struct key *key, struct str value)
{
    return word_place(key, value) >= 0;
}

static bool
set_number(const struct key *key, void *field, struct str value, struct failure *why)
{
    unsigned long number = 0;

    if (!key_is_word(key, value) && (!str_number(value, key->max, &number) || number < key->min))
        return fail(why, "%s must be a number from %u to %u, not \"%.*s\"", key->name, key->min,
                    key->max, SHOW(value));
    *(unsigned *)field = (unsigned)number;
    return true;
}

/* Bytes, as pages show them: 640 B, 4 kB, 1 MB. */
static bool
set_size(const struct key *key, void *field, struct str value, struct failure *why)
{
    static const struct {
        struct str name;
        unsigned long bytes;
    } units[] = {{{"kB", 2}, 1000}, {{"MB", 2}, 1000000}, {{"B", 1}, 1}};
    struct str digits = value;
    unsigned long number = 0, unit = 1;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_chop(&digits, units[i].name)) {
            unit = units[i].bytes;
            break;
        }
    if (!str_number(str_trim(digits), key->max / unit, &number) || number * unit < key->min)
        return fail(why, "%s must be a size from %u to %u bytes like 4 kB, not \"%.*s\"", key->name,
                    key->min, key->max, SHOW(value));
    *(unsigned *)field = (unsigned)(number * unit);
    return true;
}

static bool
set_choice(const struct key *key, void *field, struct str value, struct failure *why)
{
    int place = word_place(key, value);
    struct buf words = {0};

    if (place >= 0) {
        *(unsigned *)field = (unsigned)place;
        return true;
    }
    for (int i = 0; key->words[i]; i++)
        buf_format(&words, "%s%s", i == 0 ? "" : key->words[i + 1] ? ", " : " or ", key->words[i]);
    fail(why, "%s must be %s, not \"%.*s\"", key->name, buf_text(&words), SHOW(value));
    buf_free(&words);
    return false;
}

static bool
set_flag(const struct key *key, void *field, struct str value, struct failure *why)
{
    unsigned place;

    if (!set_choice(key, &place, value, why))
        return false;
    *(bool *)field = place == 1;
    return true;
}

static bool
set_host(const struct key *key, void *field, struct str value, struct failure *why)
{
    char **host = field;

    *host = names_host(value);
    return *host ||
           fail(why, "%s: \"%.*s\" is no host name and no IP address", key->name, SHOW(value));
}

static bool
set_hosts(const struct key *key, void *field, struct str value, struct failure *why)
{
    const struct name_list *list = field;

    if (!names_add_hosts(field, value, why))
        return fail_in(why, "%s", key->name);
    return list->count >= key->min || fail(why, "%s must not be empty", key->name);
}

static bool
set_networks(const struct key *key, void *field, struct str value, struct failure *why)
{
    return names_add_networks(field, value, why) || fail_in(why, "%s", key->name);
}

/* Addresses, and whatever stands behind them. */
static bool
set_addresses(const struct key *key, struct address_list *list, struct str value,
              struct failure *why)
{
    if (!names_add_addresses(list, value, why))
        return fail_in(why, "%s", key->name);
    return list->count >= key->min || fail(why, "%s must not be empty", key->name);
}

static bool
set_paths(const struct key *key, void *field, struct str value, struct failure *why)
{
    return names_add_paths(field, value, why) || fail_in(why, "%s", key->name);
}

/* FAV: a single emoji. Which ones there are changes every year, so that we only keep out words. */
static bool
set_icon(const struct key *key, void *field, struct str value, struct failure *why)
{
    bool is_word = false, is_ascii = value.len > 0;

    for (size_t i = 0; i < value.len; i++) {
        is_word = is_word || (unsigned char)value.ptr[i] <= ' ' ||
                  ((value.ptr[i] | 0x20) >= 'a' && (value.ptr[i] | 0x20) <= 'z');
        is_ascii = is_ascii && (unsigned char)value.ptr[i] <= 0x7f;
    }
    if (is_word || is_ascii || value.len > key->max)
        return fail(why, "%s must be an emoji, not \"%.*s\"", key->name, SHOW(value));
    keep(field, value);
    return true;
}

static bool
set_listen(const struct key *key, void *field, struct str value, struct failure *why)
{
    const struct address_list *list = field;

    if (!set_addresses(key, field, value, why))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].settings)
            return fail(why, "%s: nothing can stand behind an address, not \"%s\"", key->name,
                        list->items[i].settings);
    return true;
}

static bool
set_holes(const struct key *key, void *field, struct str value, struct failure *why)
{
    const struct address_list *list = field;
    struct gopher_look tried = {0};

    if (!set_addresses(key, field, value, why))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (!look_apply(&tried, str_of(list->items[i].settings), why))
            return fail_in(why, "%s", key->name);
    return true;
}

static bool
set_require(const struct key *key, void *field, struct str value, struct failure *why)
{
    struct zone *zone = field;

    if (str_eq(value, STR("any")))
        zone->any = true;
    else if (!names_add_fingerprints(&zone->keys, value, why))
        return fail_in(why, "%s", key->name);
    if (zone->any && zone->keys.count > 0)
        return fail(why, "%s is either any or a list of fingerprints", key->name);
    return true;
}

const struct key *
key_find(struct str section, struct str name)
{
    for (size_t i = 0; i < key_count; i++)
        if (str_eq(section, str_of(keys[i].section)) && str_eq(name, str_of(keys[i].name)))
            return &keys[i];
    return NULL;
}

bool
key_is_section(struct str name)
{
    for (size_t i = 0; i < key_count; i++)
        if (str_eq(name, str_of(keys[i].section)))
            return true;
    return false;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes must be put in, taken out or changed (Levenshtein), row by row. */
static size_t
edits(struct str from, struct str to)
{
    size_t row[CONFIG_LINE_MAX + 1];

    assert(to.len <= CONFIG_LINE_MAX);
    for (size_t j = 0; j <= to.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= from.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= to.len; j++) {
            size_t changed = diagonal + (from.ptr[i - 1] != to.ptr[j - 1]);

            diagonal = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[to.len];
}

const struct key *
key_nearest(struct str section, struct str name)
{
    const struct key *nearest = NULL;
    size_t fewest = SIZE_MAX;

    for (size_t i = 0; i < key_count; i++) {
        bool elsewhere = !str_eq(section, str_of(keys[i].section));
        size_t count = 2 * edits(name, str_of(keys[i].name)) + elsewhere;

        if (count < fewest) {
            fewest = count;
            nearest = &keys[i];
        }
    }
    return nearest;
}

const char *
key_nearest_section(struct str name)
{
    const char *nearest = NULL;
    size_t fewest = SIZE_MAX;

    for (size_t i = 0; i < key_count; i++) {
        size_t count = edits(name, str_of(keys[i].section));

        if (count < fewest) {
            fewest = count;
            nearest = keys[i].section;
        }
    }
    return nearest;
}
