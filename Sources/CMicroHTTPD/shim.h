#pragma once
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <microhttpd.h>

// MHD_start_daemon is variadic, which Swift cannot import. What the library would write to standard error is dropped: every
// failure that a person can act on is told by the server itself.
static inline void converge_http_quiet(void *context, const char *format, va_list arguments) {
    (void)context;
    (void)format;
    (void)arguments;
}

// Serves connections that it is given one by one, on threads of its own: one a connection, or one for all. NULL where it cannot start.
//
// poll, not epoll: with edge-triggered epoll 0.9.75 does not see that a client has left when its last bytes and its end came
// together, and keeps the connection until it has been idle for its time.
static inline struct MHD_Daemon *converge_http_start(
    int thread_per_connection, unsigned int connections_max, size_t connection_bytes_max, unsigned int timeout_seconds,
    void *(*begin)(void *context, const char *uri, struct MHD_Connection *connection), MHD_AccessHandlerCallback answer,
    MHD_RequestCompletedCallback end, MHD_NotifyConnectionCallback changed, void *context) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG | MHD_USE_NO_LISTEN_SOCKET;
    if (thread_per_connection) flags |= MHD_USE_THREAD_PER_CONNECTION;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, answer, context,
        MHD_OPTION_EXTERNAL_LOGGER, &converge_http_quiet, NULL,
        MHD_OPTION_CONNECTION_LIMIT, connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes_max,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
        MHD_OPTION_URI_LOG_CALLBACK, begin, context,
        MHD_OPTION_NOTIFY_COMPLETED, end, context,
        MHD_OPTION_NOTIFY_CONNECTION, changed, context,
        MHD_OPTION_END);
}

// MHD_get_connection_info is variadic.
static inline int converge_http_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? (int)info->connect_fd : -1;
}

// What was put beside the connection when it began.
static inline void *converge_http_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

// Takes the socket out of the library's hands: the number that it knows is that of a dead socket afterwards, which it may close. -1: it cannot.
static inline int converge_http_take_over(int descriptor) {
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (dead < 0) return -1;
    int taken = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (taken >= 0 && dup2(dead, descriptor) < 0) {
        close(taken);
        taken = -1;
    }
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    close(dead);
    return taken;
}

// A slow client's bytes wait in the process, where they are counted, not in the system; one that acknowledges nothing is an error.
static inline void converge_http_bound_stream(int descriptor, int bytes, unsigned int stall_milliseconds) {
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_milliseconds, sizeof stall_milliseconds);
}

// Edges only: whoever is told reads and writes until nothing more goes.
static inline int converge_http_watch(int poller, int descriptor, uint64_t number) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u64 = number};
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

// Number 0, where there is a poller.
static inline int converge_http_bell(int poller) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
    return bell < 0 || poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event) == 0 ? bell : -1;
}

static inline int converge_http_wait(int poller, uint64_t *numbers, int most, int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, most < 256 ? most : 256, milliseconds);
    for (int at = 0; at < count; at++) numbers[at] = events[at].data.u64;
    return count;
}

// Two sockets, the bytes of one coming out of the other.
static inline int converge_http_pair(int pair[2], int bytes) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return -1;
    for (int at = 0; at < 2; at++) setsockopt(pair[at], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return 0;
}

// Without waiting, and without a signal where the other end is closed.
static inline ssize_t converge_http_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static inline ssize_t converge_http_receive(int descriptor, void *bytes, size_t most) {
    return recv(descriptor, bytes, most, MSG_DONTWAIT);
}

static inline ssize_t converge_http_peek(int descriptor, void *bytes, size_t most) {
    return recv(descriptor, bytes, most, MSG_PEEK | MSG_DONTWAIT);
}
