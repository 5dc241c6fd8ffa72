// Clients of an HTTP server on this machine, one thread for all of them, and what they saw as a line of JSON.
//
// usage: api_load get ADDRESS:PORT CONNECTIONS SECONDS RATE HEADERS TARGETS
//        api_load sse ADDRESS:PORT CLIENTS HEADERS TARGETS
//
// HEADERS: a file, each line the header fields of one connection (`Name: value`, several separated by a tab); they are given out in turn.
// TARGETS: a file, a target a line. Times are microseconds.
//
// get: a request for a target at random on each of the kept connections. RATE 0: each as soon as the one before is answered (closed loop).
// Else so many a second are due, whatever became of those before (open loop): one that finds no connection free waits, and its latency
// counts from when it was due. The first second does not count.
//
// sse: each client opens the stream of a target of its own. Prints `open` when each has had a first event, and reads until its standard
// input ends. A change counts where its path begins with `snapshot/`: its delay is from its time to when it was read, by the wall clock.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 32768, REQUEST_MAX = 12288, EVENTS_MAX = 512, BUCKETS = 1 << 16 };

struct client {
    int fd;
    int isBusy, isOpen;
    long due;               // of the request under way, nanoseconds
    size_t count;           // bytes in the buffer
    const char *headers;
    char last[32];          // time of the last change
    char *buffer;
};

// Microseconds up to 65 ms by one, beyond that by 64, up to 4.2 s.
static long fine[BUCKETS], coarse[BUCKETS], total;

static void stop(const char *what) {
    fprintf(stderr, "api_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void count(long microseconds) {
    if (microseconds < 0) microseconds = 0;
    if (microseconds < BUCKETS) fine[microseconds]++;
    else coarse[microseconds / 64 < BUCKETS ? microseconds / 64 : BUCKETS - 1]++;
    total++;
}

static long quantile(double share) {
    long wanted = (long)(share * (double)total), seen = 0;
    if (wanted >= total) wanted = total - 1;
    for (long at = 0; at < BUCKETS; at++) if ((seen += fine[at]) > wanted) return at;
    for (long at = 0; at < BUCKETS; at++) if ((seen += coarse[at]) > wanted) return at * 64;
    return -1;
}

static void printTimes(void) {
    printf("\"count\":%ld,\"p50\":%ld,\"p90\":%ld,\"p99\":%ld,\"p999\":%ld,\"max\":%ld", total, quantile(0.5), quantile(0.9),
           quantile(0.99), quantile(0.999), quantile(1));
}

static char **lines(const char *path, size_t *number) {
    FILE *file = fopen(path, "r");
    if (!file) stop(path);
    char **all = NULL, *line = NULL;
    size_t room = 0, capacity = 0;
    ssize_t length;
    *number = 0;
    while ((length = getline(&line, &capacity, file)) > 0) {
        if (line[length - 1] == '\n') line[length - 1] = 0;
        if (*number == room) all = realloc(all, (room = room ? room * 2 : 1024) * sizeof *all);
        all[(*number)++] = strdup(line);
    }
    free(line);
    fclose(file);
    if (!*number) stop("a file without lines");
    return all;
}

// Fields with line breaks behind them.
static char *fields(const char *line) {
    char *text = malloc(strlen(line) * 2 + 8), *to = text;
    for (const char *from = line; *from; from++) {
        if (*from == '\t') { *to++ = '\r'; *to++ = '\n'; } else *to++ = *from;
    }
    memcpy(to, "\r\n", 3);
    return text;
}

static struct sockaddr_in addressOf(char *text) {
    char *colon = strrchr(text, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (!colon) stop("no port");
    *colon = 0;
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1) stop("the address is none");
    *colon = ':';
    return address;
}

static void connectTo(struct client *client, struct sockaddr_in address, int poller, size_t number) {
    int on = 1;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0) stop("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) | O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event) != 0) stop("epoll_ctl");
    client->buffer = malloc(BUFFER + 1);
}

static void ask(struct client *client, const char *target, const char *host) {
    char text[REQUEST_MAX];
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, host, client->headers);
    if (length >= REQUEST_MAX || send(client->fd, text, (size_t)length, MSG_NOSIGNAL) != length) stop("a request could not be sent");
}

// Bytes of the answer that the buffer begins with, 0 where there is not all of it yet.
static size_t answered(struct client *client, long *refused) {
    client->buffer[client->count] = 0;
    char *end = strstr(client->buffer, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(client->buffer, "\r\nContent-Length:");
    if (!length || length > end) { errno = EPROTO; stop("an answer without a length"); }
    size_t whole = (size_t)(end + 4 - client->buffer) + strtoul(length + 17, NULL, 10);
    if (whole > BUFFER) { errno = EMSGSIZE; stop("an answer is too long"); }
    if (client->count < whole) return 0;
    if (strncmp(client->buffer, "HTTP/1.1 200", 12) != 0) {
        if ((*refused)++ == 0) fprintf(stderr, "api_load: %.300s\n", client->buffer);
    }
    return whole;
}

static int get(char **arguments) {
    struct sockaddr_in address = addressOf(arguments[0]);
    size_t connections = strtoul(arguments[1], NULL, 10), headerCount, targetCount;
    long seconds = atol(arguments[2]), rate = atol(arguments[3]), refused = 0, answers = 0, bytes = 0;
    char **headers = lines(arguments[4], &headerCount), **targets = lines(arguments[5], &targetCount);
    struct client *clients = calloc(connections, sizeof *clients);
    size_t *idle = malloc(connections * sizeof *idle), idleCount = 0;
    int poller = epoll_create1(0);
    for (size_t at = 0; at < connections; at++) {
        connectTo(&clients[at], address, poller, at);
        clients[at].headers = fields(headers[at % headerCount]);
        idle[idleCount++] = at;
    }
    uint64_t seed = 88172645463325252ULL;
    long begin = now(CLOCK_MONOTONIC), counts = begin + 1000000000L, end = counts + seconds * 1000000000L, sent = 0, first = 0;
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        long time = now(CLOCK_MONOTONIC);
        if (time >= end) break;
        while (idleCount && (!rate || begin + sent * 1000000000L / rate <= time)) {
            struct client *client = &clients[idle[--idleCount]];
            client->due = rate ? begin + sent * 1000000000L / rate : time;
            sent++;
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            ask(client, targets[seed % targetCount], arguments[0]);
            if (!rate) time = now(CLOCK_MONOTONIC);
        }
        long until = rate && idleCount ? begin + sent * 1000000000L / rate : end;
        long left = until - now(CLOCK_MONOTONIC);
        struct timespec wait = {.tv_sec = left > 0 ? left / 1000000000L : 0, .tv_nsec = left > 0 ? left % 1000000000L : 0};
        int found = epoll_pwait2(poller, events, EVENTS_MAX, &wait, NULL);
        if (found < 0 && errno != EINTR) stop("epoll_pwait2");
        for (int at = 0; at < found; at++) {
            struct client *client = &clients[events[at].data.u64];
            ssize_t got = recv(client->fd, client->buffer + client->count, BUFFER - client->count, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) stop("the server closed a connection");
            client->count += (size_t)got;
            size_t whole = answered(client, &refused);
            if (!whole) continue;
            long seen = now(CLOCK_MONOTONIC);
            if (seen >= counts && seen < end) {
                if (!first) first = seen;
                count((seen - client->due) / 1000);
                answers++;
                bytes += (long)whole;
            }
            client->count = 0;
            idle[idleCount++] = events[at].data.u64;
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"answers\":%ld,\"asked\":%ld,\"refused\":%ld,\"seconds\":%ld,\"bytes\":%ld,\"behind\":%ld,\"clientCPU\":%.3f,", answers, sent, refused, seconds,
           answers ? bytes / answers : 0, rate ? (end - begin) / 1000 * rate / 1000000 - sent : 0,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    printTimes();
    printf("}\n");
    return refused != 0;
}

// Milliseconds since 1970 of a time as Converge writes it.
static long milliseconds(const char *text) {
    struct tm parts = {0};
    long fraction = 0;
    if (sscanf(text, "%d-%d-%dT%d:%d:%d.%ldZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
               &parts.tm_sec, &fraction) != 7) return -1;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return timegm(&parts) * 1000 + fraction;
}

static int sse(char **arguments) {
    struct sockaddr_in address = addressOf(arguments[0]);
    size_t number = strtoul(arguments[1], NULL, 10), headerCount, targetCount, open = 0;
    char **headers = lines(arguments[2], &headerCount), **targets = lines(arguments[3], &targetCount);
    struct client *clients = calloc(number, sizeof *clients);
    long changes = 0, all = 0, resets = 0, repeated = 0, closed = 0, refused = 0;
    int poller = epoll_create1(0), isOver = 0;
    struct epoll_event events[EVENTS_MAX], input = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input) != 0) stop("epoll_ctl");
    for (size_t made = 0; !isOver;) {
        // A hundred at a time, so that none waits for a place for long.
        for (int some = 0; made < number && made < open + 100 && some < 10; some++, made++) {
            connectTo(&clients[made], address, poller, made);
            clients[made].headers = fields(headers[made % headerCount]);
            ask(&clients[made], targets[made % targetCount], arguments[0]);
        }
        int found = epoll_wait(poller, events, EVENTS_MAX, made < number ? 1 : -1);
        long wall = now(CLOCK_REALTIME);
        for (int at = 0; at < found; at++) {
            if (events[at].data.u64 == UINT64_MAX) { isOver = 1; continue; }
            struct client *client = &clients[events[at].data.u64];
            ssize_t got = recv(client->fd, client->buffer + client->count, BUFFER - client->count, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) {
                closed++;
                close(client->fd);
                continue;
            }
            client->count += (size_t)got;
            client->buffer[client->count] = 0;
            char *from = client->buffer, *end;
            while ((end = strstr(from, "\n\n"))) {
                *end = 0;
                if (!client->isOpen && (strncmp(from, "id: ", 4) == 0 || strstr(from, "\nid: "))) {
                    client->isOpen = 1;
                    if (++open == number) { printf("open\n"); fflush(stdout); }
                }
                if (strstr(from, "event: reset")) resets++;
                if (strstr(from, "event: change")) all++;
                char *path = strstr(from, "\"path\":\"snapshot/"), *time = strstr(from, "\"time\":\"");
                if (path && time && strlen(time) > 32) {
                    time += 8;
                    if (strncmp(client->last, time, 24) >= 0) repeated++;
                    else {
                        changes++;
                        memcpy(client->last, time, 24);
                        count(wall / 1000 - milliseconds(time) * 1000);
                    }
                }
                from = end + 2;
            }
            // An answer that is no stream.
            if (!client->isOpen && client->count > 12 && strncmp(client->buffer, "HTTP/1.1", 8) == 0 && strncmp(client->buffer + 9, "200", 3) != 0) {
                if (refused++ == 0) fprintf(stderr, "api_load: %.400s\n", client->buffer);
            }
            client->count -= (size_t)(from - client->buffer);
            memmove(client->buffer, from, client->count);
            if (client->count == BUFFER) { errno = EMSGSIZE; stop("an event is too long"); }
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"clients\":%zu,\"changes\":%ld,\"events\":%ld,\"repeated\":%ld,\"resets\":%ld,\"closed\":%ld,\"refused\":%ld,\"clientCPU\":%.3f,",
           open, changes, all, repeated, resets, closed, refused,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    printTimes();
    printf("}\n");
    return 0;
}

int main(int argumentCount, char **arguments) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (argumentCount == 8 && strcmp(arguments[1], "get") == 0) return get(arguments + 2);
    if (argumentCount == 6 && strcmp(arguments[1], "sse") == 0) return sse(arguments + 2);
    fprintf(stderr, "usage: api_load get ADDRESS:PORT CONNECTIONS SECONDS RATE HEADERS TARGETS\n"
                    "       api_load sse ADDRESS:PORT CLIENTS HEADERS TARGETS\n");
    return 2;
}
