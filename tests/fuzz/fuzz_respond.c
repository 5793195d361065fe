/*
 * Any path and query, asked of a small capsule that was a blog: nothing hidden and nothing outside
 * is ever shown, what is made is well-formed gemtext, and a redirect leads to a page in one step.
 */

#include <stdint.h>
#include <unistr.h>

#include "../fixture.h"
#include "secret.h"
#include "text/gemtext.h"
#include "text/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2017/11/one.gmi", "# One\n2017-11-05\n\nText.\n\n=> /label/rice/ Rice\n"},
    {"capsule/2017/12/two.gmi", "# Two\n2017-12-06 · nl\n\nTekst.\n\n=> /label/rice/ rice\n"
                                "=> /label/%E0%A6%A7%E0%A6%BE%E0%A6%A8/ ধান"},
    {"capsule/2018/02/2018-02-01.gmi", "# 2018-02-01\n2018-02-01\n\nText.\n\n=> /label/2/ 2\n"},
    {"capsule/2017/11/one/comments.gmi", "# Comments on One\n\n## A, 2017-11-06\nText.\n"},
    {"capsule/.ledger.tsv", "id\tpath\tdigest\told\tstate\tposition\tsource\n"
                            "1\t2017/11/one.gmi\t\t/2017/11/first.html\n"
                            "2\t2017/12/gone.gmi\t\t/2017/12/went.html\tgone\n"
                            "3\t.secret.gmi\t\t/2017/12/secret.html\n"
                            "4\tabout us.gmi\t\t/p/about.html\n"
                            "moved:2016/01/was.gmi\t2016/01/was.gmi\t\t/was.html\tmoved\t\t1\n"
                            "moved:2016/01/a.gmi\t2016/01/a.gmi\t\t/a.html\tmoved\t\t2\n"
                            "moved:media\tmedia\t\t\tmoved\t\t3\n"
                            "moved:book/x\tbook/x\t\t\tmoved\t\tmoved:book/y\n"
                            "moved:book/y\tbook/y\t\t\tmoved\t\tmoved:book/x\n"},
    {"capsule/about us.gmi", "# About us\n"},
    {"capsule/notes.txt", "notes\n"},
    {"capsule/media/picture.png", "\x89PNG\r\n\x1a\n"},
    {"capsule/media/noise", "\x01\xff\xfe"},
    {"capsule/book/index.gmi", "# A book\n"},
    {"capsule/2017/10/file.txt", "no post\n"},
    {"capsule/.secret.gmi", "# " SECRET "\n"},
    {"capsule/.folder/secret.gmi", "# " SECRET "\n"},
    {"capsule/media/.secret.txt", SECRET "\n"},
    {"outside/secret.gmi", "# " SECRET "\n"},
};

static void remove_fixture(void);

/* Made once, removed at the end. */
static struct fixture *
the_fixture(void)
{
    static struct fixture fixture;
    char link[sizeof fixture.folder + 32];

    if (fixture.site)
        return &fixture;
    fixture_make(&fixture);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fixture_write(&fixture, files[i].path, str_of(files[i].text));
    snprintf(link, sizeof link, "%s/capsule/out", fixture.folder);
    assert(symlink("../outside", link) == 0);
    snprintf(link, sizeof link, "%s/capsule/out.gmi", fixture.folder);
    assert(symlink("../outside/secret.gmi", link) == 0);
    fixture_open(&fixture, "[blog]\ntitle = Field notes\npage_size = 1\n");
    atexit(remove_fixture);
    return &fixture;
}

static void
remove_fixture(void)
{
    fixture_free(the_fixture());
}

static void
check_target(struct str target)
{
    assert(str_starts(target, STR("/")) && !str_starts(target, STR("//")));
    assert(!str_has_control(target) && !str_has(target, ' '));
    for (size_t i = 0; i < target.len; i++)
        assert((unsigned char)target.ptr[i] < 0x80);
}

/* One title, in the first line; every link path-absolute, or on a light page relative; every block
 * closed. */
static void
check_page(struct str page, bool is_light)
{
    struct gemtext_scanner scanner = {.rest = page};
    struct gemtext_line line;
    size_t titles = 0;

    assert(str_starts(page, STR("# ")) && str_ends(page, STR("\n")));
    while (gemtext_next(&scanner, &line)) {
        assert(!str_has_control(line.raw));
        titles += line.kind == GEMTEXT_HEADING && line.level == 1;
        if (line.kind == GEMTEXT_LINK && is_light && !str_starts(line.target, STR("/")))
            assert(!str_has(line.target, ':') && !str_has_control(line.target));
        else if (line.kind == GEMTEXT_LINK)
            check_target(line.target);
    }
    assert(titles == 1 && !scanner.preformatted);
}

static void
check_content(const char *path, const struct response *response)
{
    struct buf body = {0};
    struct str all;

    assert(response->meta.len > 0 && !str_has_control(buf_str(&response->meta)));
    fixture_body(response, &body);
    all = buf_str(&body);
    assert(!shows_secret(all));
    if (str_starts(buf_str(&response->meta), STR("text/gemini"))) {
        assert(u8_check((const uint8_t *)all.ptr, all.len) == NULL);
        assert(str_ends(all, STR("\n")));
    }
    if (response->file_fd < 0 && str_starts(buf_str(&response->meta), STR("text/gemini")))
        check_page(all, str_starts(str_of(path), STR("/light/")));
    buf_free(&body);
}

static void check_answer(const struct fixture *fixture, const char *path, const char *query,
                         bool may_move);

/* A redirect leads to a path, or to the words of a search. */
static void
check_place(const struct fixture *fixture, struct str target)
{
    struct uri uri = uri_split(target);
    struct buf path = {0}, query = {0};

    assert(uri_path_decode(uri.path, &path) == URI_PATH_OK);
    buf_put(&query, uri.query);
    check_answer(fixture, buf_text(&path), uri.has_query ? buf_text(&query) : NULL, false);
    buf_free(&path);
    buf_free(&query);
}

/* A redirect is for what is there: where it leads must be found, at once. */
static void
check_answer(const struct fixture *fixture, const char *path, const char *query, bool may_move)
{
    struct response response;

    fixture_ask_with(fixture, path, query, &response);
    switch (response.outcome) {
    case OUTCOME_OK:
        check_content(path, &response);
        break;
    case OUTCOME_ELSEWHERE:
    case OUTCOME_MOVED:
        assert(may_move && response.file_fd < 0 && response.page.len == 0);
        assert(response.meta.len <= TARGET_MAX);
        check_target(buf_str(&response.meta));
        check_place(fixture, buf_str(&response.meta));
        break;
    case OUTCOME_INPUT:
        assert(response.file_fd < 0 && response.page.len == 0 && response.meta.len > 0);
        break;
    case OUTCOME_GONE:
        assert(may_move && response.file_fd < 0 && response.page.len == 0);
        assert(str_eq(buf_str(&response.meta), STR("Removed")));
        break;
    default:
        assert(may_move && response.outcome == OUTCOME_NOT_FOUND);
        assert(response.file_fd < 0 && response.page.len == 0);
        assert(str_starts(buf_str(&response.meta), STR("Not found")));
    }
    response_free(&response);
}

/* The input is path and query as a client sends them, without the '/' in front. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str rest = {(const char *)bytes, size};
    bool has_query = str_has(rest, '?');
    struct buf sent = {0}, query = {0}, path = {0};

    buf_byte(&sent, '/');
    buf_put(&sent, str_cut(&rest, '?'));
    buf_put(&query, rest);
    if (sent.len + query.len < URI_MAX && !tells_secret(buf_str(&query)) &&
        uri_path_decode(buf_str(&sent), &path) == URI_PATH_OK)
        check_answer(the_fixture(), buf_text(&path), has_query ? buf_text(&query) : NULL, true);
    buf_free(&sent);
    buf_free(&query);
    buf_free(&path);
    return 0;
}
