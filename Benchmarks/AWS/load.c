// A bare load generator: sends the PutItems of a file over so many connections, one under way on each, as fast as they are answered.
// usage: load PORT FILE CONNECTIONS
// Signs nothing and reads of an answer its status and length. Prints rows, refused ones, seconds and CPU seconds after the first tenth.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_MAX = 64 << 10 };

static char **bodies;
static size_t *sizes;
static long bodyCount, next, done, failed;
static struct { int socket; char in[ANSWER_MAX + 1]; size_t count; long body; } connections[CONNECTIONS_MAX];
static struct sockaddr_in address;
static int poller;

static void stop(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

// A request is made whole beforehand.
static void loadBodies(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) stop(path);
    char *line = NULL;
    size_t room = 0;
    ssize_t count;
    while ((count = getline(&line, &room, file)) > 0) {
        if (line[count - 1] == '\n') count--;
        bodies = realloc(bodies, (bodyCount + 1) * sizeof *bodies);
        sizes = realloc(sizes, (bodyCount + 1) * sizeof *sizes);
        char *whole = malloc(count + 512);
        int head = sprintf(
            whole,
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, "
            "Signature=0\r\nX-Amz-Date: 20260101T000000Z\r\nContent-Length: %zd\r\n\r\n",
            count);
        memcpy(whole + head, line, count);
        bodies[bodyCount] = whole;
        sizes[bodyCount++] = head + count;
    }
    free(line);
    fclose(file);
}

static void sendBody(int at) {
    long body = connections[at].body;
    size_t sent = 0;
    while (sent < sizes[body]) {
        ssize_t count = send(connections[at].socket, bodies[body] + sent, sizes[body] - sent, MSG_NOSIGNAL);
        // Closed: it shows when the answer is read.
        if (count <= 0) return;
        sent += count;
    }
}

static void sendNext(int at) {
    if (next == bodyCount) return;
    connections[at].body = next++;
    sendBody(at);
}

static void makeConnection(int at) {
    int one = 1, made = connections[at].socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made, (struct sockaddr *)&address, sizeof address)) stop("connect");
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = at};
    epoll_ctl(poller, EPOLL_CTL_ADD, made, &event);
    connections[at].count = 0;
}

static void receive(int at) {
    char *in = connections[at].in;
    ssize_t count = recv(connections[at].socket, in + connections[at].count, ANSWER_MAX - connections[at].count, 0);
    if (count <= 0) {
        // Servers close a connection after so many requests; the one that was under way is sent again.
        if (connections[at].count > 0) stop("an answer was cut short");
        close(connections[at].socket);
        if (connections[at].body < 0) return;
        makeConnection(at);
        sendBody(at);
        return;
    }
    connections[at].count += count;
    in[connections[at].count] = 0;
    char *end = strstr(in, "\r\n\r\n");
    if (!end) return;
    char *length = strcasestr(in, "\r\nContent-Length:");
    if (!length) stop("an answer without a length");
    if (connections[at].count < (size_t)(end + 4 - in) + strtoul(length + 17, NULL, 10)) return;
    if (strncmp(in + 9, "200", 3)) failed++;
    done++;
    connections[at].count = 0;
    connections[at].body = -1;
    sendNext(at);
}

int main(int count, char **arguments) {
    int wanted = count == 4 ? atoi(arguments[3]) : 0;
    if (wanted < 1 || wanted > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: load PORT FILE CONNECTIONS\n");
        return 2;
    }
    loadBodies(arguments[2]);
    poller = epoll_create1(0);
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(arguments[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int at = 0; at < wanted; at++) {
        connections[at].body = -1;
        makeConnection(at);
        sendNext(at);
    }
    double wallStart = wall(), cpuStart = cpu();
    long warm = bodyCount / 10, first = 0;
    while (done < bodyCount) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, -1);
        for (int at = 0; at < ready; at++) receive(events[at].data.u32);
        if (!first && done >= warm) first = done, wallStart = wall(), cpuStart = cpu();
    }
    printf(
        "{\"rows\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"cpu\":%.6f}\n", done - first, failed, wall() - wallStart, cpu() - cpuStart);
}
