#include "web.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "import/pictures.h"

#define PNG                                                               \
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" \
    "\0\0\0\0IEND\xae"                                                    \
    "B`\x82"
#define SVG  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>"
#define JPEG "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\1\0H\0H\0\0\xff\xd9"

struct folder {
    struct web *web;
    char path[256];
    int root;
    struct pictures *pictures;
};

static bool
open_pictures(struct folder *folder)
{
    struct failure why;

    folder->pictures =
        pictures_open(&(struct pictures_settings){folder->root, folder->web->fetcher, 800}, &why);
    return folder->pictures != NULL;
}

static int
make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    const char *parent = getenv("TMPDIR");
    void *web = NULL;
    struct failure why;

    assert_non_null(folder);
    if (web_start(&web) != 0) {
        free(folder);
        return -1;
    }
    folder->web = web;
    snprintf(folder->path, sizeof folder->path, "%s/inspir-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder->path))
        return -1;
    folder->root = file_open_folder(folder->path, &why);
    *state = folder;
    return folder->root >= 0 && open_pictures(folder) ? 0 : -1;
}

static bool
remove_file(void *ctx, const struct file_info *info)
{
    struct folder *folder = ctx;

    unlinkat(folder->root, info->path, 0);
    return true;
}

static int
remove_folder(void **state)
{
    struct folder *folder = *state;
    void *web = folder->web;
    struct failure why;

    pictures_close(folder->pictures);
    file_walk(folder->root, remove_file, folder, &why);
    unlinkat(folder->root, "media", 0);
    unlinkat(folder->root, "media", AT_REMOVEDIR);
    close(folder->root);
    rmdir(folder->path);
    free(folder);
    return web_stop(&web);
}

/* What a path of the server, or another address, becomes: "PATH TYPE SIZE" with '#' for each digit
 * that makes the name unique, or the failure without the server's address. */
static void
expect(struct folder *folder, const char *address, const char *wanted)
{
    struct buf full = {0}, got = {0};
    struct picture picture;
    struct failure why = {0};
    const char *origin = folder->web->origin, *at;

    if (*address == '/' && address[1] != '/')
        address = web_address(folder->web, &full, address);
    if (pictures_bring(folder->pictures, str_of(address), &picture, &why)) {
        const char *dot = strrchr(picture.path, '.');

        assert_int_equal(strspn(dot - PICTURE_DIGITS, "0123456789abcdef"), PICTURE_DIGITS);
        buf_put(&got, (struct str){picture.path, (size_t)(dot - picture.path) - PICTURE_DIGITS});
        buf_format(&got, "#%s %s %d", dot, picture.type, (int)picture.size);
    } else {
        at = strstr(why.text, origin);
        buf_put(&got, str_head(str_of(why.text), at ? (size_t)(at - why.text) : FAILURE_MAX));
        buf_put(&got, str_of(at ? at + strlen(origin) : ""));
    }
    assert_string_equal(buf_text(&got), wanted);
    buf_free(&full);
    buf_free(&got);
}

static bool
note_file(void *ctx, const struct file_info *info)
{
    buf_format(ctx, "%.*s %d ", (int)(strrchr(info->path, '-') - info->path), info->path,
               (int)info->size);
    return true;
}

static void
expect_files(struct folder *folder, const char *wanted)
{
    struct buf seen = {0};
    struct failure why;

    assert_true(file_walk(folder->root, note_file, &seen, &why));
    assert_string_equal(buf_text(&seen), wanted);
    buf_free(&seen);
}

static void
test_kinds(void **state)
{
    static const struct {
        struct web_answer answer;
        const char *wanted;
    } rows[] = {
        {{.path = "/a.png", .body = PNG, .len = sizeof PNG - 1}, "media/a-#.png PNG 45"},
        {{.path = "/b.png", .body = JPEG, .len = sizeof JPEG - 1}, "media/b-#.jpg JPEG 22"},
        {{.path = "/c", .body = "GIF89a\1\0\1\0\0\0\0;", .len = 14}, "media/c-#.gif GIF 14"},
        {{.path = "/d.x", .body = "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0", .len = 24},
         "media/d-x-#.webp WebP 24"},
        {{.path = "/e.svg", .body = SVG}, "media/e-#.svg SVG 67"},
        {{.path = "/f.jpg", .body = "<html><body>" SVG}, "/f.jpg: not a picture but text/html"},
        {{.path = "/g.jpg", .body = "words"}, "/g.jpg: not a picture but text/plain"},
        {{.path = "/h.jpg", .body = "%PDF-1.4\n"}, "/h.jpg: not a picture but application/pdf"},
        {{.path = "/i.jpg", .body = ""}, "/i.jpg: empty"},
        {{.path = "/j.jpg",
          .body = "\x7f"
                  "ELF\2\1\1",
          .len = 64},
         "/j.jpg: not a picture but application/octet-stream"},
        {{.path = "/k.jpg", .status = 404, .body = PNG}, "/k.jpg: the server answers 404"},
        {{.path = "/l.jpg", .status = 503}, "/l.jpg: the server answers 503"},
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        static char padded[64];
        struct web_answer answer = rows[i].answer;

        if (answer.len == sizeof padded)
            answer.body = memcpy(padded, answer.body, strlen(answer.body) + 1);
        web_add(folder->web, answer);
        expect(folder, answer.path, rows[i].wanted);
    }
    assert_int_equal(pictures_count(folder->pictures), 5);
    expect_files(folder, "");
}

static void
test_names(void **state)
{
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        {"/x/Red%20Flag_2.PNG", "media/red-flag-2-#.png PNG 45"},
        {"/x/..%2f..%2fetc%2fpasswd.png", "media/etc-passwd-#.png PNG 45"},
        {"/x/%D0%B6.png", "media/picture-#.png PNG 45"},
        {"/x/", "media/picture-#.png PNG 45"},
        {"/x/show.php?id=../1.jpg", "media/show-php-#.png PNG 45"},
        {"/x/a-name%20of%20more%20than%20forty%20letters%20is%20cut.png",
         "media/a-name-of-more-than-forty-letters-is-cut-#.png PNG 45"},
        {"/x/a-name-of-more-than-forty-letters-is-cu-t-there.png",
         "media/a-name-of-more-than-forty-letters-is-cu-#.png PNG 45"},
        {"/x/-%00-.png", "media/picture-#.png PNG 45"},
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        web_add(folder->web,
                (struct web_answer){.path = rows[i].path, .body = PNG, .len = sizeof PNG - 1});
        expect(folder, rows[i].path, rows[i].wanted);
    }
}

/* One name for each picture, also for pictures that are called the same. */
static void
test_same_name(void **state)
{
    struct folder *folder = *state;
    struct picture one, two;
    struct buf address = {0};
    struct failure why;

    web_add(folder->web, (struct web_answer){.path = "/1/a.svg", .body = SVG});
    web_add(folder->web, (struct web_answer){.path = "/2/a.svg", .body = SVG});
    web_address(folder->web, &address, "/1/a.svg");
    assert_true(pictures_bring(folder->pictures, buf_str(&address), &one, &why));
    web_address(folder->web, &address, "/2/a.svg");
    assert_true(pictures_bring(folder->pictures, buf_str(&address), &two, &why));
    assert_string_not_equal(one.path, two.path);
    buf_free(&address);
}

static void
test_fetched_once(void **state)
{
    struct folder *folder = *state;

    web_add(folder->web, (struct web_answer){.path = "/a.png", .body = PNG, .len = sizeof PNG - 1});
    expect(folder, "/a.png", "media/a-#.png PNG 45");
    expect(folder, "/a.png", "media/a-#.png PNG 45");
    expect(folder, "/gone.png", "/gone.png: the server answers 404");
    expect(folder, "/gone.png", "/gone.png: the server answers 404");
    assert_string_equal(web_requests(folder->web), "GET%20/a.png\tGET%20/gone.png");
}

static void
test_written_once(void **state)
{
    struct folder *folder = *state;
    struct failure why;

    web_add(folder->web, (struct web_answer){.path = "/b.png", .body = PNG, .len = sizeof PNG - 1});
    web_add(folder->web, (struct web_answer){.path = "/a.svg", .body = SVG});
    expect(folder, "/b.png", "media/b-#.png PNG 45");
    expect(folder, "/a.svg", "media/a-#.svg SVG 67");
    expect(folder, "data:image/svg+xml," SVG, "media/picture-#.svg SVG 67");
    assert_true(pictures_write(folder->pictures, folder->root, &why));
    expect_files(folder, "media/a 67 media/b 45 media/picture 67 ");
    pictures_close(folder->pictures);
    web_requests(folder->web);

    assert_true(open_pictures(folder));
    expect(folder, "/b.png", "media/b-#.png PNG 45");
    expect(folder, "/a.svg", "media/a-#.svg SVG 67");
    expect(folder, "data:image/svg+xml," SVG, "media/picture-#.svg SVG 67");
    assert_int_equal(pictures_count(folder->pictures), 0);
    assert_string_equal(web_requests(folder->web), "");
}

static void
test_bytes_are_kept(void **state)
{
    struct folder *folder = *state;
    struct picture picture;
    struct buf address = {0}, bytes = {0};
    struct failure why;

    web_add(folder->web, (struct web_answer){.path = "/b.png", .body = PNG, .len = sizeof PNG - 1});
    web_address(folder->web, &address, "/b.png");
    assert_true(pictures_bring(folder->pictures, buf_str(&address), &picture, &why));
    assert_true(pictures_write(folder->pictures, folder->root, &why));
    assert_true(file_read_beneath(folder->root, picture.path, 1000, &bytes, &why));
    assert_int_equal(bytes.len, sizeof PNG - 1);
    assert_memory_equal(bytes.ptr, PNG, bytes.len);
    buf_free(&address);
    buf_free(&bytes);
}

/* No picture is written through a link that somebody laid. */
static void
test_link_in_the_way(void **state)
{
    struct folder *folder = *state;
    struct failure why;

    assert_int_equal(symlinkat("/tmp", folder->root, "media"), 0);
    expect(folder, "data:image/svg+xml," SVG, "media/picture-#.svg SVG 67");
    assert_false(pictures_write(folder->pictures, folder->root, &why));
    assert_non_null(strstr(why.text, "cannot write media/picture-"));
}

static void
test_data(void **state)
{
    static const struct {
        const char *address, *wanted;
    } rows[] = {
        {"data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs=",
         "media/picture-#.gif GIF 26"},
        {"DATA:;BASE64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs", "media/picture-#.gif GIF 26"},
        {"data:image/gif;base64,R0lGODlhAQABA%41%41AACwAAAAA%0aAQABAAACADs%3D",
         "media/picture-#.gif GIF 26"},
        {"data:image/svg+xml;charset=utf-8,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E",
         "media/picture-#.svg SVG 41"},
        {"data:image/png;base64,!!!!", "a data address that is no base64"},
        {"data:image/png", "a data address without data"},
        {"data:", "a data address without data"},
        {"data:image/png,", "empty"},
        {"data:image/png;base64,aGVsbG8=", "not a picture but text/plain"},
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < COUNT(rows); i++)
        expect(folder, rows[i].address, rows[i].wanted);
}

static void
test_refused_addresses(void **state)
{
    static const struct {
        const char *address, *wanted;
    } rows[] = {
        {"file:///etc/passwd",
         "file:///etc/passwd: only http, https and data pictures are brought"},
        {"cid:1", "cid:1: only http, https and data pictures are brought"},
        {"ftp://127.0.0.1/a.png",
         "ftp://127.0.0.1/a.png: only http, https and data pictures are brought"},
        {"a.png", "a.png: only http, https and data pictures are brought"},
        {"", ": only http, https and data pictures are brought"},
        {"http://10.0.0.1/a.png", "http://10.0.0.1/a.png: an address of a private network, which "
                                  "[import] private_hosts does not name"},
        {"//localhost/a.png", "https://localhost/a.png: an address of a private network, which "
                              "[import] private_hosts does not name"},
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < COUNT(rows); i++)
        expect(folder, rows[i].address, rows[i].wanted);
}

/* Thousands of pictures on a host that is gone do not hold the import up. */
static void
test_dead_host(void **state)
{
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        {"/1", "/1: Server returned nothing (no headers, no data)"},
        {"/2", "/2: Server returned nothing (no headers, no data)"},
        {"/3", "/3: Server returned nothing (no headers, no data)"},
        {"/4", "127.0.0.1 does not answer"},
    };
    struct folder *folder = *state;

    assert_int_equal(COUNT(rows), PICTURES_DEAD_MAX + 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        web_add(folder->web, (struct web_answer){.path = rows[i].path, .flags = "drop"});
        expect(folder, rows[i].path, rows[i].wanted);
    }
    assert_null(strstr(web_requests(folder->web), "/4"));
}

/* An answer in between shows that it lives. */
static void
test_faint_host(void **state)
{
    static const char *const paths[] = {"/1", "/2", "/404", "/3", "/4", "/404b", "/5"};
    struct folder *folder = *state;
    char wanted[80];

    for (size_t i = 0; i < COUNT(paths); i++) {
        bool is_dead = strlen(paths[i]) == 2;

        snprintf(wanted, sizeof wanted, "%s: %s", paths[i],
                 is_dead ? "Server returned nothing (no headers, no data)"
                         : "the server answers 404");
        if (is_dead)
            web_add(folder->web, (struct web_answer){.path = paths[i], .flags = "drop"});
        expect(folder, paths[i], wanted);
    }
}

static void
test_too_large(void **state)
{
    struct folder *folder = *state;

    web_add(folder->web, (struct web_answer){.path = "/endless.png", .flags = "endless"});
    expect(folder, "/endless.png", "/endless.png: larger than 16777216 bytes");
}

/* A capsule that is not there yet holds no pictures. */
static void
test_no_capsule(void **state)
{
    struct folder *folder = *state;
    int root = folder->root;

    pictures_close(folder->pictures);
    folder->root = -1;
    assert_true(open_pictures(folder));
    folder->root = root;
    expect(folder, "data:image/svg+xml," SVG, "media/picture-#.svg SVG 67");
}

#define folder_test(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_kinds),
        folder_test(test_names),
        folder_test(test_same_name),
        folder_test(test_fetched_once),
        folder_test(test_written_once),
        folder_test(test_bytes_are_kept),
        folder_test(test_link_in_the_way),
        folder_test(test_data),
        folder_test(test_refused_addresses),
        folder_test(test_dead_host),
        folder_test(test_faint_host),
        folder_test(test_too_large),
        folder_test(test_no_capsule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
