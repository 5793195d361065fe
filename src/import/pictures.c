#include "import/pictures.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "import/stash.h"
#include "site/media.h"
#include "text/picture.h"
#include "text/uri.h"

enum { NEW_FIRST = 64, BASE64_GROWTH = 4 };

/* What libmagic calls a picture, its extension, and what a person calls it. */
static const struct kind {
    const char *type, *extension, *name;
} kinds[] = {
    {"image/jpeg", "jpg", "JPEG"},   {"image/png", "png", "PNG"},
    {"image/gif", "gif", "GIF"},     {"image/webp", "webp", "WebP"},
    {"image/svg+xml", "svg", "SVG"}, {"image/avif", "avif", "AVIF"},
    {"image/bmp", "bmp", "BMP"},     {"image/x-ms-bmp", "bmp", "BMP"},
    {"image/tiff", "tiff", "TIFF"},  {"image/vnd.microsoft.icon", "ico", "ICO"},
    {"image/x-icon", "ico", "ICO"},
};

/* What came of one picture. */
struct item {
    struct digest key;
    struct buf path;
    const struct kind *kind; /* NULL: it failed, and why */
    uint64_t size;
    char *why;
};

/* A host that did not answer. */
struct host {
    char *name;
    unsigned failures;
};

struct pictures {
    struct pictures_settings settings;
    struct media_sniffer *sniffer;
    struct stash stash; /* its texts are the files of `new`, in the same order */
    struct item **new;
    size_t new_count, new_cap;
    size_t asked;
    void *items, *hosts; /* search trees */
};

static int
by_key(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->key.hex, ((const struct item *)b)->key.hex);
}

static int
by_name(const void *a, const void *b)
{
    return strcasecmp(((const struct host *)a)->name, ((const struct host *)b)->name);
}

static void
free_item(void *node)
{
    struct item *item = node;

    buf_free(&item->path);
    free(item->why);
    free(item);
}

static void
free_host(void *node)
{
    struct host *host = node;

    free(host->name);
    free(host);
}

struct pictures *
pictures_open(const struct pictures_settings *settings, struct failure *why)
{
    struct pictures *pictures = mem_new(sizeof *pictures);

    pictures->settings = *settings;
    if (stash_open(&pictures->stash, why))
        pictures->sniffer = media_sniffer_open(why);
    if (pictures->sniffer)
        return pictures;
    pictures_close(pictures);
    return NULL;
}

void
pictures_close(struct pictures *pictures)
{
    if (!pictures)
        return;
    tdestroy(pictures->items, free_item);
    tdestroy(pictures->hosts, free_host);
    media_sniffer_close(pictures->sniffer);
    stash_close(&pictures->stash);
    free(pictures->new);
    free(pictures);
}

size_t
pictures_count(const struct pictures *pictures)
{
    return pictures->new_count;
}

/* --- names --- */

/* ASCII letters in lower case and digits; whatever is between them becomes one '-'. */
static void
put_safe(struct buf *out, struct str words)
{
    size_t start = out->len;

    for (size_t i = 0; i < words.len && out->len - start < PICTURE_STEM_MAX; i++) {
        char byte = words.ptr[i];

        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte - 'A' + 'a');
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
            buf_byte(out, byte);
        else if (out->len > start && out->ptr[out->len - 1] != '-')
            buf_byte(out, '-');
    }
    while (out->len > start && out->ptr[out->len - 1] == '-')
        buf_truncate(out, out->len - 1);
}

static bool
is_data(struct str address)
{
    return str_eq_nocase(str_head(address, 5), STR("data:"));
}

/* media/STEM-DIGITS, without an extension. */
static void
put_path(struct buf *path, struct str key, const struct digest *digest)
{
    struct str rest = is_data(key) ? STR("") : uri_split(key).path, last = rest;
    struct buf name = {0}, words = {0};
    size_t start;

    while (str_has(rest, '/')) {
        str_cut(&rest, '/');
        last = rest;
    }
    uri_decode(&name, last);
    picture_words(&words, buf_str(&name));
    buf_format(path, "media/");
    start = path->len;
    put_safe(path, buf_str(&words));
    if (path->len == start)
        buf_format(path, "picture");
    buf_format(path, "-%.*s", PICTURE_DIGITS, digest->hex);
    buf_free(&name);
    buf_free(&words);
}

/* Whether the file is there already, whatever its kind. */
static bool
find_file(const struct pictures *pictures, struct item *item)
{
    size_t stem = item->path.len;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct stat info;
        int fd;

        buf_format(&item->path, ".%s", kinds[i].extension);
        fd = file_open_beneath(pictures->settings.root, buf_text(&item->path));
        if (fd >= 0 && fstat(fd, &info) == 0) {
            item->kind = &kinds[i];
            item->size = (uint64_t)info.st_size;
        }
        if (fd >= 0)
            close(fd);
        if (item->kind)
            return true;
        buf_truncate(&item->path, stem);
    }
    return false;
}

/* --- bringing --- */

/* data:image/png;base64,iVBOR… and data:image/svg+xml,%3Csvg… into stash.page. */
static bool
unpack(struct pictures *pictures, struct str address, struct failure *why)
{
    struct buf raw = {0}, bytes = {0};
    struct str rest = address, header = str_cut(&rest, ',');
    bool is_base64 =
        header.len >= 7 && str_eq_nocase(str_after(header, header.len - 7), STR(";base64"));
    bool done = true;

    if (header.len == address.len)
        return fail(why, "a data address without data");
    if (rest.len / BASE64_GROWTH > PICTURE_BYTES_MAX)
        return fail(why, "larger than %d bytes", PICTURE_BYTES_MAX);
    uri_decode(is_base64 ? &raw : &bytes, rest);
    if (is_base64 && !base64_decode(&bytes, buf_str(&raw)))
        done = fail(why, "a data address that is no base64");
    if (done && bytes.len > PICTURE_BYTES_MAX)
        done = fail(why, "larger than %d bytes", PICTURE_BYTES_MAX);
    done = done && stash_clear(&pictures->stash, why) &&
           stash_put(&pictures->stash, buf_str(&bytes), why);
    buf_free(&raw);
    buf_free(&bytes);
    return done;
}

/* The node that is equal to this one, which is added when there is none. */
static void *
tree_add(void **tree, void *node, int (*compare)(const void *a, const void *b))
{
    void **found = tsearch(node, tree, compare);

    if (!found)
        return mem_grow(NULL, SIZE_MAX, 2); /* ends the process as every lack of memory does */
    return *found;
}

/* The host of that name, known from now on. */
static struct host *
host_of(struct pictures *pictures, struct str name)
{
    struct host *host = mem_new(sizeof *host), *known;

    host->name = mem_copy(name.ptr, name.len);
    known = tree_add(&pictures->hosts, host, by_name);
    if (known != host)
        free_host(host);
    return known;
}

/* Into stash.page. */
static bool
download(struct pictures *pictures, struct str address, struct failure *why)
{
    struct buf sized = {0};
    struct fetch_answer answer = {0};
    struct fetch_request request = {
        .bytes_max = PICTURE_BYTES_MAX,
        .seconds_max = PICTURE_SECONDS_MAX,
    };
    struct uri uri = uri_split(address);
    struct host *host;
    bool done;

    if (uri.host.len == 0 || (uri.scheme.len > 0 && !str_eq_nocase(uri.scheme, STR("http")) &&
                              !str_eq_nocase(uri.scheme, STR("https"))))
        return fail(why, "%.*s: only http, https and data pictures are brought", (int)address.len,
                    address.ptr);
    host = host_of(pictures, uri.host);
    if (host->failures >= PICTURES_DEAD_MAX)
        return fail(why, "%s does not answer", host->name);
    if (str_starts(address, STR("//")))
        buf_put(&sized, STR("https:"));
    picture_sized(&sized, address, pictures->settings.max_image);
    request.address = buf_text(&sized);
    done = fetch_to(pictures->settings.fetcher, &request, &pictures->stash, &answer, why);
    if (answer.status > 0)
        host->failures = 0;
    else if (!done)
        host->failures++;
    if (done && answer.status != FETCH_OK)
        done = fail(why, "%s: the server answers %ld", buf_text(&answer.address), answer.status);
    fetch_answer_free(&answer);
    buf_free(&sized);
    return done;
}

/* What the bytes in stash.page are, whatever anybody calls them. */
static bool
find_kind(struct pictures *pictures, struct item *item, struct failure *why)
{
    char head[MEDIA_SNIFF];
    ssize_t got = pread(pictures->stash.page, head, sizeof head, 0);
    off_t size = lseek(pictures->stash.page, 0, SEEK_END);
    const char *told;
    struct str rest, type;

    if (got < 0 || size < 0)
        return fail_errno(why, "cannot read a temporary file");
    if (size == 0)
        return fail(why, "empty");
    told = media_of_bytes(pictures->sniffer, (struct str){head, (size_t)got}, why);
    if (!told)
        return false;
    rest = str_of(told);
    type = str_cut(&rest, ';');
    for (size_t i = 0; !item->kind && i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(type, str_of(kinds[i].type)))
            item->kind = &kinds[i];
    item->size = (uint64_t)size;
    return item->kind || fail(why, "not a picture but %.*s", (int)type.len, type.ptr);
}

static void
add_new(struct pictures *pictures, struct item *item)
{
    buf_format(&item->path, ".%s", item->kind->extension);
    if (pictures->new_count == pictures->new_cap) {
        pictures->new_cap = pictures->new_cap == 0 ? NEW_FIRST : pictures->new_cap * 2;
        pictures->new = mem_grow(pictures->new, pictures->new_cap, sizeof(struct item *));
    }
    pictures->new[pictures->new_count++] = item;
}

static bool
obtain(struct pictures *pictures, struct item *item, struct str address, struct failure *why)
{
    if (pictures->asked == PICTURES_MAX)
        return fail(why, "more than %d pictures", PICTURES_MAX);
    pictures->asked++;
    if (!(is_data(address) ? unpack : download)(pictures, address, why))
        return false;
    if (!find_kind(pictures, item, why) || !stash_keep(&pictures->stash, why)) {
        item->kind = NULL;
        return is_data(address) ? false : fail_in(why, "%.*s", (int)address.len, address.ptr);
    }
    add_new(pictures, item);
    return true;
}

/* The picture of a key, which may be one that nobody asked for yet. */
static struct item *
item_of(struct pictures *pictures, struct str key, bool *is_known)
{
    struct item *item = mem_new(sizeof *item), *known;

    item->key = digest_of(key);
    known = tree_add(&pictures->items, item, by_key);
    *is_known = known != item;
    if (*is_known)
        free_item(item);
    return known;
}

bool
pictures_bring(struct pictures *pictures, struct str address, struct picture *picture,
               struct failure *why)
{
    struct buf key = {0};
    struct item *item;
    bool is_known;

    picture_key(&key, address);
    item = item_of(pictures, buf_str(&key), &is_known);
    if (!is_known) {
        put_path(&item->path, buf_str(&key), &item->key);
        if (!find_file(pictures, item) && !obtain(pictures, item, address, why))
            item->why = mem_copy(why->text, strlen(why->text));
    }
    buf_free(&key);
    if (!item->kind)
        return fail(why, "%s", item->why);
    *picture = (struct picture){buf_text(&item->path), item->kind->name, item->size};
    return true;
}

/* --- writing --- */

static bool
write_file(struct pictures *pictures, size_t number, int root, struct failure *why)
{
    const struct item *item = pictures->new[number];
    struct buf bytes = {0};
    char *room = buf_room(&bytes, item->size);
    bool done = stash_show(&pictures->stash, number, why);

    if (done && pread(pictures->stash.page, room, item->size, 0) != (ssize_t)item->size)
        done = fail_errno(why, "cannot read a temporary file");
    if (done)
        done = file_write_beneath(root, buf_text(&item->path), (struct str){room, item->size}, why);
    buf_free(&bytes);
    return done;
}

bool
pictures_write(struct pictures *pictures, int root, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < pictures->new_count; i++)
        done = write_file(pictures, i, root, why);
    return done;
}
