import ContactCenter
import EngineCore
import Platform
import Simulation
import Storage
import Worker

/// The real core and a shard under a made-up clock: an hour of a contact center takes seconds, and a flush comes as often as in that hour.
///
/// Every poll reads what arrived since the one before; a write takes no time.
struct PacedWorker {
    static let agents = 1_000
    /// Agents who take ten contacts an hour or so: 300 events an agent and hour.
    static let busyEventsPerSecond = 83
    /// As often as a shard of Kinesis is asked.
    static let pollMilliseconds: Int64 = 205
    /// More between two events is no part of the hour.
    static let pauseMillisecondsMax: Int64 = 10_000

    let events: Int
    var eventsPerSecond = PacedWorker.busyEventsPerSecond
    let flushInterval: Int64
    /// Nil: heartbeats are written as anything else.
    var refreshInterval: Int64?
    /// Nil: the contact center that is measured.
    var center: OtherCenter?

    /// What a worker on Kinesis and DynamoDB has by default.
    static func standard() throws -> EngineSettings {
        try WorkerSettings(flags: ["--source-kind", "kinesis", "--kinesis-streams", "events", "--store-kind", "dynamodb"])
            .engine
    }

    /// Calls `write` with the rows of every flush.
    func run(_ write: ([RowBatch]) -> Void) throws -> (totals: Totals, hours: Double) {
        var traffic = TrafficModel(trafficOptions)
        var state = State(options)
        var line: [UInt8] = []
        var arrival = traffic.next(into: &line)
        let start = arrival ?? 0
        var now = start
        // Records that are delivered again days later bring no hours with them.
        var milliseconds: Int64 = 0
        while let first = arrival {
            let before = now
            now = max(now, first)
            now += PacedWorker.pollMilliseconds - (now - start) % PacedWorker.pollMilliseconds
            while let time = arrival, time <= now {
                state.append(center?.renamed(line) ?? line, arrival: time)
                line.removeAll(keepingCapacity: true)
                arrival = traffic.next(into: &line)
            }
            milliseconds += min(now - before, PacedWorker.pauseMillisecondsMax)
            // A flush falls due between two polls, too.
            let next = now + PacedWorker.pollMilliseconds
            for time in stride(from: now, to: next, by: 25) { try state.pump(time, write) }
        }
        _ = state.core.drain()
        try state.pump(now + PacedWorker.pollMilliseconds, write)
        return (state.core.totals, Double(milliseconds) / 3_600_000)
    }

    var trafficOptions: TrafficOptions {
        var options = TrafficOptions(events: events, agents: PacedWorker.agents, eventsPerSecond: Double(eventsPerSecond))
        if center != nil {
            options.seed = OtherCenter.seed
            options.regions = OtherCenter.regions
        }
        return options
    }

    private var options: PipelineOptions {
        PipelineOptions(
            shards: 1, planner: FlushPlanner(flushInterval: flushInterval), refreshInterval: refreshInterval, writer: 1)
    }

    private struct State {
        var core: PipelineCore
        let shard: Shard
        let decoder = RecordDecoder()
        let block = RecordBlock()
        let store = MemoryStore()
        var ordinal = 0

        init(_ options: PipelineOptions) {
            core = PipelineCore(options: options, flushes: true)
            shard = Shard(index: 0, writer: options.writer, refreshInterval: options.refreshInterval)
        }

        mutating func append(_ line: [UInt8], arrival: Int64) {
            ordinal += 1
            let offset = block.text.count
            line.withUnsafeBytes { block.text.append($0) }
            block.records.append(
                .init(offset: offset, length: line.count, ordinal: ordinal, arrival: Timestamp(milliseconds: arrival)))
        }

        /// Takes steps until there are none: until both threads wait, and neither has woken the other.
        mutating func pump(_ now: Int64, _ write: ([RowBatch]) -> Void) throws {
            if !block.records.isEmpty { _ = core.recordsAvailable() }
            while try work(now) || flush(now, write) {}
        }

        private mutating func work(_ now: Int64) throws -> Bool {
            switch core.pollShard(0, now: now).work {
            case .read(let ticket) where block.records.isEmpty: _ = core.asleep(ticket)
            case .read(let ticket):
                block.end = Position(offset: 0, ordinal: ordinal)
                ticket.decode(block, with: decoder)
                block.removeAll()
                block.sequence += 1
                _ = core.decoded(ticket)
            case .apply(let ticket):
                ticket.apply(to: shard)
                _ = core.applied(ticket, shard: shard)
            case .gather(let gathering):
                let rows = RowBatch(rows: shard.dirtyCount, byteCount: shard.dirtyBytes)
                try shard.takeRows(into: rows, began: gathering.began, all: gathering.all, from: store)
                _ = core.gathered(shard, rows: rows)
            case .wait, .done: return false
            }
            return true
        }

        /// Whether something was committed.
        private mutating func commit(_ now: Int64) -> Bool {
            guard case .commit = core.pollCommit(now: now).work else { return false }
            _ = core.committed(now: now)
            return true
        }

        private mutating func flush(_ now: Int64, _ write: ([RowBatch]) -> Void) throws -> Bool {
            let (step, wakes) = core.pollFlush(now: now) { sealed in
                Checkpoint(
                    partition: Partition(source: "kinesis", stream: "paced"), position: sealed.position, ended: sealed.ended)
            }
            switch step {
            case .secure: _ = core.secured()
            case .write(let flush):
                write(flush.rows)
                _ = core.wrote(refused: nil, now: now)
            case .wait, .done: return commit(now) || !wakes.isEmpty
            }
            return true
        }
    }
}
