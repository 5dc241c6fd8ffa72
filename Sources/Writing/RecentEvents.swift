import Platform

/// Events accepted a while ago, so that one that is sent again, because its answer was lost, gets the stamp that it had.
///
/// Holds ``countMax`` events of ``bytesMax`` bytes for ``keptMilliseconds`` at most; at a bound the oldest goes. One that comes after that is
/// stamped anew: its fields then beat what was written in between.
struct RecentEvents {
    enum Found: Equatable {
        case none
        /// The same event.
        case same(AcceptedEvent)
        /// One with this id that says something else.
        case other
    }

    static let countMax = 20_000
    static let bytesMax = 32 << 20
    static let keptMilliseconds: Int64 = 600_000

    private struct Entry {
        var said: [UInt8]
        var event: AcceptedEvent
        var at: Int64
        var bytes: Int { said.count + event.bytes.count }
    }

    private let countMax: Int
    private let bytesMax: Int
    private var entries: [String: Entry] = [:]
    /// Keys, oldest first, from `first` on.
    private var order: [String] = []
    private var first = 0
    private(set) var bytes = 0

    init(countMax: Int = RecentEvents.countMax, bytesMax: Int = RecentEvents.bytesMax) {
        (self.countMax, self.bytesMax) = (countMax, bytesMax)
    }

    var count: Int { entries.count }

    mutating func find(_ key: String, _ said: [UInt8], now: Timestamp) -> Found {
        forget(now: now, room: 0)
        guard let entry = entries[key] else { return .none }
        return entry.said == said ? .same(entry.event) : .other
    }

    mutating func keep(_ key: String, _ said: [UInt8], _ event: AcceptedEvent, now: Timestamp) {
        let entry = Entry(said: said, event: event, at: now.milliseconds)
        guard entry.bytes <= bytesMax, entries[key] == nil else { return }
        forget(now: now, room: entry.bytes)
        entries[key] = entry
        order.append(key)
        bytes += entry.bytes
    }

    private mutating func forget(now: Timestamp, room: Int) {
        while first < order.count, let oldest = entries[order[first]],
            now.milliseconds - oldest.at > RecentEvents.keptMilliseconds
                || (room > 0 && (bytes + room > bytesMax || entries.count >= countMax))
        {
            entries[order[first]] = nil
            bytes -= oldest.bytes
            first += 1
        }
        if first > 1024, first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
    }
}
