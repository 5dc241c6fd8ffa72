public import Platform

/// A batch of records of one partition, in order, as a ``Source`` hands it over. Reused: a worker owns one and has it filled
/// again and again.
public final class RecordBlock {
    public struct Record {
        /// Where the record's bytes are in the block's ``RecordBlock/text``; of one that is lent, nothing.
        public var offset: Int
        public var length: Int
        /// Where they are if the source lends them.
        fileprivate var lent: UnsafeRawPointer?
        /// What a person finds the record by: its line in a file (from 1), its number in a document without lines.
        public var ordinal: Int
        /// When the broker took it, where the capture or broker says; nil switches the skew guard off for it.
        public var arrival: Timestamp?

        @inline(__always)
        public init(offset: Int, length: Int, ordinal: Int, arrival: Timestamp? = nil) {
            self.offset = offset
            self.length = length
            self.ordinal = ordinal
            self.arrival = arrival
        }
    }

    /// Index of the partition in ``Source/partition(_:)``.
    public var partition = 0
    /// Counts the blocks of a partition from 0, in order, so that blocks finished out of order are still committed in order.
    public var sequence = 0
    /// Where to go on after this block: the position that is committed once everything in it is durable.
    public var end = Position.beginning
    /// Whether ``end`` may lie before the end of the block before: what had been read of the partition is there no more, and other
    /// records stand in its place.
    public var goesBack = false
    /// Whether the partition has nothing after this block, for good.
    public var isLast = false
    public var text: ByteBuffer
    public var records: [Record] = []
    /// What keeps the bytes that the source lends where they are: records need not be copied into the block.
    private var loan: AnyObject?

    public init(capacity: Int = 1 << 18) { text = ByteBuffer(capacity: capacity) }

    /// Forgets the records and gives back what was lent.
    public func removeAll() {
        text.removeAll()
        records.removeAll(keepingCapacity: true)
        loan = nil
        goesBack = false
        isLast = false
    }

    /// The bytes of one of the records.
    @inline(__always)
    public func bytes(of record: Record) -> ByteView {
        if let lent = record.lent { return ByteView(start: lent, count: record.length) }
        return text.bytes.slice(record.offset, record.length)
    }

    /// Adds a record whose bytes stay where they are as long as the object that ``borrow(_:)`` was given.
    public func append(lent bytes: ByteView, ordinal: Int, arrival: Timestamp?) {
        var record = Record(offset: 0, length: bytes.count, ordinal: ordinal, arrival: arrival)
        // A view of nothing may have no address, and then lies at the start of the text.
        record.lent = bytes.baseAddress
        records.append(record)
    }

    /// Holds `loan` until ``removeAll()``.
    public func borrow(_ loan: AnyObject) { self.loan = loan }
}
