import CRdKafka
import Measuring

/// The least that a consumer can do: librdkafka hands records over in batches, and they are counted as there. What is left of the worker's
/// lag without this is the worker's.
enum Floor {
    private static let batchMax = 10_000

    static func run(broker: String, topic: String, _ schedule: Schedule, options: [(name: String, value: String)]) throws {
        let client = try Client.make(
            RD_KAFKA_CONSUMER,
            [
                ("bootstrap.servers", broker), ("group.id", "floor"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("socket.nagle.disable", "true"), ("auto.offset.reset", "error"),
            ] + options.filter { $0.name != "flush-interval" })
        rd_kafka_poll_set_consumer(client)
        let places = rd_kafka_topic_partition_list_new(Int32(schedule.partitions))
        for partition in 0..<schedule.partitions {
            rd_kafka_topic_partition_list_add(places, topic, Int32(partition)).pointee.offset = 0
        }
        let code = rd_kafka_assign(client, places)
        rd_kafka_topic_partition_list_destroy(places)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BenchmarkError(String(cString: rd_kafka_err2str(code))) }
        let queue = rd_kafka_queue_get_consumer(client)
        let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: batchMax)
        var lag = LagCount(schedule)
        while !lag.isComplete {
            // A batch is waited for until it is full or the time is over: so for the first record alone.
            guard rd_kafka_consume_batch_queue(queue, 100, messages, 1) == 1 else { continue }
            let count = 1 + max(0, rd_kafka_consume_batch_queue(queue, 0, messages + 1, batchMax - 1))
            let now = nanoseconds()
            for place in 0..<count {
                guard let message = messages[place] else { continue }
                defer { rd_kafka_message_destroy(message) }
                guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    throw BenchmarkError(String(cString: rd_kafka_message_errstr(message)))
                }
                lag.reach(partition: Int(message.pointee.partition), offset: Int(message.pointee.offset) + 1, at: now)
            }
        }
        print(lag.json(), terminator: "")
    }
}
