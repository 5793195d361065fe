#include "site/book.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "site/gempub.h"
#include "site/media.h"
#include "site/post.h"
#include "site/reference.h"
#include "site/relink.h"
#include "site/variant.h"
#include "text/gemtext.h"
#include "text/uri.h"

enum { POSTS_FIRST = 64, GEMINI_PORT = 1965, PAGE_LEVEL = 2, LEVEL_MAX = 3 };

static struct str
post_path(const void *book, uint32_t number)
{
    return ((const struct book *)book)->posts[number].path;
}

static struct str
picture_path(const void *book, uint32_t number)
{
    return ((const struct book *)book)->pictures[number];
}

static bool
on_post(void *ctx, const struct entry *entry)
{
    struct book *book = ctx;
    struct entry *post;

    if (config_protects(book->site->config, entry->path))
        return true;
    book->text_bytes += entry->size;
    book->is_too_large =
        book->count == book->site->config->book.posts || book->text_bytes > BOOK_TEXT_MAX;
    if (book->is_too_large)
        return false;
    if (book->count == book->cap) {
        book->cap = book->cap == 0 ? POSTS_FIRST : 2 * book->cap;
        book->posts = mem_grow(book->posts, book->cap, sizeof *book->posts);
    }
    post = &book->posts[book->count++];
    *post = *entry;
    post->path = arena_put(&book->texts, entry->path);
    post->title = arena_put(&book->texts, entry->title);
    post->language = (struct str){0};
    return true;
}

bool
book_open(struct book *book, const struct site *site, const struct selection *which,
          struct str title)
{
    const struct table_names names = {post_path, book};

    *book = (struct book){.site = site, .title = title};
    catalog_posts(site->catalog, which, (struct stretch){0, SIZE_MAX}, on_post, book);
    for (uint32_t i = 0; i < book->count; i++)
        table_add(&book->by_path, &names, i);
    return book->count > 0 && !book->is_too_large;
}

void
book_free(struct book *book)
{
    arena_free(&book->texts);
    table_free(&book->by_path);
    table_free(&book->by_picture);
    free(book->posts);
    free(book->pictures);
    *book = (struct book){0};
}

/* Bytes of a file in the capsule; 0 when it is none, or a reader may not see it. */
static uint64_t
size_of(const struct site *site, struct str path)
{
    struct buf name = {0};
    struct stat info;
    int fd;
    uint64_t size = 0;

    if (memmem(path.ptr, path.len, "/.", 2) || config_protects(site->config, path))
        return 0;
    buf_put(&name, str_after(path, 1));
    fd = file_open_beneath(site->root, buf_text(&name));
    if (fd >= 0 && fstat(fd, &info) == 0)
        size = (uint64_t)info.st_size;
    if (fd >= 0)
        close(fd);
    buf_free(&name);
    return size;
}

/* The form of a picture that the book is to hold. */
static uint64_t
choose_form(const struct book *book, struct buf *path)
{
    uint64_t size = size_of(book->site, buf_str(path));
    struct buf variant = {0};

    for (size_t i = 0; i < VARIANTS && book->site->config->book.pictures == BOOK_PICTURES_SMALL;
         i++) {
        uint64_t variant_size;

        buf_truncate(&variant, 0);
        variant_put_path(&variant, buf_str(path), variant_pixels[i]);
        variant_size = size_of(book->site, buf_str(&variant));
        if (variant_size == 0 || variant_size >= size)
            continue;
        size = variant_size;
        buf_truncate(path, 0);
        buf_put(path, buf_str(&variant));
        break;
    }
    buf_free(&variant);
    return size;
}

/* Whether the book holds the picture, which may be for the first time; *path becomes that of the
 * form that it holds. */
static bool
take_picture(struct book *book, struct buf *path)
{
    const struct table_names names = {picture_path, book};
    const char *type = media_of_name(buf_str(path));
    uint64_t size;

    if (book->site->config->book.pictures == BOOK_PICTURES_NONE || !type ||
        !str_starts(str_of(type), STR("image/")))
        return false;
    size = choose_form(book, path);
    if (table_find(&book->by_picture, &names, buf_str(path)) != TABLE_NONE)
        return true;
    if (size == 0 || size > BOOK_PICTURE_MAX || book->picture_bytes + size > BOOK_PICTURES_MAX)
        return false;
    book->picture_bytes += size;
    book->pictures = mem_grow(book->pictures, book->picture_count + 1, sizeof *book->pictures);
    book->pictures[book->picture_count] = arena_put(&book->texts, buf_str(path));
    table_add(&book->by_picture, &names, (uint32_t)book->picture_count++);
    return true;
}

/* Where readers find what the book does not hold. */
static void
put_public(struct buf *out, const struct config *config, struct str path, const struct uri *uri)
{
    unsigned port = config->gemini.port;

    if (port == 0 && config->gemini.listen.count > 0)
        port = config->gemini.listen.items[0].port;
    buf_put(out, STR("gemini://"));
    uri_put_host(
        out, str_of(config->gemini.hosts.count > 0 ? config->gemini.hosts.items[0] : "localhost"));
    if (port != 0 && port != GEMINI_PORT)
        buf_format(out, ":%u", port);
    uri_put_path(out, path);
    if (uri->has_query)
        buf_format(out, "?%.*s", (int)uri->query.len, uri->query.ptr);
}

/* How a passage writes links to our own site. */
struct passage {
    struct book *book;
    struct str path; /* of the post */
    struct buf *out;
    bool is_page;
};

static void
put_target(struct passage *passage, struct buf *path, const struct uri *uri, struct buf *target)
{
    struct book *book = passage->book;
    const struct table_names names = {post_path, book};

    if (passage->is_page) {
        uri_put_path(target, buf_str(path));
        if (uri->has_query)
            buf_format(target, "?%.*s", (int)uri->query.len, uri->query.ptr);
    } else if (table_find(&book->by_path, &names, buf_str(path)) != TABLE_NONE ||
               take_picture(book, path)) {
        buf_put(target, STR("../..")); /* out of YYYY/MM */
        uri_put_path(target, buf_str(path));
    } else {
        put_public(target, book->site->config, buf_str(path), uri);
    }
}

static void
put_link(struct passage *passage, const struct gemtext_line *line)
{
    const struct config *config = passage->book->site->config;
    struct buf absolute = {0}, path = {0}, target = {0};
    struct uri uri;

    reference_resolve(&absolute, config, passage->path, line->target);
    uri = uri_split(buf_str(&absolute));
    if (reference_is_own(config, &uri) && uri_path_decode(uri.path, &path) == URI_PATH_OK)
        put_target(passage, &path, &uri, &target);
    else
        buf_put(&target, line->target);
    gemtext_link(passage->out, buf_str(&target), line->text);
    buf_free(&absolute);
    buf_free(&path);
    buf_free(&target);
}

static void
put_lines(struct passage *passage, struct str gemtext)
{
    struct gemtext_scanner scanner = {.rest = gemtext};
    struct gemtext_line line;

    str_skip(&scanner.rest, STR("\xef\xbb\xbf"));
    while (gemtext_next(&scanner, &line)) {
        if (line.kind == GEMTEXT_LINK) {
            put_link(passage, &line);
        } else if (line.kind == GEMTEXT_HEADING && passage->is_page) {
            gemtext_heading(passage->out, line.level < LEVEL_MAX ? LEVEL_MAX : line.level,
                            line.text);
        } else {
            buf_put(passage->out, line.raw);
            buf_byte(passage->out, '\n');
        }
    }
    if (scanner.preformatted)
        gemtext_close_block(passage->out);
}

static bool
read_post(const struct book *book, const struct entry *entry, struct buf *text, struct failure *why)
{
    struct buf name = {0};
    bool done;

    buf_put(&name, str_after(entry->path, 1));
    buf_truncate(text, 0);
    done = file_read_beneath(book->site->root, buf_text(&name), POST_MAX, text, why);
    buf_free(&name);
    return done;
}

static void
put_value(struct buf *out, const char *key, struct str value)
{
    struct buf clean = {0};

    gemtext_clean(&clean, value);
    if (clean.len > 0)
        buf_format(out, "%s: %s\n", key, buf_text(&clean));
    buf_free(&clean);
}

static void
put_metadata(const struct book *book, struct buf *out)
{
    const struct config *config = book->site->config;
    struct buf date = {0};

    put_value(out, "title", book->title);
    put_value(out, "gpubVersion", STR("1.0.0"));
    put_value(out, "index", STR("index.gmi"));
    put_value(out, "author", str_of(config->blog.author));
    put_value(out, "language", str_of(config->blog.language));
    put_value(out, "charset", STR("UTF-8"));
    put_value(out, "description", str_of(config->blog.subtitle));
    date_put(&date, book->posts[0].date);
    put_value(out, "publishDate", buf_str(&date));
    buf_free(&date);
}

static void
put_contents(const struct book *book, struct buf *out)
{
    gemtext_heading(out, 1, book->title);
    gemtext_heading(out, 2, word_text(book->site->tongue, WORD_CONTENTS));
    for (size_t i = book->count; i-- > 0;) {
        const struct entry *post = &book->posts[i];
        struct str title =
            post->title.len > 0 ? post->title : word_text(book->site->tongue, WORD_UNTITLED);
        struct buf target = {0}, label = {0};

        uri_put_path(&target, str_after(post->path, 1));
        date_put(&label, post->date);
        buf_byte(&label, ' ');
        buf_put(&label, title);
        gemtext_link(out, buf_str(&target), buf_str(&label));
        buf_free(&target);
        buf_free(&label);
    }
}

static bool
add_front(struct book *book, struct gempub *gempub, struct failure *why)
{
    struct buf metadata = {0}, contents = {0};
    bool done;

    put_metadata(book, &metadata);
    put_contents(book, &contents);
    done = gempub_add(gempub, "metadata.txt", buf_str(&metadata), why) &&
           gempub_add(gempub, "index.gmi", buf_str(&contents), why);
    buf_free(&metadata);
    buf_free(&contents);
    return done;
}

static bool
add_posts(struct book *book, struct gempub *gempub, struct failure *why)
{
    struct buf text = {0}, page = {0};
    bool done = true;

    for (size_t i = book->count; done && i-- > 0;) {
        struct passage passage = {book, book->posts[i].path, &page, false};

        buf_truncate(&page, 0);
        done = read_post(book, &book->posts[i], &text, why);
        if (done)
            put_lines(&passage, buf_str(&text));
        done =
            done && gempub_add(gempub, str_after(book->posts[i].path, 1).ptr, buf_str(&page), why);
    }
    buf_free(&text);
    buf_free(&page);
    return done;
}

static bool
add_pictures(struct book *book, struct gempub *gempub, struct failure *why)
{
    struct buf bytes = {0};
    bool done = true;

    for (size_t i = 0; done && i < book->picture_count; i++) {
        const char *name = str_after(book->pictures[i], 1).ptr;

        buf_truncate(&bytes, 0);
        done = file_read_beneath(book->site->root, name, BOOK_PICTURE_MAX, &bytes, why) &&
               gempub_add(gempub, name, buf_str(&bytes), why);
    }
    buf_free(&bytes);
    return done;
}

bool
book_write(struct book *book, const char *path, struct failure *why)
{
    struct gempub *gempub = gempub_create(path, why);

    if (!gempub)
        return false;
    if (add_front(book, gempub, why) && add_posts(book, gempub, why) &&
        add_pictures(book, gempub, why))
        return gempub_finish(gempub, why);
    gempub_close(gempub);
    return false;
}

/* A post on a page with others: its body below a heading and its date. Its links say what they
 * cost; in an archive, whose reader has no line, they need not. */
static bool
put_post(struct book *book, const struct entry *entry, struct buf *out, struct failure *why)
{
    struct passage passage = {book, entry->path, out, true};
    struct buf text = {0}, body = {0};
    struct post post = {0};
    bool done = read_post(book, entry, &text, why) && post_parse(buf_str(&text), &post, why);

    if (done) {
        gemtext_blank(out);
        gemtext_heading(out, PAGE_LEVEL,
                        post.title.len > 0 ? post.title
                                           : word_text(book->site->tongue, WORD_UNTITLED));
        date_put(out, post.published.date);
        buf_put(out, STR("\n\n"));
        relink_put(&body, book->site, entry->path, post.body);
        put_lines(&passage, buf_str(&body));
    }
    post_free(&post);
    buf_free(&body);
    buf_free(&text);
    return done;
}

bool
book_put_page(struct book *book, struct buf *out, struct failure *why)
{
    bool done = true;

    gemtext_heading(out, 1, book->title);
    word_put(out, book->site->tongue, WORD_POSTS, (struct blanks){.n = book->count});
    gemtext_blank(out);
    for (size_t i = book->count; done && i-- > 0;)
        done = put_post(book, &book->posts[i], out, why);
    return done;
}
