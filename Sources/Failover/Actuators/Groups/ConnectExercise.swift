import FailoverCore
import Platform
import Synchronization

/// Exercises Connect's groups, which the controller itself moves: as an ``Actuator``, so that they stand in the same list and the same metrics.
///
/// Changes nothing. All groups at first, then one after the other, one a turn. Cost: a request in each Region a turn.
package final class ConnectExercise: Actuator {
    private let groups: ConnectGroups
    private let say: @Sendable (String) -> Void
    private let pace: @Sendable () -> Int64
    private let state = Mutex(ActuatorStatus(name: "connect", state: .idle))
    private let found = Mutex(Found())
    private let thread = ActuatorThread()

    /// What came of each group's last exercise.
    private struct Found {
        var problems: [String: [String]] = [:]
        var next = 0
    }

    /// `pace`: milliseconds to the next turn (``FailoverCore/ConnectUpkeep/exerciseMilliseconds``). `say` is given sentences about what stands in the way, on the actuator's
    /// thread.
    package init(
        _ groups: ConnectGroups, pace: @escaping @Sendable () -> Int64, say: @escaping @Sendable (String) -> Void
    ) {
        self.groups = groups
        self.pace = pace
        self.say = say
    }

    package var status: ActuatorStatus { state.withLock { $0 } }

    package func start() -> Bool {
        thread.start { [self] _ in
            turn()
            return monotonicMilliseconds() + pace()
        }
    }

    package func stop() { thread.stop() }

    package func follow(_ view: ControlView) {
        guard let newest = view.newest else { return }
        let shown = view.terms.first { !view.isPending($0) }?.term ?? 0
        state.withLock { state in
            state.wantedTerm = newest.term
            state.appliedTerm = shown
            state.state = shown == newest.term ? .applied : .applying
        }
    }

    package func tell(_ notice: Notice) {}

    /// Internal for tests.
    func turn() {
        let before = status
        let all = groups.groups
        let due = found.withLock { found -> [String] in
            defer { found.next += 1 }
            return found.problems.isEmpty ? all : [all[found.next % all.count]]
        }
        for group in due {
            let problems = groups.exercise(group)
            found.withLock { $0.problems[group] = problems }
        }
        let problems = found.withLock { found in all.flatMap { found.problems[$0] ?? [] } }
        state.withLock { $0.exercise = .init(at: Timestamp.now.milliseconds, isOK: problems.isEmpty, lines: problems) }
        for sentence in status.news(since: before) { say(sentence) }
    }
}
