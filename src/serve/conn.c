#include "serve/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/file.h"
#include "base/mem.h"
#include "serve/gemini.h"
#include "serve/stream.h"
#include "serve/worker.h"
#include "serve/zone.h"

enum {
    READ_MAX = 2048, /* bytes of a request that are read at a time */
    MICROSECOND_NS = 1000,
};

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

/* What is left to send. */
struct reply {
    struct response response;
    struct buf window; /* what of it is being written */
    size_t window_put, page_put;
    size_t held; /* bytes of memory in response and window */
};

/* Most of the connections of a crowd have not asked yet: what only a reply needs is apart. */
struct conn {
    LIST_ENTRY(conn) siblings;
    struct worker *worker;
    struct arrival arrival;
    struct stream stream;
    struct event event;  /* the socket can be read or written, or ends_ns has come */
    uint64_t ends_ns;    /* by limit_clock() */
    struct buf received; /* the request so far */
    struct reply *reply; /* NULL but while replying */
    size_t sent;         /* bytes of the reply that the system has taken */
    size_t clocked;      /* bytes the client had when the stall clock last looked */
    unsigned waited_s;   /* since then */
    enum conn_state state;
    bool finished;      /* lingering: close_notify and FIN are out */
    unsigned discarded; /* lingering: bytes thrown away */
};

static void
begin_reply(struct conn *conn, struct exchange *exchange)
{
    struct reply *reply = mem_new(sizeof *reply);

    conn->arrival.protocol->render(exchange, &reply->window);
    reply->response = exchange->response;
    response_init(&exchange->response);
    reply->held = reply->window.cap + reply->response.page.cap;
    conn->worker->reply_bytes += reply->held;
    conn->reply = reply;
}

static void
drop_reply(struct conn *conn)
{
    struct reply *reply = conn->reply;

    if (!reply)
        return;
    conn->worker->reply_bytes -= reply->held;
    buf_free(&reply->window);
    response_free(&reply->response);
    free(reply);
    conn->reply = NULL;
}

static void
conn_close(struct conn *conn)
{
    struct worker *worker = conn->worker;

    event_del(&conn->event);
    /* H9: a reply that was cut has no close_notify, and a Gopher client must not think that it
     * ended like any other */
    if (conn->state == CONN_REPLYING)
        stream_drop_unsent(&conn->stream);
    stream_close(&conn->stream);
    buf_free(&conn->received);
    drop_reply(conn);
    limit_leave(&worker->limiter, conn->arrival.slot);
    LIST_REMOVE(conn, siblings);
    free(conn);
    worker_forget(worker);
}

static void on_event(evutil_socket_t fd, short what, void *ctx);

/* Libevent begins anew to count the time of an event whenever the socket was ready; a deadline must
 * not move. It must also come when the system lacks the memory to watch the socket. */
static void
wait_until_end(struct conn *conn)
{
    const uint64_t now_ns = limit_clock();
    const uint64_t left_ns = conn->ends_ns > now_ns ? conn->ends_ns - now_ns : 0;
    const struct timeval left = {
        .tv_sec = (time_t)(left_ns / SECOND_NS),
        .tv_usec = (suseconds_t)(left_ns % SECOND_NS / MICROSECOND_NS),
    };

    if (event_add(&conn->event, &left) == 0)
        return;
    event_assign(&conn->event, conn->worker->base, -1, 0, on_event, conn);
    event_add(&conn->event, &left);
}

static void
set_deadline(struct conn *conn, unsigned seconds)
{
    conn->ends_ns = limit_clock() + (uint64_t)seconds * SECOND_NS;
    wait_until_end(conn);
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
    buf_free(&conn->received);
    drop_reply(conn);
    set_deadline(conn, LINGER_S);
    return STEP_ON;
}

/* The path without a query, which may hold what somebody searched for or answered to a prompt. A
 * Gopher selector may have it in the path, and its '?' encoded. */
static struct str
without_query(struct str path)
{
    size_t len = 0;

    while (len < path.len && path.ptr[len] != '?' &&
           !str_eq_nocase(str_head(str_after(path, len), 3), STR("%3F")))
        len++;
    return str_head(path, len);
}

/* One line: protocol, status, bytes, visitor, path. */
static void
log_exchange(const struct conn *conn, struct str asked)
{
    const struct response *response = &conn->reply->response;
    struct buf path = {0}, visitor = {0};
    struct stat file = {0};
    size_t bytes = conn->reply->window.len + response->page.len;

    if (response->file_fd >= 0 && fstat(response->file_fd, &file) == 0)
        bytes += (size_t)file.st_size;
    log_escape(&path, without_query(asked));
    visitor_put(&visitor, &conn->worker->visitors, &conn->arrival.from.any, time(NULL));
    log_line(conn->worker->log, "%s %d %zu %s %s", conn->arrival.protocol->name,
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
refuse(const struct conn *conn, enum refusal refusal, struct response *response)
{
    static const struct {
        enum outcome outcome;
        enum word reason;
    } refusals[] = {
        [REFUSAL_FULL] = {OUTCOME_OVERLOADED, WORD_TOO_MANY_READERS},
        [REFUSAL_CROWD] = {OUTCOME_TOO_FAST, WORD_TOO_MANY_CONNECTIONS},
        [REFUSAL_PACE] = {OUTCOME_TOO_FAST, WORD_TOO_MANY_REQUESTS},
    };

    response_set(response, refusals[refusal].outcome,
                 word_text(conn->arrival.service->tongue, refusals[refusal].reason));
}

static void
ask_site(const struct conn *conn, struct exchange *exchange)
{
    struct tls_client_certificate certificate = {0};
    enum outcome zone;

    if (conn->arrival.protocol->encrypted)
        certificate = tls_client_certificate(conn->stream.tls);
    zone = zone_check(conn->worker->config, str_of(exchange->request.path), &certificate);
    exchange->request.put_address = conn->arrival.protocol->put_address;
    exchange->request.asker = exchange;
    if (zone == OUTCOME_OK)
        respond(conn->worker->site, &exchange->request, &exchange->response);
    else
        response_set(&exchange->response, zone,
                     word_text(conn->arrival.service->tongue, zone_reason(zone)));
}

/* Every request counts, but what is wrong with one is said before anything else. */
static void
find_answer(struct conn *conn, struct exchange *exchange)
{
    const struct protocol *protocol = conn->arrival.protocol;
    bool in_time = limit_request(&conn->worker->limiter, conn->arrival.slot, limit_clock());
    enum refusal refusal = conn->arrival.refusal;

    if (refusal == REFUSAL_NONE && !in_time)
        refusal = REFUSAL_PACE;
    if (refusal == REFUSAL_NONE && conn->worker->reply_bytes > REPLIES_MAX)
        refusal = REFUSAL_FULL;
    if (is_answered(&exchange->response))
        return;
    if (refusal != REFUSAL_NONE) {
        refuse(conn, refusal, &exchange->response);
        return;
    }
    ask_site(conn, exchange);
    while (exchange->response.outcome == OUTCOME_NOT_FOUND && protocol->reread &&
           protocol->reread(exchange))
        if (exchange->response.outcome == OUTCOME_NOT_FOUND)
            ask_site(conn, exchange);
}

static enum step
answer(struct conn *conn, struct exchange *exchange)
{
    struct buf asked = {0}; /* before another meaning of it was tried */

    buf_free(&conn->received);
    if (exchange->silent)
        return begin_lingering(conn);
    buf_put(&asked, str_of(exchange->request.path));
    find_answer(conn, exchange);
    begin_reply(conn, exchange);
    log_exchange(conn, buf_str(&asked));
    buf_free(&asked);
    conn->state = CONN_REPLYING;
    set_deadline(conn, conn->worker->config->limits.stall_s);
    return STEP_ON;
}

/* Looks at all that has arrived. There is no exchange before it is a request, so that a client who
 * waits with the rest of it holds little. */
static enum step
judge_received(struct conn *conn, bool ended)
{
    struct exchange exchange = {.service = conn->arrival.service};
    enum step step = STEP_ON;

    if (conn->stream.tls)
        exchange.sni = tls_server_name(conn->stream.tls);
    response_init(&exchange.response);
    if (conn->arrival.protocol->parse(&exchange, buf_str(&conn->received), ended))
        step = answer(conn, &exchange);
    else if (ended)
        step = begin_lingering(conn);
    response_free(&exchange.response);
    return step;
}

static enum step
conn_read(struct conn *conn)
{
    size_t room = conn->arrival.protocol->line_max - conn->received.len, got;
    enum stream_result result;
    char bytes[READ_MAX];

    if (!conn->stream.ready) {
        result = stream_handshake(&conn->stream);
        if (result == STREAM_DONE)
            set_deadline(conn, conn->worker->config->limits.request_s);
        return step_of(result);
    }
    if (room == 0)
        return STEP_END;
    result = stream_read(&conn->stream, bytes, room < READ_MAX ? room : READ_MAX, &got);
    if (result != STREAM_DONE && result != STREAM_ENDED)
        return step_of(result);
    if (result == STREAM_DONE)
        buf_put(&conn->received, (struct str){bytes, got});
    return judge_received(conn, result == STREAM_ENDED);
}

/* Fills the window with what comes next: the file, then the page. Header and first text leave
 * together (PROTOCOL H10). */
static bool
fill_window(struct reply *reply)
{
    struct response *response = &reply->response;
    struct buf *window = &reply->window;
    struct str page = str_after(buf_str(&response->page), reply->page_put);

    while (response->file_fd >= 0 && window->len < WINDOW) {
        size_t room = WINDOW - window->len;
        ssize_t got = file_read_part(response->file_fd, buf_room(window, room), room);

        if (got < 0)
            return false;
        window->len += (size_t)got;
        if (got == 0) {
            close(response->file_fd);
            response->file_fd = -1;
        }
    }
    if (window->len < WINDOW) {
        page = str_head(page, WINDOW - window->len);
        buf_put(window, page);
        reply->page_put += page.len;
    }
    return true;
}

static enum step
conn_reply(struct conn *conn)
{
    struct reply *reply = conn->reply;

    for (size_t turn = 0; turn < TURN_MAX;) {
        enum stream_result result;
        struct str next;
        size_t put;

        if (reply->window_put == reply->window.len) {
            buf_truncate(&reply->window, 0);
            reply->window_put = 0;
        }
        if (reply->window_put == 0 && !fill_window(reply))
            return STEP_END;
        if (reply->window.len == 0)
            return begin_lingering(conn);
        next = str_after(buf_str(&reply->window), reply->window_put);
        result = stream_write(&conn->stream, next, &put);
        if (result != STREAM_DONE)
            return step_of(result);
        reply->window_put += put;
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
    conn->discarded += (unsigned)got;
    return result == STREAM_WANT_READ ? STEP_WAIT_READ : STEP_END;
}

static void
watch(struct conn *conn, short what)
{
    if (!(event_get_events(&conn->event) & what)) {
        event_del(&conn->event);
        event_assign(&conn->event, conn->worker->base, conn->stream.fd, (short)(what | EV_PERSIST),
                     on_event, conn);
    }
    wait_until_end(conn);
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

/* Looks when stall_s have gone by. A reader on a thin link may take its time, as long as it takes
 * RATE_MIN on average. */
static bool
is_stalled(struct conn *conn, unsigned waited_s)
{
    const unsigned stall_s = conn->worker->config->limits.stall_s;
    size_t unsent = stream_unsent(&conn->stream);
    size_t arrived = conn->sent > unsent ? conn->sent - unsent : 0;
    size_t progress = arrived > conn->clocked ? arrived - conn->clocked : 0;

    conn->waited_s += waited_s;
    if (conn->waited_s < stall_s)
        return false;
    conn->waited_s = 0;
    conn->clocked = arrived;
    return progress < (size_t)RATE_MIN * stall_s;
}

/* The client has not yet got all of its reply. What the system still holds of it would be lost if
 * the client said anything after we have closed; without room there, close_notify is not even out.
 */
static bool
is_owed(const struct conn *conn)
{
    return conn->state == CONN_REPLYING ||
           (conn->state == CONN_LINGERING && (!conn->finished || stream_unsent(&conn->stream) > 0));
}

static void
conn_expire(struct conn *conn)
{
    const unsigned stall_s = conn->worker->config->limits.stall_s;
    const unsigned waited_s = conn->state == CONN_REPLYING ? stall_s : LINGER_S;
    const bool owed = is_owed(conn);

    if (owed && !is_stalled(conn, waited_s)) {
        set_deadline(conn, waited_s);
    } else if (conn->state == CONN_READING && conn->stream.ready) {
        begin_lingering(conn); /* no request in time: a clean end without a header */
        conn_run(conn);
    } else {
        if (owed)
            stream_drop_unsent(&conn->stream);
        conn_close(conn);
    }
}

/* The loop's time is that of its last turn: it may call for the end a little early. */
static void
on_event(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;

    (void)fd;
    (void)what;
    if (limit_clock() < conn->ends_ns)
        conn_run(conn);
    else
        conn_expire(conn);
}

void
conn_accept(struct worker *worker, const struct arrival *arrival)
{
    const bool encrypted = arrival->protocol->encrypted;
    const struct config *config = worker->config;
    struct conn *conn = mem_new(sizeof *conn);

    conn->worker = worker;
    conn->arrival = *arrival;
    conn->stream = stream_begin(arrival->fd, worker->tls, encrypted);
    LIST_INSERT_HEAD(&worker->conns, conn, siblings);
    event_assign(&conn->event, worker->base, arrival->fd, EV_READ | EV_PERSIST, on_event, conn);
    set_deadline(conn, encrypted ? config->limits.handshake_s : config->limits.request_s);
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
