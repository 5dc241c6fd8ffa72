import CRdKafka
public import EngineCore
import Synchronization

/// Dead letters in a Kafka topic: the record's bytes as they were, and in headers `converge.source`, `converge.topic`,
/// `converge.partition`, `converge.offset` (inside an envelope `12/3`), `converge.reason`, `converge.detail` and `converge.time`
/// (when the broker took it; absent where that is not known).
///
/// The producer is idempotent and never gives up a letter by itself: while brokers are away ``makeDurable()`` waits, and with it every
/// commit. What a broker refuses for good (too long, not authorised, no such topic) is final and repeats. At most 64 MiB of letters
/// wait in the client; whoever appends more waits.
public final class KafkaDeadLetters: DeadLetterSink, KafkaClientOwner {
    private struct State {
        var client: KafkaClient?
        var failure: KafkaError?
        /// Appended, and delivered or failed.
        var appended = 0
        var settled = 0
    }

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
        let client = try KafkaClient(
            .producer, settings.producerOptions, hasTokens: settings.token != nil, owner: self)
        state.withLock { $0.client = client }
    }

    /// Ends the client; what is not delivered by then is lost, and was not committed past. Again does nothing.
    public func close() {
        let client = state.withLock { state in
            defer { state.client = nil }
            return state.client
        }
        client?.destroy()
    }

    public func append(_ letter: DeadLetter) throws(KafkaError) {
        let client = try usable()
        // Counted first: the report may come before the call returns.
        state.withLock { $0.appended += 1 }
        while true {
            let code = produce(letter, client)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                kafkaDelivered(mark: 0, reason: kafkaErrorText(code))
                _ = try usable()
                return
            }
            client.serve(milliseconds: 50)
            _ = try usable()
        }
    }

    /// Waits until a broker has every letter.
    public func makeDurable() throws(KafkaError) {
        while true {
            let client = try usable()
            if state.withLock({ $0.settled >= $0.appended }) { return }
            client.flush(milliseconds: 50)
        }
    }

    private func usable() throws(KafkaError) -> KafkaClient {
        try state.withLock { (state) throws(KafkaError) in
            if let failure = state.failure { throw failure }
            guard let client = state.client else { throw .deadLetters(topic: topic, reason: "the client is closed") }
            return client
        }
    }

    private func produce(_ letter: DeadLetter, _ client: KafkaClient) -> rd_kafka_resp_err_t {
        var headers = [
            ("converge.source", letter.partition.source), ("converge.topic", letter.partition.stream),
            ("converge.partition", letter.partition.name), ("converge.offset", letter.position),
            ("converge.reason", letter.reason), ("converge.detail", letter.detail),
        ]
        if let arrival = letter.arrival { headers.append(("converge.time", "\(arrival)")) }
        let list = rd_kafka_headers_new(headers.count)
        for (name, value) in headers { rd_kafka_header_add(list, name, -1, value, value.utf8.count) }
        let code = converge_kafka_produce(client.handle, topic, letter.bytes.baseAddress, letter.bytes.count, list)
        // The library took the headers only where it took the letter.
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_headers_destroy(list) }
        return code
    }

    // MARK: What the client tells

    func kafkaEvent(_ event: KafkaEvent) { observer(event) }

    func kafkaFailed(_ error: KafkaError) { state.withLock { $0.failure = $0.failure ?? error } }

    func kafkaDelivered(mark: UInt, reason: String?) {
        state.withLock { state in
            state.settled += 1
            if let reason { state.failure = state.failure ?? .deadLetters(topic: topic, reason: reason) }
        }
    }

    func kafkaToken() throws -> KafkaToken? { try settings.token?() }
    func kafkaStatistics(_ json: UnsafeRawBufferPointer) {}
    func kafkaRebalanced(_ rebalance: KafkaRebalance) {}
}
