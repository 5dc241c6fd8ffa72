import Lattice
import Platform

/// The sixteen bytes of a UUID.
struct UUIDBytes: Equatable {
    static let byteCount = 16
    static let textLength = 36

    private let words: (UInt64, UInt64)

    /// Of at least ``byteCount`` bytes.
    init(_ bytes: ByteView) { words = (bytes.integer(at: 0, as: UInt64.self), bytes.integer(at: 8, as: UInt64.self)) }

    /// Nil of anything but a UUID in lower case. `memory` is used and left as it was.
    init?(text: ByteView, _ memory: inout ByteBuffer) {
        guard text.count == UUIDBytes.textLength else { return nil }
        let start = memory.count
        defer { memory.truncate(to: start) }
        guard EventID.pack(text, into: &memory) == .uuid else { return nil }
        self.init(memory.bytes.slice(start, UUIDBytes.byteCount))
    }

    static func == (a: UUIDBytes, b: UUIDBytes) -> Bool { a.words == b.words }

    func append(to buffer: inout ByteBuffer) {
        buffer.appendInteger(words.0)
        buffer.appendInteger(words.1)
    }

    func appendText(to buffer: inout ByteBuffer) {
        withUnsafeBytes(of: (words.0.littleEndian, words.1.littleEndian)) { buffer.appendUUID($0) }
    }
}
