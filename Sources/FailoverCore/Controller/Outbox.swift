/// Lines of the history that are still to be written. At ``entriesMax`` the oldest is dropped and counted in the next.
struct Outbox: Equatable {
    static let entriesMax = 64

    private var entries: [JournalEntry] = []
    private(set) var dropped = 0
    /// The control table did not take one: no more in this round.
    var isBlocked = false

    mutating func add(_ entry: JournalEntry) {
        if entries.count == Outbox.entriesMax {
            entries.removeFirst()
            dropped += 1
        }
        entries.append(entry)
    }

    var count: Int { entries.count }
    var next: JournalEntry? { isBlocked ? nil : entries.first }

    /// What came of writing `next`.
    mutating func written(_ isThere: Bool) {
        guard isThere else { return isBlocked = true }
        if !entries.isEmpty { entries.removeFirst() }
        if dropped > 0, !entries.isEmpty {
            entries[0].lines.append("\(dropped) earlier lines of the history were dropped")
            dropped = 0
        }
    }
}
