#pragma once
#include <stdarg.h>
#include <stdint.h>
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
