import CZstd
import Platform

/// What rows of format 3 are compressed with and cannot be read without: text that many rows have in common.
///
/// Content-addressed: its id is the SHA-256 of its bytes, and a row names it by the first eight bytes of that. So it is never changed, and
/// two Regions that write it write the same.
///
/// Costs: digested once for reading when it is made, and once by each ``RegistersCoding`` that writes with it; a row digests nothing. Memory: its bytes, and
/// about twice as much digested for reading.
///
/// Invariant (`@unchecked Sendable`): what zstd has digested is not changed by being used, from any number of threads.
package final class RowDictionary: @unchecked Sendable {
    /// Bytes that one may have: an item of DynamoDB holds it beside its key.
    package static let bytesMax = 256 << 10

    package let bytes: [UInt8]
    /// The SHA-256 of the bytes in 64 hexadecimal digits.
    package let id: String
    let name: RowDictionaryName
    let forReading: OpaquePointer

    /// Nil where zstd cannot use them: they are damaged, none at all, or more than ``bytesMax``.
    package init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.count <= RowDictionary.bytesMax,
            let digested = ZSTD_createDDict(bytes, bytes.count)
        else { return nil }
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        var digest: [UInt8] = []
        hash.finalize { digest = Array($0) }
        var text = ByteBuffer(capacity: 64)
        digest.withUnsafeBytes { text.appendHex($0) }
        self.bytes = bytes
        id = text.bytes.text
        name = digest.withUnsafeBytes { RowDictionaryName($0) }
        forReading = digested
    }

    deinit { ZSTD_freeDDict(forReading) }
}

/// What a row calls its dictionary: the first eight bytes of the id.
struct RowDictionaryName: Hashable, Sendable, CustomStringConvertible {
    static let byteCount = 8

    private let bytes: UInt64

    /// Of the bytes at the beginning, of which there are at least ``byteCount``.
    init(_ bytes: ByteView) { self.bytes = bytes.integer(at: 0, as: UInt64.self) }

    func append(to buffer: inout ByteBuffer) { buffer.appendInteger(bytes) }

    func store(in buffer: inout ByteBuffer, at offset: Int) { buffer.store(bytes, at: offset) }

    /// What the id begins with: 16 hexadecimal digits.
    var description: String {
        var name = ByteBuffer(capacity: RowDictionaryName.byteCount)
        append(to: &name)
        var text = ByteBuffer(capacity: 16)
        text.appendHex(name.bytes)
        return text.bytes.text
    }
}
