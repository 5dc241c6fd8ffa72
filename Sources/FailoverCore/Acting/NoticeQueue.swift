/// Messages on their way to one receiver: each sent until it was taken, refused for good, or given up. At least once: a receiver tells repetitions by
/// ``Notice/key``.
///
/// A value without I/O: times are milliseconds of a clock of the caller's own that does not go back. Bounds: ``noticesMax`` wait, and the oldest goes when
/// one more comes; of ``keysMax`` it is known that they were posted before.
package struct NoticeQueue: Sendable {
    package static let noticesMax = 64
    package static let keysMax = 256

    package struct Policy: Equatable, Sendable {
        package var backoff = Backoff()
        /// A message is given up after so many milliseconds.
        package var giveUpMilliseconds: Int64 = 900_000
        /// Between two exercises.
        package var exerciseMilliseconds: Int64 = 180_000

        package init() {}
    }

    package enum Step: Equatable, Sendable {
        /// Answered by ``sent(_:_:now:random:)``.
        case send(Notice)
        /// Look whether it could be sent; send nothing. Answered by ``exercised(problems:now:wall:)``.
        case exercise
    }

    package enum Answer: Equatable, Sendable {
        case delivered
        /// It may work later, or nothing was heard.
        case failed(String)
        /// It will never be taken.
        case refused(String)
    }

    private struct Waiting {
        var notice: Notice
        var postedAt: Int64
        var sendAt: Int64
        var failures = 0
    }

    package let name: String
    private let policy: Policy
    private var waiting: [Waiting] = []
    /// Oldest first.
    private var keys: [String] = []
    private var exerciseAt: Int64 = .min
    private var exercise: ActuatorStatus.Exercise?
    private var wantedTerm: Int64 = 0
    private var deliveredTerm: Int64 = 0
    private var failures = 0
    private var lastFailure: String?
    private var givenUp = 0
    private var losses: [String] = []

    package init(name: String, policy: Policy = .init()) {
        self.name = name
        self.policy = policy
    }

    /// Takes a message in, unless it was posted before.
    package mutating func post(_ notice: Notice, now: Int64) {
        guard !keys.contains(notice.key) else { return }
        keys.append(notice.key)
        if keys.count > NoticeQueue.keysMax { keys.removeFirst() }
        if waiting.count == NoticeQueue.noticesMax {
            lose(waiting.removeFirst(), "\(NoticeQueue.noticesMax) others wait behind it")
        }
        waiting.append(Waiting(notice: notice, postedAt: now, sendAt: now))
        wantedTerm = max(wantedTerm, notice.term)
    }

    /// The next step, whose answer is given before there is another one; nil: nothing for now. Of what is due, what has failed least, and of
    /// that what was posted first: one that nobody takes does not hold up the others.
    package func next(now: Int64) -> Step? {
        if let due = waiting.filter({ $0.sendAt <= now }).min(by: { $0.failures < $1.failures }) { return .send(due.notice) }
        return exerciseAt <= now ? .exercise : nil
    }

    /// When there is something to do, if nothing is posted before.
    package var wakeAt: Int64 { waiting.reduce(exerciseAt) { min($0, $1.sendAt) } }

    /// What came of sending a message. `random`: from 0 to below 1.
    package mutating func sent(_ notice: Notice, _ answer: Answer, now: Int64, random: Double) {
        guard let index = waiting.firstIndex(where: { $0.notice.key == notice.key }) else { return }
        switch answer {
        case .delivered:
            waiting.remove(at: index)
            deliveredTerm = max(deliveredTerm, notice.term)
            failures = 0
            lastFailure = nil
        case .refused(let why):
            fail(why)
            lose(waiting.remove(at: index), why)
        case .failed(let why):
            fail(why)
            waiting[index].failures += 1
            waiting[index].sendAt = now + policy.backoff.wait(after: waiting[index].failures, random: random)
            if now - waiting[index].postedAt >= policy.giveUpMilliseconds { lose(waiting.remove(at: index), why) }
        }
    }

    /// What came of an exercise. `wall`: the wall clock, in milliseconds since 1970.
    package mutating func exercised(problems: [String], now: Int64, wall: Int64) {
        exercise = .init(at: wall, isOK: problems.isEmpty, lines: problems)
        exerciseAt = now + policy.exerciseMilliseconds
    }

    private mutating func fail(_ why: String) {
        failures += 1
        lastFailure = why
    }

    private mutating func lose(_ lost: Waiting, _ why: String) {
        givenUp += 1
        losses.append("\(name): the message \(lost.notice.key) was given up after \(lost.failures) attempts: \(why)")
    }

    /// A sentence for each message that was given up since this was called last: for the log.
    package mutating func takeLosses() -> [String] {
        defer { losses = [] }
        return losses
    }

    package var status: ActuatorStatus {
        let state: ActuatorStatus.State = waiting.isEmpty ? wantedTerm == 0 ? .idle : .applied : .applying
        return ActuatorStatus(
            name: name, state: state, wantedTerm: wantedTerm, appliedTerm: deliveredTerm, failures: failures,
            lastFailure: lastFailure,
            exercise: exercise, givenUp: givenUp)
    }
}
