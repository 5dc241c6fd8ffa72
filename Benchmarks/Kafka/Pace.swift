import CRdKafka
import Glibc
import JSON
import Measuring
import Observability

/// Sends events when they are due, whatever became of those before: an open loop, so that a stall shows in all that wait behind it.
/// `linger.ms` is 0; four times a millisecond it sends what is due.
enum Pace {
    private static let tickNanoseconds: Int64 = 250_000

    static func run(broker: String, topic: String, _ schedule: Schedule, file: EventFile) throws {
        let client = try Client.make(
            RD_KAFKA_PRODUCER,
            [("bootstrap.servers", broker), ("linger.ms", "0"), ("acks", "1"), ("socket.nagle.disable", "true")])
        defer { rd_kafka_destroy(client) }
        let handle = rd_kafka_topic_new(client, topic, nil)
        defer { rd_kafka_topic_destroy(handle) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        guard rd_kafka_metadata(client, 0, handle, &metadata, 5_000) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BenchmarkError("the broker does not know \(topic)")
        }
        rd_kafka_metadata_destroy(metadata)
        var lines = file.lines
        var late = Histogram(precisionBits: 7)
        var number = 0
        while number < schedule.events {
            let now = nanoseconds()
            while number < schedule.events, schedule.due(number) <= now {
                guard let line = lines.next() else {
                    throw BenchmarkError("\(file.path) has fewer than \(schedule.events) events")
                }
                Client.produce(line, to: handle, schedule.partition(of: number), of: client)
                if number >= schedule.warmUp { late.add((nanoseconds() - schedule.due(number)) / 1000) }
                number += 1
            }
            rd_kafka_poll(client, 0)
            sleep(until: max(now + tickNanoseconds, number < schedule.events ? schedule.due(number) : 0))
        }
        try Client.finish(client)
        let line = jsonLine { json in
            json.member("late50", late.quantile(0.5) ?? 0)
            json.member("late99", late.quantile(0.99) ?? 0)
            json.member("lateMax", late.max)
        }
        print(line, terminator: "")
    }

    private static func sleep(until time: Int64) {
        var time = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil)
    }
}
