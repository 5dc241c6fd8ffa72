import AWS
import EngineCore
import Leases
import Platform

/// What a fetcher of a shard is told and whom it tells.
struct ShardFetching: Sendable {
    let api: KinesisAPI
    let stream: KinesisStream
    let shard: String
    let start: ShardStart
    /// There may be something to read. On the HTTP client's thread, so it hands on and does not wait.
    let news: @Sendable () -> Void
    let tell: @Sendable (KinesisEvent) -> Void

    /// What the list of the stream's shards says of this one: nil where it is there no more. `children`: those that name it as a
    /// parent.
    func lookUp(_ shards: [KinesisShard]) -> (shard: KinesisShard?, children: [KinesisShard]) {
        (shards.first { $0.id == shard }, shards.filter { $0.parents.contains(shard) })
    }

    func trouble(_ error: AWSError, _ last: inout LastAnswer) {
        // An iterator expires while nobody reads, and another is asked for.
        let isFinal = error.refusal != nil && error.errorClass == .permanent && error.kinesis != .iteratorExpired
        trouble(error.troubleCode, "\(error)", isFinal: isFinal, &last)
    }

    func trouble(_ code: String, _ reason: String, isFinal: Bool = false, _ last: inout LastAnswer) {
        last.failed(reason, isFinal: isFinal, at: monotonicMilliseconds())
        tell(.trouble(code: code, reason: "\(stream.name)/\(shard): \(reason)"))
    }
}

/// Where the reading of a shard goes on, as far as it is known.
struct ShardProgress: Sendable {
    /// The service lets a request's time be wrong by this much, so its clock may differ from this machine's by as much.
    private static let skewMaxMilliseconds: Int64 = 300_000

    let start: ShardStart
    /// The last record that was handed over, or a place behind it that the service has named.
    var last: Position?
    /// When the service was first asked for the latest: asked again before a record has come, records between would be missed.
    var latestSince: Int64?

    init(_ start: ShardStart) { self.start = start }

    var place: ShardPlace {
        if let last { return .after(last.sequenceNumber) }
        switch start {
        case .trimHorizon: return .trimHorizon
        case .latest: return latestSince.map { .time($0 - ShardProgress.skewMaxMilliseconds) } ?? .latest
        case .time(let milliseconds): return .time(milliseconds)
        case .at(let position): return .at(position.sequenceNumber)
        }
    }

    /// The end of a block that holds nothing.
    var position: Position {
        if let last { return last }
        if case .at(let position) = start { return position }
        return .beginning
    }
}

/// How long a fetcher waits after failures in a row: with jitter, twice as long each time.
struct ReadBackoff: Sendable {
    static let shortest = Duration.milliseconds(200)
    static let longest = Duration.seconds(10)

    private var failures = 0

    /// `random` is from 0 to below 1.
    mutating func failed(random: Double) -> Duration {
        let ceiling = min(ReadBackoff.longest, ReadBackoff.shortest * (1 << min(failures, 10)))
        failures += 1
        return ceiling * (0.5 + random / 2)
    }

    mutating func succeeded() { failures = 0 }
}

extension AWSError {
    /// The service's code, or in a word why there was no answer.
    var troubleCode: String {
        switch cause {
        case .refused(let refusal, _): refusal.code.isEmpty ? "HTTP \(refusal.status)" : refusal.code
        case .noAnswer(let error): error.isTimeout ? "timedOut" : "\(error.kind)"
        case .tooLate: "tooLate"
        case .noCredentials: "noCredentials"
        case .unreadable: "malformed"
        }
    }

    var isCancelled: Bool { if case .noAnswer(let error) = cause { error.kind == .cancelled } else { false } }
}
