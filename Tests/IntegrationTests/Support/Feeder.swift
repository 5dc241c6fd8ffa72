import CRdKafka
import Foundation
import Testing

/// Produces lines to a broker on a thread of its own, over and over, until it is told to end, or to its last reference. What the broker
/// did not acknowledge is produced again. Line number n goes to partition n modulo `partitions`.
final class Feeder: @unchecked Sendable {
    private struct State {
        var next = 0
        /// Numbers of lines that the broker did not acknowledge.
        var again: [Int] = []
        var underWay = 0
        var acknowledged = Set<Int>()
        var repeated = 0
        var isResting = false
        var isOver = false
        var hasEnded = false
    }

    private let lines: [String]
    private let partitions: Int
    private let perSecond: Int
    private let lock = NSLock()
    private let start = ContinuousClock.now
    private var produced = 0
    private var state = State()
    private var client: OpaquePointer!
    private var topic: OpaquePointer!

    init(_ lines: [String], to broker: Broker, topic: String, partitions: Int, perSecond: Int) throws {
        self.lines = lines
        self.partitions = partitions
        self.perSecond = perSecond
        let options = ["bootstrap.servers": broker.address, "linger.ms": "5", "reconnect.backoff.max.ms": "200"]
        client = try KafkaHandle.make(RD_KAFKA_PRODUCER, options) { configuration in
            rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
            rd_kafka_conf_set_dr_msg_cb(configuration, feederDelivered)
        }
        self.topic = rd_kafka_topic_new(client, topic, nil)
        Thread.detachNewThread { [weak self] in
            while let feeder = self, feeder.step() {}
        }
    }

    private func locked<T>(_ body: (inout State) throws -> T) rethrows -> T {
        lock.lock()
        defer { lock.unlock() }
        return try body(&state)
    }

    /// How many lines were produced again since the broker had not acknowledged them.
    var repeated: Int { locked { $0.repeated } }

    /// The lines that the broker acknowledged at least once.
    var fed: [String] { locked { $0.acknowledged.sorted() }.map { lines[$0] } }

    /// Produces nothing more, and counts what is not acknowledged as not produced. Returns when that is so.
    func rest() throws {
        locked { $0.isResting = true }
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        try eventually("nothing is under way to the broker") { locked { $0.underWay == 0 } }
    }

    func goOn() { locked { $0.isResting = false } }

    /// Ends once the broker has acknowledged everything.
    func end() throws {
        locked { $0.isOver = true }
        try eventually("everything is acknowledged") { locked { $0.hasEnded } }
    }

    deinit {
        rd_kafka_topic_destroy(topic)
        rd_kafka_destroy(client)
    }

    // MARK: Its thread

    /// Produces what is due; whether there is more to do.
    private func step() -> Bool {
        rd_kafka_poll(client, 1)
        let due = Int((ContinuousClock.now - start) / .seconds(1) * Double(perSecond))
        // What was missed while it rested is not made up for.
        produced = max(produced, due - perSecond)
        while produced < due, let number = take() {
            produced += 1
            var bytes = Array(lines[number].utf8)
            let opaque = UnsafeMutableRawPointer(bitPattern: number + 1)
            let code = rd_kafka_produce(
                topic, Int32(number % partitions), RD_KAFKA_MSG_F_COPY, &bytes, bytes.count, nil, 0, opaque)
            if code != 0 {
                ended(number, isAcknowledged: false)
                break
            }
        }
        return locked { state in
            if state.isOver, state.underWay == 0, state.again.isEmpty { state.hasEnded = true }
            return !state.hasEnded
        }
    }

    private func take() -> Int? {
        locked { state in
            guard !state.isResting else { return nil }
            if let number = state.again.popLast() {
                state.repeated += 1
                state.underWay += 1
                return number
            }
            guard !state.isOver else { return nil }
            defer { state.next += 1 }
            state.underWay += 1
            return state.next % lines.count
        }
    }

    fileprivate func ended(_ number: Int, isAcknowledged: Bool) {
        locked { state in
            state.underWay -= 1
            if isAcknowledged { state.acknowledged.insert(number) } else { state.again.append(number) }
        }
    }
}

private func feederDelivered(
    _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let message, let opaque else { return }
    Unmanaged<Feeder>.fromOpaque(opaque).takeUnretainedValue().ended(
        Int(bitPattern: message.pointee._private) - 1, isAcknowledged: message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR)
}
