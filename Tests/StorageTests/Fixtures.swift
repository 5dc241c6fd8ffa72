import EngineCore
import Foundation
import Lattice
import Platform
import TestSupport

/// A directory that goes away with this. The state lies in a directory of its own inside.
final class Scratch {
    let root: String
    var state: String { "\(root)/state" }

    init() {
        root = NSTemporaryDirectory() + "converge-storage-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// A copy of the state as its files are at this moment, without the lock.
    func copy(_ name: String, of original: String = "state") throws -> String {
        try FileManager.default.copyItem(atPath: "\(root)/\(original)", toPath: "\(root)/\(name)")
        return "\(root)/\(name)"
    }

    func names(_ path: String? = nil) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path ?? state).sorted()
    }
}

/// An entity with one register at path `record` that holds a JSON string of `size` bytes told at `time`.
func entity(_ time: Int, size: Int = 20) -> [UInt8] {
    var buffer = ByteBuffer()
    var writer = EntityWriter(&buffer)
    var random = Dice(seed: UInt64(time))
    var value: [UInt8] = [UInt8(ascii: "\"")]
    while value.count < size - 1 { value.append(UInt8(ascii: "a") + UInt8(random.next() % 26)) }
    value.append(UInt8(ascii: "\""))
    value.withUnsafeBytes {
        writer.lastWriterWins(&buffer, "record", stamp: Stamp(time: Timestamp(milliseconds: Int64(time))), value: $0)
    }
    writer.finish(&buffer)
    return buffer.array
}

/// An entity of registers by path, told at `time`.
func entity(_ registers: [(path: String, value: String)], time: Int = 1) -> [UInt8] {
    var buffer = ByteBuffer()
    var writer = EntityWriter(&buffer)
    let stamp = Stamp(time: Timestamp(milliseconds: Int64(time)))
    for register in registers {
        Array(register.path.utf8).withUnsafeBytes {
            writer.beginRegister(&buffer, encodedPath: $0, rule: .lastWriterWins, stamp: stamp)
        }
        buffer.append(register.value)
        writer.endRegister(&buffer)
    }
    writer.finish(&buffer)
    return buffer.array
}

/// An entity of `registers` registers of `size` bytes each, which shrink by a quarter.
func large(registers: Int = 3, of size: Int = 150_000) -> [UInt8] {
    var random = Dice(seed: 9)
    return entity(
        (0..<registers).map { number in
            let bytes = Data((0..<(size / 4 * 3)).map { _ in UInt8.random(in: .min ... .max, using: &random) })
            return ("variable/\(1000 + number)", "\"\(bytes.base64EncodedString())\"")
        })
}

/// The key of the contact `id`.
func key(_ id: String) -> [UInt8] { [2] + Array(id.utf8) }
func key(_ number: Int) -> [UInt8] { key("contact-\(number)") }

func batch(_ rows: [(key: [UInt8], entity: [UInt8])]) -> RowBatch {
    let batch = RowBatch()
    for row in rows {
        row.key.withUnsafeBytes { key in row.entity.withUnsafeBytes { batch.append(key: key, entity: $0) } }
    }
    return batch
}

/// A flush that writes an entity to each of the contacts `numbers`, where their rows are of the revision `expected`.
func rows(
    _ numbers: some Sequence<Int>, _ entity: [UInt8], expected: Revision = .none, revision: Revision = one
) -> Flush {
    let batch = RowBatch()
    for number in numbers {
        key(number).withUnsafeBytes { key in
            entity.withUnsafeBytes { batch.append(key: key, entity: $0, expected: expected, revision: revision) }
        }
    }
    return Flush(rows: [batch], checkpoints: [])
}

/// A revision.
let one = Revision(writer: 7, count: 1)

func checkpoint(_ name: String, _ offset: Int, ended: Bool = false) -> Checkpoint {
    Checkpoint(
        partition: Partition(source: "file", stream: name), position: Position(offset: offset, ordinal: offset / 2),
        ended: ended,
        identity: "size=1")
}

/// A flush of rows `numbers`, told at `time`, with a checkpoint at `time`. `size` bytes each: at 8 KB some 600 rows are a large
/// flush, which is written as a table file.
func flush(_ numbers: Range<Int>, time: Int, size: Int = 20) -> Flush {
    let told = entity(time, size: size)
    let rows = numbers.shuffled().map { (key: key($0), entity: told) }
    let half = rows.count / 2
    return Flush(
        rows: [batch(Array(rows[..<half])), batch(Array(rows[half...]))], checkpoints: [checkpoint("a.jsonl", time)])
}

extension Store {
    /// Every row as a scan tells it.
    func contents() throws -> [[UInt8]: [UInt8]] {
        var rows: [[UInt8]: [UInt8]] = [:]
        try scan { rows[Array($0)] = Array($1) }
        return rows
    }

    /// What `read` finds, by index.
    func found(_ keys: [[UInt8]]) throws -> [Int: [UInt8]] {
        var found: [Int: [UInt8]] = [:]
        try read(batch(keys.map { ($0, []) })) { index, row, _ in found[index] = Array(row) }
        return found
    }
}

/// The error of a call that must fail.
func failure(_ call: () throws -> Void) -> StoreError? {
    do {
        try call()
        return nil
    } catch {
        return error as? StoreError
    }
}

func isEqual(_ wanted: [UInt8]) -> ([UInt8]) -> Bool { { $0 == wanted } }
