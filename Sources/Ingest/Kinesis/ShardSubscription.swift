import AWS
import EngineCore
import HTTPClient
import Leases
import Platform
import Synchronization

/// Reads a shard by enhanced fan-out: `SubscribeToShard`, whose answer is an event stream that the service ends after five
/// minutes.
///
///     SubscribeToShard --> event, event, .. --> ended, cut, damaged, taken over: subscribe again behind the last event
///                                       +--> an event that names children: the end of the shard
///
/// Bytes that came and were not read are ``waitingBytesMax`` at most, and one message beside them; then the connection is paused.
///
/// Invariants (`@unchecked Sendable`): `shared` is for every thread, and the HTTP client's only puts bytes there; everything else
/// is of the thread that fills.
final class ShardSubscription: ShardFetcher, @unchecked Sendable {
    static let waitingBytesMax = 2 << 20

    /// Before the next attempt where the shard has another subscription: it may be this worker's own of a moment ago, and five
    /// seconds after it began this one may take it over.
    private static let inUsePause = Duration.seconds(1)
    /// After this subscription was taken over: the lease is likely another worker's by now, and time is needed to learn of that.
    private static let takenOverPause = Duration.seconds(6)

    fileprivate enum End: Sendable {
        case ended(AWSError?)
        /// `isAtEnd`: of a shard that the service says no more of, without naming its children.
        case shards(Result<[KinesisShard], AWSError>, isAtEnd: Bool)
    }

    fileprivate struct Shared: ~Copyable {
        var isClosed = false
        /// Counts subscriptions; what still comes from an earlier one is dropped.
        var number = 0
        var call: ServiceCall?
        /// What came, until a thread of the pipeline takes it.
        var waiting = ByteBuffer(capacity: 1 << 16)
        var waitingSince: Int64 = 0
        var isPaused = false
        /// How the subscription, or the looking up of shards, ended.
        var end: End?
        var lastAnswer = LastAnswer(began: monotonicMilliseconds())
    }

    private let reading: ShardFetching
    private let consumer: String
    private let shared = Mutex(Shared())
    private var decoder = EventStreamDecoder()
    private let records = KinesisRecords()
    private var progress: ShardProgress
    private var backoff = ReadBackoff()
    private var hasBegun = false
    /// Whether `records` reads an event, and where to go on after it.
    private var isInEvent = false
    private var continuation: Position?
    /// How far behind the end it was, and when it came.
    private var eventEnd: (behind: Int64?, at: Int64) = (nil, 0)
    /// When the first came of the bytes that the decoder was given last.
    private var takenAt: Int64 = 0
    /// Whether the event under way is the last one, without children.
    private var isAtEnd = false
    private var outcome: ShardOutcome?

    /// `consumer`: its ARN.
    init(_ reading: ShardFetching, consumer: String) {
        self.reading = reading
        self.consumer = consumer
        progress = ShardProgress(reading.start)
    }

    var lastAnswer: LastAnswer { shared.withLock { $0.lastAnswer } }

    func close() {
        let call = shared.withLock { shared in
            shared.isClosed = true
            return shared.leave()
        }
        call?.cancel()
    }

    func fill(_ block: RecordBlock) -> ShardOutcome {
        if shared.withLock({ $0.isClosed }) { return .nothing }
        if !hasBegun { subscribe() }
        while true {
            if isInEvent, handOver(block) { return .block }
            if let outcome {
                block.end = records.last ?? progress.position
                return outcome
            }
            do throws(EventStreamError) {
                if let message = try decoder.next() {
                    use(message)
                    continue
                }
            } catch {
                damaged("\(error)")
                continue
            }
            guard takeWaiting() || takeEnd() else { return .nothing }
        }
    }

    // MARK: What came

    /// Moves bytes into the decoder; false where none had come.
    private func takeWaiting() -> Bool {
        let (hasMore, paused) = shared.withLock { shared -> (Bool, ServiceCall?) in
            guard shared.waiting.count > 0 else { return (false, nil) }
            decoder.append(shared.waiting.bytes)
            takenAt = shared.waitingSince
            shared.waiting.removeAll()
            defer { shared.isPaused = false }
            return (true, shared.isPaused ? shared.call : nil)
        }
        paused?.resume()
        return hasMore
    }

    private func use(_ message: EventStreamMessage) {
        switch Kinesis.SubscribeToShard.Event(message) {
        case .records(let text): use(records: text)
        case .failed(let code, let text): refused(code, text, inUsePause: ShardSubscription.takenOverPause)
        case .other: break
        }
    }

    private func use(records text: ByteView) {
        do throws(UnreadableOutput) {
            // The text stays in the decoder until that is given more, which is after the event.
            let event = try records.begin(text)
            isInEvent = true
            continuation = event.continuation
            eventEnd = (event.millisecondsBehind, takenAt)
            if let children = event.children, !children.isEmpty {
                outcome = .ended(children: children)
            } else {
                isAtEnd = event.continuation == nil
            }
        } catch {
            damaged("the event cannot be used: \(error)")
        }
    }

    /// Fills the block from the event; false where nothing of it was left.
    private func handOver(_ block: RecordBlock) -> Bool {
        do throws(UnreadableOutput) {
            if try records.fill(block) {
                progress.last = records.last
                return true
            }
            isInEvent = false
            backoff.succeeded()
            shared.withLock { $0.lastAnswer.answered(behind: eventEnd.behind, at: eventEnd.at) }
            progress.last = continuation ?? progress.last
            if isAtEnd { lookUpShards(isAtEnd: true) }
        } catch {
            damaged("the event cannot be used: \(error)")
        }
        return false
    }

    // MARK: How it ends

    /// What came cannot be used, or not all of it: it is asked for again from behind what was handed over.
    private func damaged(_ reason: String) {
        outcome = nil
        trouble("malformed", reason)
        subscribe(after: pause())
    }

    private func refused(_ code: String, _ message: String, inUsePause: Duration) {
        let failure = Kinesis.Failure(code: code)
        trouble(code, message, isFinal: failure == .denied || failure == .missing)
        switch failure {
        case .missing: lookUpShards(after: pause(), isAtEnd: false)
        case .inUse: subscribe(after: inUsePause * Double.random(in: 0.75..<1.25))
        default: subscribe(after: pause())
        }
    }

    /// Takes the end of the subscription up; false where it goes on.
    private func takeEnd() -> Bool {
        let end = shared.withLock { shared in
            defer { shared.end = nil }
            return shared.end
        }
        switch end {
        case nil: return false
        case .ended(nil):
            if decoder.waiting > 0 {
                damaged("the event stream ended inside a message")
            } else {
                // Five minutes are over. One that ended without a single event is asked for again more slowly.
                subscribe(after: backoff.failed(random: 0) / 4)
            }
        case .ended(let error?) where error.refusal != nil:
            refused(error.code, "\(error)", inUsePause: ShardSubscription.inUsePause)
        case .ended(let error?):
            guard !error.isCancelled else { return false }
            trouble(error)
            subscribe(after: pause())
        case .shards(let result, let isAtEnd): lookedUp(result, isAtEnd)
        }
        return true
    }

    private func lookedUp(_ result: Result<[KinesisShard], AWSError>, _ isAtEnd: Bool) {
        do throws(AWSError) {
            let (shard, children) = reading.lookUp(try result.get())
            if isAtEnd, shard?.isClosed != false {
                outcome = .ended(children: children)
            } else if shard == nil {
                outcome = .gone
            } else {
                trouble("malformed", "the service reports the end of an open shard, or does not know the consumer")
                subscribe(after: pause())
            }
        } catch {
            guard !error.isCancelled else { return }
            trouble(error)
            lookUpShards(after: pause(), isAtEnd: isAtEnd)
        }
    }

    private func trouble(_ code: String, _ reason: String, isFinal: Bool = false) {
        shared.withLock { reading.trouble(code, reason, isFinal: isFinal, &$0.lastAnswer) }
    }

    private func trouble(_ error: AWSError) { shared.withLock { reading.trouble(error, &$0.lastAnswer) } }

    private func pause() -> Duration { backoff.failed(random: .random(in: 0..<1)) }

    // MARK: Requests

    /// Leaves the subscription, forgets what came of it and was not handed over, and asks for another.
    private func subscribe(after delay: Duration = .zero) {
        hasBegun = true
        if progress.start == .latest, progress.latestSince == nil {
            progress.latestSince = reading.api.subscriptions.serviceTime.milliseconds
        }
        let place = progress.place
        begin(after: delay) { number in self.subscribe(number, place) }
    }

    private func lookUpShards(after delay: Duration = .zero, isAtEnd: Bool) {
        begin(after: delay) { number in
            self.reading.api.listShards(self.reading.stream) { self.put(.shards($0, isAtEnd: isAtEnd), number) }
        }
    }

    private func begin(after delay: Duration, _ send: @escaping @Sendable (Int) -> Void) {
        decoder.removeAll()
        records.end()
        isInEvent = false
        isAtEnd = false
        let (number, call) = shared.withLock { shared in
            let call = shared.leave()
            return (shared.number, call)
        }
        call?.cancel()
        if delay > .zero { reading.api.subscriptions.after(delay) { send(number) } } else { send(number) }
    }

    private func subscribe(_ number: Int, _ place: ShardPlace) {
        guard shared.withLock({ $0.number == number }) else { return }
        let operation = Kinesis.SubscribeToShard(consumer: consumer, shard: reading.shard, from: place)
        let call = reading.api.subscriptions.submit(operation) { _, chunk in
            self.take(chunk, number)
        } completion: { result in
            switch result {
            case .success: self.put(.ended(nil), number)
            case .failure(let error): self.put(.ended(error), number)
            }
        }
        let isOver = shared.withLock { shared in
            if shared.number == number, shared.end == nil { shared.call = call }
            return shared.number != number
        }
        if isOver { call.cancel() }
    }

    // MARK: On the HTTP client's thread

    private func take(_ chunk: ByteView, _ number: Int) -> HTTPClient.ChunkAnswer {
        let (answer, isFirst) = shared.withLock { shared -> (HTTPClient.ChunkAnswer, Bool) in
            guard shared.number == number, !shared.isClosed else { return (.stop, false) }
            let isFirst = shared.waiting.count == 0
            if !isFirst, shared.waiting.count + chunk.count > ShardSubscription.waitingBytesMax {
                shared.isPaused = true
                return (.pause, false)
            }
            if isFirst { shared.waitingSince = monotonicMilliseconds() }
            shared.waiting.append(chunk)
            return (.more, isFirst)
        }
        if isFirst { reading.news() }
        return answer
    }

    private func put(_ end: End, _ number: Int) {
        let isWanted = shared.withLock { shared in
            guard shared.number == number, !shared.isClosed else { return false }
            shared.end = end
            shared.call = nil
            return true
        }
        if isWanted { reading.news() }
    }
}

extension ShardSubscription.Shared {
    /// Makes everything that still comes of the subscription void; its call is the caller's to cancel.
    fileprivate mutating func leave() -> ServiceCall? {
        number += 1
        waiting.removeAll()
        isPaused = false
        end = nil
        defer { call = nil }
        return call
    }
}
