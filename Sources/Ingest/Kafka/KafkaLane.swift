import CRdKafka
import EngineCore
import Platform

/// One assignment of a partition: librdkafka's queue of it, and how far it was read.
///
/// One thread at a time fills blocks from it (``LaneQueue`` sees to that); what is told of it stands in ``Status``, under the
/// source's lock.
final class KafkaLane: @unchecked Sendable {
    /// What the source knows of a lane; guarded by its lock.
    struct Status {
        /// Everything that was there was read once.
        var hasEnded = false
        /// Blocks handed out.
        var blocks = 0
        /// After the last record that was read; nil before the first.
        var position: Int64?
        /// Before it everything is durable.
        var durable: Int64?
        /// When the last record that was read came to its broker; nil before the first.
        var arrival: Int64?
        /// When figures were last asked for while everything was read.
        var readAllAt: Int64?
    }

    enum Outcome {
        case nothing
        /// `isMore`: the queue may hold further records.
        case block(isMore: Bool)
        case failed(KafkaError)
    }

    /// Records taken from the queue at a time.
    static let recordsMax = 256

    /// Index of ``KafkaSource/partition(_:)``.
    let index: Int
    let topic: String
    let partition: Int32
    private unowned let source: KafkaSource
    private let queue: OpaquePointer
    private let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: recordsMax)
    private var isOpen = true
    /// Blocks filled so far, and what follows the last record; of the thread that fills.
    private var sequence = 0
    private(set) var next: Int64?
    private(set) var arrival: Int64?
    private(set) var hasEnded = false
    /// Whether the block under way begins anew before what was read.
    private var goesBack = false

    /// Takes the partition's queue to itself. Before the client is assigned the partition: the first records would go elsewhere.
    init?(index: Int, topic: String, partition: Int32, client: KafkaClient, source: KafkaSource) {
        guard let queue = rd_kafka_queue_get_partition(client.handle, topic, partition) else { return nil }
        self.index = index
        self.topic = topic
        self.partition = partition
        self.source = source
        self.queue = queue
        rd_kafka_queue_forward(queue, nil)
        rd_kafka_queue_cb_event_enable(queue, kafkaQueueCallback, Unmanaged.passRetained(self).toOpaque())
    }

    deinit { messages.deallocate() }

    /// Tells of news no more. Once nobody reads it and the client is unassigned the partition.
    func close() {
        guard isOpen else { return }
        isOpen = false
        rd_kafka_queue_cb_event_enable(queue, nil, nil)
        rd_kafka_queue_destroy(queue)
        Unmanaged.passUnretained(self).release()
    }

    /// What it is an assignment of.
    var place: Partition { Partition(source: "kafka", stream: topic, name: "\(partition)") }

    func hasNews() { source.hasNews(index) }

    /// Fills a block with what is in the queue, without waiting. Payloads stay where librdkafka has them: they are lent to the block.
    func fill(_ block: RecordBlock) -> Outcome {
        let count = rd_kafka_consume_batch_queue(queue, 0, messages, KafkaLane.recordsMax)
        guard count > 0 else { return .nothing }
        let before = next
        goesBack = false
        let loan = KafkaLoan(UnsafeBufferPointer(start: messages, count: count))
        block.borrow(loan)
        for message in loan.messages {
            if let failure = take(message, into: block) { return .failed(failure) }
        }
        guard let end = next, end != before || goesBack else { return .nothing }
        block.partition = index
        block.sequence = sequence
        block.end = Position(kafkaOffset: end)
        block.goesBack = goesBack
        sequence += 1
        return .block(isMore: count == KafkaLane.recordsMax)
    }

    private func take(_ message: UnsafeMutablePointer<rd_kafka_message_t>, into block: RecordBlock) -> KafkaError? {
        let offset = message.pointee.offset
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: break
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            hasEnded = true
            // What lies between the last record and the end is the broker's own.
            if offset > next ?? -1 { next = offset }
            return nil
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return .positionLost(
                partition: "\(topic)/\(partition)", reason: String(cString: rd_kafka_message_errstr(message)))
        default:
            source.kafkaEvent(
                .trouble(
                    code: String(cString: rd_kafka_err2name(message.pointee.err)),
                    reason: "\(topic)/\(partition): " + String(cString: rd_kafka_message_errstr(message))))
            return nil
        }
        // The client begins anew by itself (auto.offset.reset) where the broker has less than was read.
        if let next, offset < next {
            goesBack = true
            source.tell(.wentBack(place, from: next, to: offset))
        }
        next = offset + 1
        // A tombstone of a compacted topic is no event.
        guard let payload = message.pointee.payload else { return nil }
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let time = rd_kafka_message_timestamp(message, &kind)
        let isKnown = kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time >= 0
        if isKnown { arrival = time }
        block.append(
            lent: UnsafeRawBufferPointer(start: payload, count: message.pointee.len), ordinal: Int(offset),
            arrival: isKnown ? Timestamp(milliseconds: time) : nil)
        return nil
    }
}

/// Messages, and with them the answers of brokers in which their payloads lie. All loans end before the client does.
private final class KafkaLoan {
    let messages: [UnsafeMutablePointer<rd_kafka_message_t>]

    init(_ messages: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>) {
        self.messages = messages.compactMap { $0 }
    }

    deinit { for message in messages { rd_kafka_message_destroy(message) } }
}

extension Position {
    /// The offset of the next record to read.
    init(kafkaOffset: Int64) { self.init(0, 0, 0, UInt64(max(0, kafkaOffset))) }

    public var kafkaOffset: Int64 { Int64(words.3) }
}
