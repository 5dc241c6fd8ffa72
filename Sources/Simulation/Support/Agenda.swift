/// The simulated world's clock: what happens next, and when it is. Time moves only from one entry to the next.
///
/// Entries due at the same millisecond run in the order in which they were made, so that a seed means one history.
final class Agenda {
    /// Milliseconds since 1970.
    private(set) var now: Int64
    /// Entries that have run.
    private(set) var steps = 0
    private var due = DueQueue<() -> Void>()

    init(start: Int64) { now = start }

    /// When the next entry runs; nil when there is none.
    var next: Int64? { due.firstTime }

    func at(_ time: Int64, _ body: @escaping () -> Void) { due.push(body, at: max(time, now)) }

    /// `delay` in milliseconds.
    func after(_ delay: Int64, _ body: @escaping () -> Void) { at(now + max(delay, 0), body) }

    /// Forgets what was to come: entries hold on to what they are about.
    func clear() { due = DueQueue() }

    /// Runs the next entry; false when there is none.
    func step() -> Bool {
        guard let (time, body) = due.pop() else { return false }
        now = time
        steps += 1
        body()
        return true
    }
}
