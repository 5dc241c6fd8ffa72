import AWS
import EngineCore
import HTTPClient
import Leases
import Platform
import Synchronization

/// Reads a shard by `GetRecords`, within what the service allows: 5 calls and 2 MB a second and shard, for all who poll it
/// together.
///
///     GetShardIterator --> GetRecords --> GetRecords --> .. --> no next iterator: the end; ListShards, where no child was named
///            ^                  |
///            +-- expired, or a damaged answer that was used in part
///
/// One request is under way at a time. The next one is sent when an answer is taken up, so at most two answers are held: the one
/// that blocks are filled from, and the one behind it; a large one is handed over before the next is asked for.
///
/// Invariants (`@unchecked Sendable`): `shared` is for every thread, and the HTTP client's only puts answers there; everything
/// else is of the thread that fills.
final class ShardPoller: ShardFetcher, @unchecked Sendable {
    private enum Request: Sendable {
        case iterator(ShardPlace)
        case records(iterator: String)
        /// Is the shard gone, or at its end?
        case shards(End)

        enum End: Sendable { case unknown, noIterator }
    }

    private enum Answer: Sendable {
        case iterator(String)
        case records(HTTPResponse)
        case shards([KinesisShard])
        case failed(AWSError)
    }

    private struct Shared {
        var isClosed = false
        /// Counts requests; an answer to an earlier one is dropped.
        var number = 0
        var call: ServiceCall?
        var answer: Answer?
        var answeredAt: Int64 = 0
        var lastAnswer = LastAnswer(began: monotonicMilliseconds())
    }

    /// What the times of all pollers count from.
    private static let origin = ContinuousClock.now

    private let reading: ShardFetching
    let pace: Pace
    private let shared = Mutex(Shared())
    private let records = KinesisRecords()
    private var progress: ShardProgress
    private var backoff = ReadBackoff()
    /// The request under way, or due; nil before the first and after the last.
    private var request: Request?
    /// The body that `records` reads.
    private var body: PooledBytes?
    /// How far behind the end it was, and when it came.
    private var bodyEnd: (behind: Int64?, at: Int64) = (nil, 0)
    /// What is asked once the body is handed over.
    private var following: (request: Request, due: Duration?)?
    /// When it was due, or made where that was later, since ``origin``.
    private var lastCall: Duration?
    private var outcome: ShardOutcome?

    init(_ reading: ShardFetching, pace: Pace = Pace()) {
        self.reading = reading
        self.pace = pace
        progress = ShardProgress(reading.start)
    }

    var lastAnswer: LastAnswer { shared.withLock { $0.lastAnswer } }

    func close() {
        let call = shared.withLock { shared in
            shared.isClosed = true
            shared.number += 1
            shared.answer = nil
            defer { shared.call = nil }
            return shared.call
        }
        call?.cancel()
    }

    func fill(_ block: RecordBlock) -> ShardOutcome {
        if shared.withLock({ $0.isClosed }) { return .nothing }
        if request == nil, outcome == nil { ask(.iterator(progress.place)) }
        while true {
            if body != nil, handOver(block) { return .block }
            if let outcome {
                block.end = progress.position
                return outcome
            }
            guard let answer = takeAnswer() else { return .nothing }
            use(answer)
        }
    }

    // MARK: Answers

    private func takeAnswer() -> Answer? {
        shared.withLock { shared in
            defer { shared.answer = nil }
            return shared.answer
        }
    }

    private func use(_ answer: Answer) {
        switch (answer, request) {
        case (.failed(let error), _): failed(error)
        case (.shards(let shards), .shards(let end)): lookedUp(shards, end)
        case (.iterator(let iterator), _): ask(.records(iterator: iterator), at: nextCall())
        case (.records(let response), _): useRecords(response)
        case (.shards, _): break
        }
    }

    private func useRecords(_ response: HTTPResponse) {
        let answer: KinesisRecords.Answer
        do throws(UnreadableOutput) {
            // Pooled bytes stay where they are while `body` holds them.
            answer = try response.body.withBytes { (bytes) throws(UnreadableOutput) in try records.begin(bytes) }
        } catch {
            return malformed("the response cannot be used: \(error)", then: request ?? .iterator(progress.place))
        }
        body = response.body
        bodyEnd = (answer.millisecondsBehind, shared.withLock { $0.answeredAt })
        if let next = answer.nextIterator {
            let due = nextCall(bytes: response.body.count * 3 / 4)
            if response.body.count <= pace.aheadBytesMax {
                ask(.records(iterator: next), at: due)
            } else {
                following = (.records(iterator: next), due)
            }
        } else if let children = answer.children, !children.isEmpty {
            following = nil
            request = nil
            outcome = .ended(children: children)
        } else {
            following = (.shards(.noIterator), nil)
        }
    }

    /// Fills the block from the body; false where nothing of it was left.
    private func handOver(_ block: RecordBlock) -> Bool {
        do throws(UnreadableOutput) {
            if try records.fill(block) {
                progress.last = records.last
                return true
            }
            body = nil
            backoff.succeeded()
            shared.withLock { $0.lastAnswer.answered(behind: bodyEnd.behind, at: bodyEnd.at) }
            if let (request, due) = following {
                following = nil
                ask(request, at: due)
            }
        } catch {
            body = nil
            following = nil
            outcome = nil
            // What was asked ahead follows records that are not handed over.
            malformed("the response cannot be used: \(error)", then: .iterator(progress.place))
        }
        return false
    }

    private func lookedUp(_ shards: [KinesisShard], _ end: Request.End) {
        let (shard, children) = reading.lookUp(shards)
        switch (end, shard) {
        case (.noIterator, let shard) where shard?.isClosed != false: outcome = .ended(children: children)
        case (.unknown, nil): outcome = .gone
        default:
            trouble("malformed", "the service reports the end of an open shard, or does not find a shard that it lists")
            ask(.iterator(progress.place), at: now + backoff.failed(random: .random(in: 0..<1)))
        }
    }

    // MARK: What goes wrong

    private func failed(_ error: AWSError) {
        guard let request, !error.isCancelled else { return }
        shared.withLock { reading.trouble(error, &$0.lastAnswer) }
        let pause = backoff.failed(random: .random(in: 0..<1))
        switch (error.kinesis, request) {
        case (.missing, .iterator), (.missing, .records): ask(.shards(.unknown), at: now + pause)
        case (.iteratorExpired, .records): ask(.iterator(progress.place), at: now + pause / 2)
        default: ask(request, at: max(now + pause, nextCall()))
        }
    }

    private func malformed(_ reason: String, then request: Request) {
        trouble("malformed", reason)
        ask(request, at: max(now + backoff.failed(random: .random(in: 0..<1)), nextCall()))
    }

    private func trouble(_ code: String, _ reason: String) { shared.withLock { reading.trouble(code, reason, &$0.lastAnswer) } }

    // MARK: Requests

    private var now: Duration { ShardPoller.origin.duration(to: .now) }

    /// When the shard may be read again: its calls, and the bytes of the last answer.
    private func nextCall(bytes: Int = 0) -> Duration {
        let now = now
        return lastCall.map { pace.next(after: $0, bytes: bytes, now: now) } ?? now
    }

    private func ask(_ request: Request, at due: Duration? = nil) {
        self.request = request
        let (number, earlier) = shared.withLock { shared in
            shared.number += 1
            shared.answer = nil
            defer { shared.call = nil }
            return (shared.number, shared.call)
        }
        earlier?.cancel()
        let now = now
        if case .records = request { lastCall = max(due ?? now, now) }
        if case .iterator = request, progress.start == .latest, progress.latestSince == nil {
            progress.latestSince = reading.api.reads.serviceTime.milliseconds
        }
        if let due, due > now {
            reading.api.reads.after(due - now) { self.send(request, number) }
        } else {
            send(request, number)
        }
    }

    /// On the HTTP client's thread, or at once.
    private func send(_ request: Request, _ number: Int) {
        guard shared.withLock({ $0.number == number }) else { return }
        let api = reading.api
        let call: ServiceCall
        switch request {
        case .iterator(let place):
            let operation = Kinesis.GetShardIterator(reading.stream, shard: reading.shard, from: place)
            call = api.reads.submit(operation) { self.put($0.map { .iterator($0) }, number) }
        case .records(let iterator):
            let operation = Kinesis.GetRecords(reading.stream, iterator: iterator, limit: pace.recordsMax)
            call = api.reads.submit(operation) { self.put($0.map { .records($0) }, number) }
        case .shards:
            return api.listShards(reading.stream) { self.put($0.map { .shards($0) }, number) }
        }
        let isClosed = shared.withLock { shared in
            // If the answer is there already, keeping the call would only keep this fetcher alive.
            if shared.number == number, shared.answer == nil { shared.call = call }
            return shared.isClosed
        }
        if isClosed { call.cancel() }
    }

    /// On the HTTP client's thread: hands an answer over to the thread that fills.
    private func put(_ result: Result<Answer, AWSError>, _ number: Int) {
        let answer: Answer
        switch result {
        case .success(let arrived): answer = arrived
        case .failure(let error): answer = .failed(error)
        }
        let isWanted = shared.withLock { shared in
            guard shared.number == number, !shared.isClosed else { return false }
            shared.answer = answer
            shared.answeredAt = monotonicMilliseconds()
            shared.call = nil
            return true
        }
        if isWanted { reading.news() }
    }
}
