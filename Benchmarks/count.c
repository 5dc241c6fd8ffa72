// The bare consumer beside which `converge run` is measured: librdkafka's batch interface, every record counted and let go of.
// It joins the group as the worker does (subscribe, roundrobin) and with the worker's fetch options, but takes the records of all
// partitions from one queue, in batches of up to 10,000, on one thread: nothing is looked at, copied or committed.
// usage: count BROKERS GROUP TOPIC[,TOPIC..] [NAME=VALUE ..]    options of librdkafka
// Prints a JSON object; the time goes from the assignment of the partitions to the last record.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { batch_max = 10000 };

static double assigned_at;
static int partitions;

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "count: %s: %s\n", what, why);
    exit(1);
}

static void rebalanced(
    rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque) {
    (void)opaque;
    if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_assign(client, NULL);
        return;
    }
    for (int at = 0; at < list->cnt; at++) list->elems[at].offset = RD_KAFKA_OFFSET_BEGINNING;
    partitions = list->cnt;
    assigned_at = seconds(CLOCK_MONOTONIC);
    rd_kafka_assign(client, list);
}

static void set(rd_kafka_conf_t *options, const char *name, const char *value) {
    char why[512];
    if (rd_kafka_conf_set(options, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(name, why);
}

static rd_kafka_t *consumer(int count, char **arguments) {
    rd_kafka_conf_t *options = rd_kafka_conf_new();
    set(options, "bootstrap.servers", arguments[1]);
    set(options, "group.id", arguments[2]);
    set(options, "enable.auto.commit", "false");
    set(options, "enable.auto.offset.store", "false");
    set(options, "enable.partition.eof", "true");
    for (int at = 4; at < count; at++) {
        char *value = strchr(arguments[at], '=');
        if (!value) fail(arguments[at], "is not NAME=VALUE");
        *value++ = 0;
        set(options, arguments[at], value);
    }
    rd_kafka_conf_set_rebalance_cb(options, rebalanced);
    char why[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, options, why, sizeof why);
    if (!client) fail("no client", why);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(8);
    for (char *topic = strtok(arguments[3], ","); topic; topic = strtok(NULL, ","))
        rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(client, topics);
    if (code) fail("subscribe", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(topics);
    return client;
}

int main(int count, char **arguments) {
    if (count < 4) fail("usage", "count BROKERS GROUP TOPIC[,TOPIC..] [NAME=VALUE ..]");
    rd_kafka_t *client = consumer(count, arguments);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    static rd_kafka_message_t *messages[batch_max];
    long events = 0, bytes = 0;
    int ended = 0;
    double first_at = 0, ended_at = 0, deadline = seconds(CLOCK_MONOTONIC) + 120;
    while (!partitions || ended < partitions) {
        if (seconds(CLOCK_MONOTONIC) > deadline) fail("the topics", "did not end within two minutes");
        // It waits for a whole batch, at the end too.
        const long before = events;
        ssize_t got = rd_kafka_consume_batch_queue(queue, 5, messages, batch_max);
        if (got > 0 && !first_at) first_at = seconds(CLOCK_MONOTONIC);
        for (ssize_t at = 0; at < got; at++) {
            rd_kafka_message_t *message = messages[at];
            if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                ended++;
            } else if (!message->err) {
                events++;
                bytes += message->len;
            }
            rd_kafka_message_destroy(message);
        }
        if (events > before) ended_at = seconds(CLOCK_MONOTONIC);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "{\"events\":%ld,\"bytes\":%ld,\"partitions\":%d,\"seconds\":%.6f,\"first\":%.6f,\"cpu\":%.6f}\n", events, bytes,
        partitions, ended_at - assigned_at, first_at - assigned_at, seconds(CLOCK_PROCESS_CPUTIME_ID));
    // The group notices by itself; leaving in good order is not what is measured.
    _Exit(fflush(stdout));
}
