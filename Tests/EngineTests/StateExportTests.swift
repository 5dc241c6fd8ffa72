import ContactCenter
import Engine
import Lattice
import Platform
import TestSupport
import Testing

@testable import EngineSupport

@Suite("the state export", .limited)
struct StateExportTests {
    private static let rows = Fold(traffic(3_000, withGarbage: false)).rows

    private func lines(_ text: [UInt8]) -> [[UInt8]] {
        text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map(Array.init)
    }

    private func export(workers: Int) throws -> (result: StateExport.Result, text: [UInt8]) {
        var text: [UInt8] = []
        let result = try StateExport.run(threads: workers, rows: inOrder(Self.rows)) { text += $0 }
        return (result, text)
    }

    @Test("any number of threads writes the same bytes")
    func workers() throws {
        let one = try export(workers: 1)
        #expect(one.result.byteCount > 1 << 20)
        for workers in [0, 2, 4] {
            let many = try export(workers: workers)
            #expect(many.text == one.text)
            #expect(many.result.digest == one.result.digest)
        }
    }

    @Test("the digest is the SHA-256 of the written bytes, and the counts match them")
    func digest() throws {
        let (result, text) = try export(workers: 2)
        var hash = SHA256()
        text.withUnsafeBytes { hash.update($0) }
        #expect(result.digest == hash.finalizeHex())
        #expect(result.byteCount == text.count)
        #expect(text.last == UInt8(ascii: "\n"))
        #expect(result.entities.values.reduce(0, +) == Self.rows.count)
        for kind in EntityKind.allCases {
            #expect(result.entities[kind] == Self.rows.keys.count { $0[0] == kind.rawValue })
        }
    }

    @Test("lines are sorted by kind, then id: kinds in the order in which they were added")
    func order() throws {
        let reader = StateLineReader()
        let keys = try lines(export(workers: 2).text).map { line in
            try line.withUnsafeBytes { try reader.read($0) { key, _ in Array(key) } }
        }
        let names = try keys.map { key in
            _ = try #require(EntityKind(rawValue: key[0]))
            return key
        }
        #expect(names.count == Self.rows.count)
        #expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test("every line is read back to the encoding that it was written from")
    func roundTrip() throws {
        let reader = StateLineReader()
        var rows: [[UInt8]: [UInt8]] = [:]
        for line in try lines(export(workers: 1).text) {
            try line.withUnsafeBytes { try reader.read($0) { rows[Array($0)] = Array($1.bytes) } }
        }
        #expect(rows == Self.rows)
    }

    @Test("a random entity is read back from its line to the same encoding")
    func randomRoundTrip() {
        let reader = StateLineReader()
        let writer = StateWriter()
        forAll(500) { dice in
            let key = dice.key(among: 50)
            let entity = dice.entity()
            var line = ByteBuffer()
            key.withUnsafeBytes { key in
                entity.withUnsafeBytes { writer.appendLine(key: EntityKey(key), entity: EntityView($0), to: &line) }
            }
            let read = try reader.read(line.bytes) { (Array($0), Array($1.bytes)) }
            try demand(read.0 == key, "another key")
            try demand(read.1 == entity, "another encoding from \(line.bytes.text)")
        }
    }

    @Test("an output that fails stops the export with its error")
    func failingOutput() {
        struct Full: Error {}
        #expect(throws: Full.self) {
            try StateExport.run(threads: 3, rows: inOrder(Self.rows)) { _ in throw Full() }
        }
    }

    @Test("unreadable rows stop the export with their error")
    func failingRows() {
        struct Unreadable: Error {}
        #expect(throws: Unreadable.self) {
            try StateExport.run(threads: 3) { emit in
                try inOrder(Self.rows)(emit)
                throw Unreadable()
            }
        }
    }

    @Test("an empty state has the digest of no bytes")
    func empty() throws {
        let result = try StateExport.run(threads: 2) { _ in }
        #expect(result.digest == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(result.byteCount == 0)
    }
}
