import FeedCore

/// The table of a Region's feed: batches by number, each written where there is none, and gone some time after 24 hours.
final class SimulatedFeedLog {
    private let agenda: Agenda
    private(set) var batches: [UInt64: FeedBatch] = [:]
    /// Whether a number is written over, a bug.
    var isBlind = false

    init(agenda: Agenda) { self.agenda = agenda }

    /// Whether it was written.
    func write(_ batch: FeedBatch) -> Bool {
        guard isBlind || batches[batch.number] == nil else { return false }
        batches[batch.number] = batch
        return true
    }

    func read(after number: UInt64?, limit: Int) -> [FeedBatch] {
        guard let number else { return batches.values.max { $0.number < $1.number }.map { [$0] } ?? [] }
        return Array(batches.values.filter { $0.number > number }.sorted { $0.number < $1.number }.prefix(limit))
    }

    /// The table's time to live: after 25 to 48 hours, in no order.
    func expire(_ random: inout SeededRandom) {
        for (number, batch) in batches.sorted(by: { $0.key < $1.key })
        where batch.time + Int64(random.between(25, 48)) * 3_600_000 < agenda.now {
            batches[number] = nil
        }
    }
}
