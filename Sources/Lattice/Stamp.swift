public import Platform

/// What orders two tellings of one fact: a pure function of the event's own bytes, never of how it was delivered.
///
/// Compared by time, then rank, then origin Region, then event id. Two registers with equal stamps compare their value
/// bytes, so that the order of registers is total.
public struct Stamp: @unchecked Sendable {
    /// When the event says it happened.
    public var time: Timestamp
    /// Orders events of one moment by what they are (`docs/merge.md`): a logout beats a heartbeat.
    public var rank: UInt8
    /// The origin Region by the event's ARN; empty where the event has none; at most 255 bytes.
    public var region: ByteView
    /// Tells two events of one moment, rank and Region apart.
    public var id: EventID

    @inline(__always)
    public init(time: Timestamp, rank: UInt8 = 0, region: ByteView = StaticString("").view, id: EventID = .none) {
        self.time = time
        self.rank = rank
        self.region = region
        self.id = id
    }

    /// Negative, zero or positive as this stamp is older than, equal to or newer than the other.
    @inline(__always)
    public func compare(_ other: Stamp) -> Int {
        if time != other.time { return time < other.time ? -1 : 1 }
        return compareWithinMoment(other)
    }

    @inline(never)
    private func compareWithinMoment(_ other: Stamp) -> Int {
        if rank != other.rank { return rank < other.rank ? -1 : 1 }
        let regions = region.compare(other.region)
        return regions != 0 ? regions : id.compare(other.id)
    }
}
