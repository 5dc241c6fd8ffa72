/// Which write a row was left by: what a conditional write in a shared table is conditional on.
///
/// The writer is a random number that a worker draws when it starts. The count goes up with each write of the row and with each
/// write of the shard, whatever the row: no two writes share a revision, so a row that was deleted or restored and then written
/// anew is never mistaken for the one before, not even where one worker wrote both.
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

    /// What `writer` calls the row after its next write. `last`: the greatest count that it has used for this row or others.
    @inline(__always)
    func next(by writer: UInt64, after last: inout UInt64) -> Revision {
        last = max(last, count) &+ 1
        return Revision(writer: writer, count: last)
    }
}
