import EngineCore
import Platform
import TestSupport
import Testing

@testable import EmbeddedStorage

@Suite("checkpoints as bytes", .limited)
struct CheckpointCodingTests {
    static let cases = [
        checkpoint("a.jsonl", 0),
        checkpoint("ö/🙂", 1 << 40, ended: true),
        Checkpoint(
            partition: Partition(source: "kinesis", stream: "s", name: "shardId-000000000001"),
            position: Position(.max, 1, 2, 3), ended: false, identity: ""),
    ]

    @Test("a checkpoint is read back as it was written", arguments: cases)
    func roundTrips(checkpoint: Checkpoint) throws {
        var buffer = ByteBuffer()
        CheckpointCoding.append(checkpoint, to: &buffer)
        #expect(try CheckpointCoding.decode(buffer.bytes) == checkpoint)
    }

    @Test("a checkpoint that is truncated or too long is refused", arguments: cases)
    func refusesCuts(checkpoint: Checkpoint) throws {
        var buffer = ByteBuffer()
        CheckpointCoding.append(checkpoint, to: &buffer)
        buffer.append(0 as UInt8)
        for length in 0...buffer.count where length != buffer.count - 1 {
            #expect(throws: CheckpointCoding.Malformed.self) { try CheckpointCoding.decode(buffer.bytes.slice(0, length)) }
        }
    }
}

@Suite("rows of a flush in order", .limited)
struct SortedRowsTests {
    @Test(
        "the rows of a flush are sorted by key bytes, whatever prefix the keys share",
        arguments: ["", "a", "account/instance/", "0123456701234567"])
    func sorts(shared: String) {
        var random = Dice(seed: UInt64(shared.utf8.count))
        var keys: Set<[UInt8]> = [key(shared), key(shared + "\0"), key(shared + "\0\0"), [2], [200, 1], [200]]
        for _ in 0..<2000 {
            let tail = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            keys.insert([UInt8.random(in: 1...7, using: &random)] + Array(shared.utf8) + tail)
            keys.insert(key(shared) + [UInt8](repeating: 0, count: Int.random(in: 0...20, using: &random)))
        }
        let rows = keys.map { (key: $0, entity: Array($0.reversed())) }
        let half = rows.count / 2
        var sorted: [[UInt8]] = []
        let batches = [batch(Array(rows[..<half])), RowBatch(), batch(Array(rows[half...]))]
        for row in SortedRows(batches).kinds.joined() {
            sorted.append(Array(row.key))
            #expect(Array(row.entity) == row.key.reversed())
        }
        withExtendedLifetime(batches) {}
        #expect(sorted == keys.sorted { $0.lexicographicallyPrecedes($1) })
    }
}
