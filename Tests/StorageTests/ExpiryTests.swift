import CRocksDB
import ContactCenter
import EngineCore
import Foundation
import Lattice
import Platform
import Synchronization
import TestSupport
import Testing

@testable import EmbeddedStorage
@testable import Storage

@Suite("rows that expire", .waiting(minutes: 5))
struct ExpiryTests {
    /// A clock that is set by hand.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(0)
        func set(_ milliseconds: Int64) { time.withLock { $0 = milliseconds } }
        var now: Int64 { time.withLock { $0 } }
    }

    let scratch = Scratch()
    let clock = Clock()

    private var expiry: Expiry {
        let clock = clock
        return Expiry(retention: 600_000) { clock.now }
    }

    private func make(_ kind: StoreContractTests.Kind) throws -> any Store {
        kind == .memory
            ? MemoryStore(expiry: expiry) : try EmbeddedStore(path: scratch.state, mode: .createOrOpen, expiry: expiry)
    }

    private func key(_ kind: EntityKind, _ id: String) -> [UInt8] { [kind.rawValue] + Array(id.utf8) }

    private func put(_ rows: [(key: [UInt8], time: Int)], in store: any Store, size: Int = 20) throws {
        try store.write(Flush(rows: [batch(rows.map { ($0.key, entity($0.time, size: size)) })], checkpoints: []))
    }

    @Test(
        "contacts, flows and sessions are visible until the retention time after their latest event, volumes for five weeks at least, and so long as contacts aliases that no customer is known by; other kinds never expire",
        arguments: StoreContractTests.Kind.allCases)
    func hides(_ kind: StoreContractTests.Kind) throws {
        let store = try make(kind)
        clock.set(1_000_000)
        let all = EntityKind.allCases.map { (key: key($0, "a"), time: 1_000_000) }
        try put(all, in: store, size: kind == .embeddedLarge ? 1 << 20 : 20)
        clock.set(1_600_000)
        #expect(try store.contents().count == all.count)
        #expect(try store.found(all.map(\.key)).count == all.count)
        clock.set(1_600_001)
        let staying = [EntityKind.agent, .customer, .queue, .username, .volume].map { key($0, "a") }
        #expect(try Set(store.contents().keys) == Set(staying))
        #expect(try store.found(all.map(\.key)).count == staying.count)
        clock.set(1_000_000 + (35 * 24 + 1) * 3_600_000)
        #expect(try store.found(all.map(\.key)).count == staying.count)
        clock.set(clock.now + 1)
        #expect(try Set(store.contents().keys) == Set(staying.dropLast()))
        clock.set(1_600_001)
        // Told of again it is there again.
        try put([(key(.contact, "a"), 1_500_000)], in: store)
        #expect(try store.found([key(.contact, "a")]).count == 1)
    }

    @Test(
        "an alias that a customer is known by stays; one that only called expires with its contacts", arguments: [false, true])
    func aliases(isKnown: Bool) throws {
        let store = try make(.memory)
        clock.set(1_000_000)
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        writer.unionMember(
            &buffer, isKnown ? "customers" : "contacts", capacity: 16, stamp: Stamp(time: Timestamp(milliseconds: 1_000_000)),
            value: StaticString("\"a\"").view)
        writer.finish(&buffer)
        try store.write(Flush(rows: [batch([(key(.alias, "phone/1"), buffer.array)])], checkpoints: []))
        clock.set(1_600_000)
        #expect(try store.contents().count == 1)
        clock.set(1_600_001)
        #expect(try store.contents().count == (isKnown ? 1 : 0))
    }

    @Test("a compaction deletes expired rows from the disk, and no others")
    func leavesDisk() throws {
        clock.set(1_000_000)
        let watch = ExpiryWatch { _, _, _ in }
        do {
            let clock = clock
            let expiry = Expiry(retention: 600_000, watch: watch) { clock.now }
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen, expiry: expiry)
            try put((0..<500).map { (key(.contact, "old-\($0)"), 390_000) }, in: store)
            try put((0..<500).map { (key(.contact, "new-\($0)"), 900_000) }, in: store)
            try put((0..<500).map { (key(.agent, "old-\($0)"), 1_000) }, in: store)
            // A younger row lies beneath one that has expired: it does not come up again.
            try store.database.flush()
            try put([(key(.contact, "new-1"), 300_000)], in: store)
            try store.database.flush()
            rocksdb_compact_range(store.database.handle, nil, 0, nil, 0)
        }
        let left = try EmbeddedStore(path: scratch.state, mode: .readOnly).contents()
        #expect(left.count == 999)
        #expect(watch.removed == 501)
        #expect(!left.keys.contains { $0.starts(with: key(.contact, "old-")) })
        #expect(left[key(.contact, "new-1")] == nil)
    }

    @Test(
        "an entity that has already expired when it is written is counted each time, and logged once",
        arguments: StoreContractTests.Kind.allCases)
    func told(_ kind: StoreContractTests.Kind) throws {
        let told = Mutex<[String]>([])
        let watch = ExpiryWatch { kind, id, latest in told.withLock { $0.append("\(kind) \(id) \(latest)") } }
        let clock = clock
        let expiry = Expiry(retention: 600_000, watch: watch) { clock.now }
        let store: any Store =
            kind == .memory
            ? MemoryStore(expiry: expiry) : try EmbeddedStore(path: scratch.state, mode: .createOrOpen, expiry: expiry)
        clock.set(2_000_000)
        let size = kind == .embeddedLarge ? 1 << 20 : 20
        try put([(key(.agent, "a"), 1), (key(.contact, "b"), 1_400_000), (key(.queue, "c"), 1)], in: store, size: size)
        #expect(watch.written == 0)
        try put(
            [(key(.contact, "d"), 1_399_999), (key(.flow, "e"), 1), (key(.session, "f"), 1), (key(.agent, "a"), 1)], in: store,
            size: size)
        try put([(key(.contact, "d"), 1_399_999)], in: store)
        #expect(watch.written == 4)
        #expect(told.withLock { $0 } == ["contact d 1970-01-01T00:23:19.999Z"])
    }

    @Test("every file is compacted within the period, whether or not anything is written")
    func period() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen, expiry: expiry)
        let name = try #require(try scratch.names().last { $0.hasPrefix("OPTIONS-") })
        let options = try String(contentsOfFile: "\(scratch.state)/\(name)", encoding: .utf8)
        #expect(options.contains("  periodic_compaction_seconds=60\n"))
        withExtendedLifetime(store) {}
    }

    @Test("a memory store deletes expired rows when it is written to")
    func leavesMemory() throws {
        let store = MemoryStore(expiry: expiry)
        clock.set(1_000_000)
        try put([(key(.contact, "a"), 1_000_000)], in: store)
        clock.set(2_000_000)
        try put([(key(.agent, "b"), 1_000_000)], in: store)
        // Nobody sees it even where the clock goes back.
        clock.set(1_000_000)
        #expect(try store.contents().count == 1)
    }

    @Test("expired rows are searched ten times per retention time, at most once per minute and at least once per day")
    func interval() {
        #expect(Expiry(retention: 60_000).sweepInterval == 60_000)
        #expect(Expiry(retention: 3_600_000).sweepInterval == 360_000)
        #expect(Expiry(retention: 2_592_000_000).sweepInterval == 86_400_000)
    }
}
