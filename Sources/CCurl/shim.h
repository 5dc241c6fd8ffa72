#pragma once
#include <curl/curl.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// libcurl's setters and getters are variadic, which Swift cannot import: a wrapper for each type of argument.

typedef size_t (*converge_curl_take)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode converge_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_take(CURL *easy, CURLoption option, converge_curl_take value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode converge_curl_get_pointer(CURL *easy, CURLINFO info, void *value) {
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLcode converge_curl_get_socket(CURL *easy, curl_socket_t *value) {
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}

static inline CURLMcode converge_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

typedef int (*converge_curl_watch)(CURL *easy, curl_socket_t socket, int what, void *context, void *mark);
typedef int (*converge_curl_timer)(CURLM *multi, long milliseconds, void *context);

static inline CURLMcode converge_curl_multi_set_watch(CURLM *multi, converge_curl_watch watch, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
}

static inline CURLMcode converge_curl_multi_set_timer(CURLM *multi, converge_curl_timer timer, void *context) {
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
}

// The socket that stands for the timer; libcurl has it as a macro.
static const curl_socket_t converge_curl_timeout = CURL_SOCKET_TIMEOUT;

// epoll, whose event is a packed union, in libcurl's own words: `what` is CURL_POLL_..., `events` CURL_CSELECT_...

typedef struct {
    int socket;
    int events;
} converge_ready;

static inline int converge_epoll_watch(int poller, int socket, int what) {
    struct epoll_event event = {
        .events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u), .data.fd = socket};
    if (what == CURL_POLL_REMOVE) return epoll_ctl(poller, EPOLL_CTL_DEL, socket, &event);
    if (epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) == 0) return 0;
    return errno == EEXIST ? epoll_ctl(poller, EPOLL_CTL_MOD, socket, &event) : -1;
}

// Edge-triggered: each ring is one event, and nobody has to read the count.
static inline int converge_epoll_bell(int poller) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = bell};
    return bell < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event) == 0 ? bell : -1;
}

static inline int converge_epoll_wait(int poller, converge_ready *ready, int most, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, most < 64 ? most : 64, milliseconds);
    for (int at = 0; at < count; at++) {
        ready[at].socket = events[at].data.fd;
        ready[at].events = (events[at].events & (EPOLLIN | EPOLLRDHUP) ? CURL_CSELECT_IN : 0)
            | (events[at].events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
            | (events[at].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    }
    return count;
}
