/// When a request was started and when bytes of its answer came.
struct TransferTimes {
    private let started: ContinuousClock.Instant
    private var lastPiece: ContinuousClock.Instant
    private var hasFirstByte = false

    init(_ now: ContinuousClock.Instant) {
        started = now
        lastPiece = now
    }

    mutating func arrived(_ now: ContinuousClock.Instant) {
        hasFirstByte = true
        lastPiece = now
    }

    /// After a pause: the time until the next piece counts from now.
    mutating func resumed(_ now: ContinuousClock.Instant) { lastPiece = now }

    /// Which deadline of the request has passed, if one has, and what to say of it.
    func overdue(
        _ submission: HTTPLoop.Submission, _ now: ContinuousClock.Instant, isPaused: Bool = false
    ) -> (kind: HTTPError.Kind, reason: String)? {
        let timeouts = submission.request.timeouts
        if now - submission.submitted > timeouts.total {
            return (.timedOut(.total), "not complete within \(timeouts.total)")
        }
        if !hasFirstByte {
            return now - started > timeouts.firstByte
                ? (.timedOut(.firstByte), "no byte received within \(timeouts.firstByte)") : nil
        }
        return !isPaused && now - lastPiece > timeouts.idle
            ? (.timedOut(.idle), "no further byte received within \(timeouts.idle)") : nil
    }
}
