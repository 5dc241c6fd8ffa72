/// Makes one thing beside Connect's groups follow the newest committed intent: a row, weights of DNS, routing controls. It stands in nobody's way and
/// nobody in its own: when and whether it succeeds is no matter of the failover.
///
///     var follower = Follower<DNSWeights>(name: "route53")
///     follower.observe(wishes, now: now)                // each time the control table was read
///     while let step = follower.next(now: now) { .. }      // look or apply, and say what came of it
///     // nothing to do until follower.wakeAt
///
/// A value without I/O: times are milliseconds of a clock of the caller's own that does not go back.
///
/// - Only what the newest known intent asks for is ever written, and only while the control table was read lately: so an older never overwrites a newer that
///   could be known.
/// - A new term is written at once. What was there when it began is read first: what an older intent of ours asked for is brought up to the
///   newest, anything else only while the intent is young.
/// - What was written is read back. For ``Policy/reassertMilliseconds`` after that, a value of an older intent of ours, which came late, is put right. Any other
///   value is somebody else's: it is told, and left until there is a newer term.
/// - Looking changes nothing and says whether it could act: it is the exercise, too, and goes on every ``Policy/exerciseMilliseconds``.
/// - Failures are tried again with a ``Backoff``, for as long as the intent is the newest.
package struct Follower<Value: Equatable & Sendable & CustomStringConvertible>: Sendable {
    package typealias Policy = FollowerPolicy

    /// What an intent asks of this actuator.
    package struct Wish: Equatable, Sendable {
        package var term: Int64
        package var value: Value
        /// Committed within the last ``Policy/reassertMilliseconds``, by the wall clock.
        package var isYoung: Bool

        package init(term: Int64, value: Value, isYoung: Bool) {
            self.term = term
            self.value = value
            self.isYoung = isYoung
        }
    }

    package enum Step: Equatable, Sendable {
        /// Read what is there and whether it could be changed; change nothing. Answered by ``looked(_:now:wall:random:)``.
        case look
        /// Make it so. Repeating it does no harm. Answered by ``applied(failure:now:random:)``.
        case apply(Wish)
    }

    /// What a look found.
    package enum Sight: Equatable, Sendable {
        case found(Finding)
        /// It is still being carried out: look again soon.
        case underway(String)
        /// It could not be read.
        case failed(String)
    }

    package struct Finding: Equatable, Sendable {
        /// Nil: nothing yet.
        package var value: Value?
        /// Of the intent that it was written for, where the thing itself says so: then nobody else's hand is in it.
        package var term: Int64?
        /// Why it may not be possible to change it, a sentence each.
        package var problems: [String]
        /// What else a person should know.
        package var warnings: [String]

        package init(_ value: Value?, term: Int64? = nil, problems: [String] = [], warnings: [String] = []) {
            self.value = value
            self.term = term
            self.problems = problems
            self.warnings = warnings
        }
    }

    private enum Phase: Equatable {
        case unread, applying, settled
        case left(String)
    }

    package let name: String
    private let policy: Policy
    /// Newest first.
    private var wishes: [Wish] = []
    /// The greatest term that was ever heard of, whether or not it asks anything.
    private var newestTerm: Int64 = 0
    private var observedAt: Int64?
    private var phase = Phase.unread
    private var settledTerm: Int64 = 0
    private var settledSince: Int64 = 0
    private var failures = 0
    private var lastFailure: String?
    private var applyAt: Int64 = .min
    private var lookAt: Int64 = .min
    private var failedLooks = 0
    private var exercise: ActuatorStatus.Exercise?

    package init(name: String, policy: Policy = .init()) {
        self.name = name
        self.policy = policy
    }

    // MARK: What is wanted

    /// Takes in what the intents that the control table holds ask for, newest first, as it was read at `now`. `term`: the newest of all, which may ask
    /// nothing of this actuator. A view that is older than what is known is passed over.
    package mutating func observe(_ wishes: [Wish], newest term: Int64, now: Int64) {
        guard term >= newestTerm else { return }
        let (before, isFirst) = (wanted, observedAt == nil)
        newestTerm = term
        observedAt = now
        self.wishes = wishes
        guard let wanted, wanted != before else { return }
        if isFirst {
            lookAt = now
        } else if before.map({ wanted.term > $0.term }) ?? true {
            begin(now)
        } else if wanted.value != before?.value, phase == .settled || phase == .applying {
            begin(now)
        }
    }

    private var wanted: Wish? { wishes.first }

    private mutating func begin(_ now: Int64) {
        phase = .applying
        failures = 0
        applyAt = now
    }

    // MARK: What is to be done

    /// The next step, whose answer is given before there is another one; nil: nothing for now.
    package func next(now: Int64) -> Step? {
        if let wanted, phase == .applying, applyAt <= now, isFresh(now) { return .apply(wanted) }
        return lookAt <= now ? .look : nil
    }

    /// When there is something to do, if nothing is observed before.
    package var wakeAt: Int64 {
        guard wanted != nil, phase == .applying, applyAt != .max, isFresh(applyAt) else { return lookAt }
        return min(applyAt, lookAt)
    }

    /// Whether the control table was read so lately that its newest term may be acted upon.
    private func isFresh(_ now: Int64) -> Bool { observedAt.map { now <= $0 + policy.viewAgeMax } ?? false }

    // MARK: What came of it

    /// `wall`: the wall clock, in milliseconds since 1970. `random`: from 0 to below 1.
    package mutating func looked(_ sight: Sight, now: Int64, wall: Int64, random: Double) {
        switch sight {
        case .found(let finding):
            failedLooks = 0
            exercise = .init(at: wall, isOK: finding.problems.isEmpty, lines: finding.problems + finding.warnings)
            compare(finding, now, random)
            lookAt = now + interval(now)
        case .underway(let what):
            failedLooks = 0
            exercise = .init(at: wall, isOK: true, lines: [what])
            lookAt = now + policy.readBackMilliseconds
        case .failed(let why):
            failedLooks += 1
            exercise = .init(at: wall, isOK: false, lines: [why])
            let backoff = Backoff(first: policy.watchMilliseconds, ceilingMax: policy.exerciseMilliseconds)
            lookAt = now + max(policy.readBackMilliseconds, backoff.wait(after: failedLooks, random: random))
        }
    }

    /// `failure`: it failed, or nothing was heard, so that it may have happened, or may yet; nil: whether it took effect is read next.
    package mutating func applied(failure: String?, now: Int64, random: Double) {
        if let failure {
            fail(failure, now, random)
            lookAt = min(lookAt, now + policy.watchMilliseconds)
        } else {
            // Not again before it was read.
            applyAt = .max
            lookAt = now
        }
    }

    private mutating func compare(_ finding: Finding, _ now: Int64, _ random: Double) {
        guard let wanted else { return }
        if finding.value == wanted.value { return settle(wanted, now) }
        switch phase {
        case .applying:
            if applyAt == .max { fail("it was written, but \(shown(finding)) was read", now, random) }
        case .unread where isOfOurs(finding) || finding.term == nil && wanted.isYoung: begin(now)
        case .settled where isOfOurs(finding) && (finding.term != nil || now - settledSince <= policy.reassertMilliseconds):
            begin(now)
        case .unread, .settled, .left: phase = .left(shown(finding))
        }
    }

    /// Whether what is there was written for an intent that is older, or is nothing yet.
    private func isOfOurs(_ finding: Finding) -> Bool {
        guard let value = finding.value, let wanted else { return true }
        return finding.term.map { $0 <= wanted.term } ?? wishes.dropFirst().contains { $0.value == value }
    }

    private func shown(_ finding: Finding) -> String { finding.value.map { "\($0)" } ?? "nothing" }

    private mutating func settle(_ wish: Wish, _ now: Int64) {
        if settledTerm != wish.term {
            settledTerm = wish.term
            settledSince = now
        }
        phase = .settled
        failures = 0
        lastFailure = nil
    }

    private mutating func fail(_ why: String, _ now: Int64, _ random: Double) {
        failures += 1
        lastFailure = why
        applyAt = now + policy.backoff.wait(after: failures, random: random)
    }

    /// Until the next look.
    private func interval(_ now: Int64) -> Int64 {
        let isRecent = settledTerm != 0 && now - settledSince <= policy.reassertMilliseconds
        return phase == .applying || isRecent ? policy.watchMilliseconds : policy.exerciseMilliseconds
    }

    // MARK: How it stands

    package var status: ActuatorStatus {
        let state: ActuatorStatus.State =
            switch phase {
            case _ where wanted == nil: .idle
            case .unread: .unread
            case .applying: .applying
            case .settled: .applied
            case .left(let value): .drifted("\(value) is there, which the newest intent does not ask for: left as it is")
            }
        return ActuatorStatus(
            name: name, state: state, wantedTerm: wanted?.term ?? 0, appliedTerm: settledTerm, failures: failures,
            lastFailure: lastFailure, exercise: exercise)
    }
}

/// The times of a ``Follower``, in milliseconds.
package struct FollowerPolicy: Equatable, Sendable {
    /// The control table has to have been read so lately for anything to be written.
    package var viewAgeMax: Int64 = 10_000
    /// Between two attempts to write.
    package var backoff = Backoff()
    /// Between two looks while something is still being carried out.
    package var readBackMilliseconds: Int64 = 2_000
    /// Between two looks while late values of older intents may still come.
    package var watchMilliseconds: Int64 = 15_000
    /// Between two looks otherwise.
    package var exerciseMilliseconds: Int64 = 180_000
    /// For so long after a move a value of an older intent is put right: longer than any request lives (``ActingMark/waitMilliseconds``).
    package var reassertMilliseconds: Int64 = 900_000

    package init() {}
}
