/// Write units of a run.
public struct WrittenUnits: Equatable, Sendable {
    /// Of puts, in the Regions that they were sent to.
    public var written = 0
    /// Of the same, in the Regions that they came to by replication.
    public var replicated = 0
    /// Of puts whose condition failed: they take the units of the item that is there, one at least.
    public var refused = 0

    public init() {}

    public static func += (a: inout WrittenUnits, b: WrittenUnits) {
        a.written += b.written
        a.replicated += b.replicated
        a.refused += b.refused
    }
}
