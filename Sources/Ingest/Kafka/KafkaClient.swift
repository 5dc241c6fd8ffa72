import CRdKafka
import Glibc

/// Who a client calls back, on the thread that polls it and, for logs and tokens, on threads of librdkafka.
protocol KafkaClientOwner: AnyObject, Sendable {
    func kafkaEvent(_ event: KafkaEvent)
    /// Something that is not tried again.
    func kafkaFailed(_ error: KafkaError)
    func kafkaStatistics(_ json: UnsafeRawBufferPointer)
    /// The group gives or takes partitions; has to end in an assign or unassign of the client.
    func kafkaRebalanced(_ rebalance: KafkaRebalance)
    func kafkaToken() throws -> KafkaToken?
    /// A record was written, or never will be (`reason`). `mark`: what it was given with, 0 without.
    func kafkaDelivered(mark: UInt, reason: String?)
}

/// A partition of a topic and a place in it.
struct KafkaPlace: Sendable {
    var topic: String
    var partition: Int32
    var offset = Int64(RD_KAFKA_OFFSET_INVALID)
    var metadata = ""
    /// What is wrong with this one.
    var reason: String?
}

struct KafkaRebalance: Sendable {
    var isAssignment: Bool
    var places: [KafkaPlace]
    /// Cooperative: `places` is the difference.
    var isIncremental: Bool
    /// The group has given the partitions to others already.
    var isLost: Bool
}

/// A librdkafka client: the one place that knows its C interface, together with ``KafkaLane``.
///
/// Safe from any thread, as librdkafka is. Has to be closed.
final class KafkaClient: @unchecked Sendable {
    enum Role {
        case consumer, producer
    }

    let handle: OpaquePointer
    private let owner: Unmanaged<KafkaOwnerBox>

    /// Starts librdkafka's threads; they connect by themselves.
    init(
        _ role: Role, _ options: [(name: String, value: String)], hasTokens: Bool, owner: any KafkaClientOwner
    ) throws(KafkaError) {
        let configuration = try KafkaClient.configuration(options)
        let box = Unmanaged.passRetained(KafkaOwnerBox(owner))
        rd_kafka_conf_set_opaque(configuration, box.toOpaque())
        rd_kafka_conf_set_error_cb(configuration, kafkaErrorCallback)
        rd_kafka_conf_set_log_cb(configuration, kafkaLogCallback)
        switch role {
        case .consumer:
            rd_kafka_conf_set_rebalance_cb(configuration, kafkaRebalanceCallback)
            rd_kafka_conf_set_stats_cb(configuration, kafkaStatisticsCallback)
        case .producer: rd_kafka_conf_set_dr_msg_cb(configuration, kafkaDeliveryCallback)
        }
        if hasTokens {
            rd_kafka_conf_set_oauthbearer_token_refresh_cb(configuration, kafkaTokenCallback)
            // Tokens are renewed on a thread of librdkafka, whether anybody polls or not.
            rd_kafka_conf_enable_sasl_queue(configuration, 1)
        }
        var reason = [CChar](repeating: 0, count: 512)
        let kind = role == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        guard let handle = rd_kafka_new(kind, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            box.release()
            throw .client(reason: text(reason))
        }
        self.handle = handle
        self.owner = box
        if role == .consumer { rd_kafka_poll_set_consumer(handle) }
        if hasTokens, let error = rd_kafka_sasl_background_callbacks_enable(handle) {
            let reason = String(cString: rd_kafka_error_string(error))
            rd_kafka_error_destroy(error)
            destroy()
            throw .client(reason: reason)
        }
    }

    /// Whether librdkafka takes these options.
    static func check(_ options: [(name: String, value: String)]) throws(KafkaError) {
        rd_kafka_conf_destroy(try configuration(options))
    }

    private static func configuration(_ options: [(name: String, value: String)]) throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else { throw .client(reason: "out of memory") }
        var reason = [CChar](repeating: 0, count: 512)
        for (name, value) in options {
            guard rd_kafka_conf_set(configuration, name, value, &reason, reason.count) != RD_KAFKA_CONF_OK else { continue }
            rd_kafka_conf_destroy(configuration)
            // What is said of a value may quote it.
            let isSecret = ["password", "secret", ".pem", "oauthbearer", "kinit.cmd", "ssl_key"].contains { name.contains($0) }
            throw .option(name: name, reason: isSecret ? "its value is not accepted" : text(reason))
        }
        return configuration
    }

    /// Serves callbacks for at most so long. The text: a consumer's error, which comes as a message.
    func poll(milliseconds: Int32) -> (code: rd_kafka_resp_err_t, reason: String)? {
        guard let message = rd_kafka_consumer_poll(handle, milliseconds) else { return nil }
        defer { rd_kafka_message_destroy(message) }
        let code = message.pointee.err
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) + ": " } ?? ""
        return (code, topic + String(cString: rd_kafka_message_errstr(message)))
    }

    /// Serves callbacks of a producer.
    func serve(milliseconds: Int32) { rd_kafka_poll(handle, milliseconds) }

    /// Sends what a producer still gathers, and waits for reports for at most so long.
    func flush(milliseconds: Int32) { rd_kafka_flush(handle, milliseconds) }

    /// What the cluster calls itself; nil where it does not, or not in time.
    func cluster(milliseconds: Int32) -> String? {
        guard let name = rd_kafka_clusterid(handle, milliseconds) else { return nil }
        defer { rd_kafka_mem_free(handle, name) }
        return String(cString: name)
    }

    // MARK: The group

    func subscribe(_ topics: [String]) throws(KafkaError) {
        let list = KafkaPlaces(topics.map { KafkaPlace(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        let code = rd_kafka_subscribe(handle, list.pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .client(reason: kafkaErrorText(code)) }
    }

    /// Reads from these places; where incremental from these, too. Nil, or what went wrong.
    func assign(_ places: [KafkaPlace], isIncremental: Bool) -> String? {
        let list = KafkaPlaces(places)
        return isIncremental
            ? taken(rd_kafka_incremental_assign(handle, list.pointer)) : failure(rd_kafka_assign(handle, list.pointer))
    }

    /// Reads no more, or where incremental no more from these.
    @discardableResult
    func unassign(_ places: [KafkaPlace], isIncremental: Bool) -> String? {
        let list = KafkaPlaces(places)
        return isIncremental
            ? taken(rd_kafka_incremental_unassign(handle, list.pointer)) : failure(rd_kafka_assign(handle, nil))
    }

    /// What the group has committed, waiting for the broker.
    func committed(_ places: [KafkaPlace], milliseconds: Int32) throws(KafkaError) -> [KafkaPlace] {
        let list = KafkaPlaces(places)
        let code = rd_kafka_committed(handle, list.pointer, milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .commit(reason: kafkaErrorText(code)) }
        return list.places
    }

    /// The offset of the first record whose timestamp is no less, or where there is none the end as it was before the question: what
    /// comes meanwhile is read.
    func offset(atTime time: Int64, _ place: KafkaPlace, milliseconds: Int32) -> (offset: Int64, reason: String?) {
        var low: Int64 = 0
        var high: Int64 = 0
        let ends = rd_kafka_query_watermark_offsets(handle, place.topic, place.partition, &low, &high, milliseconds)
        guard ends == RD_KAFKA_RESP_ERR_NO_ERROR else { return (0, kafkaErrorText(ends)) }
        var asked = place
        asked.offset = time
        let list = KafkaPlaces([asked])
        let code = rd_kafka_offsets_for_times(handle, list.pointer, milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found = list.places.first else { return (0, kafkaErrorText(code)) }
        return (found.offset >= 0 ? found.offset : high, found.reason)
    }

    enum CommitResult {
        case done
        /// The partitions are another member's: there is nothing to commit any more.
        case refused(String)
        /// The group is sharing out its partitions.
        case postponed
        case failed(String)
    }

    /// Commits and waits for the answer.
    func commit(_ places: [KafkaPlace], milliseconds: Int32) -> CommitResult {
        guard let queue = rd_kafka_queue_new(handle) else { return .failed("out of memory") }
        defer { rd_kafka_queue_destroy(queue) }
        let list = KafkaPlaces(places)
        let code = rd_kafka_commit_queue(handle, list.pointer, queue, nil, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return KafkaClient.result(code) }
        guard let event = rd_kafka_queue_poll(queue, milliseconds) else {
            return .failed("no response within \(milliseconds) ms")
        }
        defer { rd_kafka_event_destroy(event) }
        let whole = rd_kafka_event_error(event)
        if whole != RD_KAFKA_RESP_ERR_NO_ERROR { return KafkaClient.result(whole) }
        guard let answered = rd_kafka_event_topic_partition_list(event) else { return .done }
        for place in 0..<Int(answered.pointee.cnt) where answered.pointee.elems[place].err != RD_KAFKA_RESP_ERR_NO_ERROR {
            return KafkaClient.result(answered.pointee.elems[place].err)
        }
        return .done
    }

    private static func result(_ code: rd_kafka_resp_err_t) -> CommitResult {
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__NO_OFFSET: .done
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            .refused(kafkaErrorText(code))
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS: .postponed
        default: .failed(kafkaErrorText(code))
        }
    }

    /// Before which offset a partition ends, as the last answer of its broker said.
    func end(of topic: String, _ partition: Int32) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_get_watermark_offsets(handle, topic, partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Gives all partitions up and leaves the group, if that takes no longer than so long.
    func leave(milliseconds: Int64) {
        guard let queue = rd_kafka_queue_get_consumer(handle) else { return }
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(handle, queue) { rd_kafka_error_destroy(error) }
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while rd_kafka_consumer_closed(handle) == 0, ContinuousClock.now < deadline { rd_kafka_queue_poll_callback(queue, 50) }
    }

    /// Ends the threads. Nobody may hold a queue any more.
    func destroy() {
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        owner.release()
    }

    // MARK: Errors

    private func failure(_ code: rd_kafka_resp_err_t) -> String? {
        code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : kafkaErrorText(code)
    }

    private func taken(_ error: OpaquePointer?) -> String? {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        return String(cString: rd_kafka_error_string(error))
    }
}

/// Keeps who is called back alive as long as the client is.
final class KafkaOwnerBox {
    let owner: any KafkaClientOwner
    init(_ owner: any KafkaClientOwner) { self.owner = owner }
}

func kafkaErrorText(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }

func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
