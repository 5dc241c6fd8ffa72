public import Platform

/// A record that was not merged, whole, with why and where it came from.
public struct DeadLetter {
    /// A stable name for machines: `not-json`, `no-stamp`, `skew`, .. (`docs/merge.md` lists them).
    public var reason: String
    /// What a person needs beside the reason.
    public var detail: String
    /// Where it came from.
    public var partition: Partition
    /// The record's ordinal, and inside an envelope the number of the record in it: `12`, `12/3`.
    public var position: String
    /// When the broker took it, where that is known.
    public var arrival: Timestamp?
    /// The record or event, whole.
    public var bytes: ByteView

    public init(
        reason: String, detail: String, partition: Partition, position: String, arrival: Timestamp?, bytes: ByteView
    ) {
        self.reason = reason
        self.detail = detail
        self.partition = partition
        self.position = position
        self.arrival = arrival
        self.bytes = bytes
    }
}

/// Takes what could not be merged. Called by several threads at once.
public protocol DeadLetterSink: AnyObject, Sendable {
    func append(_ letter: DeadLetter) throws
    /// Returns when everything appended before is durable. No position is committed past a letter before that.
    func makeDurable() throws
}
