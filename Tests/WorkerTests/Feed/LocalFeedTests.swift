import ContactCenter
import EngineCore
import FeedCore
import Lattice
import Observability
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite("the feed of a store that one worker has to itself", .waiting(minutes: 5))
struct LocalFeedTests {
    /// A store of which scans and writes fail as long as a test wants.
    private final class Trying: Store {
        let store: MemoryStore
        let state = Mutex((scansToFail: 0, scans: 0))

        init(_ store: MemoryStore) { self.store = store }

        func write(_ flush: Flush) throws(StoreError) -> RowBatch? { try store.write(flush) }

        func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
            try store.read(keys, found)
        }
        func checkpoints() throws(StoreError) -> [Checkpoint] { try store.checkpoints() }
        func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
            let fails = state.withLock { state in
                state.scans += 1
                return state.scans <= state.scansToFail
            }
            if fails { throw StoreError(.unavailable, "cannot be read") }
            try store.scan(from: first, body)
        }
        func metadata(_ name: String) throws(StoreError) -> String? { try store.metadata(name) }
        func setMetadata(_ name: String, _ value: String) throws(StoreError) { try store.setMetadata(name, value) }
    }

    private let log = Log(format: .json, sink: NoFeedLines())

    private func rows(_ kind: EntityKind, _ id: String, at time: Int64) -> Flush {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        Array("1".utf8).withUnsafeBytes {
            writer.lastWriterWins(&buffer, "field/a", stamp: Stamp(time: Timestamp(milliseconds: time)), value: $0)
        }
        writer.finish(&buffer)
        let batch = RowBatch()
        let key = [kind.rawValue] + Array(id.utf8)
        key.withUnsafeBytes { batch.append(key: $0, entity: buffer.bytes) }
        return Flush(rows: [batch], checkpoints: [])
    }

    private func isListed(_ feed: LocalFeed, _ kind: EntityKind, _ id: String) -> Bool {
        feed.resident.entity([kind.rawValue] + Array(id.utf8)) != nil
    }

    @Test("a scan that fails is tried again; lists have no age before it was done, and health says so")
    func scan() throws {
        let store = Trying(MemoryStore())
        _ = try store.write(rows(.agent, "before", at: 1_000))
        store.state.withLock { $0.scansToFail = 1 }
        let feed = try LocalFeed(store, retention: 86_400_000, log)
        feed.start()
        defer { feed.stop() }
        try eventually("health says what is wrong: \(feed.checks)") {
            feed.checks.contains { $0.name == "feed.scan" && !$0.isHealthy && $0.detail.contains("cannot be read") }
        }
        #expect(feed.resident.extent(of: .agent).asOf == nil)
        try eventually("it is tried again") { isListed(feed, .agent, "before") && feed.checks.allSatisfy(\.isHealthy) }
    }
}
