import ContactCenter
import FeedCore
import Lattice
import Platform

/// A seed's story of a feed: tables with their streams, the log, processes that are killed, held up and doubled, clients that come again.
final class FeedWorld {
    struct Fate {
        var there: Int64
        var back: Int64
        var isLost = false
        var isSent = true
        var isRepeated = false
    }

    enum Found {
        case records([SimulatedTableStream.Record], isEnd: Bool)
        case gone
    }

    static let regions = ["eu-west-1", "us-east-1"]
    /// How far the clock of a process lies from the world's at most, and what the service cuts from its times.
    static let clockOffsetMax: Int64 = 120_000
    private static let clocksApart = clockOffsetMax + 1_000

    let start: Int64 = 1_790_000_000_000
    let agenda: Agenda
    let trace: Trace
    let mutant: FeedMutant?
    let tables = ["agent", "contact"]
    var random: SeededRandom
    private(set) var streams: [String: SimulatedTableStream] = [:]
    let log: SimulatedFeedLog
    private var processes: [SimulatedFeedProcess] = []
    private var made = 0
    private var clients: [SimulatedFeedProcess.Client] = []
    private(set) var violations: [String] = []
    private(set) var figures = FeedFigures()
    /// How likely a request is slow, lost or repeated.
    private var trouble = 0.0
    private var isWriting = false
    private var isAlone = false
    /// Whether a read of a shard takes seconds and brings one record.
    private(set) var isSlow = false
    private var numbers: [UInt64: FeedBatch] = [:]
    private var positions: [FeedPosition: String] = [:]
    private var versions: [SimulatedTableStream.RowName: Set<Int64>] = [:]
    private var versionsMade: Int64 = 0
    /// Versions that no batch of the log has and no reset covers, with when they were written.
    private var unread: [(version: Int64, time: Int64)] = []
    private var readVersions: Set<Int64> = []

    init(seed: UInt64, mutant: FeedMutant?, trace listener: ((String) -> Void)?) {
        self.mutant = mutant
        agenda = Agenda(start: start)
        trace = Trace(agenda: agenda, listener: listener)
        random = SeededRandom(seed: seed ^ 0xFEED)
        log = SimulatedFeedLog(agenda: agenda)
        log.isBlind = mutant == .numberTwice
        for table in tables { streams[table] = SimulatedTableStream(agenda: agenda, seed: random.next()) }
        clients = Array(repeating: .init(), count: 3)
    }

    func violated(_ what: String) { if violations.count < 10 { violations.append(what) } }

    // MARK: The story

    func run() {
        isWriting = true
        write()
        serve()
        for _ in 0..<random.between(2, 3) { startProcess() }
        for _ in 0..<random.between(3, 6) where violations.isEmpty { act() }
        settle()
        for process in processes { process.kill() }
        agenda.clear()
    }

    private func pass(_ milliseconds: Int64) {
        let end = agenda.now + milliseconds
        while violations.isEmpty, let next = agenda.next, next < end, agenda.step() {}
    }

    /// A few minutes in which something goes wrong, and now and then many hours in which nobody follows.
    private func act() {
        trouble = random.chance(0.5) ? Double(random.below(25)) / 100 : 0
        for _ in 0..<random.between(2, 5) {
            strike()
            pass(Int64(random.between(2_000, 30_000)))
        }
        if random.chance(0.35) { leaveAlone() }
        while processes.filter({ !$0.isDead }).count < 2 { startProcess() }
    }

    private func strike() {
        let alive = processes.filter { !$0.isDead }
        let some = alive.isEmpty ? nil : alive[random.below(alive.count)]
        let table = tables[random.below(tables.count)]
        switch random.below(9) {
        case 0:
            trace(.world, "kills a process")
            some?.kill()
            startProcess()
        case 1: some?.pause(for: Int64(random.between(1_000, 60_000)))
        case 2:
            trace(.world, "ends a process in good order")
            some?.end()
            startProcess()
        case 3:
            // All that are alive wake up at once, and each takes itself for the follower, or for the next one.
            for process in alive { process.pause(for: 15_000) }
            startProcess()
        case 4, 5:
            trace(.world, "splits a shard of \(table)")
            streams[table]?.roll(intoTwo: true)
        case 6:
            trace(.world, "ends a shard of \(table)")
            streams[table]?.roll(intoTwo: false)
        case 7:
            if random.chance(0.2) {
                trace(.world, "turns the stream of \(table) off and on again")
                write(count: random.between(0, 3), table)
                streams[table]?.turnOn()
            }
        default: startProcess()
        }
    }

    /// Hours in which nobody runs; rows are written, shards end, and the streams forget.
    private func leaveAlone() {
        let hours = random.between(1, 60)
        if random.chance(0.25) { return doze(hours: hours) }
        trace(.world, "leaves the feed alone for \(hours) hours")
        for process in processes where !process.isDead {
            if random.chance(0.5) {
                process.kill()
            } else {
                process.pause(for: Int64(hours) * 3_600_000 - Int64(random.between(0, 120_000)))
            }
        }
        isAlone = true
        defer { isAlone = false }
        for _ in 0..<hours {
            pass(3_600_000)
            if random.chance(0.3), let stream = streams[tables[random.below(tables.count)]] {
                stream.roll(intoTwo: random.chance(0.5))
            }
            forget()
        }
    }

    /// Hours in which processes run for some seconds of each, and read less than is written: what they have not read is trimmed under them.
    private func doze(hours: Int) {
        trace(.world, "dozes for \(hours) hours")
        (isAlone, isSlow) = (true, true)
        defer { (isAlone, isSlow) = (false, false) }
        for _ in 0..<hours {
            for process in processes where !process.isDead { process.pause(for: 3_585_000) }
            pass(3_600_000)
            forget()
        }
    }

    private func forget() {
        for stream in streams.values { stream.trim() }
        log.expire(&random)
    }

    private func startProcess() {
        made += 1
        processes.removeAll { $0.isDead }
        guard processes.count < 5 else { return }
        processes.append(SimulatedFeedProcess(made, self))
    }

    // MARK: What is written

    private func write() {
        guard isWriting else { return }
        write(count: random.between(1, 4), tables[random.below(tables.count)])
        let isQuiet = isAlone || random.chance(0.02)
        agenda.after(Int64(isQuiet ? random.between(10_000, 1_500_000) : random.between(20, 1_200))) { [unowned self] in write()
        }
    }

    private func write(count: Int, _ table: String) {
        for _ in 0..<count {
            let kind: EntityKind = table == "agent" ? .agent : .contact
            let key = [kind.rawValue, UInt8(ascii: "a") + UInt8(random.below(8))]
            let row = FeedWorld.regions[random.below(2)]
            guard let stream = streams[table] else { return }
            if random.chance(0.01) {
                stream.write(key, row: row, nil)
                continue
            }
            let told = mutation()
            let old = stream.rows[.init(key: key, row: row)]
            figures.written += 1
            unread.append((versionsMade, agenda.now))
            stream.write(key, row: row, old.map { SimulatedTableStream.joined($0, told) } ?? told)
        }
    }

    /// What an event tells: a few values again and again, a little out of order, of both Regions under one path.
    private func mutation() -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        let time = Timestamp(milliseconds: agenda.now - Int64(random.between(0, 3_000)))
        let stamp = Stamp(time: time, rank: UInt8(random.below(3)))
        let value = "\"\(random.below(3))\""
        Array(value.utf8).withUnsafeBytes { value in
            writer.lastWriterWins(&buffer, random.chance(0.5) ? "field/a" : "field/b", stamp: stamp, value: value)
            // Another one with each version, which says which it is.
            versionsMade += 1
            let version = Stamp(time: Timestamp(milliseconds: versionsMade))
            writer.lastWriterWins(&buffer, "seen/version", stamp: version, value: value)
        }
        writer.finish(&buffer)
        return buffer.array
    }

    var entities: [[UInt8]: [UInt8]] {
        streams.values.reduce(into: [:]) { $0.merge($1.entities, uniquingKeysWith: { $1 }) }
    }

    func entity(_ key: [UInt8]) -> [UInt8]? {
        streams[key.first == EntityKind.agent.rawValue ? "agent" : "contact"]?.entity(key)
    }

    // MARK: What is asked

    func fate(ofRead isRead: Bool) -> Fate {
        var fate = Fate(there: Int64(random.between(1, 20)), back: Int64(random.between(1, 20)))
        if isRead, isSlow { fate.there = 5_000 }
        guard random.chance(trouble) else { return fate }
        switch random.below(4) {
        case 0: fate.there = Int64(random.between(100, 4_000))
        case 1: fate.isRepeated = true
        default:
            fate.isLost = true
            fate.isSent = random.chance(0.6)
            fate.there = Int64(random.between(1, 30_000))
            fate.back = Int64(random.between(500, 3_000))
        }
        return fate
    }

    func list(_ table: String) -> (stream: String, shards: [FeedShard])? {
        guard let stream = streams[table] else { return nil }
        stream.trim()
        var shards = stream.shards.map { id, shard in
            FeedShard(id: id, parent: mutant == .childrenAtOnce ? nil : shard.parent, isClosed: shard.isClosed)
        }.sorted { $0.id < $1.id }
        if mutant == .oneChild {
            var parents: Set<String> = []
            shards.removeAll { $0.parent.map { !parents.insert($0).inserted } ?? false }
        }
        return ("\(table)/\(mutant == .streamUnseen ? 0 : stream.label)", shards)
    }

    func read(_ name: FeedBook.ShardName, _ stream: String, _ place: FeedCursor.Place, _ limit: Int) -> Found {
        guard let table = streams[name.table] else { return .gone }
        let passesOver = mutant == .streamUnseen || mutant == .trimmedPassedOver
        var place = place
        if mutant == .startAtEnd, place == .start, let last = table.shards[name.shard]?.records.last {
            place = .after("\(last.sequence)")
        }
        return table.read(name.shard, place, limit: limit, passesOver: passesOver).map { .records($0.records, isEnd: $0.isEnd) }
            ?? .gone
    }

    /// Whether the log took it.
    func write(_ batch: FeedBatch) -> Bool {
        guard log.write(batch) else { return false }
        if batch.isReset { unread.removeAll { $0.time < batch.readTo + FeedWorld.clocksApart } }
        for entry in batch.entries { FeedWorld.version(of: entry).map { _ = readVersions.insert($0) } }
        let known = unread.prefix { readVersions.contains($0.version) }
        for read in known { readVersions.remove(read.version) }
        unread.removeFirst(known.count)
        // Some of the lesser ones may be behind one that is not read.
        let oldest = unread.lazy.filter { [readVersions] in !readVersions.contains($0.version) }.map(\.time).min()
        if let oldest, oldest < batch.readTo - FeedWorld.clocksApart {
            violated("batch \(batch.number) says that all up to \(batch.readTo) was read, and lacks what is of \(oldest)")
        }
        return true
    }

    // MARK: What is told

    func wasTold(_ batch: FeedBatch) {
        var batch = batch
        if mutant == .readToNow { batch.readTo = 0 }
        figures.batches += 1
        if batch.isReset { figures.resets += 1 }
        if let before = numbers[batch.number], before != batch {
            violated("batch \(batch.number) is one of \(before.author) and one of \(batch.author)")
        }
        if numbers.updateValue(batch, forKey: batch.number) == nil { checkOrder(batch) }
    }

    /// Versions of a row are told in order; one may come again.
    private func checkOrder(_ batch: FeedBatch) {
        for entry in batch.entries where entry.form != .gone {
            guard let version = FeedWorld.version(of: entry) else { continue }
            let name = SimulatedTableStream.RowName(key: entry.key, row: entry.row)
            if let newest = versions[name]?.max(), version < newest, versions[name]?.contains(version) == false {
                violated("version \(version) of a row was told after \(newest)")
            }
            versions[name, default: []].insert(version)
        }
    }

    private static func version(of entry: FeedEntry) -> Int64? {
        entry.entity.withUnsafeBytes { EntityView($0).register("seen/version")?.time.milliseconds }
    }

    func wasTold(_ change: FeedChange) {
        figures.changes += 1
        if let before = positions[change.position], before != change.name {
            violated("position \(change.position.value) is \(before) and \(change.name)")
        }
        positions[change.position] = change.name
    }

    private func serve() {
        for index in clients.indices {
            let alive = processes.filter { !$0.isDead }
            if !alive.isEmpty, random.chance(0.7) { alive[random.below(alive.count)].serve(&clients[index]) }
        }
        agenda.after(Int64(random.between(500, 3_000))) { [unowned self] in serve() }
    }

    // MARK: The end

    /// Nothing more goes wrong: soon everybody knows everything.
    private func settle() {
        trouble = 0
        isWriting = false
        while processes.filter({ !$0.isDead }).count < 2 { startProcess() }
        pass(240_000)
        guard violations.isEmpty else { return }
        let truth = entities
        for process in processes where !process.isDead {
            guard process.isScanned else {
                violated("process \(process.id) is not done with its scan")
                continue
            }
            check(process.view, truth, of: process.id)
        }
        for client in clients {
            for (key, entity) in truth where !FeedWorld.says(client.known[key], entity) {
                violated("a client was not told of \(String(decoding: key, as: UTF8.self))")
            }
            for key in client.known.keys where truth[key] == nil { violated("a client was not told that \(key) is gone") }
        }
    }

    private func check(_ view: FeedView, _ truth: [[UInt8]: [UInt8]], of id: Int) {
        if !view.isConsistent { violated("the view of process \(id) is not consistent") }
        for kind in EntityKind.allCases where !view.isWhole(kind) {
            violated("the view of process \(id) has not all of \(kind)")
        }
        if view.count != truth.count { violated("the view of process \(id) has \(view.count) entities, not \(truth.count)") }
        for (key, entity) in truth {
            guard let found = view.entity(key), SimulatedTableStream.joined(found, entity) == found else {
                violated("the view of process \(id) lacks something of \(String(decoding: key, as: UTF8.self))")
                continue
            }
        }
    }

    /// Whether what a client read has all values that there are, but for what is never told.
    private static func says(_ known: [UInt8]?, _ entity: [UInt8]) -> Bool {
        guard let known else { return false }
        return known.withUnsafeBytes { known in
            entity.withUnsafeBytes { entity in
                EntityView(entity).allSatisfy { register in
                    if register.path.equals("seen/version") { return true }
                    return EntityView(known).register(register.path).map { $0.value.equals(register.value) } ?? false
                }
            }
        }
    }
}
