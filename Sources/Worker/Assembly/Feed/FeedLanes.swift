import EngineCore
import FeedCore
import Platform

/// The threads that ask what a feed's book wants to know: one for the log, and a few for streams. Answers wait until ``next(until:)`` takes
/// them.
///
/// Bound: the log is asked one thing at a time; of each table one listing and of each shard one read wait or are under way. A read that
/// waits gives way to a newer one of its shard: nobody wants its answer any more. So no shard is read by two threads at a time.
final class FeedLanes: Sendable {
    /// Threads that read streams. A read takes some 10 ms where a shard has little, and shards are asked up to once a second while they have
    /// nothing: eight threads serve some hundred shards.
    static let readersMax = 8

    enum Answer: Sendable {
        /// Nil with what is wrong.
        case log([FeedBatch]?, sent: Int64, trouble: String?)
        case written(FeedBook.Outcome, ticket: Int, sent: Int64)
        /// `isTrial`: the book did not ask for it.
        case listed(String, Listing?, wall: Int64, trouble: String?, isTrial: Bool)
        case read(FeedBook.ShardName, FeedAnswer, ticket: Int, wall: Int64)
    }

    struct Listing: Sendable {
        var stream: String
        var shards: [FeedShard]
    }

    private enum Work: Sendable {
        case step(FeedBook.Step)
        case trial(table: String)

        /// Of what only one is under way at a time.
        var name: Name {
            switch self {
            case .step(.readLog), .step(.write): .log
            case .step(.list(let table)), .trial(let table): .table(table)
            case .step(.read(let shard, _, _, _)): .shard(shard)
            }
        }
    }

    private enum Name: Hashable {
        case log
        case table(String)
        case shard(FeedBook.ShardName)
    }

    private struct Asked: Sendable {
        var work: Work
        /// When the book wanted it, by both clocks.
        var now: Int64
        var wall: Int64
    }

    private let log: any FeedLog
    private let streams: any FeedStreams
    private let monitor = Monitor()
    private let queues = Queues()

    /// Guarded by the monitor.
    private final class Queues: @unchecked Sendable {
        var ofLog: [Asked] = []
        var ofStreams: [Asked] = []
        var busy: Set<Name> = []
        var answers: [Answer] = []
        var isEnding = false
    }

    init(_ log: any FeedLog, _ streams: any FeedStreams) {
        self.log = log
        self.streams = streams
    }

    /// False where the system has no thread left.
    func start() -> Bool {
        for lane in 0...FeedLanes.readersMax {
            guard SystemThread.detached({ [self] in run(ofLog: lane == 0) }) else { return false }
        }
        return true
    }

    /// Nothing more is asked. A request that is under way ends by itself.
    func end() {
        monitor.locked {
            queues.isEnding = true
            monitor.broadcast()
        }
    }

    // MARK: What is wanted

    func ask(_ step: FeedBook.Step, now: Int64, wall: Int64) { add(Asked(work: .step(step), now: now, wall: wall)) }

    /// Lists a stream although no step says so: to see whether it can be done.
    func tryListing(_ table: String, now: Int64, wall: Int64) {
        add(Asked(work: .trial(table: table), now: now, wall: wall))
    }

    private func add(_ asked: Asked) {
        monitor.locked {
            let name = asked.work.name
            if name == .log {
                queues.ofLog.append(asked)
            } else {
                if case .shard = name { queues.ofStreams.removeAll { $0.work.name == name } }
                queues.ofStreams.append(asked)
            }
            monitor.broadcast()
        }
    }

    /// What was answered since; waits for that until a time of ``monotonicMilliseconds()``.
    func next(until deadline: Int64) -> [Answer] {
        monitor.locked {
            while queues.answers.isEmpty, !queues.isEnding, monotonicMilliseconds() < deadline { monitor.wait(until: deadline) }
            defer { queues.answers = [] }
            return queues.answers
        }
    }

    // MARK: Threads

    private func run(ofLog: Bool) {
        while let asked = take(ofLog: ofLog) {
            let answer = answer(asked)
            monitor.locked {
                queues.busy.remove(asked.work.name)
                queues.answers.append(answer)
                monitor.broadcast()
            }
        }
    }

    private func take(ofLog: Bool) -> Asked? {
        monitor.locked {
            while !queues.isEnding {
                if ofLog, !queues.ofLog.isEmpty { return queues.ofLog.removeFirst() }
                if !ofLog, let at = queues.ofStreams.firstIndex(where: { !queues.busy.contains($0.work.name) }) {
                    let asked = queues.ofStreams.remove(at: at)
                    queues.busy.insert(asked.work.name)
                    return asked
                }
                monitor.wait()
            }
            return nil
        }
    }

    private func answer(_ asked: Asked) -> Answer {
        switch asked.work {
        case .step(.readLog(let number)):
            do { return .log(try log.batches(after: number), sent: asked.now, trouble: nil) } catch {
                return .log(nil, sent: asked.now, trouble: "\(error)")
            }
        case .step(.write(let batch, let ticket)):
            return .written(log.write(batch), ticket: ticket, sent: asked.now)
        case .step(.list(let table)): return list(table, asked, isTrial: false)
        case .trial(let table): return list(table, asked, isTrial: true)
        case .step(.read(let name, let stream, let place, let ticket)):
            return .read(name, streams.read(name, stream: stream, place, ticket: ticket), ticket: ticket, wall: asked.wall)
        }
    }

    private func list(_ table: String, _ asked: Asked, isTrial: Bool) -> Answer {
        do {
            let (stream, shards) = try streams.list(table)
            return .listed(table, Listing(stream: stream, shards: shards), wall: asked.wall, trouble: nil, isTrial: isTrial)
        } catch {
            return .listed(table, nil, wall: asked.wall, trouble: "\(error)", isTrial: isTrial)
        }
    }
}
