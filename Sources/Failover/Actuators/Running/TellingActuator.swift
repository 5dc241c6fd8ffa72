import FailoverCore
import Platform
import Synchronization

/// Somebody who can be told something: what a ``TellingActuator`` delivers notices with. Calls wait for the network, within bounds of their own, and come
/// from one thread.
package protocol Tellable: Sendable {
    /// As statuses and metrics call it.
    var name: String { get }
    /// `message`: the notice as ``NoticeEvent`` writes it.
    func send(_ message: NoticeEvent) -> NoticeQueue.Answer
    /// Whether it could be told something: looks, and tells nothing. What is wrong, a sentence each.
    func exercise() -> [String]
}

/// An actuator that tells somebody: a ``NoticeQueue`` on a thread of its own.
///
/// Each Region tells what its own controllers wrote, and what was committed for itself: ``Intent/actor``. What was committed is told by each of them, with
/// the same key, also anew by one that begins within a quarter of an hour.
package final class TellingActuator<Subject: Tellable>: Actuator {
    /// An intent that is found when it begins is told if it is younger, by the wall clock: 15 minutes.
    static var youngMilliseconds: Int64 { 900_000 }

    private struct State {
        var queue: NoticeQueue
        /// The newest term that was seen; nil: none was read yet.
        var seenTerm: Int64?
    }

    private let subject: Subject
    private let region: String
    private let kinds: Set<Notice.Kind>
    private let state: Mutex<State>
    private let say: @Sendable (String) -> Void
    private let thread = ActuatorThread()

    /// `region`: the controller's own. `kinds`: what is told. `say` is given sentences about failures and what was given up, on any thread.
    package init(
        _ subject: Subject, region: String, kinds: Set<Notice.Kind> = Notice.kindsDefault, policy: NoticeQueue.Policy = .init(),
        say: @escaping @Sendable (String) -> Void
    ) {
        self.subject = subject
        self.region = region
        self.kinds = kinds
        self.say = say
        state = Mutex(State(queue: NoticeQueue(name: subject.name, policy: policy)))
    }

    package var status: ActuatorStatus { state.withLock(\.queue.status) }

    package func start() -> Bool { thread.start { [self] in turn($0) } }

    package func stop() { thread.stop() }

    package func follow(_ view: ControlView) {
        let wall = Timestamp.now.milliseconds
        let isFresh = { (intent: Intent) in abs(wall - intent.proposedAt) < Self.youngMilliseconds }
        let news = state.withLock { state in
            defer { state.seenTerm = max(state.seenTerm ?? 0, view.newest?.term ?? 0) }
            return view.terms.filter { intent in state.seenTerm.map { intent.term > $0 } ?? isFresh(intent) }
        }
        for intent in news.reversed() where intent.actor == region { tell(Notice(committed: intent)) }
    }

    package func tell(_ notice: Notice) {
        guard kinds.contains(notice.kind) else { return }
        let now = monotonicMilliseconds()
        let losses = state.withLock { state in
            state.queue.post(notice, now: now)
            return state.queue.takeLosses()
        }
        for loss in losses { say(loss) }
        thread.wake()
    }

    /// Does what there is to do at this moment.
    private func turn(_ now: Int64) -> Int64 {
        var now = now
        while !thread.isStopping, let step = state.withLock({ $0.queue.next(now: now) }) {
            let before = status
            switch step {
            case .send(let notice):
                let answer = subject.send(NoticeEvent(notice, region: region))
                now = monotonicMilliseconds()
                state.withLock { $0.queue.sent(notice, answer, now: now, random: .random(in: 0..<1)) }
            case .exercise:
                let problems = subject.exercise()
                now = monotonicMilliseconds()
                state.withLock { $0.queue.exercised(problems: problems, now: now, wall: Timestamp.now.milliseconds) }
            }
            let losses = state.withLock { $0.queue.takeLosses() }
            for sentence in status.news(since: before) + losses { say(sentence) }
        }
        return state.withLock(\.queue.wakeAt)
    }
}
