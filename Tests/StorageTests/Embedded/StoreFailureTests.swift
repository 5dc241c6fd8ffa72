import EngineCore
import Foundation
import Platform
import TestSupport
import Testing

@testable import EmbeddedStorage

@Suite("refusals of the embedded store", .limited)
struct StoreFailureTests {
    let scratch = Scratch()

    func expect(
        _ reason: StoreError.Reason, _ words: String..., in error: StoreError?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(error?.reason == reason, "\(error?.message ?? "no error")", sourceLocation: sourceLocation)
        for word in words {
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        }
    }

    func open(_ path: String? = nil, _ mode: EmbeddedStore.Mode = .createOrOpen) -> StoreError? {
        failure { _ = try EmbeddedStore(path: path ?? scratch.state, mode: mode) }
    }

    @Test("a directory that is open cannot be opened for writing again, but for reading")
    func inUse() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<10, time: 1))
        expect(.inUse, scratch.state, "another worker", in: open())

        let before = try scratch.names()
        let reading = try EmbeddedStore(path: scratch.state, mode: .readOnly)
        #expect(try reading.contents().count == 10)
        #expect(try reading.checkpoints() == [checkpoint("a.jsonl", 1)])
        #expect(try scratch.names() == before)

        // A view of the moment it was opened; the writer goes on and compacts everything it reads.
        for time in 2...20 { try store.write(flush(0..<700, time: time, size: 8 << 10)) }
        #expect(try reading.contents().values.allSatisfy(isEqual(entity(1))))
        #expect(try store.contents().count == 700)
    }

    @Test("a read-only store refuses writes")
    func readOnly() throws {
        _ = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        let reading = try EmbeddedStore(path: scratch.state, mode: .readOnly)
        expect(.unavailable, "reading only", in: failure { try reading.write(flush(0..<10, time: 1)) })
        expect(.unavailable, "reading only", in: failure { try reading.setMetadata("a", "b") })
    }

    @Test("opening a missing state read-only fails and creates nothing")
    func nothingToRead() throws {
        expect(.unavailable, scratch.state, "No such file", in: open(nil, .readOnly))
        #expect(!FileManager.default.fileExists(atPath: scratch.state))
        try FileManager.default.createDirectory(atPath: scratch.state, withIntermediateDirectories: true)
        expect(.unavailable, "it contains no data yet", in: open(nil, .readOnly))
        #expect(try scratch.names().isEmpty)
    }

    @Test("a directory with other files is refused and not changed", arguments: [EmbeddedStore.Mode.createOrOpen, .readOnly])
    func foreignDirectory(mode: EmbeddedStore.Mode) throws {
        try FileManager.default.createDirectory(atPath: scratch.state, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(scratch.state)/CURRENT"))
        expect(.unavailable, scratch.state, "converge-state", in: open(nil, mode))
        #expect(try scratch.names() == ["CURRENT"])
    }

    @Test("a path that cannot be a directory is refused", arguments: ["/dev/null", "/dev/null/state", "/nowhere/at/all"])
    func badPath(path: String) { expect(.unavailable, path, in: open(path)) }

    @Test("a directory without permission is refused", .enabled(if: geteuid() != 0, "root may open everything"))
    func notPermitted() throws {
        try FileManager.default.createDirectory(
            atPath: scratch.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o500])
        expect(.unavailable, scratch.state, "ermission", in: open())
    }

    @Test("an error of RocksDB is classified by what to do about it")
    func rocksDBErrors() {
        let cases: [(String, StoreError.Reason)] = [
            ("IO error: lock hold by current process, acquire time 1 acquiring thread 2: /s/LOCK: No locks available", .inUse),
            ("IO error: While lock file: /s/LOCK: Resource temporarily unavailable", .inUse),
            ("IO error: While open a file for lock: /s/LOCK: Permission denied", .unavailable),
            ("IO error: While mkdir if missing: /s: Read-only file system", .unavailable),
            ("IO error: No space left on device: While appending to file: /s/000004.log: No space left on device", .full),
            ("Corruption: block checksum mismatch: stored = 1, computed = 2", .corrupt),
            ("IO error: No such file or directory: While open a file for random read: /s/7.sst", .unavailable),
            ("IO error: While fsync: /s/000004.log: Input/output error", .failed),
        ]
        for (text, reason) in cases {
            expect(reason, "/s", text, in: RocksDBError(text).storeError("open", at: "/s"))
        }
    }

    @Test("a state with a newer format version is refused")
    func newerFormat() throws {
        _ = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try Data("converge state format 2\n".utf8).write(to: URL(fileURLWithPath: "\(scratch.state)/converge-state"))
        expect(.corrupt, "version 2", "up to 1", in: open())
        expect(.corrupt, "version 2", "up to 1", in: open(nil, .readOnly))
        try Data("converge st".utf8).write(to: URL(fileURLWithPath: "\(scratch.state)/converge-state"))
        expect(.corrupt, "converge-state is damaged", in: open())
    }

    @Test("a state without its CURRENT file is refused, not replaced by an empty one")
    func missingCurrent() throws {
        do {
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
            try store.write(flush(0..<700, time: 1, size: 8 << 10))
        }
        try FileManager.default.removeItem(atPath: "\(scratch.state)/CURRENT")
        expect(.corrupt, "CURRENT is missing", in: open())
        expect(.corrupt, "CURRENT is missing", in: open(nil, .readOnly))
    }

    @Test("reading a damaged table is an error and returns no rows")
    func damagedTable() throws {
        do {
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
            try store.write(flush(0..<700, time: 1, size: 8 << 10))
        }
        let table = try #require(try scratch.names().first { $0.hasSuffix(".sst") })
        let url = URL(fileURLWithPath: "\(scratch.state)/\(table)")
        var bytes = try Data(contentsOf: url)
        for offset in 1000..<1100 { bytes[offset] ^= 0x55 }
        try bytes.write(to: url)
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        expect(.corrupt, scratch.state, "checksum", in: failure { _ = try store.contents() })
        expect(.corrupt, scratch.state, in: failure { _ = try store.found((0..<700).map(key)) })
        expect(.corrupt, scratch.state, in: failure { _ = try store.checkpoints() })
    }

    @Test(
        "the error for a stored value that is not a row contains its kind and id",
        arguments: [
            ([], "empty"), ([2] + entity(1), "row format version 2; this program reads version 1"),
            ([1] + entity(1).dropLast(), "ends early"), ([1, 9, 0, 0, 0, 0, 0, 0, 0], "format version 9"),
        ] as [([UInt8], String)])
    func damagedRow(value: [UInt8], words: String) throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<10, time: 1))
        try put([KeySpace.rows] + key("broken"), value, in: store)
        expect(.corrupt, "contact/broken", words, in: failure { _ = try store.contents() })
        expect(.corrupt, "contact/broken", words, in: failure { _ = try store.found([key(1), key("broken")]) })
        #expect(try store.found([key(1)]).count == 1)
    }

    @Test("the error for a damaged checkpoint contains its partition")
    func damagedCheckpoint() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try put([KeySpace.checkpoints] + Array("kafka\0orders\07".utf8), [9], in: store)
        expect(.corrupt, "kafka/orders/7", "format version 9", in: failure { _ = try store.checkpoints() })
    }

    private func put(_ key: [UInt8], _ value: [UInt8], in store: EmbeddedStore) throws {
        let batch = RocksDB.Batch()
        key.withUnsafeBytes { key in value.withUnsafeBytes { batch.put(key, $0) } }
        try store.database.write(batch)
    }
}
