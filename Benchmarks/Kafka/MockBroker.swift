import CRdKafka
import Measuring

import Glibc

/// The broker: librdkafka's mock cluster of one node, in a process of its own (``Broker``).
///
/// It keeps the protocol's limits of a fetch, costs little and writes nothing to disk. It keeps 5 MB a partition and drops what is
/// older; and a fetch that finds nothing is answered when its wait is over, not when something comes.
final class MockBroker {
    let address: String
    private let host: OpaquePointer
    private let cluster: OpaquePointer

    init(topic: String, partitions: Int) throws {
        host = try Client.make(RD_KAFKA_PRODUCER, [("bootstrap.servers", "127.0.0.1:1"), ("log_level", "0")])
        guard let cluster = rd_kafka_mock_cluster_new(host, 1) else { throw BenchmarkError("no mock cluster") }
        self.cluster = cluster
        address = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        let code = rd_kafka_mock_topic_create(cluster, topic, Int32(partitions), 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BenchmarkError("the topic cannot be created: \(code)") }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(host)
    }

    /// Says where it is in a line, and serves until it is killed or whoever started it is gone.
    static func serve(_ topic: String, partitions: Int, events: Int, of file: EventFile) throws {
        let starter = getppid()
        let broker = try MockBroker(topic: topic, partitions: partitions)
        if events > 0 { try broker.fill(topic, partitions: partitions, events: events, of: file) }
        print(broker.address)
        fflush(nil)
        while getppid() == starter { sleep(1) }
        withExtendedLifetime(broker) {}
    }

    /// Record number n goes to partition n modulo `partitions`.
    func fill(_ topic: String, partitions: Int, events: Int, of file: EventFile) throws {
        let client = try Client.make(
            RD_KAFKA_PRODUCER,
            [
                ("bootstrap.servers", address), ("linger.ms", "100"), ("batch.size", "1000000"),
                ("queue.buffering.max.kbytes", "131072"),
            ])
        defer { rd_kafka_destroy(client) }
        let handle = rd_kafka_topic_new(client, topic, nil)
        defer { rd_kafka_topic_destroy(handle) }
        var lines = file.lines
        for number in 0..<events {
            guard let line = lines.next() else { throw BenchmarkError("\(file.path) has fewer than \(events) events") }
            Client.produce(line, to: handle, number % partitions, of: client)
            rd_kafka_poll(client, 0)
        }
        try Client.finish(client)
    }
}

/// The process of a ``MockBroker``; the last reference ends it.
final class Broker {
    /// Bytes of a partition up to which nothing is dropped.
    static let partitionBytesMax = 4_400_000

    let address: String
    private let process: Started
    var cpuSeconds: Double { process.cpuSeconds }

    init(_ program: String, topic: String, partitions: Int, events: Int, of file: String) throws {
        process = try Started([program, "serve", topic, "\(partitions)", "\(events)", file])
        address = String(decoding: try process.firstLine(), as: UTF8.self)
    }

    deinit {
        process.end()
        _ = try? process.wait()
    }
}
