public import Platform

/// Keys with their entity encodings, end to end in one buffer. A key is the kind's byte and the id's bytes
/// (``ContactCenter/EntityKind``).
public final class RowBatch: @unchecked Sendable {
    /// A row as it is to be written, or a key to be read.
    public struct Row {
        public let key: ByteView
        /// Empty where only keys matter.
        public let entity: ByteView
        /// The write that the row must still be of, for this one to replace it.
        public let expected: Revision
        /// What this write calls itself.
        public let revision: Revision
        /// Whether it is written for nothing but refreshes (``PipelineOptions/refreshInterval``): for the figures.
        public let isRefresh: Bool
    }

    fileprivate static let headerSize = 9 + 2 * MemoryLayout<Revision>.size

    public private(set) var count = 0
    /// By the number of a row, from 0: why the store will never take it as it is. Of what ``Store/write(_:)`` gives back.
    public private(set) var refusals: [Int: String] = [:]
    fileprivate var buffer: ByteBuffer

    /// `capacity`: bytes to begin with.
    public init(capacity: Int = 1 << 16) { buffer = ByteBuffer(capacity: capacity) }

    /// With room for so many rows of so many bytes in all, keys and entities.
    public convenience init(rows: Int, byteCount: Int) { self.init(capacity: rows * RowBatch.headerSize + byteCount) }

    /// Bytes held, keys and entities.
    public var byteCount: Int { buffer.count - count * RowBatch.headerSize }
    public var isEmpty: Bool { count == 0 }

    public func append(
        key: ByteView, entity: ByteView = StaticString("").view, expected: Revision = .none, revision: Revision = .none,
        isRefresh: Bool = false
    ) {
        buffer.reserve(RowBatch.headerSize + key.count + entity.count)
        buffer.appendInteger(UInt32(key.count))
        buffer.appendInteger(UInt32(entity.count))
        for number in [expected.writer, expected.count, revision.writer, revision.count] { buffer.appendInteger(number) }
        buffer.appendInteger(UInt8(isRefresh ? 1 : 0))
        buffer.append(key)
        buffer.append(entity)
        count += 1
    }

    /// `refusal`: why the store will never take the row as it is.
    public func append(_ row: Row, refusal: String? = nil) {
        if let refusal { refusals[count] = refusal }
        append(key: row.key, entity: row.entity, expected: row.expected, revision: row.revision, isRefresh: row.isRefresh)
    }

    public func removeAll() {
        buffer.removeAll()
        refusals.removeAll()
        count = 0
    }
}

/// Rows in order of appending.
extension RowBatch: Sequence {
    public struct Iterator: IteratorProtocol {
        fileprivate let batch: RowBatch
        fileprivate var at = 0

        @inline(__always)
        public mutating func next() -> Row? {
            let bytes = batch.buffer.bytes
            guard at < bytes.count else { return nil }
            let keyLength = Int(bytes.integer(at: at, as: UInt32.self))
            let entityLength = Int(bytes.integer(at: at + 4, as: UInt32.self))
            let key = at + RowBatch.headerSize
            assert(key + keyLength + entityLength <= bytes.count, "a row ends behind its batch")
            defer { at = key + keyLength + entityLength }
            return Row(
                key: bytes.slice(key, keyLength), entity: bytes.slice(key + keyLength, entityLength),
                expected: revision(bytes, at + 8), revision: revision(bytes, at + 24),
                isRefresh: bytes.integer(at: at + 40, as: UInt8.self) == 1)
        }

        @inline(__always)
        private func revision(_ bytes: ByteView, _ at: Int) -> Revision {
            Revision(writer: bytes.integer(at: at, as: UInt64.self), count: bytes.integer(at: at + 8, as: UInt64.self))
        }
    }

    @inline(__always)
    public func makeIterator() -> Iterator { Iterator(batch: self) }
}
