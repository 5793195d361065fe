#include "site/relink.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/light.h"
#include "site/media.h"
#include "site/reference.h"
#include "site/variant.h"
#include "text/charset.h"
#include "text/gemtext.h"
#include "text/uri.h"

/* One page on its way. */
struct relining {
    const struct site *site;
    struct str path;
    struct buf *out;
    size_t lookups;
};

/* A link of ours and what its line shall be. */
struct relink {
    struct buf path; /* decoded */
    struct str query;
    bool has_query;
    struct buf target, label;
};

/* The size of a file in the capsule; false when there is none, or too many were asked for. */
static bool
find_size(struct relining *relining, struct str path, uint64_t *size)
{
    struct buf name = {0};
    struct stat info;
    int fd = -1;
    bool found;

    buf_put(&name, str_after(path, 1));
    if (relining->lookups < RELINK_LOOKUPS_MAX && !str_ends(path, STR("/"))) {
        relining->lookups++;
        fd = file_open_beneath(relining->site->root, buf_text(&name));
    }
    found = fd >= 0 && fstat(fd, &info) == 0;
    if (found)
        *size = (uint64_t)info.st_size;
    if (fd >= 0)
        close(fd);
    buf_free(&name);
    return found;
}

/* Takes off " (48 kB)" or " (JPEG, 48 kB)" at the end; says whether there was such a thing. */
static bool
cut_cost(struct str *label)
{
    static const struct str units[] = {{" B)", 3}, {" kB)", 4}, {" MB)", 4}, {" GB)", 4}};
    const char *open = label->len > 0 ? memrchr(label->ptr, '(', label->len) : NULL;
    bool found = false;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        found = found || str_ends(*label, units[i]);
    if (!found || !open || open == label->ptr || open[-1] != ' ')
        return false;
    *label = str_head(*label, (size_t)(open - 1 - label->ptr));
    return true;
}

/* What people call the format of a file, from its extension: JPEG, PDF. */
static void
put_format(struct buf *out, struct str path)
{
    const char *dot = memrchr(path.ptr, '.', path.len);
    struct str extension = dot ? str_after(path, (size_t)(dot - path.ptr) + 1) : STR("");

    if (str_eq_nocase(extension, STR("jpg")))
        extension = STR("JPEG");
    for (size_t i = 0; i < extension.len; i++) {
        char byte = extension.ptr[i];

        buf_byte(out, byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte);
    }
}

/* "Title (JPEG, 48 kB)"; the last name of the path where there is no title. */
static void
put_cost(struct relink *link, struct str title, struct str format, uint64_t size)
{
    struct str path = buf_str(&link->path);
    const char *slash = memrchr(path.ptr, '/', path.len);

    if (title.len == 0)
        title = str_after(path, (size_t)(slash - path.ptr) + 1);
    buf_put(&link->label, title);
    buf_put(&link->label, STR(" ("));
    buf_put(&link->label, format);
    buf_put(&link->label, format.len > 0 ? STR(", ") : STR(""));
    gemtext_size(&link->label, size);
    buf_put(&link->label, STR(")"));
}

/* The variant of a picture that costs least. */
static void
choose_variant(struct relining *relining, struct buf *path, uint64_t *size)
{
    struct buf variant = {0};
    uint64_t variant_size;

    for (size_t i = 0; i < VARIANTS; i++) {
        buf_truncate(&variant, 0);
        variant_put_path(&variant, buf_str(path), variant_pixels[i]);
        if (!find_size(relining, buf_str(&variant), &variant_size) || variant_size >= *size)
            continue;
        *size = variant_size;
        buf_truncate(path, 0);
        buf_put(path, buf_str(&variant));
        break;
    }
    buf_free(&variant);
}

/* A file that is no page stays where it is. */
static void
link_file(struct relining *relining, struct relink *link, struct str label, uint64_t size)
{
    const char *type = media_of_name(buf_str(&link->path));
    struct buf format = {0};

    if (relining->site->is_light && type && str_starts(str_of(type), STR("image/")))
        choose_variant(relining, &link->path, &size);
    put_format(&format, buf_str(&link->path));
    cut_cost(&label);
    put_cost(link, label, buf_str(&format), size);
    uri_put_path(&link->target, buf_str(&link->path));
    buf_free(&format);
}

/* Relative where that is shorter and means the same. */
static void
put_target(const struct relining *relining, struct str path, struct buf *target)
{
    const char *slash = memrchr(relining->path.ptr, '/', relining->path.len);
    struct str folder = str_head(relining->path, (size_t)(slash - relining->path.ptr) + 1);
    struct str below = path, name;

    name = str_skip(&below, folder) ? below : STR("");
    name = str_cut(&name, '/');
    if (name.len > 0 && !str_has(name, ':')) {
        uri_put_path(target, below);
    } else {
        buf_put(target, STR("/light"));
        uri_put_path(target, path);
    }
}

static void
link_page(const struct relining *relining, struct relink *link, struct str label)
{
    struct str path = buf_str(&link->path);

    if (str_eq(light_inner(path), path))
        put_target(relining, path, &link->target);
    else
        uri_put_path(&link->target, path); /* it is light already */
    if (link->has_query) {
        buf_byte(&link->target, '?');
        buf_put(&link->target, link->query);
    }
    buf_put(&link->label, label);
}

static void
relink(struct relining *relining, struct relink *link, struct str label)
{
    struct str path = buf_str(&link->path), title = label;
    const char *type = media_of_name(path);
    bool is_page = !type || media_is_gemtext(str_of(type)), has_cost = cut_cost(&title);
    uint64_t size;
    bool is_file = !(is_page && has_cost) && find_size(relining, path, &size);

    if (is_file && !(type && is_page)) {
        link_file(relining, link, label, size);
    } else if (is_file) {
        link_page(relining, link, STR(""));
        put_cost(link, title, STR(""), size);
    } else if (is_page) {
        link_page(relining, link, label);
    } else { /* nobody wrote it */
        uri_put_path(&link->target, path);
        buf_put(&link->label, label);
    }
}

static void
put_link(struct relining *relining, const struct gemtext_line *line)
{
    struct buf absolute = {0};
    struct relink link = {0};
    struct uri uri;

    reference_resolve(&absolute, relining->site->config, relining->path, line->target);
    uri = uri_split(buf_str(&absolute));
    link.query = uri.query;
    link.has_query = uri.has_query;
    if (reference_is_own(relining->site->config, &uri) &&
        uri_path_decode(uri.path, &link.path) == URI_PATH_OK) {
        relink(relining, &link, line->text);
        gemtext_link(relining->out, relining->site->is_light ? buf_str(&link.target) : line->target,
                     buf_str(&link.label));
    } else {
        gemtext_link(relining->out, line->target, line->text);
    }
    buf_free(&link.path);
    buf_free(&link.target);
    buf_free(&link.label);
    buf_free(&absolute);
}

static void
put_lines(struct relining *relining, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;

    str_skip(&scanner.rest, STR("\xef\xbb\xbf"));
    while (gemtext_next(&scanner, &line)) {
        if (line.kind == GEMTEXT_LINK) {
            put_link(relining, &line);
            continue;
        }
        buf_put(relining->out, line.raw);
        buf_byte(relining->out, '\n');
    }
    if (scanner.preformatted)
        gemtext_close_block(relining->out);
}

void
relink_put(struct buf *out, const struct site *site, struct str path, struct str gemtext)
{
    struct buf lines = {0};
    struct relining relining = {.site = site, .path = path, .out = &lines};

    put_lines(&relining, gemtext);
    if (site->is_light && site->config->light.ascii)
        charset_plain(out, buf_str(&lines));
    else
        buf_put(out, buf_str(&lines));
    buf_free(&lines);
}
