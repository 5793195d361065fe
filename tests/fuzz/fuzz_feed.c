/*
 * Any bytes through a whole connection, on both protocols: the answer and the line in the log are
 * the same in whatever pieces the bytes arrive. An answer is one that the protocol allows, and says
 * nothing of what lies outside the capsule; the log has a line for it, of visible ASCII.
 * The first byte tells the protocol and the pieces; the rest is what the client sends.
 */

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "../fixture.h"
#include "secret.h"
#include "serve/gemini.h"
#include "serve/gopher.h"
#include "serve/listener.h"
#include "serve/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
    ON_GOPHER = 0x80, /* in the first byte; the others seed the sizes of the pieces */
    PIECE_MAX = 64,
    ROUNDS_MAX = 100000,
    LOG_MAX = 16384, /* bytes: what one conversation may leave there */
};

static const struct {
    const char *path, *text;
} files[] = {
    {"capsule/2017/11/one.gmi", "# One\n2017-11-05\n\nText.\n\n=> /label/rice/ Rice\n"},
    {"capsule/2017/12/two.gmi", "# Two\n2017-12-06 · nl\n\nTekst.\n\n=> /label/rice/ Rice\n"},
    {"capsule/about us.gmi", "# About us\n\nWe are here.\n"},
    {"capsule/notes.txt", "notes\n.\n..\n"},
    {"capsule/media/picture.png", "\x89PNG\r\n\x1a\n"},
    {"capsule/.secret.gmi", "# " SECRET "\n"},
    {"outside/secret.gmi", "# " SECRET "\n"},
};

/* A worker without a supervisor. Gemini is asked without TLS, which fuzz_tls looks at. */
struct server {
    struct fixture fixture;
    struct log log;
    struct protocol gemini;
    struct service service;
    struct worker worker;
};

static void end_server(void);

static void
on_nothing(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what, (void)ctx;
}

static void
begin_worker(struct server *server)
{
    struct listener_set set = {.count = 2};
    struct worker *worker = &server->worker;
    struct config *config = &server->fixture.config;

    server->gemini = gemini_protocol;
    server->gemini.encrypted = false;
    server->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC)};
    assert(server->log.fd >= 0);
    set.items[0] = (struct listener){.fd = -1,
                                     .protocol = &gemini_protocol,
                                     .port = 1965,
                                     .address = config->gemini.listen.items};
    set.items[1] = (struct listener){
        .fd = -1, .protocol = &gopher_protocol, .port = 70, .address = config->gopher.listen.items};
    listeners_describe(&set, NULL, config, &server->service);
    *worker = (struct worker){.base = event_base_new(),
                              .site = server->fixture.site,
                              .config = config,
                              .log = &server->log,
                              .spare_fd = -1};
    assert(worker->base);
    worker->pause = evtimer_new(worker->base, on_nothing, NULL);
    LIST_INIT(&worker->conns);
}

/* Made once, removed at the end. */
static struct server *
the_server(void)
{
    static struct server server;
    char link[sizeof server.fixture.folder + sizeof "/capsule/out"];

    if (server.worker.base)
        return &server;
    fixture_make(&server.fixture);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        fixture_write(&server.fixture, files[i].path, str_of(files[i].text));
    snprintf(link, sizeof link, "%s/capsule/out", server.fixture.folder);
    assert(symlink("../outside", link) == 0);
    fixture_open(&server.fixture, "[blog]\ntitle = Field notes\n[gemini]\nhost = localhost\n");
    begin_worker(&server);
    atexit(end_server);
    return &server;
}

static void
end_server(void)
{
    struct server *server = the_server();

    event_free(server->worker.pause);
    event_base_free(server->worker.base);
    close(server->log.fd);
    fixture_free(&server->fixture);
}

/* Lets the server do what it can, and takes what it says; false when it has ended. */
static bool
turn(struct server *server, int client, struct buf *answer)
{
    ssize_t got;

    event_base_loop(server->worker.base, EVLOOP_NONBLOCK);
    got = recv(client, buf_room(answer, WINDOW), WINDOW, MSG_DONTWAIT);
    if (got > 0)
        answer->len += (size_t)got;
    return got > 0 || (got < 0 && errno == EAGAIN);
}

/* What the client is told, and what the log is, in pieces of sizes that follow from the seed; 0:
 * in one. */
static void
converse(struct server *server, bool on_gopher, struct str bytes, unsigned seed, struct buf *answer)
{
    const struct arrival blank = {.protocol = on_gopher ? &gopher_protocol : &server->gemini,
                                  .service = &server->service,
                                  .from.any.sa_family = AF_UNIX,
                                  .slot = LIMIT_NO_SLOT};
    struct arrival arrival = blank;
    int ends[2], rounds = 0;

    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    arrival.fd = ends[0];
    server->worker.conn_count = 1;
    conn_accept(&server->worker, &arrival);
    for (size_t piece = bytes.len; bytes.len > 0; bytes = str_after(bytes, piece)) {
        if (seed > 0) {
            seed = seed * 1103515245 + 12345;
            piece = 1 + seed / 65536 % PIECE_MAX;
        }
        piece = str_head(bytes, piece).len;
        if (send(ends[1], bytes.ptr, piece, MSG_NOSIGNAL) < 0)
            break; /* it has heard enough */
        turn(server, ends[1], answer);
    }
    shutdown(ends[1], SHUT_WR);
    while (turn(server, ends[1], answer))
        assert(rounds++ < ROUNDS_MAX);
    close(ends[1]);
    while (server->worker.conn_count > 0) {
        assert(rounds++ < ROUNDS_MAX);
        event_base_loop(server->worker.base, EVLOOP_NONBLOCK);
    }
}

/* All that the log has got since it was last asked. */
static void
take_log(struct server *server, struct buf *lines)
{
    ssize_t got = pread(server->log.fd, buf_room(lines, LOG_MAX), LOG_MAX, 0);

    assert(got >= 0 && got < LOG_MAX);
    lines->len += (size_t)got;
    assert(ftruncate(server->log.fd, 0) == 0 && lseek(server->log.fd, 0, SEEK_SET) == 0);
}

static void
check_log(struct str lines, bool answered)
{
    assert(answered ? str_ends(lines, STR("\n")) : lines.len == 0);
    for (size_t i = 0; i + 1 < lines.len; i++)
        assert(lines.ptr[i] >= ' ' && lines.ptr[i] <= '~');
}

static void
check_answer(struct str answer, bool on_gopher)
{
    struct str rest = answer, header;

    if (on_gopher || answer.len == 0)
        return;
    header = str_line(&rest);
    assert(header.len >= 3 && header.len < answer.len && header.len <= 3 + META_MAX);
    assert(header.ptr[0] >= '1' && header.ptr[0] <= '6' && isdigit((unsigned char)header.ptr[1]));
    assert(header.ptr[2] == ' ' && (rest.len == 0 || header.ptr[0] == '2'));
    assert(answer.ptr[answer.len - rest.len - 2] == '\r');
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct server *server = the_server();
    struct buf whole = {0}, pieces = {0}, whole_log = {0}, pieces_log = {0};
    struct str sent = str_after((struct str){(const char *)bytes, size}, 1);
    bool on_gopher = size > 0 && bytes[0] & ON_GOPHER;

    if (size == 0 || (sent.len > 0 && sent.ptr[0] == TLS_RECORD_HANDSHAKE))
        return 0;
    converse(server, on_gopher, sent, 0, &whole);
    take_log(server, &whole_log);
    converse(server, on_gopher, sent, 1 + bytes[0], &pieces);
    take_log(server, &pieces_log);
    assert(str_eq(buf_str(&whole), buf_str(&pieces)));
    assert(str_eq(buf_str(&whole_log), buf_str(&pieces_log)));
    check_log(buf_str(&whole_log), whole.len > 0 || whole_log.len > 0);
    check_answer(buf_str(&whole), on_gopher);
    assert(!shows_secret(buf_str(&whole)) || tells_secret(sent));
    buf_free(&whole);
    buf_free(&pieces);
    buf_free(&whole_log);
    buf_free(&pieces_log);
    return 0;
}
