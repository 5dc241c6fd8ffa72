public import Platform

/// Where rows live: an entity's joined state under its key, and beside it the checkpoints.
public protocol Store: AnyObject, Sendable {
    /// Calls `found` with the index of each key of `keys` that has a row, its entity encoding and the write that left it.
    /// Encodings were validated (``Lattice/EntityView/validate(_:)``). An error that is of one row alone names it
    /// (``StoreError/row``): the others can be read without it.
    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError)

    /// Makes rows durable; a row replaces the one before it.
    ///
    /// A store that one worker has to itself writes rows and checkpoints in one go, all or nothing, and returns nil. A store
    /// that workers share leaves checkpoints alone, writes each row only over the revision that it expects, and returns the
    /// rows that it did not write for that or any other reason, and of those that it will never take as they are it says why
    /// (``RowBatch/refusals``). On an error any of the rows may have been written, and none was refused for good.
    @discardableResult
    func write(_ flush: Flush) throws(StoreError) -> RowBatch?

    /// Every checkpoint that was ever written, the latest of each partition.
    func checkpoints() throws(StoreError) -> [Checkpoint]

    /// Which life of the table this is: another one after the table was restored, emptied or swapped. Commits that were made
    /// under another epoch say nothing of this table. Nil of a store that keeps the checkpoints itself.
    func epoch() throws(StoreError) -> String?

    /// Calls `body` for every row whose key is no less than `first`, in ascending order of key bytes, until it says false or
    /// throws.
    func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws

    /// A small named value that lives beside the rows, nil where none was set: the format, the options that give rows their
    /// meaning.
    func metadata(_ name: String) throws(StoreError) -> String?
    func setMetadata(_ name: String, _ value: String) throws(StoreError)
}

extension Store {
    public func epoch() throws(StoreError) -> String? { nil }

    /// Calls `body` for every row in ascending order of key bytes, until it throws.
    public func scan(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws {
        try scan(from: StaticString("").view) { key, entity in
            try body(key, entity)
            return true
        }
    }
}

/// What is written in one go.
public struct Flush {
    /// Rows in no particular order; no key twice among all batches.
    public var rows: [RowBatch]
    /// How far all partitions are once the rows are durable.
    public var checkpoints: [Checkpoint]

    public init(rows: [RowBatch], checkpoints: [Checkpoint]) {
        self.rows = rows
        self.checkpoints = checkpoints
    }
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
        /// What a row is read with, a dictionary, is not there yet: the row is whole, and can be read once that has come. It is neither
        /// absent nor damaged.
        case incomplete
        /// Not there, not a state, or not permitted.
        case unavailable
        case failed
    }

    public var reason: Reason
    /// What failed on what, why, and what to do.
    public var message: String
    /// Of a read: the number of the key whose row cannot be read; nil where it is more than one row that is in trouble.
    public var row: Int?

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }
}
