// Asks a worker over and over which probes it has durable, and writes down when each of them was first there.
// usage: watch ADDRESS:PORT MICROSECONDS FILE LAST..
// A probe is an event of a session `probe-K` whose field `n` is its number in the whole load; they ascend in each session, so the
// newest says that those before it are there, too. Asked every so many microseconds, one request at a time, on one connection.
// FILE: a line `K NUMBER NANOSECONDS` (CLOCK_MONOTONIC, when the answer was there) whenever a session has got on. LAST: of each
// session the last probe; ends once they are all there, or by SIGTERM. A worker that is away is asked again. Prints how often it
// asked and how long answers took, in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SESSIONS_MAX = 64, ANSWER_MAX = 1 << 18, TIMES_MAX = 1 << 20 };

static volatile sig_atomic_t isOver;
static long newest[SESSIONS_MAX], last[SESSIONS_MAX];
static int times[TIMES_MAX], timeCount;
static char answer[ANSWER_MAX + 1];

static void end(int signal) {
    (void)signal;
    isOver = 1;
}

static void stop(const char *what) {
    fprintf(stderr, "watch: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int connected(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) stop("the address is none");
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0) stop("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// The whole answer with a 0 behind it, or nothing where the connection is gone.
static const char *ask(int fd, const char *request, size_t length) {
    if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) return NULL;
    size_t count = 0;
    while (count < ANSWER_MAX) {
        ssize_t got = recv(fd, answer + count, ANSWER_MAX - count, 0);
        if (got <= 0) return NULL;
        answer[count += got] = 0;
        const char *body = strstr(answer, "\r\n\r\n"), *size = strcasestr(answer, "content-length:");
        if (body && size && size < body && count >= (size_t)(body + 4 - answer) + strtoul(size + 15, NULL, 10)) {
            return strncmp(answer + 9, "200", 3) == 0 ? body + 4 : NULL;
        }
    }
    return NULL;
}

// Writes down what is new of a page of sessions.
static void look(const char *page, int sessions, long time, FILE *out) {
    while ((page = strstr(page, "\"probe-"))) {
        int session = atoi(page + 7);
        if (!(page = strstr(page, "\"n\":"))) return;
        long number = atol(page + 4);
        if (session < 0 || session >= sessions || number <= newest[session]) continue;
        newest[session] = number;
        fprintf(out, "%d %ld %ld\n", session, number, time);
    }
}

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int count, char **arguments) {
    char host[64];
    int port, sessions = count - 4;
    if (sessions < 1 || sessions > SESSIONS_MAX || sscanf(arguments[1], "%63[^:]:%d", host, &port) != 2) {
        fprintf(stderr, "usage: watch ADDRESS:PORT MICROSECONDS FILE LAST..\n");
        return 2;
    }
    long pause = atol(arguments[2]) * 1000;
    for (int place = 0; place < sessions; place++) {
        newest[place] = -1;
        last[place] = atol(arguments[4 + place]);
    }
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    FILE *out = fopen(arguments[3], "w");
    if (!out) stop(arguments[3]);
    // All ids behind "probe-".
    char request[256];
    int length = snprintf(request, sizeof request,
                          "GET /state/session?cursor=cHJvYmUt&limit=%d HTTP/1.1\r\nHost: localhost\r\n\r\n", sessions);
    int fd = -1, left = sessions;
    long due = now();
    while (left > 0 && !isOver) {
        long start = now();
        const char *page = NULL;
        if (fd >= 0 || (fd = connected(host, port)) >= 0) page = ask(fd, request, length);
        long time = now();
        if (page) {
            if (timeCount < TIMES_MAX) times[timeCount++] = (time - start) / 1000;
            look(page, sessions, time, out);
            left = 0;
            for (int place = 0; place < sessions; place++) left += newest[place] < last[place];
        } else if (fd >= 0) {
            close(fd);
            fd = -1;
        }
        due = due + pause > time ? due + pause : time;
        struct timespec wake = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
    }
    fclose(out);
    qsort(times, timeCount, sizeof times[0], ascending);
    printf("{\"polls\":%d,\"poll50\":%d,\"poll99\":%d}\n", timeCount, timeCount ? times[timeCount / 2] : 0,
           timeCount ? times[timeCount * 99L / 100] : 0);
    return 0;
}
