import FailoverCore
import Platform
import Synchronization

/// Exercises Connect's groups, which the controller itself moves: as an ``Actuator``, so that they stand in the same list and the same metrics.
///
/// Changes nothing. Cost: a request a group and Region every ``intervalMilliseconds``.
package final class ConnectExercise: Actuator {
    package static let intervalMilliseconds: Int64 = 180_000

    private let groups: ConnectGroups
    private let say: @Sendable (String) -> Void
    private let state = Mutex(ActuatorStatus(name: "connect", state: .idle))
    private let thread = ActuatorThread()

    /// `say` is given sentences about what stands in the way, on the actuator's thread.
    package init(_ groups: ConnectGroups, say: @escaping @Sendable (String) -> Void) {
        self.groups = groups
        self.say = say
    }

    package var status: ActuatorStatus { state.withLock { $0 } }

    package func start() -> Bool {
        thread.start { [self] _ in
            turn()
            return monotonicMilliseconds() + ConnectExercise.intervalMilliseconds
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

    private func turn() {
        let before = status
        let problems = groups.exercise()
        state.withLock { $0.exercise = .init(at: Timestamp.now.milliseconds, isOK: problems.isEmpty, lines: problems) }
        for sentence in status.news(since: before) { say(sentence) }
    }
}
