import FailoverCore
import Platform
import Synchronization

/// Something that can be made as an intent wants it, and be read: what a ``FollowingActuator`` follows the newest intent with. Calls wait for the
/// network, within bounds of their own, and come from one thread.
package protocol Followable: Sendable {
    associatedtype Value: Equatable & Sendable & CustomStringConvertible
    /// As statuses and metrics call it.
    var name: String { get }
    /// What an intent asks of it; nil: nothing. `isPending`: Connect's groups do not show it yet.
    func value(for intent: Intent, isPending: Bool) -> Value?
    /// Reads what is there, and whether it could be changed; changes nothing.
    func look() -> Follower<Value>.Sight
    /// Makes it so; repeating it does no harm. Why it failed, or may have; nil: it was taken.
    func apply(_ value: Value, term: Int64) -> String?
}

/// An actuator that follows the newest intent: a ``Follower`` on a thread of its own.
package final class FollowingActuator<Subject: Followable>: Actuator {
    private let subject: Subject
    private let policy: FollowerPolicy
    private let follower: Mutex<Follower<Subject.Value>>
    private let say: @Sendable (String) -> Void
    private let thread = ActuatorThread()

    /// `say` is given sentences about failures, drift and recovery, on the actuator's thread.
    package init(_ subject: Subject, policy: FollowerPolicy = .init(), say: @escaping @Sendable (String) -> Void) {
        self.subject = subject
        self.policy = policy
        self.say = say
        follower = Mutex(Follower(name: subject.name, policy: policy))
    }

    package var status: ActuatorStatus { follower.withLock(\.status) }

    package func start() -> Bool { thread.start { [self] in turn($0) } }

    package func stop() { thread.stop() }

    package func follow(_ view: ControlView) {
        let (now, wall) = (monotonicMilliseconds(), Timestamp.now.milliseconds)
        // Where the newest asks nothing, nor does an older one.
        let asked = view.terms.prefix { subject.value(for: $0, isPending: false) != nil }
        let wishes = asked.compactMap { intent in
            subject.value(for: intent, isPending: view.isPending(intent)).map {
                Follower<Subject.Value>.Wish(
                    term: intent.term, value: $0, isYoung: abs(wall - intent.proposedAt) < policy.reassertMilliseconds)
            }
        }
        let isDue = follower.withLock { follower in
            follower.observe(wishes, newest: view.newest?.term ?? 0, now: now)
            return follower.wakeAt <= now
        }
        if isDue { thread.wake() }
    }

    package func tell(_ notice: Notice) {}

    /// Does what there is to do at this moment. Internal for tests.
    func turn(_ now: Int64) -> Int64 {
        var now = now
        while !thread.isStopping, let step = follower.withLock({ $0.next(now: now) }) {
            let before = status
            switch step {
            case .look:
                let sight = subject.look()
                now = monotonicMilliseconds()
                follower.withLock {
                    $0.looked(sight, now: now, wall: Timestamp.now.milliseconds, random: .random(in: 0..<1))
                }
            case .apply(let wish):
                let failure = subject.apply(wish.value, term: wish.term)
                now = monotonicMilliseconds()
                follower.withLock { $0.applied(failure: failure, now: now, random: .random(in: 0..<1)) }
            }
            for sentence in status.news(since: before) { say(sentence) }
        }
        return follower.withLock(\.wakeAt)
    }
}

extension ControlView {
    /// Whether Connect's groups do not show an intent yet. One that was adopted was found there.
    func isPending(_ intent: Intent) -> Bool {
        intent.cause != .adopted && (mark(of: intent.term)?.state ?? .sending) == .sending
    }
}

extension ActuatorStatus {
    /// What a person should hear of it that was not so before: sentences for the log.
    func news(since before: ActuatorStatus) -> [String] {
        var news: [String] = []
        if case .drifted(let what) = state, state != before.state { news.append("\(name): \(what)") }
        if failures > 0, before.failures == 0, let lastFailure {
            news.append("\(name): term \(wantedTerm) is not applied yet: \(lastFailure); retrying")
        }
        if failures == 0, before.failures > 0 { news.append("\(name): works again after \(before.failures) failures") }
        if appliedTerm > before.appliedTerm { news.append("\(name): term \(appliedTerm) is applied") }
        guard let exercise else { return news }
        if !exercise.isOK, before.exercise?.isOK ?? true || before.exercise?.lines != exercise.lines {
            news.append("\(name): an exercise failed: \(exercise.lines.joined(separator: "; "))")
        } else if exercise.isOK, !exercise.lines.isEmpty, before.exercise?.lines != exercise.lines {
            news.append("\(name): \(exercise.lines.joined(separator: "; "))")
        } else if exercise.isOK, before.exercise?.isOK == false {
            news.append("\(name): exercises succeed again")
        }
        return news
    }
}
