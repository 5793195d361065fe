#ifndef SERVE_STREAM_H
#define SERVE_STREAM_H

/*
 * The bytes of one accepted connection, plain or inside TLS, without waiting. The first byte tells
 * which, where both are offered. No TLS object exists before the handshake is first tried: who
 * tries it when the socket is readable pays nothing for a silent client.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "serve/tls.h"

enum stream_result {
    STREAM_DONE,       /* some bytes moved, or the handshake is over */
    STREAM_WANT_READ,  /* try again when the socket is readable */
    STREAM_WANT_WRITE, /* try again when it is writable */
    STREAM_ENDED,      /* the client sends no more; it may still read */
    STREAM_BROKEN,     /* nothing more can be sent or received */
};

struct stream {
    struct tls_context *context;
    struct tls *tls; /* NULL: plain, or nothing has arrived yet */
    int fd;
    bool encrypted; /* always; else only where the client begins with a handshake */
    bool ready;     /* the handshake is over, or there is none */
};

/* Takes over the socket, which does not block. */
struct stream stream_begin(int fd, struct tls_context *context, bool encrypted);

/* Looks at the first byte, begins the handshake or goes on with it. A client that speaks no TLS
 * where it must breaks the stream without being answered a byte. */
enum stream_result stream_handshake(struct stream *stream);

enum stream_result stream_read(struct stream *stream, char *bytes, size_t size, size_t *got);
enum stream_result stream_write(struct stream *stream, struct str bytes, size_t *put);

/* Says that nothing more will come: close_notify and FIN. What the client sends can still be
 * discarded with stream_discard. WANT_WRITE: call again. */
enum stream_result stream_finish(struct stream *stream);

/* Throws away what has arrived, at most `most` bytes; got says how many. */
enum stream_result stream_discard(struct stream *stream, size_t most, size_t *got);

/* Bytes that the system has not yet brought to the client. */
size_t stream_unsent(const struct stream *stream);

/* What the client has not taken when the stream is closed will be dropped: else the system would
 * keep it for as long as the client answers that it takes nothing now. */
void stream_drop_unsent(struct stream *stream);

void stream_close(struct stream *stream);

#endif
