import Dispatch
import EngineCore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import EmbeddedStorage
@testable import Storage

/// What every store promises, whichever way it writes: `size` makes flushes go through the log or through table files.
@Suite("the contract of a store", .waiting(minutes: 5))
struct StoreContractTests {
    enum Kind: CaseIterable, Sendable { case memory, embedded, embeddedLarge }

    let scratch = Scratch()

    func make(_ kind: Kind) throws -> (store: any Store, size: Int) {
        switch kind {
        case .memory: (MemoryStore(), 20)
        case .embedded: (try EmbeddedStore(path: scratch.state, mode: .createOrOpen), 20)
        case .embeddedLarge: (try EmbeddedStore(path: scratch.state, mode: .createOrOpen), 8 << 10)
        }
    }

    @Test("a new store is empty", arguments: Kind.allCases)
    func startsEmpty(_ kind: Kind) throws {
        let (store, _) = try make(kind)
        #expect(try store.contents().isEmpty)
        #expect(try store.checkpoints().isEmpty)
        #expect(try store.metadata("options") == nil)
        #expect(try store.found([key(1), key(2)]).isEmpty)
        if let store = store as? EmbeddedStore { #expect(try store.isEmpty) }
    }

    @Test("rows are read back with the index of their key, and missing keys are omitted", arguments: Kind.allCases)
    func readsBack(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        // More keys than one lookup takes.
        try store.write(flush(0..<3000, time: 7, size: size))
        let found = try store.found((0..<4000).map { key($0 * 2) })
        #expect(found.count == 1500)
        #expect(found.keys.max() == 1499)
        #expect(found.values.allSatisfy(isEqual(entity(7, size: size))))
        if let store = store as? EmbeddedStore { #expect(try !store.isEmpty) }
    }

    @Test("a scan returns every row once, in order of key bytes", arguments: Kind.allCases)
    func scansInOrder(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        try store.write(flush(0..<1000, time: 1, size: size))
        try store.write(flush(500..<1500, time: 2, size: size))
        var keys: [[UInt8]] = []
        try store.scan { key, _ in keys.append(Array(key)) }
        #expect(keys.count == 1500)
        #expect(keys == (0..<1500).map(key).sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("a scan stops when its body throws", arguments: Kind.allCases)
    func scanStops(_ kind: Kind) throws {
        struct Enough: Error {}
        let (store, size) = try make(kind)
        try store.write(flush(0..<600, time: 1, size: size))
        var seen = 0
        #expect(throws: Enough.self) {
            try store.scan { _, _ in
                seen += 1
                if seen == 3 { throw Enough() }
            }
        }
        #expect(seen == 3)
    }

    @Test(
        "a scan from a key begins there, whether or not the key has a row, and ends when its body says so",
        arguments: Kind.allCases)
    func scansFrom(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        // More rows than one step of a scan in memory.
        try store.write(flush(0..<1500, time: 1, size: size))
        try store.write(Flush(rows: [], checkpoints: [checkpoint("b.jsonl", 3)]))
        let all = (0..<1500).map(key).sorted { $0.lexicographicallyPrecedes($1) }
        for (first, count) in [
            ([], 1500), ([2], 1500), ([1, 255], 1500), (key(7), 3), (key(7) + [0], 3), (key("contact-7z"), 4), (key("z"), 1),
            ([3], 1),
            ([0xFF, 0xFF], 1), (all[1499], 2), (all[1023], 1500), (all[1024], 300),
        ] {
            var keys: [[UInt8]] = []
            try first.withUnsafeBytes { first in
                try store.scan(from: first) { key, row in
                    #expect(Array(row) == entity(1, size: size))
                    keys.append(Array(key))
                    return keys.count < count
                }
            }
            #expect(keys == Array(all.filter { !$0.lexicographicallyPrecedes(first) }.prefix(count)), "\(first)")
        }
    }

    @Test(
        "a row replaces the previous row of its key, and a checkpoint the previous one of its partition",
        arguments: Kind.allCases)
    func replaces(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        try store.write(flush(0..<600, time: 1, size: size))
        try store.write(Flush(rows: [], checkpoints: [checkpoint("b.jsonl", 3), checkpoint("b.jsonl", 4, ended: true)]))
        try store.write(flush(300..<900, time: 2, size: size))
        // A small write over rows of a large one, and a large one over it.
        try store.write(flush(0..<10, time: 3))
        try store.write(flush(5..<605, time: 4, size: size))
        let rows = try store.contents()
        #expect(rows[key(4)] == entity(3))
        #expect(rows[key(5)] == entity(4, size: size))
        #expect(rows[key(604)] == entity(4, size: size))
        #expect(rows[key(605)] == entity(2, size: size))
        #expect(try store.checkpoints() == [checkpoint("a.jsonl", 4), checkpoint("b.jsonl", 4, ended: true)])
    }

    @Test("metadata is stored by name, separate from rows", arguments: Kind.allCases)
    func keepsMetadata(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        try store.setMetadata("options", "max-skew=PT5M")
        try store.write(flush(0..<600, time: 1, size: size))
        try store.setMetadata("", "é")
        try store.setMetadata("options", "max-skew=off")
        #expect(try store.metadata("options") == "max-skew=off")
        #expect(try store.metadata("") == "é")
        #expect(try store.metadata("option") == nil)
        #expect(try store.contents().count == 600)
    }

    @Test("threads may write and read concurrently", arguments: Kind.allCases)
    func sharedByThreads(_ kind: Kind) throws {
        let (store, size) = try make(kind)
        // Threads of their own: tasks would wait behind all tests that are still to come.
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            do {
                for round in 0..<3 {
                    try store.write(flush(writer * 1000..<writer * 1000 + 600, time: round, size: size))
                    _ = try store.found([key(writer * 1000)])
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try store.contents().count == 2400)
        #expect(try store.contents().values.allSatisfy(isEqual(entity(2, size: size))))
    }
}
