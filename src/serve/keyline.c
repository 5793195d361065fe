#include "serve/keyline.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SOCKET_ENDS = 2,
    NUMBER_SHIFT = 32, /* bits of a number above which the process is */
};

/* Room for one descriptor beside a message. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool
keyline_open(int *keyring_end, int *other_end)
{
    int ends[SOCKET_ENDS];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    *keyring_end = ends[0];
    *other_end = ends[1];
    return true;
}

bool
keyline_hand(int control, int keyring_end)
{
    char byte = 0;
    struct iovec data = {&byte, 1};
    union control space = {.header = {
                               .cmsg_len = CMSG_LEN(sizeof(int)),
                               .cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS,
                           }};
    const struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = space.bytes,
        .msg_controllen = sizeof space.bytes,
    };

    memcpy(CMSG_DATA(&space.header), &keyring_end, sizeof keyring_end);
    return sendmsg(control, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

bool
keyline_take(int control, int *keyring_end)
{
    char byte;
    struct iovec data = {&byte, 1};
    union control space = {0};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = space.bytes,
        .msg_controllen = sizeof space.bytes,
    };
    ssize_t got = recvmsg(control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    *keyring_end = -1;
    if (got > 0 && message.msg_controllen >= CMSG_LEN(sizeof(int)))
        memcpy(keyring_end, CMSG_DATA(&space.header), sizeof *keyring_end);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

struct keyline
keyline_of(int fd)
{
    const struct timeval patience = {.tv_sec = KEYLINE_PATIENCE_S};
    const int waiting = KEYLINE_WAITING_MAX;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &waiting, sizeof waiting);
    return (struct keyline){.fd = fd, .number = (uint64_t)getpid() << NUMBER_SHIFT};
}

/* A keyring that hangs lets requests pile up: once there is no room for another, whoever asks is
 * refused at once, and nobody waits in vain. */
bool
keyline_ask(struct keyline *line, struct keyline_request *request, struct keyline_reply *reply)
{
    const ssize_t whole = sizeof *reply;
    ssize_t got;

    request->number = ++line->number;
    do
        got = send(line->fd, request, sizeof *request, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    do /* past replies that nobody waited for */
        got = recv(line->fd, reply, sizeof *reply, 0);
    while ((got < 0 && errno == EINTR) || (got == whole && reply->number != request->number));
    return got == whole && reply->signature_len > 0 &&
           reply->signature_len <= KEYLINE_SIGNATURE_MAX;
}
