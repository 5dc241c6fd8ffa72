import CRdKafka
import EngineCore
import Glibc
import Platform
import Synchronization
import Testing

@testable import Ingest

/// Three brokers inside librdkafka itself, which know cooperative assignment and fail when told to.
final class MockCluster: @unchecked Sendable {
    private let client: OpaquePointer
    let cluster: OpaquePointer
    let brokers: String

    init(topic: String, partitions: Int) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration, nil)
        client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        cluster = try #require(rd_kafka_mock_cluster_new(client, 3))
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        rd_kafka_mock_topic_create(cluster, topic, Int32(partitions), 1)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// The next requests of this kind (the protocol's number) are answered with an error, as many as given.
    func fail(_ request: Int16, with codes: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request, codes.count, codes)
    }

    /// Texts of numbers, `count` in each partition.
    func produce(_ numbers: Range<Int>, to topic: String, partitions: Int) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0)
        rd_kafka_conf_set_log_cb(configuration, nil)
        let producer = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        let handle = rd_kafka_topic_new(producer, topic, nil)
        for number in numbers {
            var bytes = Array("\(number)".utf8)
            let code = rd_kafka_produce(
                handle, Int32(number % partitions), RD_KAFKA_MSG_F_COPY, &bytes, bytes.count, nil, 0, nil)
            try #require(code == 0)
        }
        try #require(rd_kafka_flush(producer, 30_000) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_topic_destroy(handle)
        rd_kafka_destroy(producer)
    }

    /// Values into a partition, as one batch; nil is a tombstone.
    func produce(_ values: [String?], to topic: String, partition: Int32) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0)
        // The batch is sent when it is flushed.
        rd_kafka_conf_set(configuration, "linger.ms", "60000", nil, 0)
        rd_kafka_conf_set_log_cb(configuration, nil)
        let producer = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        defer { rd_kafka_destroy(producer) }
        let handle = rd_kafka_topic_new(producer, topic, nil)
        defer { rd_kafka_topic_destroy(handle) }
        for value in values {
            var bytes = Array((value ?? "").utf8)
            let code = bytes.withUnsafeMutableBytes { bytes in
                rd_kafka_produce(
                    handle, partition, RD_KAFKA_MSG_F_COPY, value == nil ? nil : bytes.baseAddress, bytes.count, "k", 1, nil)
            }
            try #require(code == 0)
        }
        try #require(rd_kafka_flush(producer, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    func settings(topic: String) -> KafkaSettings {
        var settings = KafkaSettings(brokers: [brokers], group: "g", topics: [topic])
        settings.options = [
            ("partition.assignment.strategy", "cooperative-sticky"), ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "200"), ("auto.offset.reset", "earliest"),
        ]
        return settings
    }
}

/// Reads a source on a thread, takes all that it reads for durable, and commits it when it is asked to settle.
final class Member: SourceContext {
    private struct State {
        var texts: [String] = []
        /// What was in each block that had anything, and its end.
        var blocks: [(texts: [String], end: Position)] = []
        /// By index: blocks and position.
        var read: [Int: (blocks: Int, end: Position)] = [:]
        var dropped: [Int] = []
        var isOver = false
        var failure: (any Error)?
        var ended = false
    }

    let source: KafkaSource
    let events = Recorder<KafkaEvent>()
    private let epoch: String
    private let state = Mutex(State())
    private let thread = Mutex<SystemThread?>(nil)

    init(_ settings: KafkaSettings, epoch: String) throws {
        self.epoch = epoch
        let events = events
        source = try KafkaSource(settings, start: { _, _, _ in .committed(epoch: epoch) }, observer: { events.add($0) })
    }

    var texts: [String] { state.withLock { $0.texts } }
    var blocks: [(texts: [String], end: Position)] { state.withLock { $0.blocks } }
    var dropped: [Int] { state.withLock { $0.dropped } }
    var failure: (any Error)? { state.withLock { $0.failure } }
    var hasEnded: Bool { state.withLock { $0.ended } }
    /// How many partitions it reads.
    var lanes: Int { source.figures.lanes.count }
    /// Whether the group took partitions away that it had not given up, as from one that is silent for a session's time.
    var wasThrownOut: Bool { events.all.contains { if case .lost = $0 { true } else { false } } }

    func start() throws {
        try source.start(self)
        guard let worker = SystemThread({ [self] in readAll() }) else { throw PipelineError.noThread }
        thread.withLock { $0 = worker }
    }

    /// Commits all and leaves; or without a commit.
    func stop(inGoodOrder: Bool = true) {
        state.withLock { $0.isOver = true }
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
        if inGoodOrder { commitAll() }
        source.stop()
    }

    private func readAll() {
        let block = RecordBlock()
        while !state.withLock({ $0.isOver }) {
            block.removeAll()
            do {
                switch try source.read(into: block) {
                case .records:
                    let texts = block.records.map { record in
                        String(decoding: block.bytes(of: record), as: UTF8.self)
                    }
                    state.withLock { state in
                        #expect(state.read[block.partition]?.blocks ?? 0 == block.sequence)
                        #expect(state.read[block.partition]?.end ?? .beginning <= block.end)
                        state.read[block.partition] = (block.sequence + 1, block.end)
                        state.texts += texts
                        if !texts.isEmpty { state.blocks.append((texts, block.end)) }
                    }
                case .ended:
                    state.withLock { $0.ended = true }
                    return
                case .idle, .asleep: usleep(1_000)
                }
            } catch {
                state.withLock { $0.failure = error }
                return
            }
        }
    }

    private func commitAll() {
        let sealed = state.withLock { state in
            state.read.map { CheckpointLedger.Sealed(partition: $0, position: $1.end, ended: false) }
        }
        try? source.commit(sealed.sorted { $0.partition < $1.partition }, epoch: epoch)
    }

    func wake() {}

    func settle(_ partitions: [(partition: Int, blocks: Int)], withinMilliseconds limit: Int64) -> Bool {
        for _ in 0..<limit {
            let isRead = state.withLock { state in
                partitions.allSatisfy { state.read[$0.partition]?.blocks ?? 0 >= $0.blocks }
            }
            if isRead {
                commitAll()
                return true
            }
            usleep(1_000)
        }
        return false
    }

    func drop(partition: Int) {
        state.withLock { $0.dropped.append(partition) }
        source.forget(partition: partition)
    }
}
