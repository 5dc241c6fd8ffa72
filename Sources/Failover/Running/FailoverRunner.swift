import FailoverCore
import Platform
import Synchronization

/// A ``FailoverController`` with a thread: it does what the controller wants done, one step after the other, and tells everybody what came of it.
///
///     let runner = FailoverRunner(controller, FailoverPorts(control: table, readGroups: .., send: ..), tell: { .. })
///     runner.start()
///     runner.observe(signal)          from any thread
///     runner.status
///     runner.stop()
///
/// A step that waits for its answer holds up the next ones and nobody else. What is told is told on this thread and has to return soon.
package final class FailoverRunner: Sendable {
    /// What a runner tells.
    package enum Told: Sendable {
        /// The control table was read: what actuators beside Connect's groups follow.
        case view(ControlView)
        /// A line of the history, when the table has taken it.
        case entry(JournalEntry)
        /// A step failed, in a sentence; told once until one of its kind works again.
        case trouble(String)
    }

    private struct State {
        var controller: FailoverController
        var troubles: Set<String> = []
    }

    private let state: Mutex<State>
    private let ports: FailoverPorts
    private let tell: @Sendable (Told) -> Void
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable {
        var isStopped = false
        var thread: SystemThread?
    }

    package init(_ controller: FailoverController, _ ports: FailoverPorts, tell: @escaping @Sendable (Told) -> Void) {
        state = Mutex(State(controller: controller))
        self.ports = ports
        self.tell = tell
    }

    package func observe(_ signals: [Signal]) {
        state.withLock { state in
            for signal in signals { state.controller.observe(signal) }
        }
    }

    package func observe(_ volume: Volume) { state.withLock { $0.controller.observe(volume) } }
    package func observe(blockers: [String]) { state.withLock { $0.controller.observe(blockers: blockers) } }

    /// As of now.
    package var status: FailoverStatus {
        let now = ports.now()
        return state.withLock { $0.controller.status(now: now) }
    }

    /// Begins. Once. False where no thread can be had.
    package func start() -> Bool {
        monitor.locked { flow.thread = SystemThread { [self] in run() } }
        return monitor.locked { flow.thread != nil }
    }

    /// Returns when nothing more is begun; a step that is under way is waited for.
    package func stop() {
        let thread = monitor.locked {
            flow.isStopped = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
    }

    private var isStopped: Bool { monitor.locked { flow.isStopped } }

    private func run() {
        while !isStopped {
            while !isStopped, let step = state.withLock({ $0.controller.next(now: ports.now(), wall: ports.wall()) }) {
                let answer = ports.perform(step)
                let now = ports.now()
                state.withLock { $0.controller.take(answer, now: now) }
                report(step, answer)
            }
            let next = state.withLock { $0.controller.wakeAt }
            monitor.locked { if !flow.isStopped { monitor.wait(until: next) } }
        }
    }

    private func report(_ step: FailoverStep, _ answer: FailoverAnswer) {
        let (name, trouble) = (step.name, answer.trouble)
        let isNews = state.withLock { state in
            trouble == nil
                ? {
                    state.troubles.remove(name); return false
                }() : state.troubles.insert(name).inserted
        }
        if isNews, let trouble { tell(.trouble("\(name): \(trouble); trying again")) }
        switch (step, answer) {
        case (.control(.read), .control(let view)): tell(.view(view))
        case (.control(.write(let entry)), .done): tell(.entry(entry))
        default: break
        }
    }
}

/// What a controller's steps are done with. All calls block and may be made from any thread.
package struct FailoverPorts: Sendable {
    package var control: any ControlTable
    /// The groups at the own Region's endpoint: ``FailoverAnswer/groups(_:)``.
    package var readGroups: @Sendable () -> FailoverAnswer
    /// Sends one update, in the order that ``GroupUpdate`` says.
    package var send: @Sendable (GroupUpdate) -> FailoverAnswer
    /// The clock that deadlines are held against: milliseconds, never back.
    package var now: @Sendable () -> Int64
    package var wall: @Sendable () -> Int64

    package init(
        control: any ControlTable, readGroups: @escaping @Sendable () -> FailoverAnswer,
        send: @escaping @Sendable (GroupUpdate) -> FailoverAnswer,
        now: @escaping @Sendable () -> Int64 = monotonicMilliseconds,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        self.control = control
        self.readGroups = readGroups
        self.send = send
        self.now = now
        self.wall = wall
    }

    package func perform(_ step: FailoverStep) -> FailoverAnswer {
        switch step {
        case .control(let step): control.perform(step)
        case .readGroups: readGroups()
        case .send(let update): send(update)
        }
    }
}

extension FailoverStep {
    /// What it does, for people.
    fileprivate var name: String {
        switch self {
        case .control(.read): "reading the control table"
        case .control(.writeVerdict): "writing this Region's verdict"
        case .control(.propose): "committing an intent"
        case .control(.writeMark): "marking an intent as being carried out"
        case .control(.write): "writing the history"
        case .control: "writing to the control table"
        case .readGroups: "reading the traffic distribution groups"
        case .send: "updating a traffic distribution group"
        }
    }
}

extension FailoverAnswer {
    /// Why it did not work; nil where it did, or somebody else was there first.
    fileprivate var trouble: String? {
        switch self {
        case .refused(let why): "refused: \(why)"
        case .unheard(let why): "no answer: \(why)"
        case .control, .groups, .done, .conflict, .withdrawn: nil
        }
    }
}
