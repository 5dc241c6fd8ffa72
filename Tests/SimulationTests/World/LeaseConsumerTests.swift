import EngineCore
import TestSupport
import Testing

@testable import Leases
@testable import Simulation

/// Real lease books around a simulated lease table; how long things take, and what odd tables come to. The faults are the seeds'.
@Suite("consumers that share shards by leases", .limited)
struct LeaseConsumerTests {
    private final class Scene {
        let agenda = Agenda(start: 1_000_000)
        let weather: Weather
        let stream: StreamLog
        let table: SimulatedLeaseTable
        let epoch: String?
        private(set) var consumers: [LeaseConsumer] = []
        private(set) var violations: [String] = []
        private(set) var log: [String] = []
        private var asleep: Set<String> = []
        private var ends: [String: [Int: (Position, Bool)]] = [:]
        private let block = RecordBlock(capacity: 256)

        init(shards: Int, seed: UInt64 = 1, faults: [Fault] = [], epoch: String? = nil) {
            weather = Weather(agenda: agenda, random: SeededRandom(seed: seed))
            for fault in faults { weather.add(Weather.Front(fault: fault, region: 0, start: 0, end: .max)) }
            stream = StreamLog(name: "s", partitions: shards)
            table = SimulatedLeaseTable(stream: stream, region: 0, agenda: agenda, weather: weather, seed: seed)
            self.epoch = epoch
            table.onViolation = { [unowned self] in violations.append($0) }
            table.onCommit = { [unowned self] in log.append("\($0) commits \($1) at \($2.position.ordinal) \($2.ended)") }
            for number in 0..<200 { stream.append(key: Array("\(number)".utf8), bytes: [1], arrival: 0) }
        }

        @discardableResult
        func start() -> LeaseConsumer {
            let consumer = LeaseConsumer(
                worker: consumers.count, tables: [table], epoch: epoch, pace: 1, region: 0, agenda: agenda, weather: weather,
                seed: UInt64(consumers.count))
            consumers.append(consumer)
            consumer.onViolation = { [unowned self] in violations.append($0) }
            let name = consumer.name
            consumer.onChange = { [unowned self] in log.append("\(name) \($0())") }
            consumer.whenRunning = { [unowned self] in whenAwake(name, $0) }
            beat(consumer)
            return consumer
        }

        func sleep(_ consumer: LeaseConsumer, milliseconds: Int64) {
            asleep.insert(consumer.name)
            agenda.after(milliseconds) { [unowned self] in asleep.remove(consumer.name) }
        }

        private func whenAwake(_ name: String, _ body: @escaping () -> Void) {
            guard asleep.contains(name) else { return body() }
            agenda.after(100) { [unowned self] in whenAwake(name, body) }
        }

        /// Reads what there is, and commits it a second later.
        private func beat(_ consumer: LeaseConsumer) {
            guard !consumer.isClosed else { return }
            agenda.after(1_000) { [unowned self] in whenAwake(consumer.name) { [unowned self] in beat(consumer) } }
            consumer.commit(
                ends[consumer.name, default: [:]].sorted { $0.key < $1.key }.map {
                    ($0.key, ConsumerGroup.Commit(position: $0.value.0, ended: $0.value.1, epoch: epoch ?? ""))
                }
            ) { _ in }
            ends[consumer.name] = [:]
            consumer.heartbeat()
            while consumer.poll(into: block, maxRecords: 50) == .records {
                ends[consumer.name, default: [:]][block.partition] = (block.end, block.isLast)
            }
        }

        func run(_ milliseconds: Int64) {
            let end = agenda.now + milliseconds
            agenda.at(end) {}
            while let next = agenda.next, next <= end { _ = agenda.step() }
        }

        /// Runs until it is so, for so long at most; how long it took.
        func run(atMost limit: Int64, until isSo: () -> Bool) -> Int64? {
            let began = agenda.now
            while agenda.now - began < limit {
                if isSo() { return agenda.now - began }
                run(50)
            }
            return isSo() ? agenda.now - began : nil
        }

        /// Every shard that is not read to its end is held, and the consumers hold as many, give or take one.
        var isBalanced: Bool {
            let counts = consumers.filter { !$0.isClosed }.map(\.book.heldCount)
            let open = stream.shards.indices.count { !table.hasEnded($0, epoch: epoch) }
            return counts.reduce(0, +) == open && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
        }

        var isCommitted: Bool {
            stream.shards.indices.allSatisfy { index in
                table.commits(of: index).contains {
                    $0.position.ordinal == stream.shards[index].records.count && $0.ended == stream.shards[index].isClosed
                } || (stream.shards[index].records.isEmpty && !stream.shards[index].isClosed)
            }
        }

        /// Everything is committed and shared out soon, and then nothing moves.
        func finish() {
            #expect(run(atMost: 60_000) { isBalanced && isCommitted } != nil, "\(log.suffix(30)) \(table.rows)")
            run(10_000)
            let moves = table.moves
            run(60_000)
            #expect(table.moves == moves, "\(log.suffix(30))")
            #expect(violations.isEmpty)
        }
    }

    @Test(
        "a new application reads within three seconds; a new worker has its share within six, and then no lease moves",
        arguments: 0..<6)
    func balance(seed: UInt64) throws {
        let scene = Scene(shards: 8, seed: seed)
        scene.start()
        #expect(try #require(scene.run(atMost: 10_000) { scene.isBalanced }) <= 3_000)
        for count in 2...4 {
            scene.start()
            #expect(try #require(scene.run(atMost: 15_000) { scene.isBalanced }, "\(count) workers") <= 6_000)
        }
        // Two that come together.
        scene.start()
        scene.start()
        #expect(scene.run(atMost: 15_000) { scene.isBalanced } != nil)
        scene.finish()
    }

    @Test("leases of a dead worker are taken over within nine seconds, and those of a stopped one within two", arguments: 0..<6)
    func takeOver(seed: UInt64) throws {
        let scene = Scene(shards: 8, seed: seed)
        for _ in 0..<3 { scene.start() }
        _ = try #require(scene.run(atMost: 20_000) { scene.isBalanced && scene.isCommitted })
        scene.run(Int64(seed) * 333)
        scene.consumers[0].close(inGoodOrder: false)
        #expect(try #require(scene.run(atMost: 20_000) { scene.isBalanced }) <= 9_000)
        // A lease with a write under way is not given up: it runs out.
        let second = scene.consumers[1]
        scene.run(5_000)
        _ = try #require(scene.run(atMost: 5_000) { second.book.streams[0].busy.isEmpty })
        second.close(inGoodOrder: true)
        #expect(try #require(scene.run(atMost: 20_000) { scene.isBalanced }) <= 2_000)
        scene.finish()
    }

    @Test("a worker that was paused for minutes loses its leases and does no damage")
    func away() throws {
        let scene = Scene(shards: 4)
        let sleeper = scene.start()
        scene.start()
        _ = try #require(scene.run(atMost: 20_000) { scene.isBalanced && scene.isCommitted })
        scene.sleep(sleeper, milliseconds: 180_000)
        scene.run(20_000)
        for number in 0..<100 { scene.stream.append(key: Array("\(number)".utf8), bytes: [1], arrival: 0) }
        scene.run(30_000)
        #expect(scene.consumers[1].book.heldCount == 4 && scene.isCommitted)
        scene.run(140_000)
        scene.finish()
        for row in scene.table.rows.values {
            let count = scene.stream.partition(named: row.shard).map { scene.stream.shards[$0].records.count }
            #expect(row.checkpoint == .at(sequence: "\(count ?? 0)", sub: 0), "nothing went back")
        }
    }

    @Test("after several reshardings while no worker runs, parents are read first")
    func resharded() {
        let scene = Scene(shards: 2)
        var random = SeededRandom(seed: 3)
        for _ in 0..<6 { #expect(scene.stream.reshard(&random)) }
        scene.start()
        scene.start()
        scene.finish()
        #expect(scene.stream.shards.count > 6)
    }

    @Test("a lease row that is deleted while its shard is read is created again, and the shard is read again")
    func deleted() throws {
        let scene = Scene(shards: 2)
        scene.start()
        _ = try #require(scene.run(atMost: 20_000) { scene.isCommitted })
        let shard = try #require(scene.table.deleteRow())
        scene.run(5_000)
        scene.finish()
        #expect(scene.table.rows.count == 2)
        let index = try #require(scene.stream.partition(named: shard))
        let count = scene.stream.shards[index].records.count
        #expect(scene.table.commits(of: index).count { $0.position.ordinal == count } == 2)
        #expect(scene.log.contains { $0.contains("loses") })
    }

    @Test(
        "a lease that is handed to a worker beyond its share is released and taken again at once",
        arguments: 0..<4)
    func reassigned(seed: UInt64) throws {
        let scene = Scene(shards: 4, seed: seed)
        scene.start()
        let second = scene.start()
        _ = try #require(scene.run(atMost: 20_000) { scene.isBalanced && scene.isCommitted })
        let shard = try #require(scene.table.reassign(to: second.name))
        scene.run(5_000)
        #expect(scene.isBalanced && scene.log.contains { $0.contains("loses s/\(shard) to \(second.name)") })
        #expect(scene.table.rows[shard]?.checkpointOwner == nil)
        scene.finish()
    }

    @Test("checkpoints of another table are ignored: every shard is read again, parents first", arguments: [nil, "old"])
    func void(found: String?) throws {
        let scene = Scene(shards: 1, epoch: "new")
        #expect(scene.stream.split(0))
        for shard in scene.stream.shards {
            let checkpoint: LeaseCheckpoint = shard.isClosed ? .shardEnd : .at(sequence: "7", sub: 0)
            scene.table.put(Lease(shard: shard.name, owner: nil, counter: 3, checkpoint: checkpoint, epoch: found))
        }
        scene.start()
        _ = try #require(scene.run(atMost: 20_000) { scene.table.hasEnded(0, epoch: "new") })
        scene.finish()
        #expect(scene.table.rows.values.allSatisfy { $0.epoch == "new" || $0.checkpoint == .trimHorizon })
    }

    @Test("a write that is sent twice is applied once, whichever response arrives", arguments: 0..<4)
    func repeated(seed: UInt64) {
        let scene = Scene(shards: 4, seed: seed, faults: [.repeatedWrite, .lostAnswer, .throttle])
        for _ in 0..<3 { scene.start() }
        scene.run(120_000)
        scene.weather.heal()
        scene.run(10_000)
        scene.finish()
    }
}
