/// Where a change stands in a Region's feed: the number of its batch, and which register of the batch it is.
///
/// Numbers of batches begin at a time in milliseconds since 1970, and grow by one a batch, far fewer than one a millisecond. So a log that
/// had to begin anew begins above everything that the one before had, and a position never means two things. A position is less than
/// 2^53 until the year 2109, so that a browser's numbers hold it.
package struct FeedPosition: Hashable, Comparable, Sendable {
    /// Registers that a batch holds at most.
    package static let registersMax = 1 << 11

    package let value: UInt64

    /// As a client says it.
    package init(_ value: UInt64) { self.value = value }

    package init(batch: UInt64, index: Int) {
        assert(index >= 0 && index < FeedPosition.registersMax)
        value = batch << 11 | UInt64(index)
    }

    /// The last position of a batch, used or not: who has it knows all of the batch.
    package init(endOf batch: UInt64) { self.init(batch: batch, index: FeedPosition.registersMax - 1) }

    package var batch: UInt64 { value >> 11 }

    package static func < (a: FeedPosition, b: FeedPosition) -> Bool { a.value < b.value }
}
