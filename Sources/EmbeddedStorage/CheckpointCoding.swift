import EngineCore
import Platform

/// A checkpoint as bytes. Layout, little-endian:
///
///     u8 format version (1)   u8 flags (bit 0: ended)   4 x u64 position, most significant first
///     4 x (u32 length, UTF-8): source, stream, partition name, identity
enum CheckpointCoding {
    static let formatVersion: UInt8 = 1
    private static let headerSize = 2 + 4 * 8

    static func append(_ checkpoint: Checkpoint, to buffer: inout ByteBuffer) {
        buffer.append(formatVersion)
        buffer.append(checkpoint.ended ? 1 : 0 as UInt8)
        let words = checkpoint.position.words
        for word in [words.0, words.1, words.2, words.3] { buffer.appendInteger(word) }
        let partition = checkpoint.partition
        for text in [partition.source, partition.stream, partition.name, checkpoint.identity] {
            buffer.appendInteger(UInt32(text.utf8.count))
            buffer.append(text)
        }
    }

    /// The checkpoint, or a sentence saying why the bytes are none.
    static func decode(_ bytes: ByteView) throws(Malformed) -> Checkpoint {
        guard let version = bytes.first else { throw Malformed(why: "it is empty") }
        guard version == formatVersion else {
            throw Malformed(why: "it has format version \(version); this program reads version \(formatVersion)")
        }
        guard bytes.count >= headerSize else { throw Malformed(why: "it ends early, at byte \(bytes.count)") }
        guard bytes[1] <= 1 else { throw Malformed(why: "it has unknown flags") }
        func word(_ index: Int) -> UInt64 { bytes.integer(at: 2 + 8 * index, as: UInt64.self) }
        var at = headerSize
        let source = try text(bytes, &at)
        let stream = try text(bytes, &at)
        let name = try text(bytes, &at)
        let identity = try text(bytes, &at)
        guard at == bytes.count else { throw Malformed(why: "it has bytes after its end, at byte \(at)") }
        return Checkpoint(
            partition: Partition(source: source, stream: stream, name: name),
            position: Position(word(0), word(1), word(2), word(3)), ended: bytes[1] == 1, identity: identity)
    }

    private static func text(_ bytes: ByteView, _ at: inout Int) throws(Malformed) -> String {
        guard bytes.count - at >= 4 else { throw Malformed(why: "it ends early, at byte \(bytes.count)") }
        let length = Int(bytes.integer(at: at, as: UInt32.self))
        guard bytes.count - at - 4 >= length else { throw Malformed(why: "it ends early, at byte \(bytes.count)") }
        defer { at += 4 + length }
        guard let text = String(validating: bytes.slice(at + 4, length), as: UTF8.self) else {
            throw Malformed(why: "it contains text that is not UTF-8, at byte \(at + 4)")
        }
        return text
    }

    struct Malformed: Error { let why: String }
}
