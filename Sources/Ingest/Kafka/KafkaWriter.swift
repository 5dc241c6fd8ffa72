import CRdKafka
public import Platform
import Synchronization

/// Writes records to a Kafka topic one by one, for whoever has to know that theirs is there.
///
/// The producer is idempotent. It tries a record for ``timeoutMilliseconds``, then gives it up. At most ``waitingMax`` records wait at a time; one
/// more is refused at once.
public final class KafkaWriter: KafkaClientOwner {
    public static let timeoutMilliseconds = 10_000
    public static let waitingMax = 1024

    private struct State {
        var client: KafkaClient?
        var failure: KafkaError?
        var lastMark: UInt = 0
        /// By mark, the report of each record that somebody waits for; nil until it comes.
        var reports: [UInt: Report?] = [:]
    }

    private enum Report { case written, refused(String) }

    public let topic: String
    private let settings: KafkaSettings
    private let observer: @Sendable (KafkaEvent) -> Void
    private let state = Mutex(State())

    /// Checks the options and makes the client, which connects by itself.
    public init(
        topic: String, _ settings: KafkaSettings, observer: @escaping @Sendable (KafkaEvent) -> Void = { _ in }
    ) throws(KafkaError) {
        self.topic = topic
        self.settings = settings
        self.observer = observer
        let options = settings.producerOptions + [("message.timeout.ms", "\(KafkaWriter.timeoutMilliseconds)")]
        let client = try KafkaClient(.producer, options, hasTokens: settings.token != nil, owner: self)
        state.withLock { $0.client = client }
    }

    /// Ends the client; nobody may be writing. Again does nothing.
    public func close() {
        let client = state.withLock { state in
            defer { state.client = nil }
            return state.client
        }
        client?.destroy()
    }

    /// Waits until brokers have the record. `key`: decides its partition.
    public func write(_ record: ByteView, key: String) throws(KafkaError) {
        let (client, mark) = try begin()
        defer { state.withLock { _ = $0.reports.removeValue(forKey: mark) } }
        var key = key
        let code = key.withUTF8 { key in
            converge_kafka_produce_keyed(
                client.handle, topic, key.baseAddress, key.count, record.baseAddress, record.count,
                UnsafeMutableRawPointer(bitPattern: mark))
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .records(topic: topic, reason: kafkaErrorText(code)) }
        while true {
            client.serve(milliseconds: 20)
            let (report, failure) = state.withLock { ($0.reports[mark] ?? nil, $0.failure) }
            switch report {
            case .written: return
            case .refused(let reason): throw .records(topic: topic, reason: reason)
            case nil: if let failure { throw failure }
            }
        }
    }

    private func begin() throws(KafkaError) -> (KafkaClient, UInt) {
        try state.withLock { (state) throws(KafkaError) in
            if let failure = state.failure { throw failure }
            guard let client = state.client else { throw .records(topic: topic, reason: "the client is closed") }
            guard state.reports.count < KafkaWriter.waitingMax else {
                throw .records(topic: topic, reason: "\(KafkaWriter.waitingMax) records wait to be written")
            }
            state.lastMark += 1
            state.reports[state.lastMark] = .some(nil)
            return (client, state.lastMark)
        }
    }

    // MARK: What the client tells

    func kafkaEvent(_ event: KafkaEvent) { observer(event) }

    func kafkaFailed(_ error: KafkaError) { state.withLock { $0.failure = $0.failure ?? error } }

    func kafkaDelivered(mark: UInt, reason: String?) {
        state.withLock { state in
            guard state.reports[mark] != nil else { return }
            state.reports[mark] = .some(reason.map { .refused($0) } ?? .written)
        }
    }

    func kafkaToken() throws -> KafkaToken? { try settings.token?() }
    func kafkaStatistics(_ json: UnsafeRawBufferPointer) {}
    func kafkaRebalanced(_ rebalance: KafkaRebalance) {}
}
