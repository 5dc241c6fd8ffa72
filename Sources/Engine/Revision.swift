/// Which write a row was left by: what a conditional write in a shared table is conditional on.
///
/// The writer is a random number that a worker draws when it starts, and the count goes up with every row that it writes, so
/// that no two writes are called the same. Counting the writes of the row instead would not do: a worker whose row was gone, as
/// after a restore, would call its next one as it had called an earlier one, and who still remembers that would overwrite it.
public struct Revision: Hashable, Sendable {
    public var writer: UInt64
    public var count: UInt64

    @inline(__always)
    public init(writer: UInt64, count: UInt64) {
        self.writer = writer
        self.count = count
    }

    /// There is no row. Also what stores without concurrent writers say.
    public static let none = Revision(writer: 0, count: 0)
}
