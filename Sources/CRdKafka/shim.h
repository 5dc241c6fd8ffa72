#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_producev is variadic, which Swift cannot import. The payload is copied; the headers are the library's if it succeeds.
static inline rd_kafka_resp_err_t converge_kafka_produce(
    rd_kafka_t *client, const char *topic, const void *payload, size_t length, rd_kafka_headers_t *headers) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)payload, length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
}

// `mark` comes back with the report.
static inline rd_kafka_resp_err_t converge_kafka_produce_keyed(
    rd_kafka_t *client, const char *topic, const void *key, size_t key_length, const void *payload, size_t length, void *mark) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
        RD_KAFKA_V_VALUE((void *)payload, length), RD_KAFKA_V_OPAQUE(mark), RD_KAFKA_V_END);
}
