public import Bytes

/// Where rows live: an entity's joined state under its key, and beside it the checkpoints.
public protocol Store: AnyObject, Sendable {
    /// Calls `found` with the index and the entity encoding of each key of `keys` that has a row. A view is valid during the
    /// call. Encodings were validated (``Lattice/EntityView/validate(_:)``).
    func read(_ keys: RowBatch, _ found: (Int, ByteView) -> Void) throws(StoreError)

    /// Makes rows and checkpoints durable, all or nothing. A row replaces the one before it.
    func write(_ flush: Flush) throws(StoreError)

    /// Every checkpoint that was ever written, the latest of each partition.
    func checkpoints() throws(StoreError) -> [Checkpoint]

    /// Calls `body` for every row in ascending order of key bytes, until it throws. The views are valid during the call.
    func scan(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws

    /// A small named value that lives beside the rows, nil where none was set: the format, the options that give rows their
    /// meaning.
    func metadata(_ name: String) throws(StoreError) -> String?
    func setMetadata(_ name: String, _ value: String) throws(StoreError)
}

/// What is written in one go.
public struct Flush {
    /// Rows in no particular order; no key twice among all batches.
    public var rows: [RowBatch]
    public var checkpoints: [Checkpoint]

    public init(rows: [RowBatch], checkpoints: [Checkpoint]) {
        self.rows = rows
        self.checkpoints = checkpoints
    }
}

/// Keys with their entity encodings, end to end in one buffer. A key is the kind's byte and the id's bytes
/// (``ContactCenter/EntityKind``).
public final class RowBatch: @unchecked Sendable {
    public private(set) var count = 0
    fileprivate var buffer: ByteBuffer

    public init(capacity: Int = 1 << 16) { buffer = ByteBuffer(capacity: capacity) }

    /// Bytes held, keys and entities.
    public var byteCount: Int { buffer.count }

    public func append(key: ByteView, entity: ByteView = StaticString("").view) {
        buffer.reserve(8 + key.count + entity.count)
        buffer.appendInteger(UInt32(key.count))
        buffer.appendInteger(UInt32(entity.count))
        buffer.append(key)
        buffer.append(entity)
        count += 1
    }

    public func removeAll() {
        buffer.removeAll()
        count = 0
    }
}

/// Rows in order of appending. The views are valid until the batch is next changed.
extension RowBatch: Sequence {
    public struct Iterator: IteratorProtocol {
        fileprivate let batch: RowBatch
        fileprivate var at = 0

        @inline(__always)
        public mutating func next() -> (key: ByteView, entity: ByteView)? {
            let bytes = batch.buffer.bytes
            guard at < bytes.count else { return nil }
            let keyLength = Int(bytes.integer(at: at, as: UInt32.self))
            let entityLength = Int(bytes.integer(at: at + 4, as: UInt32.self))
            defer { at += 8 + keyLength + entityLength }
            return (bytes.slice(at + 8, keyLength), bytes.slice(at + 8 + keyLength, entityLength))
        }
    }

    @inline(__always)
    public func makeIterator() -> Iterator { Iterator(batch: self) }
}

/// Why a store did not do what it was asked.
public struct StoreError: Error, CustomStringConvertible, Sendable {
    public enum Reason: Sendable {
        /// Another process has it open.
        case inUse
        /// No room left.
        case full
        /// What is stored cannot be trusted or read by this program.
        case corrupt
        /// Not there, not a state, or not permitted.
        case unavailable
        case failed
    }

    public var reason: Reason
    /// What failed on what, why, and what to do.
    public var message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }
}
