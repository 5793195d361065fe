#include "serve/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCARD_CHUNK = 4096 };

struct stream
stream_begin(int fd, struct tls_context *context, bool encrypted)
{
    return (struct stream){.fd = fd, .context = context, .encrypted = encrypted};
}

static enum stream_result
result_of_tls(enum tls_result result)
{
    static const enum stream_result results[] = {
        [TLS_DONE] = STREAM_DONE,
        [TLS_WANT_READ] = STREAM_WANT_READ,
        [TLS_WANT_WRITE] = STREAM_WANT_WRITE,
        [TLS_ENDED] = STREAM_ENDED,
        [TLS_BROKEN] = STREAM_BROKEN,
    };

    return results[result];
}

static enum stream_result
result_of_errno(int error, enum stream_result wait)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ? wait : STREAM_BROKEN;
}

/* Who sends anything else than a handshake, or nothing more, wants no TLS. */
static enum stream_result
find_out(struct stream *stream)
{
    char first;
    ssize_t count = recv(stream->fd, &first, 1, MSG_PEEK);

    if (count < 0)
        return result_of_errno(errno, STREAM_WANT_READ);
    stream->encrypted = count > 0 && first == TLS_RECORD_HANDSHAKE;
    stream->ready = !stream->encrypted;
    return STREAM_DONE;
}

enum stream_result
stream_handshake(struct stream *stream)
{
    enum stream_result result = stream->encrypted ? STREAM_DONE : find_out(stream);

    if (result != STREAM_DONE || stream->ready)
        return result;
    if (!stream->tls)
        stream->tls = tls_new(stream->context, stream->fd);
    result = result_of_tls(tls_handshake(stream->tls));
    stream->ready = result == STREAM_DONE;
    return result;
}

enum stream_result
stream_read(struct stream *stream, char *bytes, size_t size, size_t *got)
{
    ssize_t count;

    *got = 0;
    if (stream->tls)
        return result_of_tls(tls_read(stream->tls, bytes, size, got));
    count = recv(stream->fd, bytes, size, 0);
    if (count < 0)
        return result_of_errno(errno, STREAM_WANT_READ);
    *got = (size_t)count;
    return count == 0 ? STREAM_ENDED : STREAM_DONE;
}

enum stream_result
stream_write(struct stream *stream, struct str bytes, size_t *put)
{
    ssize_t count;

    *put = 0;
    if (stream->tls)
        return result_of_tls(tls_write(stream->tls, bytes, put));
    count = send(stream->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (count < 0)
        return result_of_errno(errno, STREAM_WANT_WRITE);
    *put = (size_t)count;
    return STREAM_DONE;
}

enum stream_result
stream_finish(struct stream *stream)
{
    if (stream->tls) {
        enum stream_result result = result_of_tls(tls_close_notify(stream->tls));

        if (result == STREAM_WANT_WRITE)
            return result;
        tls_free(stream->tls); /* what is discarded from now on need not be decrypted */
        stream->tls = NULL;
        if (result == STREAM_BROKEN)
            return result;
    }
    return shutdown(stream->fd, SHUT_WR) == 0 ? STREAM_DONE : STREAM_BROKEN;
}

enum stream_result
stream_discard(struct stream *stream, size_t most, size_t *got)
{
    char waste[DISCARD_CHUNK];

    for (*got = 0; *got < most;) {
        ssize_t count = recv(stream->fd, waste, sizeof waste, 0);

        if (count == 0)
            return STREAM_ENDED;
        if (count < 0)
            return result_of_errno(errno, STREAM_WANT_READ);
        *got += (size_t)count;
    }
    return STREAM_DONE;
}

size_t
stream_unsent(const struct stream *stream)
{
    int bytes = 0;

    return ioctl(stream->fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

void
stream_drop_unsent(struct stream *stream)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void
stream_close(struct stream *stream)
{
    tls_free(stream->tls);
    if (stream->fd >= 0)
        close(stream->fd);
    *stream = (struct stream){.fd = -1};
}
