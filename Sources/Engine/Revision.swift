/// Which write a row was left by: what a conditional write in a shared table is conditional on.
///
/// The writer is a random number that a worker draws when it starts, the count goes up with each write of the row: a row that
/// was deleted and written anew is never mistaken for the old one.
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

    /// What `writer` calls the row after its next write.
    @inline(__always)
    public func next(by writer: UInt64) -> Revision { Revision(writer: writer, count: count &+ 1) }
}
