// Answers operations of DynamoDB and Kinesis at once, by their X-Amz-Target: what is left of a client's time is the client's own.
// usage: stub [ANSWERS SHARDS | MILLISECONDS]
// MILLISECONDS: answers that much later, half as much to half as much again, as a service does that is a network away. Listens on a free loopback port and prints its address. ANSWERS: a file with a GetRecords answer a line, without its last two members and
// the closing brace; shard 0 serves the first of them, shard 1 those behind, and so on. Signatures are not looked at, conditions hold.
// STUB_DICTIONARY and STUB_DICTIONARY_BYTES in the environment: the id of the dictionary that rows are written with, and its bytes in Base64;
// without it they are in the old format.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, HELD_MAX = 4096, HEAD_MAX = 16 << 10, TEXT_MAX = 1 << 20 };

// A request as far as it was read, and an answer as far as it was not sent: a head, bytes of the file, a tail.
struct connection {
    char *in;
    size_t inCount, inRoom;
    char *out;
    size_t outCount, outSent;
    const char *middle;
    size_t middleCount, middleSent;
    char tail[256];
    size_t tailCount, tailSent;
    int isHeld;
};

static struct connection *connections[CONNECTIONS_MAX];
static int poller;
static char **answers;
static size_t *answerSizes;
static int answerCount, shardCount = 1;
static char text[TEXT_MAX];
// Answers that wait, in no order.
static struct { int socket; double due; } held[HELD_MAX];
static int heldCount;
static double delay;

static void stop(const char *what) {
    fprintf(stderr, "stub: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

static void loadAnswers(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about)) stop(path);
    char *at = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (at == MAP_FAILED) stop("mmap");
    for (char *end = at + about.st_size; at < end;) {
        char *line = memchr(at, '\n', end - at);
        if (!line) break;
        answers = realloc(answers, (answerCount + 1) * sizeof *answers);
        answerSizes = realloc(answerSizes, (answerCount + 1) * sizeof *answerSizes);
        answers[answerCount] = at;
        answerSizes[answerCount++] = line - at;
        at = line + 1;
    }
}

// The text behind `name` in the request's body, as far as it is a plain number; -1 where there is none.
static long numberBehind(const char *body, size_t count, const char *name) {
    const char *found = memmem(body, count, name, strlen(name));
    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

static void answer(struct connection *c) {
    size_t count = strlen(text);
    c->out = realloc(c->out, count + 512);
    int head = sprintf(
        c->out, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: stub\r\nContent-Length: %zu\r\n\r\n",
        count + c->middleCount + c->tailCount);
    memcpy(c->out + head, text, count);
    c->outCount = head + count;
    c->outSent = c->middleSent = c->tailSent = 0;
}

static void listShards(void) {
    size_t at = sprintf(text, "{\"Shards\":[");
    // The first digits of 128-bit hash keys that divide the ring; how exactly does not matter here.
    for (int shard = 0; shard < shardCount; shard++) {
        at += sprintf(
            text + at,
            "%s{\"ShardId\":\"shardId-%012d\",\"HashKeyRange\":{\"StartingHashKey\":\"%d%033d\",\"EndingHashKey\":\"%d%033d\"},"
            "\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}",
            shard ? "," : "", shard, shard + 1, 0, shard + 2, 0);
    }
    sprintf(text + at, "]}");
}

static void getRecords(struct connection *c, const char *body, size_t count) {
    const char *iterator = memmem(body, count, "\"ShardIterator\":\"", 17);
    int shard = 0, step = 0;
    if (iterator) sscanf(iterator + 17, "%d.%d", &shard, &step);
    int first = (long)answerCount * shard / shardCount, end = (long)answerCount * (shard + 1) / shardCount;
    if (first + step < end) {
        text[0] = 0;
        c->middle = answers[first + step];
        c->middleCount = answerSizes[first + step];
        c->tailCount = sprintf(
            c->tail, ",\"MillisBehindLatest\":%d,\"NextShardIterator\":\"%d.%d\"}", first + step + 1 < end ? 1000 : 0, shard, step + 1);
    } else {
        sprintf(text, "{\"Records\":[],\"MillisBehindLatest\":0,\"NextShardIterator\":\"%d.%d\"}", shard, step);
    }
}

static void serve(struct connection *c, const char *target, const char *body, size_t count) {
    c->middleCount = c->tailCount = 0;
    strcpy(text, "{}");
    if (!strncmp(target, "PutItem", 7)) {
        strcpy(text, "{\"ConsumedCapacity\":{\"CapacityUnits\":1.0,\"TableName\":\"stub\"}}");
    } else if (!strncmp(target, "GetRecords", 10)) {
        getRecords(c, body, count);
    } else if (!strncmp(target, "GetItem", 7)) {
        // The epoch's row and the format's in one: either reader finds what it asks for.
        const char *dictionary = getenv("STUB_DICTIONARY");
        size_t at = sprintf(text, "{\"Item\":{\"pk\":{\"S\":\"converge#epoch\"},\"epoch\":{\"S\":\"stub\"},\"table\":{\"S\":\"stub\"}");
        if (dictionary) {
            at += snprintf(text + at, TEXT_MAX - at, ",\"format\":{\"N\":\"3\"},\"dictionary\":{\"S\":\"%s\"}", dictionary);
        }
        strcpy(text + at, "}}");
    } else if (!strncmp(target, "Query", 5)) {
        const char *dictionary = getenv("STUB_DICTIONARY"), *bytes = getenv("STUB_DICTIONARY_BYTES");
        if (dictionary && bytes) {
            snprintf(
                text, TEXT_MAX,
                "{\"Count\":1,\"Items\":[{\"pk\":{\"S\":\"converge#dictionary\"},\"sk\":{\"S\":\"%s\"},\"bytes\":{\"B\":\"%s\"}}]}",
                dictionary, bytes);
        } else {
            strcpy(text, "{\"Count\":0,\"Items\":[]}");
        }
    } else if (!strncmp(target, "DescribeTable", 13)) {
        strcpy(
            text, "{\"Table\":{\"TableId\":\"stub\",\"TableArn\":\"arn:aws:dynamodb:us-east-1:000000000000:table/stub\","
                  "\"TableStatus\":\"ACTIVE\"}}");
    } else if (!strncmp(target, "BatchGetItem", 12)) {
        strcpy(text, "{\"Responses\":{},\"UnprocessedKeys\":{}}");
    } else if (!strncmp(target, "DescribeStreamSummary", 21)) {
        sprintf(
            text, "{\"StreamDescriptionSummary\":{\"StreamName\":\"stub\",\"StreamARN\":"
                  "\"arn:aws:kinesis:us-east-1:000000000000:stream/stub\",\"StreamStatus\":\"ACTIVE\",\"OpenShardCount\":%d}}",
            shardCount);
    } else if (!strncmp(target, "ListShards", 10)) {
        listShards();
    } else if (!strncmp(target, "GetShardIterator", 16)) {
        sprintf(text, "{\"ShardIterator\":\"%ld.0\"}", numberBehind(body, count, "\"shardId-"));
    }
    answer(c);
}

// Sends what it can; whether all of it went.
static int flush(int socket, struct connection *c) {
    struct { const char *bytes; size_t count, *sent; } parts[] = {
        {c->out, c->outCount, &c->outSent}, {c->middle, c->middleCount, &c->middleSent}, {c->tail, c->tailCount, &c->tailSent}};
    for (int part = 0; part < 3; part++) {
        while (*parts[part].sent < parts[part].count) {
            ssize_t sent = send(
                socket, parts[part].bytes + *parts[part].sent, parts[part].count - *parts[part].sent, MSG_NOSIGNAL);
            if (sent <= 0) return 0;
            *parts[part].sent += sent;
        }
    }
    return 1;
}

static void drop(int socket) {
    struct connection *c = connections[socket];
    connections[socket] = NULL;
    free(c->in);
    free(c->out);
    free(c);
    close(socket);
}

// Serves the requests that are there. The next one is looked at once the answer before has gone.
static void work(int socket) {
    struct connection *c = connections[socket];
    while (!c->isHeld) {
        if (!flush(socket, c)) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.fd = socket};
            epoll_ctl(poller, EPOLL_CTL_MOD, socket, &event);
            return;
        }
        c->in[c->inCount] = 0;
        char *end = memmem(c->in, c->inCount, "\r\n\r\n", 4);
        if (!end) return;
        char *body = end + 4;
        char *length = strcasestr(c->in, "\r\nContent-Length:");
        size_t bodyCount = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        size_t whole = body - c->in + bodyCount;
        if (c->inCount < whole) return;
        char *target = strcasestr(c->in, "\r\nX-Amz-Target:");
        char *operation = target && target < end ? memchr(target, '.', end - target) : NULL;
        serve(c, operation ? operation + 1 : "", body, bodyCount);
        memmove(c->in, c->in + whole, c->inCount - whole);
        c->inCount -= whole;
        if (delay > 0 && heldCount < HELD_MAX) {
            c->isHeld = 1;
            held[heldCount].socket = socket;
            held[heldCount++].due = now() + delay * (0.5 + drand48());
        }
    }
}

// Lets go of answers that are due; milliseconds until the next one is, -1 where there is none.
static double release(void) {
    if (heldCount == 0) return -1;
    double time = now(), next = 1e9;
    for (int at = 0; at < heldCount;) {
        int socket = held[at].socket;
        if (held[at].due > time) {
            if (held[at].due - time < next) next = held[at].due - time;
            at++;
            continue;
        }
        held[at] = held[--heldCount];
        if (!connections[socket] || !connections[socket]->isHeld) continue;
        connections[socket]->isHeld = 0;
        work(socket);
        next = 0;
    }
    return next < 1e9 ? next : -1;
}

static void receive(int socket) {
    struct connection *c = connections[socket];
    for (;;) {
        if (c->inRoom - c->inCount < HEAD_MAX) c->in = realloc(c->in, (c->inRoom = c->inRoom * 2 + 2 * HEAD_MAX) + 1);
        ssize_t count = recv(socket, c->in + c->inCount, c->inRoom - c->inCount, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return drop(socket);
        if (count < 0) break;
        c->inCount += count;
    }
    work(socket);
}

static void acceptAll(int listener) {
    for (;;) {
        int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) return;
        if (socket >= CONNECTIONS_MAX) stop("too many connections");
        int one = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections[socket] = calloc(1, sizeof(struct connection));
        connections[socket]->in = malloc((connections[socket]->inRoom = 2 * HEAD_MAX) + 1);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
        epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event);
    }
}

int main(int count, char **arguments) {
    if (count == 3) {
        loadAnswers(arguments[1]);
        shardCount = atoi(arguments[2]);
    } else if (count == 2) {
        delay = atof(arguments[1]);
    }
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) stop("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        double left = release();
        struct timespec time = {.tv_sec = left > 0 ? left / 1e3 : 0, .tv_nsec = left > 0 ? fmod(left, 1e3) * 1e6 : 0};
        int ready = epoll_pwait2(poller, events, 256, left < 0 ? NULL : &time, NULL);
        for (int at = 0; at < ready; at++) {
            int socket = events[at].data.fd;
            if (socket == listener) {
                acceptAll(listener);
                continue;
            }
            if (connections[socket] && events[at].events & EPOLLOUT) {
                struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
                epoll_ctl(poller, EPOLL_CTL_MOD, socket, &event);
                work(socket);
            }
            if (connections[socket] && events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(socket);
        }
    }
}
