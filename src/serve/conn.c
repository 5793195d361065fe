#include "serve/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/mem.h"
#include "serve/gemini.h"
#include "serve/stream.h"
#include "serve/worker.h"
#include "serve/zone.h"

enum conn_state {
    CONN_READING,
    CONN_REPLYING,
    CONN_LINGERING,
};

/* What a state wants next. */
enum step {
    STEP_ON, /* the (new) state can go on at once */
    STEP_WAIT_READ,
    STEP_WAIT_WRITE,
    STEP_END,
};

struct conn {
    LIST_ENTRY(conn) siblings;
    struct worker *worker;
    const struct protocol *protocol;
    struct sockaddr_storage from;
    struct stream stream;
    struct event io, deadline;
    enum conn_state state;
    struct buf received;       /* the request so far */
    struct exchange *exchange; /* none before the first byte of the request */
    struct buf window;         /* what of the reply is being written */
    size_t window_put, page_put;
    size_t sent;      /* bytes of the reply that the system has taken */
    size_t clocked;   /* bytes the client had when the stall clock last looked */
    bool finished;    /* lingering: close_notify and FIN are out */
    size_t discarded; /* lingering: bytes thrown away */
};

static void
conn_close(struct conn *conn)
{
    struct worker *worker = conn->worker;

    event_del(&conn->io);
    event_del(&conn->deadline);
    stream_close(&conn->stream);
    buf_free(&conn->received);
    buf_free(&conn->window);
    if (conn->exchange)
        response_free(&conn->exchange->response);
    free(conn->exchange);
    LIST_REMOVE(conn, siblings);
    free(conn);
    worker_forget(worker);
}

static void
set_deadline(struct conn *conn, unsigned seconds)
{
    const struct timeval after = {.tv_sec = (time_t)seconds};

    event_add(&conn->deadline, &after);
}

static enum step
step_of(enum stream_result result)
{
    static const enum step steps[] = {
        [STREAM_DONE] = STEP_ON,
        [STREAM_WANT_READ] = STEP_WAIT_READ,
        [STREAM_WANT_WRITE] = STEP_WAIT_WRITE,
        [STREAM_ENDED] = STEP_END,
        [STREAM_BROKEN] = STEP_END,
    };

    return steps[result];
}

static enum step
begin_lingering(struct conn *conn)
{
    conn->state = CONN_LINGERING;
    set_deadline(conn, LINGER_S);
    return STEP_ON;
}

/* One line: protocol, status, bytes, visitor, path. A query may hold what somebody searched for or
 * answered to a prompt, so it is never written. */
static void
log_exchange(const struct conn *conn)
{
    const struct exchange *exchange = conn->exchange;
    const struct response *response = &exchange->response;
    struct buf path = {0}, visitor = {0};
    struct stat file = {0};
    size_t bytes = conn->window.len + response->page.len;

    if (response->file_fd >= 0 && fstat(response->file_fd, &file) == 0)
        bytes += (size_t)file.st_size;
    log_escape(&path, str_of(exchange->request.path));
    visitor_put(&visitor, &conn->worker->visitors, (const struct sockaddr *)&conn->from,
                time(NULL));
    log_line(conn->worker->log, "%s %d %zu %s %s", conn->protocol->name,
             gemini_status(response->outcome), bytes, buf_text(&visitor),
             path.len > 0 ? buf_text(&path) : "-");
    buf_free(&path);
    buf_free(&visitor);
}

/* The protocol knew the answer without the site. */
static bool
is_answered(const struct response *response)
{
    return response->outcome != OUTCOME_OK || response->meta.len > 0;
}

static void
ask_site(struct conn *conn)
{
    struct exchange *exchange = conn->exchange;
    struct tls_client_certificate certificate = {0};
    enum outcome zone;

    if (conn->stream.tls)
        certificate = tls_client_certificate(conn->stream.tls);
    zone = zone_check(conn->worker->service.config, str_of(exchange->request.path), &certificate);
    if (zone == OUTCOME_OK)
        respond(conn->worker->site, &exchange->request, &exchange->response);
    else
        response_set(&exchange->response, zone, (struct str){0}); /* 6x says why by itself */
}

static enum step
answer(struct conn *conn)
{
    struct exchange *exchange = conn->exchange;

    buf_free(&conn->received);
    if (exchange->silent)
        return begin_lingering(conn);
    if (!is_answered(&exchange->response)) {
        ask_site(conn);
        while (exchange->response.outcome == OUTCOME_NOT_FOUND && conn->protocol->reread &&
               conn->protocol->reread(exchange))
            if (exchange->response.outcome == OUTCOME_NOT_FOUND)
                ask_site(conn);
    }
    conn->protocol->render(exchange, &conn->window);
    log_exchange(conn);
    conn->state = CONN_REPLYING;
    set_deadline(conn, conn->worker->service.config->limits.stall_s);
    return STEP_ON;
}

static void
begin_exchange(struct conn *conn)
{
    conn->exchange = mem_new(sizeof *conn->exchange);
    conn->exchange->service = &conn->worker->service;
    if (conn->stream.tls)
        conn->exchange->sni = tls_server_name(conn->stream.tls);
    response_init(&conn->exchange->response);
}

static enum step
conn_read(struct conn *conn)
{
    const struct protocol *protocol = conn->protocol;
    size_t room = protocol->line_max - conn->received.len, got;
    enum stream_result result;
    bool ended;

    if (!conn->stream.ready) {
        result = stream_handshake(&conn->stream);
        if (result == STREAM_DONE)
            set_deadline(conn, conn->worker->service.config->limits.request_s);
        return step_of(result);
    }
    if (room == 0)
        return STEP_END;
    result = stream_read(&conn->stream, buf_room(&conn->received, room), room, &got);
    ended = result == STREAM_ENDED;
    if (result != STREAM_DONE && !ended)
        return step_of(result);
    conn->received.len += got;
    if (!conn->exchange)
        begin_exchange(conn);
    if (protocol->parse(conn->exchange, buf_str(&conn->received), ended))
        return answer(conn);
    return ended ? begin_lingering(conn) : STEP_ON;
}

/* Fills the window with what comes next: the file, then the page. Header and first text leave
 * together (PROTOCOL H10). */
static bool
fill_window(struct conn *conn)
{
    struct response *response = &conn->exchange->response;
    struct str page = str_after(buf_str(&response->page), conn->page_put);

    while (response->file_fd >= 0 && conn->window.len < WINDOW) {
        size_t room = WINDOW - conn->window.len;
        ssize_t got = read(response->file_fd, buf_room(&conn->window, room), room);

        if (got < 0)
            return false;
        conn->window.len += (size_t)got;
        if (got == 0) {
            close(response->file_fd);
            response->file_fd = -1;
        }
    }
    if (conn->window.len < WINDOW) {
        page = str_head(page, WINDOW - conn->window.len);
        buf_put(&conn->window, page);
        conn->page_put += page.len;
    }
    return true;
}

static enum step
conn_reply(struct conn *conn)
{
    for (size_t turn = 0; turn < TURN_MAX;) {
        enum stream_result result;
        struct str next;
        size_t put;

        if (conn->window_put == conn->window.len) {
            buf_truncate(&conn->window, 0);
            conn->window_put = 0;
        }
        /* H9: a reply that cannot be completed is cut without close_notify */
        if (conn->window_put == 0 && !fill_window(conn))
            return STEP_END;
        if (conn->window.len == 0)
            return begin_lingering(conn);
        next = str_after(buf_str(&conn->window), conn->window_put);
        result = stream_write(&conn->stream, next, &put);
        if (result != STREAM_DONE)
            return step_of(result);
        conn->window_put += put;
        conn->sent += put;
        turn += put;
    }
    return STEP_WAIT_WRITE;
}

static enum step
conn_linger(struct conn *conn)
{
    enum stream_result result;
    size_t got;

    if (!conn->finished) {
        result = stream_finish(&conn->stream);
        if (result != STREAM_DONE)
            return step_of(result);
        conn->finished = true;
    }
    result = stream_discard(&conn->stream, LINGER_MAX - conn->discarded, &got);
    conn->discarded += got;
    return result == STREAM_WANT_READ ? STEP_WAIT_READ : STEP_END;
}

static void on_io(evutil_socket_t fd, short what, void *ctx);

static void
watch(struct conn *conn, short what)
{
    if (event_get_events(&conn->io) & what)
        return;
    event_del(&conn->io);
    event_assign(&conn->io, conn->worker->base, conn->stream.fd, (short)(what | EV_PERSIST), on_io,
                 conn);
    event_add(&conn->io, NULL);
}

/* Goes on until the socket has to be waited for or the connection has ended. */
static void
conn_run(struct conn *conn)
{
    static enum step (*const states[])(struct conn *) = {
        [CONN_READING] = conn_read,
        [CONN_REPLYING] = conn_reply,
        [CONN_LINGERING] = conn_linger,
    };
    enum step step = STEP_ON;

    while (step == STEP_ON)
        step = states[conn->state](conn);
    if (step == STEP_END)
        conn_close(conn);
    else
        watch(conn, step == STEP_WAIT_READ ? EV_READ : EV_WRITE);
}

static void
on_io(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    conn_run(ctx);
}

/* A reader on a thin link may take its time, as long as it takes RATE_MIN on average. */
static bool
is_stalled(struct conn *conn)
{
    size_t unsent = stream_unsent(&conn->stream);
    size_t arrived = conn->sent > unsent ? conn->sent - unsent : 0;
    size_t progress = arrived > conn->clocked ? arrived - conn->clocked : 0;

    conn->clocked = arrived;
    return progress < (size_t)RATE_MIN * conn->worker->service.config->limits.stall_s;
}

static void
on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;

    (void)fd;
    (void)what;
    if (conn->state == CONN_REPLYING && !is_stalled(conn)) {
        set_deadline(conn, conn->worker->service.config->limits.stall_s);
    } else if (conn->state == CONN_READING && conn->stream.ready) {
        begin_lingering(conn); /* no request in time: a clean end without a header */
        conn_run(conn);
    } else {
        conn_close(conn);
    }
}

void
conn_accept(struct worker *worker, const struct protocol *protocol, int fd,
            const struct sockaddr_storage *from)
{
    struct conn *conn = mem_new(sizeof *conn);
    const struct config *config = worker->service.config;

    conn->worker = worker;
    conn->protocol = protocol;
    conn->from = *from;
    conn->stream = stream_begin(fd, protocol->encrypted ? worker->tls : NULL);
    LIST_INSERT_HEAD(&worker->conns, conn, siblings);
    event_assign(&conn->io, worker->base, fd, EV_READ | EV_PERSIST, on_io, conn);
    event_assign(&conn->deadline, worker->base, -1, 0, on_deadline, conn);
    event_add(&conn->io, NULL);
    set_deadline(conn, protocol->encrypted ? config->limits.handshake_s : config->limits.request_s);
}

void
conn_hurry(struct conn_list *conns)
{
    for (struct conn *conn = LIST_FIRST(conns); conn; conn = LIST_NEXT(conn, siblings))
        if (conn->state == CONN_READING)
            set_deadline(conn, LINGER_S);
}

void
conn_end_all(struct conn_list *conns)
{
    for (struct conn *conn = LIST_FIRST(conns), *next; conn; conn = next) {
        next = LIST_NEXT(conn, siblings);
        conn_close(conn);
    }
}
