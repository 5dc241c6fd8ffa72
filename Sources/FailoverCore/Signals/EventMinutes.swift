/// Counts of events by the minute of their arrival, of the last ``minutesMax`` minutes on the controller's clock.
package struct EventMinutes: Equatable, Sendable {
    /// What ``SeenEvents`` looks at.
    package static let minutesMax = SeenEvents.silentMinutes + SeenEvents.minutesBefore

    private var counts: [Int64: SeenEvents.Minute] = [:]
    /// The minute in which counting began, which is not a whole one.
    private let first: Int64

    package init(now: Int64) { first = now / 60_000 }

    package mutating func take(own: Int, other: Int, now: Int64) {
        let minute = now / 60_000
        if counts[minute] == nil {
            counts = counts.filter { minute - $0.key <= Int64(EventMinutes.minutesMax) }
            counts[minute] = SeenEvents.Minute(own: 0, other: 0)
        }
        counts[minute]?.own += own
        counts[minute]?.other += other
    }

    /// The whole minutes before `now`, oldest first, ``minutesMax`` at most; one in which nothing came counts 0.
    package func whole(now: Int64) -> [SeenEvents.Minute] {
        let current = now / 60_000
        let from = max(first + 1, current - Int64(EventMinutes.minutesMax))
        guard from < current else { return [] }
        return (from..<current).map { counts[$0] ?? SeenEvents.Minute(own: 0, other: 0) }
    }
}
